"""The night after: each hold is read at its provider, and what stands otherwise is shown."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

from activities.holding import NEVER_PLACED
from activities.reconciling import ReconcileActivities, ReconcileDay
from domain.money import Money
from storage.models.holds import HoldModel
from storage.models.returns import ReturnModel
from storage.reconciliations import Reconciliations
from storage.records import Json
from tests.support.holding import Desk, Provider, open_desk
from tests.support.house import TENANT
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

FIFTY = Money(5_000, "EUR")


@pytest.fixture(params=["stripe", "paypal"])
async def desk(
    request: pytest.FixtureRequest,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> AsyncIterator[Desk]:
    provider: Provider = request.param
    async with open_desk(provider, database, shared_sandbox, outside) as opened:
        await opened.open(FIFTY)
        yield opened


def today() -> date:
    return datetime.now(UTC).date()


async def compared(desk: Desk) -> tuple[dict[str, int], list[Json]]:
    """Compare today; return what was counted of holds, and what differs."""
    activities = ReconcileActivities(desk.connections, desk.database)
    counts = (await activities.reconcile(ReconcileDay(TENANT, today()))).counts
    report = await Reconciliations(desk.database).get(TENANT, today())
    held = [one for one in report.findings if "hold_ref" in one] if report else []
    return {name: n for name, n in counts.items() if name.startswith("hold_")}, held


async def test_says_nothing_of_a_hold_that_stands(desk: Desk) -> None:
    """A hold of a return that goes on is counted and not shown."""
    await desk.place(FIFTY)

    assert await compared(desk) == ({"hold_agrees": 1}, [])


async def test_shows_money_held_for_a_return_that_has_ended(desk: Desk) -> None:
    """Nobody will let go of it any more: a person has to."""
    placed = await desk.place(FIFTY)
    async with desk.database.tenant(TENANT) as connection:
        await connection.execute(
            update(ReturnModel)
            .where(ReturnModel.tenant_id == TENANT, ReturnModel.return_id == desk.return_id)
            .values(headline="CLOSED", next_deadline=None)
        )

    counts, (found,) = await compared(desk)

    assert counts == {"hold_left_open": 1}
    assert (found["hold_ref"], found["return_id"]) == (placed.hold_ref, desk.return_id)
    assert (found["was"], found["now"]) == ("authorized", "authorized")


async def test_shows_a_hold_that_ran_out(desk: Desk) -> None:
    """Its goods are still out, and nothing secures them."""
    placed = await desk.place(FIFTY)
    desk.sandbox.post(f"holds/{placed.hold_ref}/expiry", {"in_seconds": 0})

    counts, (found,) = await compared(desk)

    assert (counts, found["now"]) == ({"hold_gone": 1}, "expired")


async def test_shows_a_renewal_that_nobody_knows_of(desk: Desk) -> None:
    """It was sent, its answer never came, and its provider shows no renewals by our id."""
    await desk.place(FIFTY)
    operation = {
        "stripe": "POST /v1/payment_intents",
        "paypal": "POST /v2/payments/authorizations/{authorization}/reauthorize",
    }[desk.provider]
    with (
        desk.sandbox.fault(system=desk.provider, operation=operation, kind="lost_reply"),
        pytest.raises(ApplicationError),
    ):
        await desk.renew()

    counts, found = await compared(desk)

    if desk.provider == "stripe":
        # It can be asked by our id.
        assert (counts, found) == ({"hold_agrees": 2}, [])
    else:
        assert counts == {"hold_agrees": 1, "hold_unknown": 1}
        assert [(one["was"], one["hold_ref"]) for one in found] == [("unknown", None)]


async def test_finds_a_hold_that_ended_here_as_never_placed(desk: Desk) -> None:
    """It showed later than a look-up believes; where none is possible there is none to find."""
    placed = await desk.place(FIFTY)
    async with desk.database.tenant(TENANT) as connection:
        await connection.execute(
            update(HoldModel)
            .where(HoldModel.tenant_id == TENANT, HoldModel.return_id == desk.return_id)
            .values(state="rejected", failure=NEVER_PLACED, hold_ref=None)
        )

    counts, found = await compared(desk)

    if desk.provider == "stripe":
        assert counts == {"hold_left_open": 1}
        assert [one["hold_ref"] for one in found] == [placed.hold_ref]
    else:
        assert (counts, found) == ({"hold_agrees": 1}, [])


async def test_shows_what_was_taken_past_us(desk: Desk) -> None:
    """Somebody captured the hold at the provider's page."""
    placed = await desk.place(FIFTY)
    path = {
        "stripe": f"/stripe/v1/payment_intents/{placed.hold_ref}/capture",
        "paypal": f"/paypal/v2/payments/authorizations/{placed.hold_ref}/capture",
    }[desk.provider]
    headers = {"Authorization": "Bearer sk_test_1"}
    if desk.provider == "paypal":
        token = desk.sandbox.http.post(
            "/paypal/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=("Asandbox", "sandbox"),
        ).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
    desk.sandbox.http.post(path, headers=headers).raise_for_status()

    counts, (found,) = await compared(desk)

    assert counts == {"hold_taken_past_us": 1}
    assert (found["was"], found["now"]) == ("authorized", "captured")
