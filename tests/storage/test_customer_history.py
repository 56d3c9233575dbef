"""A customer's other returns, counted: by outcome and currency, this tenant's, not too old."""

from datetime import UTC, datetime, timedelta

from domain.customer_history import Outcome, PastReturns
from storage.customer_history import CustomerHistory
from storage.database import Database
from storage.returns import Returns
from tests.storage.builders import OTHER, TENANT, opened, return_id, transition

LONG_AGO = datetime.now(UTC) - timedelta(days=365)


async def bought(returns: Returns, name: str, **changes: object) -> None:
    """A return of two units that 50.00 were paid for."""
    facts = {"customer_ref": "c-1", "value_minor": 5_000, "order_id": f"O-{name}"} | changes
    await opened(returns, name, **facts)


async def ended(returns: Returns, name: str, headline: str, *acceptances: str) -> None:
    lots = [{"lot_id": f"l{n}", "acceptance": one} for n, one in enumerate(acceptances)]
    await returns.record_transition(
        transition(name, headline=headline, order_id=f"O-{name}", snapshot={"lots": lots})
    )


async def counted(store: Database, since: datetime = LONG_AGO) -> tuple[PastReturns, ...]:
    return await CustomerHistory(store).before(TENANT, "c-1", since=since, but=return_id("now"))


async def test_others_are_counted_by_what_became_of_them(returns: Returns, store: Database) -> None:
    """The one that is looked at is not; what was refused in part stands apart."""
    for name in ("now", "one", "two", "odd", "no"):
        await bought(returns, name)
    await bought(returns, "yen", currency="JPY", wanted=(("shoes", 1),), value_minor=700)
    await ended(returns, "one", "CLOSED", "ACCEPTED")
    await ended(returns, "two", "COMPLETED", "ACCEPTED", "PARTIALLY_ACCEPTED")
    await ended(returns, "odd", "CLOSED", "ACCEPTED", "REJECTED")
    await ended(returns, "no", "DENIED")

    assert await counted(store) == (
        PastReturns(Outcome.DENIED, "EUR", 1, 2, 5_000),
        PastReturns(Outcome.FINISHED, "EUR", 2, 4, 10_000),
        PastReturns(Outcome.OPEN, "JPY", 1, 1, 700),
        PastReturns(Outcome.REJECTED, "EUR", 1, 2, 5_000),
    )


async def test_other_customers_and_guests_are_not(returns: Returns, store: Database) -> None:
    """Nor is what another tenant calls by the same name."""
    await bought(returns, "another", customer_ref="c-2")
    await bought(returns, "guest", customer_ref="")
    await bought(returns, "theirs", tenant_id=OTHER)

    assert await counted(store) == ()


async def test_what_is_older_is_not(returns: Returns, store: Database) -> None:
    await bought(returns, "one")

    assert len(await counted(store)) == 1
    assert await counted(store, since=datetime.now(UTC) + timedelta(minutes=1)) == ()


async def test_a_line_that_was_denied_holds_no_units(returns: Returns, store: Database) -> None:
    """It counts as a return all the same."""
    await bought(returns, "one", wanted=(), value_minor=0)
    await ended(returns, "one", "DENIED")

    (past,) = await counted(store)

    assert (past.returns, past.units, past.value_minor) == (1, 0, 0)
