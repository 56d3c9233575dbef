"""Credit notes: one for each settlement that pays, numbered without gaps, never changed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from domain.credit_notes import CreditNote, NewNote, NoteRow, RowKind, credit_note_number
from storage.credit_notes import CreditNotes
from storage.cursors import BadCursorError
from storage.database import Database
from storage.returns import Returns
from storage.sealing import OverRefundError, SealedOtherwiseError
from storage.settlements import Settlements
from storage.states import IntentState
from tests.storage.builders import CARD, OTHER, TENANT, opened, return_id
from tests.storage.test_settlements import in_turn

YEAR = datetime.now(UTC).year
SINCE, BEFORE = date(YEAR - 1, 1, 1), date(YEAR + 2, 1, 1)


def rows(minor: int) -> tuple[NoteRow, ...]:
    goods = NoteRow(RowKind.GOODS, "shoes/1", minor + 10, "Shoes", "SKU", 1)
    return (goods, NoteRow(RowKind.DEDUCTION, "shoes/1", -10))


async def seal(
    store: Database,
    minor: int,
    *,
    number: int = 1,
    name: str = "first",
    noted: int | None = None,
    tenant_id: str = TENANT,
) -> None:
    """Seal a settlement with its note, whose rows come to ``noted``."""
    await Settlements(store).seal(
        tenant_id,
        return_id(name, tenant_id),
        order_id="O-1",
        number=number,
        amount_minor=minor,
        currency="EUR",
        split=in_turn,
        lot_ids=("shoes/1",),
        note=NewNote("RMA-0000-01-7", rows(minor if noted is None else noted) if minor else ()),
    )


async def numbers(store: Database, tenant_id: str = TENANT) -> list[str]:
    notes, _ = await CreditNotes(store).page(tenant_id, since=SINCE, before=BEFORE, limit=500)
    return [note.number for note in notes]


async def test_a_settlement_that_pays_has_one_note(store: Database, returns: Returns) -> None:
    """It names order, return and settlement, and has every row, to the minor unit."""
    await opened(returns)

    await seal(store, 500)

    first = credit_note_number(YEAR, 1)
    note = await CreditNotes(store).get(TENANT, first)
    assert note is not None
    assert note == CreditNote(
        first,
        return_id("first"),
        "RMA-0000-01-7",
        "O-1",
        1,
        note.issued_on,
        "EUR",
        500,
        rows(500),
    )
    assert abs(note.issued_on - datetime.now(UTC).date()) <= timedelta(days=1)
    assert await CreditNotes(store).number_of(TENANT, return_id("first"), 1) == first


async def test_sealing_again_issues_no_second_note(store: Database, returns: Returns) -> None:
    """A retry finds the settlement and its note as they were."""
    await opened(returns)

    await seal(store, 500)
    await seal(store, 500)

    assert await numbers(store) == [credit_note_number(YEAR, 1)]


async def test_a_settlement_of_nothing_has_no_note(store: Database, returns: Returns) -> None:
    """Where nothing is given back no invoice is amended, and no number is used."""
    await opened(returns)

    await seal(store, 0)
    await seal(store, 500, number=2)

    assert await CreditNotes(store).number_of(TENANT, return_id("first"), 1) is None
    assert await numbers(store) == [credit_note_number(YEAR, 1)]


async def test_a_second_settlement_has_its_own_note(store: Database, returns: Returns) -> None:
    """Each is for what its settlement paid."""
    await opened(returns)

    await seal(store, 500)
    await seal(store, 700, number=2)

    notes, _ = await CreditNotes(store).page(TENANT, since=SINCE, before=BEFORE, limit=10)
    assert [(note.settlement_no, note.total_minor) for note in notes] == [(1, 500), (2, 700)]


async def test_numbers_have_no_gap_where_a_settlement_failed(
    store: Database, returns: Returns
) -> None:
    """A settlement that is refused gives its number back."""
    await opened(returns)
    await seal(store, 500)

    with pytest.raises(OverRefundError):
        await Settlements(store).seal(
            TENANT,
            return_id("first"),
            order_id="O-1",
            number=2,
            amount_minor=20_000,
            currency="EUR",
            split=lambda _balances, minor: (minor, 0),
            lot_ids=("shoes/2",),
            note=NewNote("RMA-0000-01-7", rows(20_000)),
        )
    with pytest.raises(SealedOtherwiseError, match="wanted rows of 700 EUR"):
        await seal(store, 700, number=2, noted=600)
    await seal(store, 700, number=2)

    assert await numbers(store) == [credit_note_number(YEAR, serial) for serial in (1, 2)]


async def test_many_at_once_have_numbers_without_gap_or_double(
    store: Database, second_store: Database
) -> None:
    """Twelve returns of twelve orders settle in two processes at the same moment."""
    names = [f"return {index}" for index in range(12)]
    for name in names:
        await opened(Returns(store), name, order_id=name, tenders=(CARD,))

    async def settle(name: str, process: Database) -> None:
        await Settlements(process).seal(
            TENANT,
            return_id(name),
            order_id=name,
            number=1,
            amount_minor=500,
            currency="EUR",
            split=in_turn,
            lot_ids=("shoes/1",),
            note=NewNote(name, rows(500)),
        )

    await asyncio.gather(
        *(settle(name, (store, second_store)[n % 2]) for n, name in enumerate(names)),
        # The same settlement twice at once is one note.
        *(settle(name, (second_store, store)[n % 2]) for n, name in enumerate(names)),
    )

    assert await numbers(store) == [credit_note_number(YEAR, serial) for serial in range(1, 13)]


async def test_tenants_have_series_of_their_own(store: Database, returns: Returns) -> None:
    """Both begin with one, and neither sees the other's."""
    await opened(returns)
    await opened(returns, tenant_id=OTHER)

    await seal(store, 500)
    await seal(store, 700, tenant_id=OTHER)

    first = credit_note_number(YEAR, 1)
    assert await numbers(store) == await numbers(store, OTHER) == [first]
    note = await CreditNotes(store).get(OTHER, first)
    assert note is not None
    assert note.total_minor == 700


async def test_a_new_year_begins_a_new_series(
    store: Database, returns: Returns, owner: Engine
) -> None:
    """What last year came to does not count."""
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('backhaul.tenant_id', 'acme', true)"))
        connection.execute(
            text("INSERT INTO credit_note_counters VALUES ('acme', :year, 41)"), {"year": YEAR - 1}
        )
    await opened(returns)

    await seal(store, 500)

    assert await numbers(store) == [credit_note_number(YEAR, 1)]


async def test_a_refund_that_fails_after_all_changes_no_note(
    store: Database, returns: Returns
) -> None:
    """The note is of what was decided; what becomes of its refunds is not written into it."""
    await opened(returns)
    await seal(store, 500)
    before = await CreditNotes(store).get(TENANT, credit_note_number(YEAR, 1))
    settlements = Settlements(store)
    (intent,) = await settlements.of_return(TENANT, return_id("first"))
    await settlements.begin(TENANT, intent.intent_id)
    await settlements.finish(TENANT, intent.intent_id, state=IntentState.SUCCEEDED)
    await settlements.finish(TENANT, intent.intent_id, state=IntentState.REJECTED)

    assert await CreditNotes(store).get(TENANT, credit_note_number(YEAR, 1)) == before


@pytest.mark.parametrize(
    "statement", ["UPDATE credit_notes SET rma_no = ''", "DELETE FROM credit_notes"]
)
async def test_the_application_cannot_change_a_note(
    store: Database, returns: Returns, statement: str
) -> None:
    """The database refuses it to the application's role."""
    await opened(returns)
    await seal(store, 500)

    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text(statement))


async def test_pages_hold_every_note_once(store: Database, returns: Returns) -> None:
    """In the order of their numbers; the last page has no cursor."""
    await opened(returns)
    for number in range(1, 6):
        await seal(store, 100, number=number)
    notes, found, cursor = CreditNotes(store), [], None
    for _ in range(3):
        page, cursor = await notes.page(TENANT, since=SINCE, before=BEFORE, limit=2, cursor=cursor)
        found += [note.number for note in page]

    assert cursor is None
    assert found == [credit_note_number(YEAR, serial) for serial in range(1, 6)]
    assert (await notes.page(TENANT, since=SINCE, before=SINCE, limit=9))[0] == ()


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "WzEsMl0", "WyJ4IiwieSJd"])
async def test_a_cursor_of_nobody_is_refused(store: Database, cursor: str) -> None:
    """It is not taken for a first page."""
    with pytest.raises(BadCursorError):
        await CreditNotes(store).page(TENANT, since=SINCE, before=BEFORE, limit=2, cursor=cursor)


@pytest.mark.parametrize("number", ["\x00", "a\x00b", "CN-2026-1", "CN-2026-000001\n", ""])
async def test_what_is_no_number_has_no_note(store: Database, number: str) -> None:
    """Also text that no database can hold."""
    assert await CreditNotes(store).get(TENANT, number) is None
