"""How long a label is good for (edge 31): told while it is, and what is left to do after it."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.events import Fact, JsonValue
from domain.lifecycle import DeliveryState
from domain.parcels import Delivery
from domain.returns import Change, Return

REMINDED_BEFORE = timedelta(days=3)
"""How long before its label runs out a customer who has not sent the parcel is reminded."""


def valid_until(ret: Return, told: datetime | None, *, at: datetime) -> datetime | None:
    """Return until when a label bought ``at`` then is good.

    As its carrier told, else as many days as the policy says; ``None``: nobody says.
    """
    days = ret.policy.label_valid_days
    return told or (None if days is None else at + timedelta(days=days))


def label_runs(delivery: Delivery) -> datetime | None:
    """Return until when the label of a parcel is good that is still to be handed over with it."""
    waits = delivery.state is DeliveryState.AWAITING_HANDOVER and delivery.ship_back_of is None
    return delivery.label_valid_until if waits and not delivery.label_expired else None


def reminded_at(delivery: Delivery, until: datetime) -> datetime | None:
    """Return when the customer is reminded; ``None`` once he was, or knew it that late anyway."""
    at = until - REMINDED_BEFORE
    return None if delivery.label_reminded or at <= delivery.since else at


def remind_of_label(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """Remind the customer; of a date that has passed already nobody is reminded any more."""
    until = ret.delivery(delivery_id).label_valid_until
    if until is not None and until <= at:
        return label_ran_out(ret, delivery_id)
    delivery = replace(ret.delivery(delivery_id), label_reminded=True)
    return ret.with_delivery(delivery), (Fact("delivery.label_running_out", _told(ret, delivery)),)


def label_ran_out(ret: Return, delivery_id: str) -> Change:
    """The label is good no longer: another one can be asked for, and nothing else ends.

    A scan of it still finds the return, if its carrier took the parcel all the same.
    """
    delivery = replace(ret.delivery(delivery_id), label_expired=True)
    return ret.with_delivery(delivery), (Fact("delivery.label_expired", _told(ret, delivery)),)


def told_date(ret: Return, delivery: Delivery) -> dict[str, JsonValue]:
    """Return a label's date as it is told, by the customer's clock, if it has one."""
    until = delivery.label_valid_until
    if until is None:
        return {}
    return {"valid_until": until.astimezone(ZoneInfo(ret.time_zone)).isoformat()}


def _told(ret: Return, delivery: Delivery) -> dict[str, JsonValue]:
    return {
        "delivery_id": delivery.delivery_id,
        "tracking_code": delivery.tracking_code,
        **told_date(ret, delivery),
    }
