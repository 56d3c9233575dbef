"""The parcel's stage: a label, a courier where one was wished, and taking both back."""

from temporalio import workflow

from activities.booking import CancelBooking
from activities.label_messages import BuyLabel, MakeQrCode
from activities.labels import LabelActivities
from activities.visits import BookPickup, PickupActivities
from domain.booking import wants_label
from domain.handover import (
    qr_code_made,
    visit_cancelled,
    visit_not_cancelled,
    wants_qr_code,
    wants_visit_cancelled,
)
from domain.lifecycle import DeliveryState, LotState
from domain.money import share_of_units
from domain.parcels import SLOT_GONE, Delivery
from domain.pickups import pickup_booked, pickup_refused
from domain.requests import HandoverMethod
from domain.returns import Return
from domain.slots import is_slot_over, kept_ahead, next_slot, slot_gone
from domain.transport import cancelled, labelled, reached, sent_back
from workflows.buying import buy_label
from workflows.parking import Parking
from workflows.recording import Case


async def book(case: Case, parking: Parking, delivery_id: str) -> None:
    """Buy the label of one delivery.

    A withdrawal meanwhile takes effect after the step at hand; the cancellation that follows finds
    what was bought in the booking intents.
    """
    case.take(kept_ahead(case.ret, delivery_id, at=workflow.now()))
    delivery = case.ret.delivery(delivery_id)
    label = await parking.attempt(
        f"book/{delivery_id}",
        # As it is wished by each try: the way may change while it stands parked.
        lambda: buy_label(case, _label_order(case.ret, case.ret.delivery(delivery_id))),
        wanted=lambda: (
            wants_label(case.ret, delivery_id)
            and not is_slot_over(case.ret.delivery(delivery_id), workflow.now())
        ),
    )
    if label is None:
        case.take(next_slot(case.ret, delivery_id, at=workflow.now()))
        return
    case.take(
        labelled(
            case.ret,
            delivery_id,
            at=workflow.now(),
            carrier=label.carrier,
            shipment_ref=label.shipment_ref,
            tracking_code=label.tracking_code,
            tracker_ref=label.tracker_ref,
            label_url=label.label_url,
            cost_minor=label.cost.minor,
            cost_currency=label.cost.currency,
            adapter=label.adapter,
            promised_days=label.promised_days,
            with_courier=label.with_courier,
            courier=label.courier,
            label_valid_until=label.valid_until,
        )
    )
    lot_id = delivery.ship_back_of
    if lot_id is not None and case.ret.lot(lot_id).state is LotState.RETURN_TO_CUSTOMER:
        case.take(sent_back(case.ret, lot_id, at=workflow.now()))


async def order_courier(case: Case, parking: Parking, delivery_id: str) -> None:
    """Order the courier visit that the customer wished for, for a parcel that has its label."""
    delivery = case.ret.delivery(delivery_id)
    window, shipment_ref = delivery.pickup_window, delivery.shipment_ref
    if window is None or shipment_ref is None:
        return
    if is_slot_over(delivery, workflow.now()):
        case.take(slot_gone(case.ret, delivery_id, at=workflow.now()))
        return
    asked = BookPickup(
        tenant_id=case.ret.tenant_id,
        return_id=case.ret.return_id,
        delivery_id=delivery_id,
        order_id=case.ret.request.order_id,
        shipment_ref=shipment_ref,
        attempt=len(delivery.attempts) + 1,
        not_before=window.not_before,
        not_after=window.not_after,
        tracker_ref=delivery.tracker_ref or delivery.tracking_code,
        time_zone=window.time_zone,
        corrections=case.ret.corrections,
    )
    pickup = await parking.attempt(
        f"courier/{delivery_id}",
        lambda: case.call(
            PickupActivities.book_pickup,
            asked,
            summary=f"courier for {case.ret.rma_no}",
            carrier=case.ret.delivery(delivery_id).adapter,
        ),
        wanted=lambda: (
            _is(case, delivery_id, DeliveryState.AWAITING_HANDOVER)
            # What stood parked until its window was over is ordered anew, for the next.
            and not is_slot_over(case.ret.delivery(delivery_id), workflow.now())
            and case.ret.delivery(delivery_id).pickup_window == window
        ),
    )
    if pickup.reached:
        case.take(reached(case.ret, delivery_id, pickup.reached, at=workflow.now()))
        return
    if pickup.refused is not None:
        now, ref, reason = workflow.now(), pickup.pickup_ref, pickup.refused
        is_wished = case.ret.delivery(delivery_id).pickup_window == window
        if reason == SLOT_GONE and is_wished:
            case.take(slot_gone(case.ret, delivery_id, at=now, pickup_ref=ref))
        else:
            refused = pickup_refused(
                case.ret, delivery_id, at=now, pickup_ref=ref, reason=reason, window=window
            )
            case.take(refused)
        return
    case.take(
        pickup_booked(
            case.ret,
            delivery_id,
            at=workflow.now(),
            pickup_ref=pickup.pickup_ref,
            confirmation=pickup.confirmation,
            cost_minor=pickup.cost.minor if pickup.cost else 0,
            cost_currency=pickup.cost.currency if pickup.cost else case.ret.currency,
            window=window,
        )
    )


async def call_courier_off(case: Case, parking: Parking, delivery_id: str) -> None:
    """Call an ordered courier off; what the customer wished instead follows his confirmation."""
    delivery = case.ret.delivery(delivery_id)
    over = sum(1 for visit in delivery.attempts if visit.outcome is not None)
    asked = CancelBooking(case.ret.tenant_id, case.ret.return_id, delivery_id, visits_over=over)
    answer = await parking.attempt(
        f"call-courier-off/{delivery_id}",
        lambda: case.call(
            PickupActivities.call_courier_off,
            asked,
            summary=f"call the courier of {case.ret.rma_no} off",
            carrier=case.ret.delivery(delivery_id).adapter,
        ),
        wanted=lambda: wants_visit_cancelled(case.ret.delivery(delivery_id)),
    )
    if answer.refused is None:
        case.take(visit_cancelled(case.ret, delivery_id, at=workflow.now()))
    else:
        case.take(visit_not_cancelled(case.ret, delivery_id, answer.refused))


async def make_qr_code(case: Case, parking: Parking, delivery_id: str) -> None:
    """Have the label shown as a code, for a customer who cannot print it."""
    shipment_ref = case.ret.delivery(delivery_id).shipment_ref
    if shipment_ref is None:
        return
    code = await parking.attempt(
        f"qr-code/{delivery_id}",
        lambda: case.call(
            LabelActivities.make_qr_code,
            MakeQrCode(case.ret.tenant_id, shipment_ref, case.ret.return_id, delivery_id),
            summary=f"QR code for {case.ret.rma_no}",
            carrier=case.ret.delivery(delivery_id).adapter,
        ),
        wanted=lambda: wants_qr_code(case.ret.delivery(delivery_id)),
    )
    case.take(qr_code_made(case.ret, delivery_id, code.url, at=workflow.now()))


async def cancel(case: Case, parking: Parking, delivery_id: str) -> None:
    """Give back courier and label, in the reverse order of booking; each step repeats safely.

    A parcel that was handed over after all keeps its label: cancelling it ends at the step at hand.
    """
    visits = case.ret.delivery(delivery_id).attempts
    asked = CancelBooking(
        case.ret.tenant_id,
        case.ret.return_id,
        delivery_id,
        visits_over=sum(1 for visit in visits if visit.outcome is not None),
    )
    work = f"cancel/{delivery_id}"

    def wanted() -> bool:
        return _is(case, delivery_id, DeliveryState.CANCEL_REQUESTED)

    pickup = await parking.attempt(
        work,
        lambda: case.call(
            PickupActivities.cancel_pickup,
            asked,
            summary=f"cancel the courier of {case.ret.rma_no}",
            carrier=case.ret.delivery(delivery_id).adapter,
        ),
        wanted=wanted,
    )
    if not wanted():
        return
    label = await parking.attempt(
        work,
        lambda: case.call(
            LabelActivities.void_label,
            asked,
            summary=f"void the label of {case.ret.rma_no}",
            carrier=case.ret.delivery(delivery_id).adapter,
        ),
        wanted=wanted,
    )
    case.take(
        cancelled(
            case.ret,
            delivery_id,
            at=workflow.now(),
            pickup_cancelled=pickup.undone,
            label_voided=label.undone,
        )
    )


def _is(case: Case, delivery_id: str, state: DeliveryState) -> bool:
    return case.ret.delivery(delivery_id).state is state


def _label_order(ret: Return, delivery: Delivery) -> BuyLabel:
    back = delivery.ship_back_of
    lots = [lot for lot in ret.lots if back is None or lot.lot_id == back]
    weight = sum(
        share_of_units(basis.weight_grams, lot.units, of_units=basis.quantity)
        for lot in lots
        if lot.state is not LotState.DECLINED
        for basis in [ret.line(lot.line_id).basis]
    )
    return BuyLabel(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        delivery_id=delivery.delivery_id,
        order_id=ret.request.order_id,
        location_id=ret.location_id,
        weight_grams=max(weight, 1),
        to_customer=back is not None,
        corrections=ret.corrections,
        country=ret.country,
        currency=ret.currency,
        courier=delivery.pickup_window if delivery.method is HandoverMethod.PICKUP else None,
        as_code=delivery.method is HandoverMethod.QR_DROP_OFF,
    )
