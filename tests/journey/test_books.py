"""Those who keep the books list refunds and credit notes of a day or month."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from backhaul_client import BackhaulError, ReturnView
from cli.main import run
from cli.tables import safe_cell
from domain.credit_notes import NoteRow, RowKind, taxes_of
from domain.money import Money
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey
from tests.support.terminal import Terminal, sign_in


def today() -> date:
    return datetime.now(UTC).date()


def tomorrow() -> date:
    return today() + timedelta(days=1)


async def refunded(journey: Journey) -> ReturnView:
    """One lamp came back and was paid."""
    order, client = journey.sandbox.order("three-units"), journey.client()
    started = await client.start_return(units_of(order), idempotency_key=new_key())
    await take_in(journey, started.return_id, "LAMP-DESK-WHITE")
    return await client.wait_until(
        started.return_id,
        lambda seen: [s.refunds[0].state for s in seen.settlements] == ["succeeded"],
        timeout=PATIENCE,
    )


async def test_refunds_of_a_day_are_listed_with_their_sums(journey: Journey) -> None:
    """Every one on some page, oldest first; the sums are of all, and of the asked state."""
    paid = [await refunded(journey) for _ in range(3)]
    auditor = journey.client("auditor")

    whole = await auditor.books.list_refunds(today(), tomorrow())
    in_pages = await auditor.books.list_refunds(today(), tomorrow(), page_size=2)
    unknown = await auditor.books.list_refunds(today(), tomorrow(), state="unknown")

    assert in_pages.items == whole.items
    assert sorted(whole.items, key=lambda row: row.created_at) == list(whole.items)
    for view in paid:
        (row,) = [row for row in whole.items if row.return_id == view.return_id]
        refund = view.settlements[0].refunds[0]
        assert (row.rma_no, row.refund_ref) == (view.rma_no, refund.refund_ref)
        assert row.amount_minor == refund.amount_minor
        assert row.sent_at is not None
        assert row.ended_at is not None
        assert row.created_at <= row.sent_at <= row.ended_at
    for part in whole.sums:
        fitting = [r for r in whole.items if (r.currency, r.state) == (part.currency, part.state)]
        assert part.refunds == len(fitting)
        assert part.amount_minor == sum(row.amount_minor for row in fitting)
    assert all(row.state == "unknown" for row in unknown.items)


async def test_a_credit_note_is_listed_and_read(journey: Journey) -> None:
    """What the return names is there, and its rows are what was paid."""
    view = await refunded(journey)
    (settlement,) = view.settlements
    assert settlement.credit_note_no is not None
    finance = journey.client("finance")

    note = await finance.books.get_credit_note(settlement.credit_note_no)
    listed = await finance.books.list_credit_notes(today(), tomorrow(), page_size=1)

    assert note in listed.items
    assert [row.number for row in listed.items] == sorted(row.number for row in listed.items)
    assert sum(row.amount_minor for row in note.rows) == note.total_minor
    assert note.total_minor == settlement.amount_minor
    assert (note.return_id, note.rma_no) == (view.return_id, view.rma_no)


async def test_another_tenant_has_none_of_it(journey: Journey) -> None:
    """Neither lists nor a note by its number."""
    view = await refunded(journey)
    number = view.settlements[0].credit_note_no or ""
    other = journey.client("finance", tenant=OTHER_TENANT)

    refunds = await other.books.list_refunds(today(), tomorrow())
    notes = await other.books.list_credit_notes(today(), tomorrow())
    with pytest.raises(BackhaulError) as refused:
        await other.books.get_credit_note(number)

    assert (refunds.items, refunds.sums, notes.items) == ((), (), ())
    assert (refused.value.status, refused.value.code) == (404, "credit_note_not_found")


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/credit-notes"])
@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("since=2026-03-01", "invalid_request", "before"),
        ("since=1700006400&before=2026-03-02", "invalid_request", "since"),
        ("since=2026-02-30&before=2026-03-02", "invalid_request", "since"),
        ("since=2026-03-01&before=2026-03-02&limit=501", "invalid_request", "limit"),
        ("since=2026-03-01&before=2026-03-02&cursor=x", "invalid_cursor", "cursor"),
        ("since=2026-03-01&before=2026-03-02&day=1", "invalid_request", "day"),
    ],
)
async def test_what_cannot_be_listed_says_which_part(
    journey: Journey, path: str, query: str, code: str, field: str
) -> None:
    """A wrong day, limit, cursor or name is refused by its name."""
    response = await journey.http[TENANT, "finance"].get(f"{path}?{query}")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["field"] == field


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/credit-notes", "/v1/credit-notes/CN-1"])
@pytest.mark.parametrize("role", ["platform", "warehouse", "reviewer"])
async def test_others_do_not_read_the_books(journey: Journey, path: str, role: str) -> None:
    """The books are for finance, ops, auditors and admins."""
    span = {"since": "2026-03-01", "before": "2026-03-02"}

    response = await journey.http[TENANT, role].get(path, params=span)

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_a_day_and_a_month_are_printed_for_people_and_for_tables(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output says whose day it is; CSV has a row for each refund and each row of a note."""
    view = await refunded(journey)
    note_no, amount = view.settlements[0].credit_note_no or "", view.settlements[0].amount_minor
    sign_in(journey, monkeypatch, "finance")
    day, month = ("--day", f"{today()}"), ("--month", f"{today():%Y-%m}")

    refunds = await terminal.type("finance", "refunds", *day)
    refund_rows = await terminal.type("finance", "refunds", *month, "--csv")
    notes = await terminal.type("finance", "credit-notes", *month)
    note_rows = await terminal.type("finance", "credit-notes", *day, "--csv")
    quiet = await terminal.type("finance", "credit-notes", "--day", "2020-02-29")

    assert f"refunds of {today()} (UTC):" in refunds[1]
    assert "succeeded: " in refunds[1]
    (row,) = [r for r in csv.DictReader(io.StringIO(refund_rows[1])) if r["return"] == view.rma_no]
    assert (row["state"], row["amount"]) == ("succeeded", f"{Money(amount, 'CNY')}")
    assert f"credit notes of {today():%Y-%m} (UTC):" in notes[1]
    assert note_no in notes[1]
    mine = [r for r in csv.DictReader(io.StringIO(note_rows[1])) if r["number"] == note_no]
    assert {r["row"] for r in mine} >= {"goods", "tax"}
    assert quiet[1].splitlines() == ["credit notes of 2020-02-29 (UTC): 0"]


@pytest.mark.parametrize(
    "words",
    [
        ("--month", "2026-13"),
        ("--month", "9999-12"),
        ("--day", "2026-02-30"),
        ("--day", "2026-02-01", "--month", "2026-02"),
        ("--csv", "--json"),
    ],
    ids=" ".join,
)
def test_what_is_no_day_or_month_is_misspelt(words: tuple[str, ...]) -> None:
    """It ends with status 2, before anything is asked."""
    with pytest.raises(SystemExit) as ended:
        run(("finance", "refunds", *words))

    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1 day", "'+1 day"),
        ("-cmd", "'-cmd"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("-5.00 EUR", "-5.00 EUR"),
        ("re_1", "re_1"),
        ("", ""),
    ],
)
def test_a_spreadsheet_computes_nothing_of_what_people_wrote(text: str, cell: str) -> None:
    """A title that begins like a formula stays text; an amount below zero stays an amount."""
    assert safe_cell(text) == cell


def test_taxes_of_a_note_are_summed_by_rate() -> None:
    """Tax that was kept with a fee counts against the tax of the goods."""
    rows = (
        NoteRow(RowKind.TAX, "a/1", 190, jurisdiction="DE", rate="0.19"),
        NoteRow(RowKind.FEE_TAX, "a/1", -19, jurisdiction="DE", rate="0.19"),
        NoteRow(RowKind.TAX, "b/1", 70, jurisdiction="DE", rate="0.07"),
        NoteRow(RowKind.GOODS, "b/1", 1000),
    )

    assert [(row.rate, row.amount_minor) for row in taxes_of(rows)] == [("0.19", 171), ("0.07", 70)]
