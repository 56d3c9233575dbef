"""UPS's scans in the domain's words."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

from domain.tracking import Scan, ScanStatus
from integrations.carriers.port import TrackingSnapshot
from integrations.carriers.ups import tracking_wire

_BY_TYPE = {
    "M": ScanStatus.LABEL_CREATED,
    "P": ScanStatus.ACCEPTED,
    "I": ScanStatus.IN_TRANSIT,
    "O": ScanStatus.OUT_FOR_DELIVERY,
    "D": ScanStatus.DELIVERED,
    "RS": ScanStatus.RETURNED_TO_SENDER,
    "X": ScanStatus.EXCEPTION,
}
_OUT_FOR_DELIVERY = frozenset({"006", "021", "OT"})
"""On the vehicle: told under type I or D, of which D would be taken for delivered."""


def snapshot(tracking_code: str, parcel: tracking_wire.WireParcel) -> TrackingSnapshot:
    """Return the scans of a parcel, those without a time that can be read left out."""
    scans = [(_moment(activity), activity.status) for activity in parcel.activity]
    return TrackingSnapshot(
        tracking_code=tracking_code,
        # UPS tells the newest first.
        scans=tuple(
            Scan(status_of(status), moment, status.description or "")
            for moment, status in reversed(scans)
            if moment is not None and status is not None
        ),
    )


def voided(parcel: tracking_wire.WireParcel) -> bool:
    """Say whether the label was given back, which is the last that is told of its parcel."""
    newest = parcel.activity[0].status if parcel.activity else None
    return newest is not None and newest.type == "MV"


def event_id(event: tracking_wire.WireEvent) -> str:
    """Return the same for the same scan: UPS gives its events no ids."""
    status = event.activity_status
    told = (
        event.tracking_number,
        event.gmt_activity_date or event.local_activity_date,
        event.gmt_activity_time or event.local_activity_time,
        status.type or "",
        status.code or "",
    )
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:32]


def status_of(status: tracking_wire.WireScanStatus) -> ScanStatus:
    kind = (status.type or "").strip()
    if kind in {"I", "D"} and {status.code, status.status_code} & _OUT_FOR_DELIVERY:
        return ScanStatus.OUT_FOR_DELIVERY
    return _BY_TYPE.get(kind, ScanStatus.UNKNOWN)


def _moment(activity: tracking_wire.WireActivity) -> datetime | None:
    """Return when it was: at Greenwich if told, else locally by the offset, else nobody knows."""
    at_greenwich = _read(activity.gmt_date, activity.gmt_time)
    if at_greenwich is not None:
        return at_greenwich.replace(tzinfo=UTC)
    local, offset = _read(activity.date, activity.time), _offset(activity.gmt_offset)
    return None if local is None or offset is None else local.replace(tzinfo=timezone(offset))


def _read(day: str | None, clock: str | None) -> datetime | None:
    digits = "".join(filter(str.isdecimal, f"{day or ''}{clock or ''}"))
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 -- its caller knows the zone
    except ValueError:
        return None


def _offset(told: str | None) -> timedelta | None:
    """Read ``-04:00`` or ``-04.00``."""
    text = (told or "").strip().replace(".", ":")
    try:
        hours, minutes = (int(part) for part in text.lstrip("+-").split(":"))
    except ValueError:
        return None
    if hours > 14 or minutes > 59:
        return None
    size = timedelta(hours=hours, minutes=minutes)
    return -size if text.startswith("-") else size
