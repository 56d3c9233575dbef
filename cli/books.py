"""``backhaul finance refunds`` and ``credit-notes``: a day or a month of the books."""

import argparse
import re
from collections.abc import Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta

from backhaul_client import BackhaulClient
from backhaul_client.books import CreditNoteView, RefundIntentView
from cli import printing
from cli.calling import Action, calls
from cli.tables import show_csv
from domain.credit_notes import NoteRow, RowKind, taxes_of
from domain.money import Money


def add_books(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    refunds = _add(actions, "refunds", "every refund of a day or month, and their sums", _refunds)
    refunds.add_argument("--state", help="those in this state only, such as unknown")
    _add(actions, "credit-notes", "the credit notes of a day or month", _credit_notes)


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    meaning: str,
    action: Action,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=meaning)
    span = parser.add_mutually_exclusive_group()
    span.add_argument("--day", type=_day, help="UTC; yesterday unless stated")
    span.add_argument("--month", type=_month, help="UTC, such as 2026-03")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--csv", action="store_true", help="print the rows as CSV")
    printing.add_json(output)
    parser.set_defaults(run=calls("read-books", action))
    return parser


def _month(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}", text):
        raise ValueError(text)
    return _day(f"{text}-01")


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year >= MAXYEAR:
        raise ValueError(text)
    return day


def span_of(arguments: argparse.Namespace) -> tuple[date, date, str]:
    """Return the first day, the day after the last, and both in words."""
    if arguments.month is not None:
        first: date = arguments.month
        following = (first + timedelta(days=31)).replace(day=1)
        return first, following, f"{first:%Y-%m} (UTC)"
    day: date = arguments.day or datetime.now(UTC).date() - timedelta(days=1)
    return day, day + timedelta(days=1), f"{day} (UTC)"


_REFUND = (
    "sealed",
    "return",
    "order",
    "settlement",
    "tender",
    "amount",
    "state",
    "generation",
    "refund",
    "sent",
    "ended",
    "failure",
    "intent",
)
_NOTE = ("number", "issued", "return", "order", "settlement", "total")
_NOTE_ROW = (*_NOTE, "row", "lot", "sku", "title", "quantity", "jurisdiction", "rate", "amount")


async def _refunds(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    since, before, words = span_of(arguments)
    found = await client.books.list_refunds(since, before, state=arguments.state)
    if arguments.json:
        printing.show_json(found)
        return
    rows = [_refund(refund) for refund in found.items]
    if arguments.csv:
        show_csv(_REFUND, rows)
        return
    print(f"refunds of {words}: {len(rows)}")
    if rows:
        printing.show_table(_REFUND, rows)
    for part in found.sums:
        print(f"{part.state}: {part.refunds}, {Money(part.amount_minor, part.currency)}")


def _refund(refund: RefundIntentView) -> tuple[str, ...]:
    return (
        _time(refund.created_at),
        refund.rma_no,
        refund.order_id,
        str(refund.settlement_no),
        f"{refund.tender_id} ({refund.tender_kind})",
        str(Money(refund.amount_minor, refund.currency)),
        refund.state,
        str(refund.generation),
        refund.refund_ref or "",
        _time(refund.sent_at),
        _time(refund.ended_at),
        refund.failure or "",
        refund.intent_id,
    )


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""


async def _credit_notes(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    since, before, words = span_of(arguments)
    found = await client.books.list_credit_notes(since, before)
    if arguments.json:
        printing.show_json(found)
    elif arguments.csv:
        show_csv(_NOTE_ROW, [row for note in found.items for row in _note_rows(note)])
    else:
        print(f"credit notes of {words}: {len(found.items)}")
        if found.items:
            printing.show_table((*_NOTE, "tax in it"), [_note(note) for note in found.items])
        for currency in sorted({note.currency for note in found.items}):
            total = sum(n.total_minor for n in found.items if n.currency == currency)
            print(f"together {Money(total, currency)}")


def _head(note: CreditNoteView) -> tuple[str, ...]:
    total = str(Money(note.total_minor, note.currency))
    names = (note.number, note.issued_on.isoformat(), note.rma_no, note.order_id)
    return (*names, str(note.settlement_no), total)


def _note(note: CreditNoteView) -> tuple[str, ...]:
    taxes = ", ".join(
        f"{row.jurisdiction} {row.rate}: {Money(row.amount_minor, note.currency)}"
        for row in taxes_of(_rows(note))
    )
    return (*_head(note), taxes)


def _rows(note: CreditNoteView) -> Sequence[NoteRow]:
    return [NoteRow(**{**row.model_dump(), "kind": RowKind(row.kind)}) for row in note.rows]


def _note_rows(note: CreditNoteView) -> list[tuple[str, ...]]:
    return [
        (
            *_head(note),
            row.kind,
            row.lot_id,
            row.sku,
            row.title,
            str(row.quantity or ""),
            row.jurisdiction,
            row.rate,
            str(Money(row.amount_minor, note.currency)),
        )
        for row in note.rows
    ]
