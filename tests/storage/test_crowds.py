"""Many at once: n starts for m units lock m, n settlements never give back more than came in."""

import asyncio
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.policies import TENDER_ORDER
from domain.tenders import NothingLeftError, TenderLeft, split_over_tenders
from storage.database import Database
from storage.records import NotEnoughUnits, Opened, TenderFacts
from storage.returns import Returns
from storage.rows import TenderBalance
from storage.sealing import OverRefundError
from storage.settlements import Settlements
from tests.storage.builders import TENANT, opening, return_id

CROWDED = settings(
    max_examples=12,
    deadline=None,
    # The database stays: every example has an order of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_orders = iter(range(1_000_000))


def split(balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
    tenders = [TenderLeft(b.tender_id, b.captured_minor, b.refunded_minor) for b in balances]
    return split_over_tenders(tenders, amount_minor, TENDER_ORDER)


def in_turn(stores: tuple[Database, ...]) -> Callable[[int], Database]:
    """Whoever comes as number n asks the next process."""
    return lambda number: stores[number % len(stores)]


@CROWDED
@given(starts=st.integers(2, 12), units=st.integers(1, 8))
async def test_many_starts_lock_each_unit_once(
    store: Database, second_store: Database, starts: int, units: int
) -> None:
    """As many are registered as there are units, the others are refused and hold nothing."""
    at, order_id = in_turn((store, second_store)), f"crowd-{next(_orders)}"
    facts = {
        "order_id": order_id,
        "fulfilled": (("shoes", units),),
        "wanted": (("shoes", 1),),
    }

    answers = await asyncio.gather(
        *(
            Returns(at(number)).open_return(opening(f"{order_id}/{number}", **facts))
            for number in range(starts)
        )
    )

    registered = [answer for answer in answers if isinstance(answer, Opened)]
    assert len(registered) == min(starts, units)
    assert all(isinstance(a, NotEnoughUnits) for a in answers if a not in registered)
    held = await Returns(store).held_units(TENANT, order_id)
    assert len({(unit.line_id, unit.unit_no) for unit in held}) == len(held) == len(registered)


@CROWDED
@given(
    captured=st.lists(st.integers(1, 10_000), min_size=1, max_size=3),
    amounts=st.lists(st.integers(1, 6_000), min_size=2, max_size=8),
)
async def test_many_settlements_give_back_no_more_than_came_in(
    store: Database, second_store: Database, captured: list[int], amounts: list[int]
) -> None:
    """Each return of an order settles at the same time; who comes too late is refused whole."""
    at, order_id = in_turn((store, second_store)), f"crowd-{next(_orders)}"
    tenders = tuple(
        TenderFacts(f"t{n}", f"pi_{order_id}_{n}", minor, 0) for n, minor in enumerate(captured)
    )
    names = [f"{order_id}/{number}" for number in range(len(amounts))]
    for name in names:
        facts = {"fulfilled": (("shoes", len(names)),), "wanted": (("shoes", 1),)}
        await Returns(store).open_return(opening(name, order_id=order_id, tenders=tenders, **facts))

    answers = await asyncio.gather(
        *(
            Settlements(at(number)).seal(
                TENANT,
                return_id(name),
                order_id=order_id,
                number=1,
                amount_minor=amounts[number],
                currency="EUR",
                split=split,
                lot_ids=("shoes/1",),
            )
            for number, name in enumerate(names)
        ),
        return_exceptions=True,
    )

    refused = [each for each in answers if isinstance(each, BaseException)]
    assert {type(each) for each in refused} <= {NothingLeftError, OverRefundError}
    sealed = [intent for each in answers if isinstance(each, tuple) for intent in each]
    given_back = dict.fromkeys((tender.tender_id for tender in tenders), 0)
    for intent in sealed:
        given_back[intent.tender_id] += intent.amount_minor
    assert all(given_back[tender.tender_id] <= tender.captured_minor for tender in tenders)
    whole = sum(amounts[n] for n, each in enumerate(answers) if isinstance(each, tuple))
    assert sum(given_back.values()) == whole
    if not refused:
        assert whole == sum(amounts)
