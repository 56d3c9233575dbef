"""The lane that a parcel travels and what was promised of it; its scans are beside the others."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, desc, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Model, UuidText


class TripModel(Model):
    __tablename__ = "trips"
    __table_args__ = (
        CheckConstraint("promised_days >= 0", name="promise_is_ahead"),
        Index(
            "ix_trips_newest",
            *("tenant_id", "carrier", "service", desc("booked_at"), "tracking_code"),
        ),
        Index("ix_trips_of_late", "tenant_id", desc("booked_at"), "tracking_code"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    tracking_code: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[UuidText]
    shipment_ref: Mapped[str]
    carrier: Mapped[str]
    service: Mapped[str]
    area: Mapped[str]
    location_id: Mapped[str]
    promised_days: Mapped[int | None]
    booked_at: Mapped[datetime] = mapped_column(server_default=func.now())
