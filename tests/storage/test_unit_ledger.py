"""Any sequence of opening, releasing and closing keeps each unit with one return at most."""

import itertools
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.records import NotEnoughUnits, Opened
from storage.returns import Returns
from tests.storage.builders import TENANT, opening, return_id, transition

LINES = (("shoes", 3), ("hat", 2))
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "open", "release", "close"]), st.integers(0, 7), st.integers(1, 3)
    ),
    max_size=14,
)
_orders = itertools.count(1)


@dataclass
class Ledger:
    """What a careful clerk would write down: who holds which unit of which line."""

    locked: dict[tuple[str, int], str] = field(default_factory=dict)
    closed: dict[tuple[str, int], str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def free(self, line_id: str) -> list[int]:
        taken = self.locked.keys() | self.closed.keys()
        return [unit for unit in range(dict(LINES)[line_id]) if (line_id, unit) not in taken]


async def _open(returns: Returns, ledger: Ledger, order_id: str, line_id: str, count: int) -> None:
    name = f"{order_id}/{len(ledger.versions)}"
    free = ledger.free(line_id)

    answer = await returns.open_return(
        opening(name, order_id=order_id, fulfilled=LINES, wanted=((line_id, count),))
    )

    if len(free) < count:
        assert isinstance(answer, NotEnoughUnits)
        assert answer.available == len(free)
        return
    assert isinstance(answer, Opened)
    assert answer.units == ((line_id, tuple(free[:count])),)
    ledger.versions[name] = 0
    ledger.locked |= {(line_id, unit): name for unit in free[:count]}


async def _end_one(returns: Returns, ledger: Ledger, which: int, *, release: bool) -> None:
    if not ledger.locked:
        return
    (line_id, unit), name = list(ledger.locked.items())[which % len(ledger.locked)]
    version = ledger.versions[name] + 1
    step = transition(
        name,
        version=version,
        released_units=((line_id, unit),) if release else (),
        closed_units=() if release else ((line_id, unit, "returned"),),
    )

    await returns.record_transition(step)
    await returns.record_transition(step)

    ledger.versions[name] = version
    del ledger.locked[line_id, unit]
    if not release:
        ledger.closed[line_id, unit] = name


@settings(
    max_examples=40,
    deadline=None,
    # Each example takes an order of its own, so one database serves them all.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_no_unit_is_ever_held_twice(store: Database, steps: list[Step]) -> None:
    """The table always agrees with the clerk, whatever was opened, released, closed, repeated."""
    returns, ledger, order_id = Returns(store), Ledger(), f"O-{next(_orders)}"

    for kind, which, count in steps:
        if kind == "open":
            await _open(returns, ledger, order_id, LINES[which % 2][0], count)
        else:
            await _end_one(returns, ledger, which, release=kind == "release")

        held = await returns.held_units(TENANT, order_id)
        assert {(one.line_id, one.unit_no): one.return_id for one in held} == {
            unit: return_id(name) for unit, name in (ledger.locked | ledger.closed).items()
        }
        assert {(one.line_id, one.unit_no) for one in held if one.state == "locked"} == set(
            ledger.locked
        )
