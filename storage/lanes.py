"""Observed lane times: the trips of parcels, each with its lane, its promise and its scans."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.carriers import Record
from domain.lanes import Lane, Trip, on_the_way, region_of
from domain.promises import promised_at
from domain.tracking import CODE_IS_OF_ONE_PARCEL, HANDED_OVER, Scan, ScanStatus
from storage.database import Database
from storage.models.arrivals import ScanModel
from storage.models.lanes import TripModel

_LANE = ("carrier", "service", "area", "location_id")
_NEWEST = 1000
_FOR = timedelta(days=250)
_OF_LATE = 500
_LEFT = HANDED_OVER - {ScanStatus.DELIVERED, ScanStatus.RETURNED_TO_SENDER}


class Lanes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self,
        tenant_id: str,
        tracking_code: str,
        lane: Lane,
        *,
        connection_id: str,
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
            connection_id=connection_id,
            shipment_ref=shipment_ref,
            carrier=lane.carrier,
            service=lane.service,
            area=lane.area,
            location_id=lane.location_id,
            promised_days=promised_days,
        )
        changed = ("connection_id", "shipment_ref", *_LANE, "promised_days")
        again = row.on_conflict_do_update(
            index_elements=["tenant_id", "tracking_code"],
            set_={"booked_at": func.now(), **{name: row.excluded[name] for name in changed}},
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

    async def records(self, tenant_id: str) -> Mapping[str, Record]:
        """Count how many of each account's last parcels with a promise came in time.

        Of the last 500 labels, by the days of UTC: one statement.
        """
        counts: dict[str, Record] = {}
        async with self._database.tenant(tenant_id) as connection:
            rows = await connection.execute(promised_and_delivered(tenant_id, limit=_OF_LATE))
            for connection_id, area, days, first_scan, delivered in rows:
                before = counts.get(connection_id, Record())
                promised = promised_at(first_scan, days, country=region_of(area))
                kept = delivered <= promised
                counts[connection_id] = Record(before.delivered + 1, before.on_time + kept)
        return counts


def promised_and_delivered(tenant_id: str, *, limit: int) -> Select[Any]:
    """Return the statement of :meth:`Lanes.records`: the newest parcels that were promised."""
    trips = (
        select(TripModel)
        .where(TripModel.tenant_id == tenant_id, TripModel.promised_days.is_not(None))
        .order_by(TripModel.booked_at.desc(), TripModel.tracking_code)
        .limit(limit)
        .subquery("trip")
    )
    first_scan = func.min(ScanModel.occurred_at).filter(ScanModel.status.in_(_LEFT))
    delivered = func.min(ScanModel.occurred_at).filter(ScanModel.status == ScanStatus.DELIVERED)
    return (
        select(trips.c.connection_id, trips.c.area, trips.c.promised_days, first_scan, delivered)
        .join(ScanModel, _scans_of(trips))
        .group_by(
            *(trips.c[name] for name in ("tracking_code", "connection_id", "area", "promised_days"))
        )
        .having(first_scan.is_not(None), delivered.is_not(None))
    )


def newest_delivered(tenant_id: str, carrier: str, service: str, *, limit: int) -> Select[Any]:
    """Return the statement of :meth:`Lanes.delivered`, a row for each scan."""
    arrived = exists().where(
        ScanModel.tenant_id == TripModel.tenant_id,
        ScanModel.tracking_code == TripModel.tracking_code,
        ScanModel.status == ScanStatus.DELIVERED,
        ScanModel.occurred_at > TripModel.booked_at - CODE_IS_OF_ONE_PARCEL,
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
    return (
        select(
            *(trip.c[name] for name in ("tracking_code", *_LANE, "promised_days")),
            *(ScanModel.status, ScanModel.occurred_at, ScanModel.description),
        )
        .select_from(trip.outerjoin(ScanModel, _scans_of(trip)))
        .order_by(trip.c.booked_at, trip.c.tracking_code, ScanModel.occurred_at, ScanModel.status)
    )


def _scans_of(trip: Subquery) -> ColumnElement[bool]:
    return and_(
        ScanModel.tenant_id == trip.c.tenant_id,
        ScanModel.tracking_code == trip.c.tracking_code,
        ScanModel.occurred_at > trip.c.booked_at - CODE_IS_OF_ONE_PARCEL,
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
        promised = None
        if way and days is not None:
            promised = promised_at(way[0].occurred_at, days, country=lane.region)
        trips.append(Trip(lane, promised, tuple(scans)))
    return trips
