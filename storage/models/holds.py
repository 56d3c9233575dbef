"""Money held on a customer's means of payment while a replacement travels ahead of the goods."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, func
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from domain.holds import HoldState
from storage.models.declarative import Minor, Model, UuidText, one_of


class HoldModel(Model):
    """One hold at a provider. ``purpose`` is the lot that it secures; renewals count on.

    ``idempotency_key`` names hold, step and generation of what was asked last; ``capture_minor`` is
    what was to be captured and ``captured_minor`` what was; ``payment_ref`` is that payment.
    """

    __tablename__ = "holds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "currency"],
            ["order_ledgers.tenant_id", "order_ledgers.order_id", "order_ledgers.currency"],
        ),
        UniqueConstraint("tenant_id", "return_id", "purpose", "number"),
        UniqueConstraint("idempotency_key"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("generation >= 0", name="generation_not_negative"),
        CheckConstraint(
            "capture_minor BETWEEN 1 AND amount_minor", name="capture_within_what_is_held"
        ),
        CheckConstraint(one_of("state", *HoldState), name="state_is_known"),
        CheckConstraint(
            "(state = 'captured') = (captured_minor IS NOT NULL AND payment_ref IS NOT NULL)",
            name="captured_says_what",
        ),
        # A method without a payer is one authorization, which is taken once.
        Index(
            "uq_holds_one_per_authorization",
            "tenant_id",
            "payment_method_ref",
            unique=True,
            postgresql_where=sql_text("payer_ref = '' AND number = 1 AND state <> 'rejected'"),
        ),
        Index(None, "tenant_id", "hold_ref"),
        Index(None, "tenant_id", "last_sent_at"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    hold_id: Mapped[UuidText] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    purpose: Mapped[str]
    number: Mapped[int]
    order_id: Mapped[str]
    payment_method_ref: Mapped[str]
    payer_ref: Mapped[str] = mapped_column(server_default=sql_text("''"))
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(server_default=sql_text("'planned'"))
    generation: Mapped[int] = mapped_column(server_default=sql_text("0"))
    idempotency_key: Mapped[str]
    hold_ref: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    capture_minor: Mapped[Minor | None]
    captured_minor: Mapped[Minor | None]
    payment_ref: Mapped[str | None]
    failure: Mapped[str | None]
    first_sent_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
