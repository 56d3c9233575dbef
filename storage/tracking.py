"""Parcels by the names that carriers use, and every scan of them ever told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.booking import label_purpose
from domain.tracking import CODE_IS_OF_ONE_PARCEL, Scan, ScanStatus
from storage.database import Database
from storage.models.arrivals import DeliveryModel, ScanModel
from storage.models.effects import BookingIntentModel
from storage.rows import DeliveryRow
from storage.states import BookingState

_COLUMNS = tuple(getattr(DeliveryModel, name) for name in DeliveryRow.__slots__)


class Tracking:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest_delivery(self, tenant_id: str, tracking_code: str) -> DeliveryRow | None:
        """Find a parcel by its code; the newest one, as carriers use codes again.

        One statement, from an index.
        """
        query = (
            select(*_COLUMNS)
            .where(*_named(tenant_id, tracking_code))
            .order_by(DeliveryModel.created_at.desc(), DeliveryModel.delivery_id)
            .limit(1)
        )
        async with self._database.tenant(tenant_id) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else DeliveryRow(**row._asdict())

    async def deliveries_in(self, tenant_id: str, tracking_code: str) -> tuple[DeliveryRow, ...]:
        """Find every delivery that travels under a number: a bulk parcel holds many.

        Those of before are left out, as carriers use codes again. One statement, from an index.
        """
        since = _newest_since(tenant_id, tracking_code)
        query = (
            select(*_COLUMNS)
            .where(*_named(tenant_id, tracking_code), DeliveryModel.created_at > since)
            .order_by(DeliveryModel.created_at, DeliveryModel.return_id)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(DeliveryRow(**row._asdict()) for row in await connection.execute(query))

    async def due_for_poll(
        self,
        tenant_id: str,
        connection_id: str,
        *,
        before: datetime,
        limit: int,
    ) -> tuple[DeliveryRow, ...]:
        """Return parcels of one carrier's account that were not read since ``before``.

        Those never read come first, then the longest unread; one statement.
        """
        async with self._database.tenant(tenant_id) as connection:
            rows = await connection.execute(
                select(*_COLUMNS)
                .join(
                    BookingIntentModel,
                    (BookingIntentModel.tenant_id == DeliveryModel.tenant_id)
                    & (BookingIntentModel.return_id == DeliveryModel.return_id)
                    & (BookingIntentModel.purpose == label_purpose("") + DeliveryModel.delivery_id)
                    # Also one that was given back: its label may be scanned all the same.
                    & BookingIntentModel.external_ref.is_not(None)
                    & (BookingIntentModel.state != BookingState.FAILED),
                )
                .where(
                    DeliveryModel.tenant_id == tenant_id,
                    ~DeliveryModel.is_over,
                    BookingIntentModel.connection_id == connection_id,
                    func.coalesce(DeliveryModel.polled_at, DeliveryModel.created_at) < before,
                )
                .order_by(DeliveryModel.polled_at.nulls_first(), DeliveryModel.created_at)
                .limit(limit)
            )
            return tuple(DeliveryRow(**row._asdict()) for row in rows)

    async def polled(self, tenant_id: str, parcel: DeliveryRow, at: datetime) -> None:
        """Note when a parcel was read at its carrier."""
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                update(DeliveryModel)
                .where(
                    DeliveryModel.tenant_id == tenant_id,
                    DeliveryModel.return_id == parcel.return_id,
                    DeliveryModel.delivery_id == parcel.delivery_id,
                )
                .values(polled_at=at)
            )

    async def add_scans(
        self, tenant_id: str, tracking_code: str, scans: Sequence[Scan]
    ) -> tuple[Scan, ...]:
        """Insert the scans that are new and return all of the parcel's, oldest first.

        The same status at the same time is one scan; its first description stays. Those of the
        parcel that had the code before the newest one are kept, and not returned.
        """
        since = _newest_since(tenant_id, tracking_code)
        # Everybody inserts in this order, so that two webhooks at once do not wait for each other.
        ordered = sorted(scans, key=lambda scan: (scan.occurred_at, scan.status))
        async with self._database.tenant(tenant_id) as connection:
            if ordered:
                await connection.execute(
                    upsert(ScanModel)
                    .values(
                        [
                            {
                                "tenant_id": tenant_id,
                                "tracking_code": tracking_code,
                                "status": scan.status,
                                "occurred_at": scan.occurred_at,
                                "description": scan.description,
                            }
                            for scan in ordered
                        ]
                    )
                    .on_conflict_do_nothing()
                )
            rows = await connection.execute(
                select(ScanModel.status, ScanModel.occurred_at, ScanModel.description)
                .where(
                    ScanModel.tenant_id == tenant_id,
                    ScanModel.tracking_code == tracking_code,
                    # Scans may be told before there is a delivery of ours.
                    (ScanModel.occurred_at > since) | since.is_(None),
                )
                .order_by(ScanModel.occurred_at, ScanModel.status)
            )
            return tuple(
                Scan(ScanStatus(status), occurred_at, description)
                for status, occurred_at, description in rows
            )


def _named(tenant_id: str, tracking_code: str) -> tuple[ColumnElement[bool], ...]:
    return DeliveryModel.tenant_id == tenant_id, DeliveryModel.tracking_code == tracking_code


def _newest_since(tenant_id: str, tracking_code: str) -> ColumnElement[datetime]:
    """Return since when a code is of its newest parcel; NULL for one that names none of ours."""
    newest = select(func.max(DeliveryModel.created_at)).where(*_named(tenant_id, tracking_code))
    return newest.scalar_subquery() - CODE_IS_OF_ONE_PARCEL
