"""The credit note of a settlement: what it gives back and keeps back, row by row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from domain.charging import own_taxes, taxes_returned
from domain.intents import LotAmount
from domain.money import split
from domain.orders import Tax
from domain.returns import Lot, Return


class RowKind(StrEnum):
    GOODS = "goods"
    CLAWBACK = "promotion_clawback"
    DEDUCTION = "condition_deduction"
    RETAINED = "price_of_kept_goods"
    RESTOCKING_FEE = "restocking_fee"
    HANDLING_FEE = "handling_fee"
    RETURN_SHIPPING_FEE = "return_shipping_fee"
    MISSED_VISIT_FEE = "missed_visit_fee"
    EXCHANGE = "goods_sent_instead"
    TAX = "tax"
    FEE_TAX = "tax_on_fees"
    SHIPPING = "shipping"


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One row, in minor units: above zero to the customer, below zero kept back.

    ``GOODS`` is the price paid for ``quantity`` units, without tax. Of a tax, ``jurisdiction`` and
    ``rate`` are the platform's words.
    """

    kind: RowKind
    lot_id: str
    amount_minor: int
    title: str = ""
    sku: str = ""
    quantity: int = 0
    jurisdiction: str = ""
    rate: str = ""


@dataclass(frozen=True, slots=True)
class NewNote:
    """The note that is to be issued with a settlement; without ``rows`` none is."""

    rma_no: str
    rows: tuple[NoteRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditNote:
    """One note as it was issued; it is never changed. ``total_minor`` is what its settlement paid.

    ``number`` is of its tenant's series of the year (UTC), which has no gaps.
    """

    number: str
    return_id: str
    rma_no: str
    order_id: str
    settlement_no: int
    issued_on: date
    currency: str
    total_minor: int
    rows: tuple[NoteRow, ...]


def credit_note_number(year: int, serial: int) -> str:
    """Return the number of a tenant's ``serial``-th note of a year, e.g. ``CN-2026-000123``."""
    return f"CN-{year:04d}-{serial:06d}"


_NUMBER = re.compile(r"CN-[0-9]{4}-[0-9]{6,12}")


def is_credit_note_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def note_rows(
    ret: Return, lots: Sequence[Lot], amounts: Sequence[LotAmount]
) -> tuple[NoteRow, ...]:
    """Return the rows of the note that a settlement of ``lots`` gets; they add up to its amount.

    None for a settlement of nothing: a credit note amends an invoice (Directive 2006/112/EC,
    articles 90 and 219), and where no money is given back there is nothing to amend. Its record and
    the customer's message are the settlement's.

    A clawback holds its own tax, as the promotion's lines may not be among those returned. The tax
    of a fee of the whole return is at the average of what is returned, so it is shared over those
    taxes by what was paid of each.
    """
    if not sum(row.refund_minor for row in amounts):
        return ()
    return tuple(
        row
        for lot, amount in zip(lots, amounts, strict=True)
        for row in _of_lot(ret, lot, amount)
        if row.amount_minor or row.kind is RowKind.GOODS
    )


def taxes_of(rows: Iterable[NoteRow]) -> tuple[NoteRow, ...]:
    """Sum up the tax of a note by jurisdiction and rate, in the order they are first named."""
    sums: dict[tuple[str, str], NoteRow] = {}
    for row in rows:
        if row.kind in (RowKind.TAX, RowKind.FEE_TAX):
            key = (row.jurisdiction, row.rate)
            known = sums.get(key, NoteRow(RowKind.TAX, "", 0, jurisdiction=key[0], rate=key[1]))
            sums[key] = replace(known, amount_minor=known.amount_minor + row.amount_minor)
    return tuple(sums.values())


def _of_lot(ret: Return, lot: Lot, amount: LotAmount) -> list[NoteRow]:
    line = ret.line(lot.line_id)
    kept = {
        RowKind.CLAWBACK: amount.clawback_minor,
        RowKind.DEDUCTION: amount.deduction_minor,
        RowKind.RETAINED: amount.retained_minor,
        RowKind.RESTOCKING_FEE: amount.restocking_fee_minor,
        RowKind.HANDLING_FEE: amount.handling_fee_minor,
        RowKind.RETURN_SHIPPING_FEE: amount.return_shipping_fee_minor,
        RowKind.MISSED_VISIT_FEE: amount.missed_visit_fee_minor,
        RowKind.EXCHANGE: amount.exchange_minor,
    }
    price = amount.gross_minor - amount.discount_minor
    goods = NoteRow(RowKind.GOODS, lot.lot_id, price, line.title, line.sku, lot.quantity)
    return [
        goods,
        *(NoteRow(kind, lot.lot_id, -minor) for kind, minor in kept.items()),
        *_taxes(ret, lot, amount),
        NoteRow(RowKind.SHIPPING, lot.lot_id, amount.shipping_minor),
    ]


def _taxes(ret: Return, lot: Lot, amount: LotAmount) -> list[NoteRow]:
    taxes, own = ret.line(lot.line_id).basis.taxes, own_taxes(ret, lot)
    rows = [_tax(RowKind.TAX, lot, tax, minor) for tax, minor in zip(taxes, own, strict=True)]
    if on_fees := amount.tax_minor - sum(own):
        paid = taxes_returned(ret)
        parts = split(on_fees, [minor for _, minor in paid])
        shares = [
            _tax(RowKind.FEE_TAX, lot, tax, part)
            for (tax, _), part in zip(paid, parts, strict=True)
        ]
        rows += [replace(row, kind=RowKind.FEE_TAX, lot_id=lot.lot_id) for row in taxes_of(shares)]
    return rows


def _tax(kind: RowKind, lot: Lot, tax: Tax, minor: int) -> NoteRow:
    return NoteRow(kind, lot.lot_id, minor, jurisdiction=tax.jurisdiction, rate=tax.rate)
