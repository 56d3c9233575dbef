"""What became of the goods of a line, lot by lot, and of what went out before them."""

from datetime import datetime

from backhaul_client.answer_model import AnswerModel


class RecoveryView(AnswerModel):
    """What is owed for value that went out before its goods, in minor units.

    ``state`` is open, due, discharged, collected, written_off or given_back. Its time runs from
    ``since``; ``way`` is hold, consent or collections.
    """

    state: str
    value_minor: int
    since: datetime | None
    due_minor: int
    reason: str | None
    way: str | None
    collected_minor: int
    to_give_back_minor: int


class HoldView(AnswerModel):
    """Money held on the customer's card; ``number`` counts its renewals from 1."""

    state: str
    number: int
    amount_minor: int
    expires_at: datetime | None
    failure: str | None


class AdvanceView(AnswerModel):
    """Value that goes out before its goods, or why it does not (``declined``)."""

    declined: str | None
    recovery: RecoveryView | None
    hold: HoldView | None


class LotView(AnswerModel):
    """Units of one line that share the same fate."""

    lot_id: str
    line_id: str
    quantity: int
    state: str
    version: int
    since: datetime
    resolution: str
    grade: str | None
    fault: str | None
    reason_found: str | None
    acceptance: str | None
    deduction_percent: int
    disposition: str | None
    settlement_no: int | None
    replacement_order_id: str | None
    replacement_due_minor: int = 0
    replacement_payment_url: str | None = None
    replacement_tracking_code: str | None
    advance: AdvanceView | None = None
    offered_minor: int | None = None
    """What it is paid where its goods are kept for that."""
