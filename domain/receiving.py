"""What arrives: receipts are appended, lots split by what was counted, nothing overwritten."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.lifecycle import AWAITED, GRANTED, DeliveryState, LotState
from domain.losing import found, found_fact, is_lost_for_good
from domain.parcels import Delivery, Receipt, ReceiptEntry
from domain.recovering import not_returned
from domain.returns import Change, Lot, Return
from domain.transport import is_called_off, revive

_LOCATION = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Locations are search attributes, so they stay short and plain."""
_EXPECTED = (
    AWAITED | {LotState.MISSING},
    frozenset({LotState.NOT_RETURNED}),
    frozenset({LotState.LOST}),
)
"""Whose goods a count is taken for: those awaited, then those that nobody expected any more."""


def check_receipt(ret: Return, receipt: Receipt) -> Receipt | None:
    """Return the receipt of the same id if it was recorded before, ``None`` when it is new.

    Raises:
        RefusedError: the same id with other contents, a quantity below one, or a return that
            expects nothing (not granted, closed, or called off with nothing left to cancel).
    """
    for known in ret.receipts:
        if known.receipt_id == receipt.receipt_id:
            if _counted(known) != _counted(receipt):
                raise RefusedError(
                    "receipt_conflict",
                    f"receipt {receipt.receipt_id} holds other contents",
                    field="receipt_id",
                )
            return known
    if ret.closed:
        raise RefusedError("return_closed", f"the return is {ret.headline}")
    if not is_receivable(ret):
        raise RefusedError("command_not_allowed", f"the return is {ret.headline}")
    check_count(receipt.location_id, receipt.entries)
    return None


def check_count(location_id: str, entries: Sequence[ReceiptEntry]) -> None:
    """Refuse a count that says nothing, or not where.

    Raises:
        RefusedError: a wrong location, no entry, or a quantity below one; names the field.
    """
    if not _LOCATION.fullmatch(location_id):
        raise RefusedError(
            "invalid_request",
            "wanted 1 to 64 letters, digits, dots, dashes or underscores",
            field="location_id",
        )
    if not entries:
        raise RefusedError("invalid_request", "wanted one or more entries", field="entries")
    for index, entry in enumerate(entries):
        if entry.quantity < 1:
            raise RefusedError(
                "invalid_quantity",
                f"wanted 1 or more, found {entry.quantity}",
                field=f"entries[{index}].quantity",
            )


def is_receivable(ret: Return) -> bool:
    """Say whether a parcel may still come: granted, or called off and not yet cancelled."""
    return not ret.closed and (ret.authorization in GRANTED or is_called_off(ret))


def _counted(receipt: Receipt) -> tuple[str, list[tuple[str, int]]]:
    return receipt.parcel, [(entry.sku, entry.quantity) for entry in receipt.entries]


def receive(ret: Return, receipt: Receipt) -> Change:
    """Record a new receipt.

    Awaited units that were counted become RECEIVED, in lot order; the rest of what is awaited
    becomes MISSING; what nobody awaits is noted as unexpected.
    """
    ret, revived = revive(ret, at=receipt.received_at)
    lots: list[Lot] = list(ret.lots)
    entries: list[ReceiptEntry] = []
    again: list[Lot] = []
    for entry in receipt.entries:
        left = entry.quantity
        while left and (index := _next_expected(ret, lots, entry.sku)) is not None:
            lot = lots[index]
            if lot.quantity > left:
                lots = list(replace(ret, lots=tuple(lots)).split_lot(lot.lot_id, left).lots)
                lot = lots[index]
            left -= lot.quantity
            arrived = lot.moved(LotState.RECEIVED, receipt.received_at)
            lots[index] = replace(arrived, receipt_id=receipt.receipt_id, lost_at=None)
        for index in _turned_up(ret, lots, entry.sku):
            # Settled as a whole, it is found as a whole.
            if lots[index].quantity <= left:
                left -= lots[index].quantity
                lots[index] = found(lots[index], receipt.receipt_id)
                again.append(lots[index])
        entries.append(replace(entry, unexpected=left))
    lots = [
        lot.moved(LotState.MISSING, receipt.received_at) if lot.state in AWAITED else lot
        for lot in lots
    ]
    recorded = replace(receipt, entries=tuple(entries))
    deliveries = tuple(
        d if d.ship_back_of is not None else _ended(d, receipt.received_at) for d in ret.deliveries
    )
    after = replace(
        ret,
        lots=tuple(lots),
        receipts=(*ret.receipts, recorded),
        deliveries=deliveries,
        location_id=receipt.location_id,
        # Of another place than the one that was chosen no time zone is known.
        location_time_zone=ret.location_time_zone if receipt.location_id == ret.location_id else "",
        completed_at=None,
    )
    told = found_fact(again, receipt.receipt_id)
    return after, (*revived, *_receipt_facts(after, recorded), *told)


def _ended(delivery: Delivery, at: datetime) -> Delivery:
    """The parcel is here: no courier is awaited any more, whoever brought it."""
    if delivery.state in (DeliveryState.CANCELLED, DeliveryState.RECEIVED):
        return delivery
    attempts = tuple(
        replace(attempt, outcome=attempt.outcome or "overtaken") for attempt in delivery.attempts
    )
    return replace(delivery, state=DeliveryState.RECEIVED, since=at, attempts=attempts)


def _receipt_facts(ret: Return, receipt: Receipt) -> tuple[Fact, ...]:
    counted: list[JsonValue] = [
        {"sku": e.sku, "quantity": e.quantity, "unexpected": e.unexpected} for e in receipt.entries
    ]
    data: dict[str, JsonValue] = {
        "receipt_id": receipt.receipt_id,
        "parcel": receipt.parcel,
        "location_id": receipt.location_id,
        "entries": counted,
    }
    missing = sum(lot.quantity for lot in ret.lots if lot.state is LotState.MISSING)
    unexpected = sum(entry.unexpected for entry in receipt.entries)
    received = Fact("parcel.received", data)
    if not missing and not unexpected:
        return (received,)
    return (received, Fact("receipt.discrepancy", {"missing": missing, "unexpected": unexpected}))


def _next_expected(ret: Return, lots: Sequence[Lot], sku: str) -> int | None:
    for states in _EXPECTED:
        for index, lot in enumerate(lots):
            open_still = lot.state in states and not is_lost_for_good(lot)
            if open_still and ret.line(lot.line_id).sku == sku:
                return index
    return None


def _turned_up(ret: Return, lots: Sequence[Lot], sku: str) -> list[int]:
    return [
        index
        for index, lot in enumerate(lots)
        if is_lost_for_good(lot) and ret.line(lot.line_id).sku == sku
    ]


def give_up_missing(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """The rest did not come in time: it counts as not sent and can be returned again.

    What went out for it before is due.
    """
    if ret.lot(lot_id).is_going_out:
        return not_returned(ret, lot_id, "not_sent", at=at)
    lot = ret.lot(lot_id).moved(LotState.NOT_SENT, at)
    data: dict[str, JsonValue] = {"lot_id": lot_id, "quantity": lot.quantity}
    return ret.with_lots(lot), (Fact("lot.not_sent", data),)
