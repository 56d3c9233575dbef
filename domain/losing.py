"""Parcels that do not arrive: lost by their carrier, found again, or brought back to the sender."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.handover import another_parcel
from domain.inspection import Disposition
from domain.lifecycle import GRANTED, DeliveryState, LotState
from domain.parcels import Delivery
from domain.requests import HandoverMethod
from domain.returns import Change, Lot, Return
from domain.settling import follow_goods

_UNDER_WAY = (DeliveryState.IN_TRANSIT, DeliveryState.EXCEPTION, DeliveryState.DELIVERED)
_REPLACEABLE = (DeliveryState.AWAITING_HANDOVER, DeliveryState.RETURNED_TO_SENDER)


def can_be_lost(ret: Return) -> bool:
    return ret.authorization in GRANTED and any(d.state in _UNDER_WAY for d in ret.inbound)


def check_lost(ret: Return, delivery_id: str, evidence: str) -> None:
    """Refuse to call a parcel lost that is not under way, or without the carrier's word for it.

    Raises:
        RefusedError: it names the field that is wrong.
    """
    delivery = _inbound(ret, delivery_id)
    if not evidence:
        raise RefusedError("invalid_request", "wanted what the carrier says", field="evidence")
    if ret.authorization not in GRANTED or delivery.state not in _UNDER_WAY:
        raise RefusedError("command_not_allowed", f"the delivery is {delivery.state}")


def lost(
    ret: Return, delivery_id: str, *, evidence: str, claim_ref: str | None, at: datetime
) -> Change:
    """The carrier has lost a parcel: whoever sent it gets what he was to get (edge 37).

    It went with our label, or was proven to be sent; what becomes of our claim is between us and
    the carrier. Value that went out before is not asked back.
    """
    delivery = ret.delivery(delivery_id)
    gone = replace(delivery, state=DeliveryState.LOST, since=at, claim_ref=claim_ref)
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "tracking_code": delivery.tracking_code,
        "evidence": evidence,
        "claim_ref": claim_ref,
    }
    facts = [Fact("delivery.lost", data)]
    lots = [lot for lot in ret.lots if lot.state is LotState.IN_TRANSIT]
    ret = ret.with_delivery(gone)
    ret = ret.with_lots(*(replace(lot.moved(LotState.LOST, at), lost_at=at) for lot in lots))
    for lot in lots:
        ret, more = follow_goods(ret, lot.lot_id, at=at)
        facts += more
    return ret, tuple(facts)


def is_lost_for_good(lot: Lot) -> bool:
    """Say whether a lot's goods were lost, its money is settled, and they have not turned up."""
    settled = lot.state is not LotState.LOST or lot.settlement_no is not None
    return lot.lost_at is not None and lot.receipt_id is None and settled


def found(lot: Lot, receipt_id: str) -> Lot:
    """Return a lot that turned up after it was settled: its goods go to quarantine.

    Nothing is paid twice, and nothing asked back.
    """
    return replace(lot, receipt_id=receipt_id, disposition=Disposition.QUARANTINE)


def found_fact(lots: Sequence[Lot], receipt_id: str) -> tuple[Fact, ...]:
    names: list[JsonValue] = [lot.lot_id for lot in lots]
    data: dict[str, JsonValue] = {"lot_ids": names, "receipt_id": receipt_id}
    return (Fact("lot.found", data),) if lots else ()


def can_have_new_label(ret: Return) -> bool:
    return ret.authorization in GRANTED and any(_is_replaceable(d) for d in ret.inbound)


def check_new_label(ret: Return, delivery_id: str) -> None:
    """Refuse a new label for a parcel that is on its way, has none yet or needs none.

    Raises:
        RefusedError: it names the field that is wrong.
    """
    delivery = _inbound(ret, delivery_id)
    if ret.authorization not in GRANTED or not _is_replaceable(delivery):
        raise RefusedError("command_not_allowed", f"the delivery is {delivery.state}")


def new_label(ret: Return, delivery_id: str, *, reason: str, at: datetime) -> Change:
    """Give a parcel another label: the old one ran out, or brought it back to its sender.

    One that was not used is given back to the carrier (edge 31), and a scan of it still finds the
    return. From one that came back (edge 38) the time to hand over begins anew.
    """
    delivery = ret.delivery(delivery_id)
    came_back = delivery.state is DeliveryState.RETURNED_TO_SENDER
    courier = delivery.method is HandoverMethod.PICKUP
    method = HandoverMethod.DROP_OFF if courier else delivery.method
    ended = DeliveryState.CANCELLED if came_back else DeliveryState.CANCEL_REQUESTED
    ret, another = another_parcel(ret, delivery_id, method, None, at=at, ended=ended)
    if came_back:
        back = [lot for lot in ret.lots if lot.state is LotState.IN_TRANSIT]
        ret = ret.with_lots(*(lot.moved(LotState.AUTHORIZED, at) for lot in back))
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "replaced_by": another.delivery_id,
        "reason": reason,
    }
    return ret, (Fact("delivery.label_replaced", data),)


def _is_replaceable(delivery: Delivery) -> bool:
    return delivery.state in _REPLACEABLE and delivery.label_url is not None


def _inbound(ret: Return, delivery_id: str) -> Delivery:
    for delivery in ret.inbound:
        if delivery.delivery_id == delivery_id:
            return delivery
    raise RefusedError("delivery_not_found", f"no delivery {delivery_id!r}", field="delivery_id")
