"""A draft is a numbered row without currency and units; registering it keeps its number."""

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.ledger import CurrencyChangedError
from storage.models.orders import OrderLedgerModel
from storage.records import DraftOpening, Existing, NotEnoughUnits, Opened
from storage.returns import Returns
from tests.storage.builders import TENANT, opened, opening, return_id, transition


def draft(name: str = "first", *, request_hash: str | None = None) -> DraftOpening:
    return DraftOpening(TENANT, return_id(name), "O-1", request_hash or f"sha256:{name}")


async def test_numbers_a_draft_and_holds_nothing(returns: Returns, store: Database) -> None:
    """An order that nobody could read has no ledger and no unit that is held."""
    answer = await returns.open_draft(draft())

    row = await returns.get(TENANT, return_id("first"))
    assert answer == Opened("RMA-0000-01-7", ())
    assert row is not None
    assert (row.headline, row.authorization_state, row.currency) == ("DRAFT", "DRAFT", None)
    assert await returns.held_units(TENANT, "O-1") == ()
    async with store.tenant(TENANT) as connection:
        assert await connection.scalar(select(func.count()).select_from(OrderLedgerModel)) == 0


async def test_a_repeat_meets_the_same_draft(returns: Returns) -> None:
    """However often it is parked, it has one number."""
    first = await returns.open_draft(draft())

    again = await returns.open_draft(draft())

    assert again == Existing(first.rma_no, "sha256:first", (), is_draft=True)


async def test_a_draft_is_registered_under_its_number(returns: Returns) -> None:
    """Currency and units come with the order; a repeat answers them again."""
    numbered = await returns.open_draft(draft())
    await returns.record_transition(transition(headline="DRAFT", authorization_state="DRAFT"))

    first = await returns.open_return(opening())
    again = await returns.open_return(opening())

    row = await returns.get(TENANT, return_id("first"))
    assert first == Opened(numbered.rma_no, (("shoes", (0, 1)),))
    assert again == Existing(numbered.rma_no, "sha256:first", (("shoes", (0, 1)),))
    assert row is not None
    assert (row.currency, row.version) == ("EUR", 1)
    assert len(await returns.held_units(TENANT, "O-1")) == 2
    assert (await opened(returns, "second", wanted=(("shoes", 1),))).rma_no == "RMA-0000-02-E"


async def test_a_draft_without_enough_units_stays_a_draft(returns: Returns) -> None:
    """What others hold meanwhile is not taken, and nothing of the draft changes."""
    numbered = await returns.open_draft(draft())
    other = await opened(returns, "second")

    refused = await returns.open_return(opening())

    assert refused == NotEnoughUnits("shoes", wanted=2, available=1, held_by=(other.rma_no,))
    assert await returns.open_draft(draft()) == Existing(
        numbered.rma_no, "sha256:first", (), is_draft=True
    )


async def test_a_draft_of_another_request_is_not_registered(returns: Returns) -> None:
    """A key that was used for another request shows whose draft it is."""
    await returns.open_draft(draft(request_hash="sha256:else"))

    met = await returns.open_return(opening())

    assert isinstance(met, Existing)
    assert met.request_hash == "sha256:else"
    assert await returns.held_units(TENANT, "O-1") == ()


async def test_a_registered_return_is_no_draft_any_more(returns: Returns) -> None:
    """Parking what is registered already finds it as it is."""
    first = await opened(returns)

    assert await returns.open_draft(draft()) == Existing(first.rma_no, "sha256:first", first.units)


async def test_a_draft_keeps_the_orders_currency(returns: Returns) -> None:
    """An order that had another currency before registers no draft."""
    await opened(returns, "second", wanted=(("shoes", 1),))
    await returns.open_draft(draft())

    with pytest.raises(CurrencyChangedError):
        await returns.open_return(opening(currency="USD"))


async def test_lists_drafts_and_what_blocks_them(returns: Returns) -> None:
    """Ops find them by headline and by blocker."""
    await returns.open_draft(draft())
    await opened(returns, "second")
    await returns.record_transition(
        transition(
            headline="DRAFT", authorization_state="DRAFT", blocker_codes=("bad_upstream_data",)
        )
    )

    by_headline = await returns.page(TENANT, limit=9, headline="DRAFT")
    by_blocker = await returns.page(TENANT, limit=9, blocker="bad_upstream_data")

    assert [row.return_id for row in by_headline.rows] == [return_id("first")]
    assert [row.return_id for row in by_blocker.rows] == [return_id("first")]
