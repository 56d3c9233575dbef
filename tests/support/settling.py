"""Packs with fees, goods that were accepted, and settlements as the ledger seals them.

Shorter than through every stage of a return: what money needs is lots, parcels and the order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.approving import lots_to_seal, proposed
from domain.inspection import Acceptance
from domain.intents import Intent, LotAmount
from domain.lifecycle import LotState
from domain.orders import Order
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.promotions import Standing
from domain.returns import Lot, Return
from domain.settlement import settle, units_of
from domain.settling import sealed
from domain.tenders import TenderLeft, TenderOrder, split_over_tenders
from tests.support.builders import after, finding, opened, pack, receipt


def charging(
    *,
    payer: str = "CONSUMER",
    clawback: bool = False,
    tender_order: Sequence[Sequence[str]] | None = None,
    **fees: Any,
) -> Policy:
    """Return the standard policy with these fees, and the customer paying the way back."""
    return parse_policy(pack_with(fees, payer=payer, clawback=clawback, tender_order=tender_order))


def pack_with(
    fees: Mapping[str, Any],
    *,
    payer: str = "CONSUMER",
    clawback: bool = False,
    tender_order: Sequence[Sequence[str]] | None = None,
) -> dict[str, Any]:
    data: dict[str, Any] = pack()
    for rule in data["rules"]:
        rule["return_shipping_payer"] = payer
    nobody: dict[str, Any] = {"excused_grounds": [], "excused_faults": [], "taxable": False}
    data["fees"] = {**nobody, **fees}
    data["promotion_clawback"] = clawback
    if tender_order is not None:
        data["tender_order"] = tender_order
    return data


def accepted(ret: Return, *lots: Lot) -> Return:
    """Replace the lots of a return by these, accepted and in one parcel unless they say."""
    arrived = tuple(
        replace(
            lot,
            state=LotState.ACCEPTED,
            receipt_id=lot.receipt_id or "r1",
            finding=lot.finding or finding(),
            acceptance=Acceptance.ACCEPTED,
        )
        for lot in lots or ret.lots
    )
    parcels = dict.fromkeys(str(lot.receipt_id) for lot in arrived)
    counted = tuple(receipt({}, receipt_id=parcel, parcel=parcel) for parcel in parcels)
    return replace(ret, lots=arrived, receipts=counted)


def by_unit(ret: Return) -> Return:
    """Cut a return of one lot into a lot per unit, each in a parcel of its own."""
    (lot,) = ret.lots
    units = [
        replace(lot, lot_id=f"{lot.line_id}/{n}", units=(unit,), receipt_id=f"r{n}")
        for n, unit in enumerate(lot.units, start=1)
    ]
    return accepted(ret, *units)


@dataclass
class Till:
    """An order's ledger: what its settlements came to, and what each tender has back."""

    order: Order
    tender_order: TenderOrder | None = None
    standing: Standing = field(default_factory=Standing)
    given: dict[str, int] = field(default_factory=dict)
    rows: list[LotAmount] = field(default_factory=list)

    def settle(self, ret: Return, *lot_ids: str) -> Return:
        """Seal one settlement of these lots, and book it."""
        lots = [ret.lot(lot_id) for lot_id in lot_ids]
        rows = settle(ret, lots, self.standing)
        amount = sum(row.refund_minor for row in rows)
        parts = split_over_tenders(
            self.tenders, amount, self.tender_order or ret.policy.tender_order
        )
        for tender, part in zip(self.tenders, parts, strict=True):
            self.given[tender.tender_id] = tender.refunded_minor + part
        self.standing = replace(
            self.standing,
            clawback_minor=self.standing.clawback_minor + sum(row.clawback_minor for row in rows),
        ).with_units(units_of(lots))
        self.rows += rows
        number = ret.next_settlement_no
        intents = [
            Intent(f"i{number}-{tender.tender_id}", tender.tender_id, "pi_1", part, "planned")
            for tender, part in zip(self.tenders, parts, strict=True)
            if part
        ]
        return sealed(ret, lots, rows, intents, at=after(days=5))[0]

    @property
    def tenders(self) -> list[TenderLeft]:
        return [
            TenderLeft(t.tender_id, t.captured_minor, self.given.get(t.tender_id, 0), t.kind)
            for t in self.order.tenders
        ]

    @property
    def paid_back(self) -> int:
        return sum(self.given.values())


def limited(minor: int, currency: str = "EUR") -> Policy:
    """Return the standard policy with approval above so much."""
    return parse_policy(pack() | {"approval_above": {currency: minor}})


def proposed_to_finance(minor: int = 100, ret: Return | None = None) -> Return:
    """Return a return of 40.60 EUR whose settlement was proposed to finance."""
    ret = ret or accepted(opened(under=limited(minor)))
    lots = lots_to_seal(ret)
    amounts = settle(ret, lots)
    by_tender = (("t1", sum(row.refund_minor for row in amounts)),)
    return proposed(ret, lots, amounts, by_tender, None, at=after(days=3))[0]
