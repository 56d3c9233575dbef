"""Why each line of a return was granted or not: by rules, by a person, or as time ran out."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, desc, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Model, UuidText, one_of
from storage.states import DecidedBy


class DecisionRecordModel(Model):
    """One decision on one line; the application appends, and changes nothing.

    ``number`` is 0 for what the rules found, else the log's number of the event. The rules' record
    has the ``facts`` they were given, the ``quantity`` asked for, what was paid for the line
    (``basis``), the hash of the merchant's pack that the return is pinned to (``pack_hash``) and
    their whole ``result``. A person's record or a time-out's stands beside it, and says in
    ``result`` what was granted and why; an inspection's, of one lot, what was found and what that
    leaves of the right.
    """

    __tablename__ = "decision_records"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"]
        ),
        CheckConstraint(one_of("by", *DecidedBy), name="by_is_known"),
        CheckConstraint(
            "(by = 'rule') = (facts IS NOT NULL) AND (by = 'rule') = (quantity IS NOT NULL) "
            "AND (by = 'rule') = (pack_hash IS NOT NULL) AND (by = 'rule') = (basis IS NOT NULL)",
            name="rules_have_facts",
        ),
        Index(
            "ix_decision_records_newest_of_rules",
            "tenant_id",
            desc("decided_at"),
            "return_id",
            "line_id",
            postgresql_where=text("by = 'rule'"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int | None]
    by: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    policy_ref: Mapped[str]
    content_hash: Mapped[str]
    pack_hash: Mapped[str | None]
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    result: Mapped[dict[str, Any]]
