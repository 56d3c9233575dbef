"""Foretell delays of parcels under way from what is observed of each service's lanes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from activities.peaks import load_calendars
from domain.arriving import outlook
from domain.lanes import Lane, LaneTimes, lane_times, observed
from storage.lanes import Lanes
from storage.rows import DeliveryRow

_TIMES_ARE_GOOD_FOR = timedelta(hours=6)
"""What a service's lanes teach changes with its deliveries: by a few of a thousand in that time."""


@dataclass(frozen=True, slots=True)
class DelayToTell:
    """A parcel that will probably break its carrier's promise."""

    return_id: str
    delivery_id: str
    expected_at: datetime


class DelayWatch:
    """Foretells delays from the observed times of each service's lanes."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._times: dict[tuple[str, str, str], tuple[datetime, LaneTimes]] = {}

    async def look_at(
        self, tenant_id: str, parcel: DeliveryRow, known: dict[str, Any], now: datetime
    ) -> tuple[DelayToTell, ...]:
        """Return what is to be told of a parcel's delay: once, and only before it happens."""
        if known.get("promised_at") is None or known.get("expected_at") is not None:
            return ()
        trip = await self._lanes.find(tenant_id, parcel.tracking_code)
        if trip is None:
            return ()
        calendars = load_calendars()
        times = await self._lane_times(tenant_id, trip.lane, now)
        # By the clock of the customer's place, where the promise was made.
        trip = replace(trip, promised_at=datetime.fromisoformat(known["promised_at"]))
        found = outlook(trip, times, calendars, now=now)
        if found is None or not found.warn or found.expected_at is None:
            return ()
        return (DelayToTell(parcel.return_id, parcel.delivery_id, found.expected_at),)

    async def _lane_times(self, tenant_id: str, lane: Lane, now: datetime) -> LaneTimes:
        """Return what is known of a service; it is read again once it is some hours old."""
        key = tenant_id, lane.carrier, lane.service
        kept = self._times.get(key)
        if kept is None or now - kept[0] > _TIMES_ARE_GOOD_FOR:
            trips = await self._lanes.delivered(*key)
            calendars = load_calendars()
            times = lane_times(observed(trip, calendars) for trip in trips)
            kept = self._times[key] = now, times
        return kept[1]
