"""Opening a return numbers it and locks its units, once, or leaves nothing behind."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.ledger import CurrencyChangedError
from storage.models.orders import OrderLedgerModel, TenderModel
from storage.models.returns import ReturnModel
from storage.records import DraftOpening, Existing, NotEnoughUnits, Opened, TenderFacts
from storage.returns import Returns
from tests.storage.builders import CARD, OTHER, TENANT, opened, opening, return_id, transition


async def test_numbers_the_return_and_locks_the_lowest_units(returns: Returns) -> None:
    """The first return of a tenant takes units 0 and 1 of three."""
    answer = await returns.open_return(opening())

    assert answer == Opened("RMA-0000-01-7", (("shoes", (0, 1)),))


async def test_a_repeat_answers_as_the_first_time(returns: Returns) -> None:
    """A retry gets the same number and units, even when some were released in between."""
    first = await opened(returns)
    await returns.record_transition(transition(released_units=(("shoes", 0),)))

    again = await returns.open_return(opening())

    assert again == Existing(first.rma_no, "sha256:first", first.units)


async def test_a_key_used_twice_shows_the_first_hash(returns: Returns) -> None:
    """The caller sees that the same id was opened for another request."""
    await opened(returns)

    again = await returns.open_return(opening(request_hash="sha256:else", order_id="O-2"))

    assert isinstance(again, Existing)
    assert again.request_hash == "sha256:first"


async def test_edge_4_too_few_units_leave_nothing_behind(returns: Returns, store: Database) -> None:
    """A refused return costs no row, no lock and no RMA number, and says who holds the units."""
    first = await opened(returns)

    refused = await returns.open_return(opening("second"))
    unknown = await returns.open_return(opening("third", order_id="O-9", wanted=(("hat", 1),)))
    after = await opened(returns, "fourth", wanted=(("shoes", 1),))

    assert refused == NotEnoughUnits("shoes", wanted=2, available=1, held_by=(first.rma_no,))
    assert unknown == NotEnoughUnits("hat", wanted=1, available=0, held_by=())
    assert after == Opened("RMA-0000-02-E", (("shoes", (2,)),))
    async with store.tenant(TENANT) as connection:
        orders = (await connection.scalars(select(OrderLedgerModel.order_id))).all()
        numbered = await connection.scalar(select(func.count()).select_from(ReturnModel))
    assert orders == ["O-1"]
    assert numbered == 2


async def test_numbers_count_per_tenant(returns: Returns) -> None:
    """Two tenants both begin with their first RMA number."""
    mine = await opened(returns)
    theirs = await opened(returns, tenant_id=OTHER)

    assert mine.rma_no == theirs.rma_no


async def test_keeps_the_newest_tender_facts(returns: Returns, store: Database) -> None:
    """What the platform refunded itself between two returns is known to the ledger."""
    await opened(returns, wanted=(("shoes", 1),))
    changed = TenderFacts("card", "pi_1", 10_000, refunded_elsewhere_minor=700)

    await opened(returns, "second", wanted=(("shoes", 1),), tenders=(changed,))

    async with store.tenant(TENANT) as connection:
        known = await connection.scalar(
            select(TenderModel.refunded_elsewhere_minor).where(TenderModel.tender_id == "card")
        )
    assert known == 700


async def test_refuses_another_currency(returns: Returns) -> None:
    """An order does not change its currency between two returns."""
    await opened(returns, wanted=(("shoes", 1),))

    with pytest.raises(CurrencyChangedError, match="wanted EUR"):
        await returns.open_return(opening("second", currency="USD"))


async def test_registers_a_return_that_locks_nothing(returns: Returns) -> None:
    """A return that is denied at once has its number and its row, and holds no unit."""
    answer = await returns.open_return(opening(wanted=()))

    assert isinstance(answer, Opened)
    assert answer.units == ()
    assert await returns.held_units(TENANT, "O-1") == ()


@pytest.mark.parametrize("wanted", [(("shoes", 0),), (("shoes", 1), ("shoes", 1))])
async def test_refuses_a_request_that_makes_no_sense(
    returns: Returns, wanted: tuple[tuple[str, int], ...]
) -> None:
    """No unit of a line, or a line twice, is a caller's mistake."""
    with pytest.raises(ValueError, match="wanted"):
        await returns.open_return(opening(wanted=wanted))


async def test_edge_3_one_of_two_gets_the_last_unit(
    store: Database, second_store: Database
) -> None:
    """Two processes ask for the only unit of each of ten orders: one gets it, one is refused."""
    for number in range(10):
        facts = {
            "order_id": f"O-{number}",
            "fulfilled": (("shoes", 1),),
            "wanted": (("shoes", 1),),
        }

        answers = await asyncio.gather(
            Returns(store).open_return(opening(f"{number} here", **facts)),
            Returns(second_store).open_return(opening(f"{number} there", **facts)),
        )

        winner = next(answer for answer in answers if isinstance(answer, Opened))
        loser = next(answer for answer in answers if isinstance(answer, NotEnoughUnits))
        assert loser.held_by == (winner.rma_no,)


async def test_edge_1_the_same_start_twice_at_once_opens_once(
    store: Database, second_store: Database
) -> None:
    """Two processes with the same key agree on one number, also when their orders differ."""
    for number in range(10):
        same = opening(f"{number}", order_id=f"O-{number}")
        other_order = opening(f"{number}", order_id=f"P-{number}")

        answers = await asyncio.gather(
            Returns(store).open_return(same),
            Returns(second_store).open_return(same),
            Returns(second_store).open_return(other_order),
        )

        assert sum(isinstance(answer, Opened) for answer in answers) == 1
        assert (
            len({answer.rma_no for answer in answers if not isinstance(answer, NotEnoughUnits)})
            == 1
        )


async def test_a_tender_with_more_refunded_than_captured_is_refused(returns: Returns) -> None:
    """The database itself refuses facts that contradict themselves, and keeps nothing."""
    with pytest.raises(Exception, match="refunded_elsewhere_within_captured"):
        await returns.open_return(opening(tenders=(TenderFacts("card", "pi_1", 100, 101),)))

    assert await returns.get(TENANT, return_id("first")) is None
    assert await returns.tender_balances(TENANT, "O-1") == ()
    assert CARD.refunded_elsewhere_minor == 0


async def test_keeps_whose_it_is_and_what_was_paid(returns: Returns) -> None:
    """The platform's name of the customer stands with the return, also of one that was a draft."""
    whose: dict[str, Any] = {"customer_ref": "customer-1", "value_minor": 9_900}
    await opened(returns, **whose)
    await returns.open_draft(DraftOpening(TENANT, return_id("late"), "O-2", "sha256:late"))
    draft = await returns.get(TENANT, return_id("late"))

    await opened(returns, "late", order_id="O-2", **whose)

    assert draft is not None
    assert (draft.customer_ref, draft.value_minor) == (None, None)
    for name in ("first", "late"):
        row = await returns.get(TENANT, return_id(name))
        assert row is not None
        assert (row.customer_ref, row.value_minor) == ("customer-1", 9_900)


async def test_a_guest_is_nobody(returns: Returns) -> None:
    """Where the platform names nobody, no two guests are taken for one customer."""
    await opened(returns)

    row = await returns.get(TENANT, return_id("first"))

    assert row is not None
    assert row.customer_ref is None
