"""Kuaidi100's states in the domain's words."""

from domain.tracking import Scan, ScanStatus
from integrations.carriers.clocks import read_in_china
from integrations.carriers.kuaidi100 import wire
from integrations.carriers.port import TrackingSnapshot

_STATES = {
    "0": ScanStatus.IN_TRANSIT,
    "1": ScanStatus.ACCEPTED,
    "2": ScanStatus.EXCEPTION,
    "3": ScanStatus.DELIVERED,
    "4": ScanStatus.RETURNED_TO_SENDER,
    "5": ScanStatus.OUT_FOR_DELIVERY,
    # On its way back, and not there yet.
    "6": ScanStatus.EXCEPTION,
    "7": ScanStatus.IN_TRANSIT,
    "14": ScanStatus.EXCEPTION,
    # The finer codes, which resultv2=4 asks for.
    "101": ScanStatus.LABEL_CREATED,
    "102": ScanStatus.LABEL_CREATED,
    "103": ScanStatus.ACCEPTED,
    "1001": ScanStatus.IN_TRANSIT,
    "1002": ScanStatus.IN_TRANSIT,
    "1003": ScanStatus.IN_TRANSIT,
    "501": ScanStatus.AVAILABLE_FOR_PICKUP,
    "301": ScanStatus.DELIVERED,
    "302": ScanStatus.DELIVERED,
    "303": ScanStatus.DELIVERED,
    "304": ScanStatus.DELIVERED,
}

_PICKUPS = {
    "0": "scheduled",
    "1": "scheduled",
    "2": "scheduled",
    "9": "canceled",
    "99": "canceled",
    "10": "over",
    "11": "over",
    "13": "over",
    "14": "over",
    "15": "over",
    "155": "over",
    "610": "over",
}
COLLECTED = frozenset({"10", "13", "14", "15", "155"})
"""States of an order whose parcel the courier has."""


def snapshot(tracking_code: str, track: wire.WireTrack) -> TrackingSnapshot:
    """Return the scans, oldest first, those without a time that can be read left out."""
    found = []
    for place, step in enumerate(track.data):
        moment = read_in_china(step.time)
        # Where the steps bear no codes, the state is that of the newest, which is told first.
        code = step.status_code or (track.state if place == 0 else None)
        if moment is not None:
            found.append(Scan(status_of(code), moment, step.context))
    return TrackingSnapshot(tracking_code, tuple(reversed(found)))


def status_of(code: str | None) -> ScanStatus:
    return _STATES.get(code or "", ScanStatus.UNKNOWN)


def pickup_status(state: str) -> str:
    """Return a visit's status; an unknown state is of one that is still to come."""
    return _PICKUPS.get(state, "scheduled")
