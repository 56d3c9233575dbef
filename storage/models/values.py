"""The value ledger: what customers hold in kind, by account, transaction and posting."""

from datetime import datetime

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

from domain.value_ledger import CUSTOMERS, AccountKind, Purpose, Side
from storage.models.declarative import Minor, Model, UuidText, one_of


class ValueAccountModel(Model):
    """``balance_minor`` is a customer's; the merchant's own accounts are read from postings."""

    __tablename__ = "value_accounts"
    __table_args__ = (
        CheckConstraint(one_of("kind", *AccountKind), name="kind_is_known"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint(
            f"({one_of('kind', *CUSTOMERS)}) = (balance_minor IS NOT NULL)",
            name="customers_have_a_balance",
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    owner_ref: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    balance_minor: Mapped[Minor | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ValueTransactionModel(Model):
    """``reference`` says what it is for: a second one under it is the same one."""

    __tablename__ = "value_transactions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        UniqueConstraint("tenant_id", "reference"),
        CheckConstraint(one_of("purpose", *Purpose), name="purpose_is_known"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    transaction_id: Mapped[UuidText] = mapped_column(primary_key=True)
    reference: Mapped[str]
    purpose: Mapped[str]
    content_hash: Mapped[str]
    posted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ValuePostingModel(Model):
    """One side of a transaction, in its order."""

    __tablename__ = "value_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["value_transactions.tenant_id", "value_transactions.transaction_id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "kind", "owner_ref", "currency"],
            [
                "value_accounts.tenant_id",
                "value_accounts.kind",
                "value_accounts.owner_ref",
                "value_accounts.currency",
            ],
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(one_of("side", *Side), name="side_is_known"),
        Index(None, "tenant_id", "kind", "owner_ref", "currency"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    transaction_id: Mapped[UuidText] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    owner_ref: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    side: Mapped[str]
    amount_minor: Mapped[Minor]
