"""Credit notes and their numbers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Minor, Model, UuidText


class CreditNoteModel(Model):
    """What one settlement gave back, as it was issued. No row of it is ever changed."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "return_id", "settlement_no"],
            ["settlements.tenant_id", "settlements.return_id", "settlements.settlement_no"],
        ),
        UniqueConstraint("tenant_id", "return_id", "settlement_no"),
        CheckConstraint("total_minor > 0", name="total_positive"),
        Index(None, "tenant_id", "issued_on", "number"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    rma_no: Mapped[str]
    order_id: Mapped[str]
    settlement_no: Mapped[int]
    issued_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[Minor]
    rows: Mapped[list[Any]]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CreditNoteCounterModel(Model):
    """The last number of a tenant's series of one year (UTC); locked while a note is issued."""

    __tablename__ = "credit_note_counters"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_serial: Mapped[int]
