"""A bought label as its booking keeps it, from which a repeat answers."""

from typing import Any

from pydantic import TypeAdapter

from activities.label_messages import BoughtLabel
from domain.requests import PickupWindow
from integrations.carriers.port import Label
from integrations.directory import CarrierAccount
from storage.rows import BookingRow

_COURIER = "courier"
_LABEL = TypeAdapter(BoughtLabel)
_WISH: TypeAdapter[PickupWindow | None] = TypeAdapter(PickupWindow | None)


def asked_with(courier: PickupWindow | None) -> dict[str, Any]:
    """Return what a booking keeps from before it was sent: the courier that is asked for."""
    return {_COURIER: _WISH.dump_python(courier, mode="json")}


def bought_label(label: Label, account: CarrierAccount, booking: BookingRow) -> BoughtLabel:
    """Return what was bought, with the courier that was asked for then, not as is wished now."""
    brings_label = account.account.courier_brings_label
    courier = _WISH.validate_python(booking.details.get(_COURIER)) if brings_label else None
    return BoughtLabel(
        carrier=label.carrier,
        shipment_ref=label.shipment_ref,
        tracking_code=label.tracking_code,
        tracker_ref=label.tracker_ref,
        label_url=label.label_url,
        cost=label.cost,
        with_courier=courier is not None,
        courier=courier,
        adapter=account.account.carrier,
        promised_days=label.promised_days,
        valid_until=label.valid_until,
    )


def kept_of(label: BoughtLabel) -> dict[str, Any]:
    """Return what a booking keeps of its label: every field, as JSON."""
    kept: dict[str, Any] = _LABEL.dump_python(label, mode="json")
    return kept


def kept_label(booking: BookingRow) -> BoughtLabel:
    """Return the label of a booking that was bought; fields that it lacks have their defaults."""
    return _LABEL.validate_python(booking.details)
