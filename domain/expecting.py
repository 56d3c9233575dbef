"""Which parcels a warehouse may expect, on which day, and what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.lifecycle import AWAITED, GRANTED, DeliveryState
from domain.parcels import Delivery, handover_key
from domain.requests import HandoverMethod
from domain.returns import Return
from domain.transport import BEFORE_HANDOVER, was_handed_over
from domain.waiting import waits


class Basis(StrEnum):
    """What a day goes by: the carrier's word that it is there, its promise, or our own policy."""

    DELIVERED = "delivered"
    PROMISED = "promised"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class ExpectedArrival:
    """One parcel to come; ``expected_on`` is a day where it is received, ``units`` are by SKU."""

    delivery_id: str
    expected_on: date
    basis: Basis
    units: tuple[tuple[str, int], ...]


_EXPECTED = (
    *BEFORE_HANDOVER,
    DeliveryState.IN_TRANSIT,
    DeliveryState.EXCEPTION,
    DeliveryState.DELIVERED,
)


def expected_arrivals(ret: Return) -> tuple[ExpectedArrival, ...]:
    """Return the parcels that are announced, under way or delivered and not counted yet.

    Goods that are brought to a store are none: its count is their receipt. Which parcel holds
    which unit is not known, so all that is awaited counts with the first parcel that was handed
    over, or else with the first one.

    The day is that of the carrier's delivery or promise. Where it promises none it is the
    hand-over, or until then its deadline, and the policy's time under way: the latest day on which
    nobody is surprised, in the place's time zone or, where that is not known, the customer's.
    """
    units = _awaited(ret)
    if ret.authorization not in GRANTED or not units:
        return ()
    parcels = [d for d in ret.inbound if d.state in _EXPECTED and _is_sent(d)]
    if not parcels:
        return ()
    deadlines = {wait.key: wait.deadline for wait in waits(ret)}
    zone = ZoneInfo(ret.location_time_zone or ret.time_zone)
    holds_all = next(filter(was_handed_over, parcels), parcels[0])
    found = []
    for parcel in parcels:
        at, basis = _expected_at(ret, parcel, deadlines)
        inside = units if parcel is holds_all else ()
        day = at.astimezone(zone).date()
        found.append(ExpectedArrival(parcel.delivery_id, day, basis, inside))
    return tuple(found)


def _is_sent(delivery: Delivery) -> bool:
    return delivery.method is not HandoverMethod.IN_STORE


def _awaited(ret: Return) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for lot in ret.lots:
        if lot.state in AWAITED:
            sku = ret.line(lot.line_id).sku
            counted[sku] = counted.get(sku, 0) + lot.quantity
    return tuple(counted.items())


def _expected_at(
    ret: Return, delivery: Delivery, deadlines: Mapping[str, datetime]
) -> tuple[datetime, Basis]:
    if delivery.delivered_at is not None:
        return delivery.delivered_at, Basis.DELIVERED
    if delivery.promised_at is not None:
        return delivery.promised_at, Basis.PROMISED
    return _handed_over_by(ret, delivery, deadlines) + ret.policy.handling.arrival, Basis.POLICY


def _handed_over_by(ret: Return, delivery: Delivery, deadlines: Mapping[str, datetime]) -> datetime:
    handed_over = delivery.first_scan_at or delivery.sent_at
    if handed_over is not None:
        return handed_over
    if delivery.state is DeliveryState.PICKUP_SCHEDULED and delivery.pickup_window is not None:
        return max(delivery.pickup_window.not_after, delivery.since)
    by = delivery.since + ret.policy.handling.hand_over_by
    return deadlines.get(handover_key(delivery), by)
