"""Killed before or after any call to the provider, a hold still ends once and as it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from activities.holds import HoldActivities
from chaos.holds import count_holds
from domain.holds import ENDED, HoldState
from domain.money import Money
from integrations.directory import Connections
from integrations.payments.port import PaymentGateway
from storage.holds import HoldStateError
from tests.support.holding import Desk, Provider, open_desk
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

FIFTY = Money(5_000, "EUR")
THIRTY = Money(3_000, "EUR")
LONG_ENOUGH = timedelta(minutes=20)
"""Until a look-up that finds nothing is believed, at every provider."""


class KilledError(BaseException):
    """The process is gone: nothing that would follow happens."""


class Mortal:
    """A provider's holds as a process calls them that is killed at the ``dies_at``-th moment.

    Each call has two moments: just before it is sent, and just after its answer came.
    """

    def __init__(self, holds: Any, dies_at: int) -> None:
        self._holds = holds
        self._left = dies_at

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._holds, name)

        async def asked(request: Any) -> Any:
            self._live()
            answer = await call(request)
            self._live()
            return answer

        return asked

    def _live(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise KilledError


class MortalGateway:
    def __init__(self, gateway: PaymentGateway, dies_at: int) -> None:
        self.capabilities = gateway.capabilities
        self.holds = Mortal(gateway.holds, dies_at)


class MortalConnections:
    def __init__(self, connections: Connections, dies_at: int) -> None:
        self._connections = connections
        self._dies_at = dies_at
        self._gateway: MortalGateway | None = None

    async def payments(self, tenant_id: str) -> MortalGateway:
        if self._gateway is None:
            gateway = await self._connections.payments(tenant_id)
            self._gateway = MortalGateway(gateway, self._dies_at)
        return self._gateway


async def killed_at(moment: int, desk: Desk, work: Callable[[], Awaitable[Any]]) -> bool:
    """Do ``work`` in a process that dies at ``moment``; say whether it came to that."""
    alive = desk.activities
    mortal: Any = MortalConnections(desk.connections, moment)
    desk.activities = HoldActivities(mortal, desk.database)
    try:
        await work()
    except KilledError:
        return True
    finally:
        desk.activities = alive
    return False


@pytest.fixture(params=["stripe", "paypal"])
async def desk(
    request: pytest.FixtureRequest,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> AsyncIterator[Desk]:
    provider: Provider = request.param
    async with open_desk(provider, database, shared_sandbox, outside) as opened:
        yield opened


async def test_placing_survives_a_kill_at_every_moment(desk: Desk) -> None:
    """One hold stands, however far the first try came."""
    for moment in count(1):
        await desk.open(FIFTY)
        was_killed = await killed_at(moment, desk, lambda: desk.place(FIFTY))

        answer = await desk.place(FIFTY)

        assert answer.state == "authorized"
        assert desk.counted() == [("held", 0)]
        if not was_killed:
            break
    assert moment > 2


async def test_edge_72_renewing_survives_a_kill_at_every_moment(desk: Desk) -> None:
    """One of the two holds stands in the end, and never none on the way."""
    for moment in count(1):
        await desk.open(FIFTY)
        await desk.place(FIFTY)
        was_killed = await killed_at(moment, desk, desk.renew)
        assert "held" in {status for status, _ in desk.counted()}

        answer = await desk.renew()

        assert (answer.number, answer.state) == (2, "authorized")
        assert [status for status, _ in desk.counted()].count("held") == 1
        assert await desk.states() == ["voided", "authorized"]
        if not was_killed:
            break
    assert moment > 2


async def test_edge_72_capturing_survives_a_kill_at_every_moment(desk: Desk) -> None:
    """The amount is taken once, and nothing stays held."""
    for moment in count(1):
        await desk.open(FIFTY)
        await desk.place(FIFTY)
        was_killed = await killed_at(moment, desk, lambda: desk.capture(THIRTY))

        answer = await desk.capture(THIRTY)

        assert (answer.state, answer.captured) == ("captured", THIRTY)
        assert desk.counted() == [("captured", 3_000)]
        if not was_killed:
            break
    assert moment > 2


async def test_edge_72_a_capture_ends_a_renewal_that_was_killed(desk: Desk) -> None:
    """Of two holds, or one and one that may come, one is taken and the other let go."""
    for moment in count(1):
        await desk.open(FIFTY)
        await desk.place(FIFTY)
        was_killed = await killed_at(moment, desk, desk.renew)
        await desk.pass_time(LONG_ENOUGH)

        answer = await desk.capture(THIRTY)

        assert answer.captured == THIRTY
        statuses = [status for status, _ in desk.counted()]
        assert "held" not in statuses
        assert sum(minor for _, minor in desk.counted()) == THIRTY.minor
        assert "authorized" not in await desk.states()
        if not was_killed:
            break
    assert moment > 2


async def test_voiding_survives_a_kill_at_every_moment(desk: Desk) -> None:
    """Nothing is held, and nothing was taken."""
    for moment in count(1):
        await desk.open(FIFTY)
        await desk.place(FIFTY)
        was_killed = await killed_at(moment, desk, desk.void)

        answer = await desk.void()

        assert answer.state == "voided"
        assert desk.counted() == [("voided", 0)]
        if not was_killed:
            break
    assert moment > 2


kills = st.integers(0, 8)
"""The moment of a kill; a process that has fewer of them, or is given none, lives on."""
tries = st.tuples(st.sampled_from(["place", "renew", "capture", "void"]), kills)


@given(history=st.lists(tries, max_size=6), ends=st.sampled_from(["capture", "void"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_after_any_history_of_kills_one_hold_stands(
    desk: Desk, history: list[tuple[str, int]], ends: str
) -> None:
    """Once a renewal has settled a lot has at most one live hold, and is charged once at most."""
    await desk.open(FIFTY)
    work: dict[str, Callable[[], Awaitable[Any]]] = {
        "place": lambda: desk.place(FIFTY),
        "renew": desk.renew,
        "capture": lambda: desk.capture(THIRTY),
        "void": desk.void,
    }
    for name, moment in history:
        # What cannot be done now, or not known yet, is refused by name; the history goes on.
        with suppress(ApplicationError, HoldStateError):
            await killed_at(moment, desk, work[name])
    await desk.pass_time(LONG_ENOUGH)
    await desk.place(FIFTY)
    await desk.renew()

    counted = desk.counted()
    assert [status for status, _ in counted].count("held") <= 1
    assert sum(minor for _, minor in counted) <= FIFTY.minor

    await work[ends]()

    counted = desk.counted()
    assert "held" not in {status for status, _ in counted}
    assert sum(minor for _, minor in counted) in (0, THIRTY.minor)
    rows = await desk.rows()
    assert {row.state for row in rows} <= ENDED
    sides = count_holds([asdict(row) for row in rows], desk.held())
    assert [difference for one in sides for difference in one.differences] == []
    taken = sum(row.captured_minor or 0 for row in rows if row.state is HoldState.CAPTURED)
    assert taken == sum(minor for _, minor in counted)
