"""Observed lane times: the trips of parcels, each with its lane, its promise and its scans."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.lanes import Lane, Trip, on_the_way
from domain.promises import promised_at
from domain.tracking import Scan, ScanStatus
from storage.database import Database
from storage.models.arrivals import ScanModel
from storage.models.lanes import TripModel

_LANE = ("carrier", "service", "area", "location_id")
_NEWEST = 1000
_FOR = timedelta(days=250)
_ANOTHERS = timedelta(days=30)
"""Carriers use tracking codes again: a scan so long before the label is of the parcel before."""


class Lanes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self,
        tenant_id: str,
        tracking_code: str,
        lane: Lane,
        *,
        shipment_ref: str,
        promised_days: int | None,
    ) -> None:
        """Note the lane of a parcel whose label was bought. A repeat changes nothing.

        ``promised_days`` are those of :func:`domain.promises.promised_at`.
        Another shipment with the same code takes its place: the carrier uses the code again.
        """
        row = upsert(TripModel).values(
            tenant_id=tenant_id,
            tracking_code=tracking_code,
            shipment_ref=shipment_ref,
            carrier=lane.carrier,
            service=lane.service,
            area=lane.area,
            location_id=lane.location_id,
            promised_days=promised_days,
        )
        again = row.on_conflict_do_update(
            index_elements=["tenant_id", "tracking_code"],
            set_={
                "booked_at": func.now(),
                **{name: row.excluded[name] for name in ("shipment_ref", *_LANE, "promised_days")},
            },
            where=TripModel.shipment_ref != row.excluded.shipment_ref,
        )
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(again)

    async def find(self, tenant_id: str, tracking_code: str) -> Trip | None:
        """Return a parcel's trip as far as it is known; ``None`` for a parcel of no known lane.

        Its promise is by the days of UTC, from the first scan that was told.
        """
        query = _with_scans(
            select(TripModel).where(
                TripModel.tenant_id == tenant_id, TripModel.tracking_code == tracking_code
            )
        )
        async with self._database.tenant(tenant_id) as connection:
            trips = _trips((await connection.execute(query)).all())
        return trips[0] if trips else None

    async def delivered(
        self, tenant_id: str, carrier: str, service: str, *, limit: int = _NEWEST
    ) -> tuple[Trip, ...]:
        """Return the newest trips of a service that ended with a delivery, oldest first.

        No more than ``limit``, and none whose label is older than 250 days. One statement, from
        an index; some ten scans a trip.
        """
        query = newest_delivered(tenant_id, carrier, service, limit=limit)
        async with self._database.tenant(tenant_id) as connection:
            return tuple(_trips((await connection.execute(query)).all()))


def newest_delivered(tenant_id: str, carrier: str, service: str, *, limit: int) -> Select[Any]:
    """Return the statement of :meth:`Lanes.delivered`, a row for each scan."""
    arrived = exists().where(
        ScanModel.tenant_id == TripModel.tenant_id,
        ScanModel.tracking_code == TripModel.tracking_code,
        ScanModel.status == ScanStatus.DELIVERED,
        ScanModel.occurred_at > TripModel.booked_at - _ANOTHERS,
    )
    return _with_scans(
        select(TripModel)
        .where(
            TripModel.tenant_id == tenant_id,
            TripModel.carrier == carrier,
            TripModel.service == service,
            TripModel.booked_at > func.now() - _FOR,
            arrived,
        )
        .order_by(TripModel.booked_at.desc(), TripModel.tracking_code)
        .limit(limit)
    )


def _with_scans(trips: Select[TripModel]) -> Select[Any]:
    """Return a row for each scan, and one without a scan for a trip that has none yet."""
    trip = trips.subquery("trip")
    scans = and_(
        ScanModel.tenant_id == trip.c.tenant_id,
        ScanModel.tracking_code == trip.c.tracking_code,
        ScanModel.occurred_at > trip.c.booked_at - _ANOTHERS,
    )
    return (
        select(
            *(trip.c[name] for name in ("tracking_code", *_LANE, "promised_days")),
            *(ScanModel.status, ScanModel.occurred_at, ScanModel.description),
        )
        .select_from(trip.outerjoin(ScanModel, scans))
        .order_by(trip.c.booked_at, trip.c.tracking_code, ScanModel.occurred_at, ScanModel.status)
    )


def _trips(rows: Sequence[Row[Any]]) -> list[Trip]:
    trips = []
    for _, group in groupby(rows, key=lambda row: row.tracking_code):
        found = list(group)
        lane = Lane(*(getattr(found[0], name) for name in _LANE))
        scans = [
            Scan(ScanStatus(row.status), row.occurred_at, row.description)
            for row in found
            if row.status is not None
        ]
        way, days = on_the_way(scans), found[0].promised_days
        promised = promised_at(way[0].occurred_at, days) if way and days is not None else None
        trips.append(Trip(lane, promised, tuple(scans)))
    return trips
