"""What is to be done now: the state of a return says it, the workflow only orders it."""

from dataclasses import dataclass
from enum import StrEnum

from domain.approving import open_proposal
from domain.customs import awaits_papers
from domain.exchanges import lots_to_call_off
from domain.handover import wants_qr_code, wants_visit_cancelled
from domain.late_scans import wants_units
from domain.lifecycle import IN_TURN, AuthorizationState, DeliveryState
from domain.parcel_links import links_to_tell
from domain.parcels import Delivery, ParcelLink, wants_courier
from domain.releasing import may_replace_early
from domain.requests import Resolution
from domain.resolving import lots_to_move
from domain.returns import Lot, Return
from domain.securing import is_to_capture, is_to_give_back, is_to_place, is_to_renew, is_to_void
from domain.settling import lots_to_settle


class WorkKind(StrEnum):
    OPEN = "open"
    BOOK = "book"
    COURIER = "courier"
    CALL_COURIER_OFF = "call-courier-off"
    QR_CODE = "qr-code"
    CANCEL = "cancel"
    SETTLE = "settle"
    REFUND = "refund"
    REPLACE = "replace"
    CALL_OFF = "call-off"
    HOLD = "hold"
    RENEW = "renew"
    CAPTURE = "capture"
    VOID = "void"
    GIVE_BACK = "give-back"
    STOCK = "stock"
    TELL = "tell"
    RELOCK = "relock"


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work on one subject (order, delivery, lot, intent, parcel or settlement)."""

    kind: WorkKind
    subject: str

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.subject}"


OPENING = Work(WorkKind.OPEN, "order")
"""Reading the order of a draft, deciding and registering it."""
RELOCKING = Work(WorkKind.RELOCK, "units")
"""Locking the units of an expired return again, for its parcel was scanned."""


def due_work(ret: Return) -> tuple[Work, ...]:
    """Return the work whose time has come, in a stable order.

    Asking again while it is under way names the same work; once it is done its state change makes
    it disappear.
    """
    if ret.authorization is AuthorizationState.DRAFT:
        return (OPENING,)
    found = [
        Work(_DELIVERY_WORK[delivery.state], delivery.delivery_id)
        for delivery in ret.deliveries
        if delivery.state in _DELIVERY_WORK
        and not awaits_papers(ret, delivery)
        and not _awaits_courier_off(ret, delivery)
    ]
    found += [
        Work(WorkKind.COURIER, delivery.delivery_id)
        for delivery in ret.deliveries
        if wants_courier(delivery)
    ]
    found += [
        Work(WorkKind.CALL_COURIER_OFF, delivery.delivery_id)
        for delivery in ret.deliveries
        if wants_visit_cancelled(delivery)
    ]
    found += [
        Work(WorkKind.QR_CODE, delivery.delivery_id)
        for delivery in ret.deliveries
        if wants_qr_code(delivery)
    ]
    if lots_to_settle(ret) and open_proposal(ret) is None:
        found.append(Work(WorkKind.SETTLE, str(ret.next_settlement_no)))
    found += [
        Work(WorkKind.REFUND, intent.intent_id)
        for settlement in ret.settlements
        for intent in settlement.intents
        if not intent.is_settled and intent.state != "pending"
    ]
    found += [
        Work(WorkKind.REPLACE, lot.lot_id) for lot in ret.lots if orders_replacement(ret, lot)
    ]
    found += [Work(WorkKind.CALL_OFF, lot.lot_id) for lot in lots_to_call_off(ret)]
    found += [work for lot in ret.lots for work in hold_work(ret, lot)]
    found += [Work(WorkKind.STOCK, parcel_subject(receipt)) for receipt in lots_to_move(ret)]
    found += [Work(WorkKind.TELL, link_subject(link)) for link in links_to_tell(ret)]
    if wants_units(ret):
        found.append(RELOCKING)
    return tuple(found)


def _awaits_courier_off(ret: Return, delivery: Delivery) -> bool:
    """Say whether the courier of the parcel that this one is instead of is still to be called off.

    He would bring its label: ordered before, two of them came, or one for a parcel that is gone.
    """
    if delivery.state is not DeliveryState.LABEL_PENDING or delivery.replaces is None:
        return False
    before = ret.delivery(delivery.replaces)
    return before.with_courier and before.state is DeliveryState.CANCEL_REQUESTED


def hold_work(ret: Return, lot: Lot) -> list[Work]:
    """Return what is to be asked of the provider about the hold behind a lot: one thing at most."""
    wanted = {
        WorkKind.HOLD: is_to_place(ret, lot),
        WorkKind.RENEW: is_to_renew(lot),
        WorkKind.CAPTURE: is_to_capture(lot),
        WorkKind.VOID: is_to_void(ret, lot),
        WorkKind.GIVE_BACK: is_to_give_back(ret, lot),
    }
    return [Work(kind, lot.lot_id) for kind, is_wanted in wanted.items() if is_wanted]


def orders_replacement(ret: Return, lot: Lot) -> bool:
    """Say whether the replacement of a lot is to be ordered now."""
    accepted = lot.state in IN_TURN and lot.resolution is Resolution.EXCHANGE
    return accepted or may_replace_early(ret, lot)


def parcel_subject(receipt_id: str) -> str:
    """Name a parcel as the subject of work; a receipt's id is the warehouse's, and may be any."""
    return f"{_PARCEL}{receipt_id}"


def link_subject(link: ParcelLink) -> str:
    """Name a link as the subject of work."""
    return f"{link.return_id}/{link.tracking_code}"


def receipt_of(parcel: str) -> str:
    """Return the receipt whose parcel the subject of a piece of work names."""
    return parcel.removeprefix(_PARCEL)


_PARCEL = "parcel/"


_DELIVERY_WORK = {
    DeliveryState.LABEL_PENDING: WorkKind.BOOK,
    DeliveryState.CANCEL_REQUESTED: WorkKind.CANCEL,
}
