"""The order ledger: how much of an order is still returnable, and still refundable."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.orders import TenderKind
from storage.models.declarative import Minor, Model, UuidText, one_of
from storage.states import UnitState


class OrderLedgerModel(Model):
    """One row per order with a return; locking it orders all who choose units of that order."""

    __tablename__ = "order_ledgers"
    __table_args__ = (UniqueConstraint("tenant_id", "order_id", "currency"),)

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TenderModel(Model):
    """What paid for an order; with a ``hold_id`` what its capture took, which no refund may use."""

    __tablename__ = "tenders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["order_ledgers.tenant_id", "order_ledgers.order_id"]
        ),
        CheckConstraint(
            "refunded_elsewhere_minor BETWEEN 0 AND captured_minor",
            name="refunded_elsewhere_within_captured",
        ),
        ForeignKeyConstraint(["tenant_id", "hold_id"], ["holds.tenant_id", "holds.hold_id"]),
        Index(None, "tenant_id", "payment_ref"),
        CheckConstraint(one_of("kind", *TenderKind), name="kind_is_known"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    tender_id: Mapped[str] = mapped_column(primary_key=True)
    payment_ref: Mapped[str]
    captured_minor: Mapped[Minor]
    refunded_elsewhere_minor: Mapped[Minor]
    captured_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(server_default=text("'CARD'"))
    hold_id: Mapped[UuidText | None]


class OrderUnitModel(Model):
    """A unit that is not free. The primary key is the lock: no unit can belong to two returns."""

    __tablename__ = "order_units"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"]
        ),
        CheckConstraint("unit_no >= 0", name="unit_no_not_negative"),
        CheckConstraint(one_of("state", *UnitState), name="state_is_known"),
        Index(None, "tenant_id", "return_id"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    unit_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    return_id: Mapped[UuidText]
    state: Mapped[str]


class RmaCounterModel(Model):
    __tablename__ = "rma_counters"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    last_serial: Mapped[int]
