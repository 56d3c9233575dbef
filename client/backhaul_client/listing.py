"""Lists, previews and explanations on the wire."""

from datetime import date, datetime

from pydantic import Field

from backhaul_client.answer_model import AnswerModel, PageModel
from backhaul_client.answers import ClockView, EventView, WaitView
from backhaul_client.history import CustomerHistoryView
from backhaul_client.lines import RefundDueView, Source
from backhaul_client.review import ReviewView
from backhaul_client.settlements import ProposedSettlementView


class ReturnSummary(AnswerModel):
    """One row of a list; read the return for the rest."""

    return_id: str
    rma_no: str
    order_id: str
    currency: str
    version: int
    headline: str
    authorization_state: str
    logistics_state: str
    settlement_state: str
    owner_role: str | None
    next_deadline: datetime | None
    blocker_codes: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class ReturnPage(PageModel):
    """Newest first."""

    items: tuple[ReturnSummary, ...]


class TimelinePage(AnswerModel):
    """Oldest first; ``next_after`` is ``None`` on the last page."""

    items: tuple[EventView, ...]
    next_after: int | None


class PreviewLine(AnswerModel):
    """What one line would get if everything arrives as it was sent, in minor units.

    ``refund_minor`` is zero for an exchange and for a line that would be refused. A clawback below
    zero gives back what an earlier return of the order kept back. ``difference_minor`` is what the
    goods wanted in exchange cost more: below zero they are cheaper, and it is given back once they
    are sent. ``goes_out_at`` is what has to have
    happened before the money or the replacement goes out; where that is before the goods are
    accepted, ``recoverable_minor`` is charged or asked for unless they come within
    ``recovery_hours``, and ``hold_minor`` is held for it. ``deduction_minor`` is what the law lets
    the shop keep back already, such as for the use of the goods. ``remedies`` are what the line
    may be settled by, the first offered first.
    """

    line_id: str
    quantity: int
    verdict: str
    policy_ref: str
    rule_id: str | None
    reason_codes: tuple[str, ...]
    window_end: date | None
    return_shipping_payer: str | None
    explanation: str
    sources: tuple[Source, ...]
    gross_minor: int
    discount_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    clawback_minor: int = 0
    restocking_fee_minor: int = 0
    handling_fee_minor: int = 0
    return_shipping_fee_minor: int = 0
    difference_minor: int = 0
    goes_out_at: str = "accepted"
    recoverable_minor: int = 0
    hold_minor: int = 0
    recovery_hours: int | None = None
    deduction_minor: int = 0
    remedies: tuple[str, ...] = ()
    refund_due: RefundDueView | None = None
    claim_open: bool = False
    """A return at will would be denied, but a fault is named: ask with ground NON_CONFORMITY."""


class PreviewTender(AnswerModel):
    """What one tender gives back; what is wanted as money and as credit has two of them.

    It goes back to it (``original``), to ``store_credit`` with a bonus on top or, of a coupon, to
    nobody (``lapsed``).
    """

    tender_id: str
    amount_minor: int
    destination: str = "original"
    bonus_minor: int = 0


class PreviewGift(AnswerModel):
    """A free gift that is not sent back though its goods are; its value is kept back.

    It is in the lines' ``clawback_minor``, as far as there is a refund. Ask it back, too, and it is
    not.
    """

    line_id: str
    title: str
    quantity: int
    value_minor: int


class Preview(AnswerModel):
    """What a start with the same request would decide and pay now. Nothing was written.

    ``authorization_state`` is what the whole return would be: APPROVED, PARTIALLY_APPROVED,
    IN_REVIEW or DENIED. ``preview_hash`` changes when anything of this answer does;
    ``settlement_hash`` when the money does, and a settlement of the same has the same.
    ``review_codes`` say why a person decides, beside the codes of the lines: the way back, or whose
    return it is. ``missed_visit_fee_minor`` is what each courier's visit would cost that is in vain
    by the customer's own fault.
    """

    order_id: str
    currency: str
    authorization_state: str
    review_codes: tuple[str, ...] = ()
    missed_visit_fee_minor: int = 0
    gifts: tuple[PreviewGift, ...] = ()
    money_hidden: bool = False
    """Whether a gift's recipient asks: all amounts are left out as zero, but what he gets himself
    as credit, which is ``refund_minor``."""
    lines: tuple[PreviewLine, ...]
    refund_minor: int
    by_tender: tuple[PreviewTender, ...]
    preview_hash: str
    settlement_hash: str = ""


class ReconciliationFinding(AnswerModel):
    """One refund or hold of which we and the provider did not say the same.

    ``verdict`` is adopted (its word was taken), other_amount, stranger (it names an intent that we
    do not have), made_past_us or missing; all but the first need a person. ``was`` is its state
    here before, ``now`` the provider's. Of a hold it is hold_left_open, hold_taken_past_us,
    hold_gone or hold_unknown, and all need a person.
    """

    verdict: str
    amount_minor: int
    currency: str
    refund_ref: str | None
    intent_id: str | None
    return_id: str | None
    was: str | None
    now: str | None
    hold_ref: str | None = None
    hold_id: str | None = None


class ReconciliationView(AnswerModel):
    """A day's refunds (UTC) beside the provider's. ``counts`` by verdict, also of what agrees.

    ``coverage`` is ``all`` where the provider lists its refunds; ``own`` where ours were read back
    one by one, and what others refunded there cannot be seen. ``not_read`` among the counts is how
    many of them were not.
    """

    day: date
    provider: str
    counts: dict[str, int]
    findings: tuple[ReconciliationFinding, ...]
    coverage: str = "all"
    compared_at: datetime


class PendingActivity(AnswerModel):
    """One step the engine is at: ``state`` is running, retrying, paused or waiting_for_worker."""

    activity: str
    state: str
    attempt: int
    last_error: str | None
    next_attempt_at: datetime | None


class EngineView(AnswerModel):
    """What the workflow engine says, without any worker. ``findings`` are sentences for people.

    ``status`` is running, completed, failed, canceled, terminated, timed_out or missing.
    """

    status: str
    workflow_id: str
    workers: int | None
    pending_activities: tuple[PendingActivity, ...]
    workflow_task_error: str | None
    findings: tuple[str, ...]


class Explanation(AnswerModel):
    """Why a return waits.

    ``engine`` is ``None`` while the engine itself does not answer; ``headline`` and ``version`` are
    ``None`` while the return is not registered yet.
    """

    return_id: str
    rma_no: str | None
    headline: str | None
    version: int | None
    waiting_on: tuple[WaitView, ...]
    blocker_codes: tuple[str, ...]
    broken_invariants: tuple[str, ...]
    allowed_commands: tuple[str, ...]
    engine: EngineView | None
    proposed_settlement: ProposedSettlementView | None = None
    currency: str | None = None
    review: ReviewView | None = None
    """What passed between reviewer and customer, where anything did."""
    customer_history: CustomerHistoryView | None = None
    """The customer's other returns, while a person decides on this one."""
    tier: str = "GREEN"
    clocks: tuple[ClockView, ...] = ()
    """The dates that a law or a promise gives; ``tier`` is RED once one was missed."""


class SurveyView(AnswerModel):
    """What a survey link shows; ``answered`` stays true once anything was sent."""

    answered: bool
    expires_at: datetime


class SurveyReceipt(AnswerModel):
    """``counted`` is false for a second answer, which is kept and counts no more."""

    counted: bool


class WebhookReceipt(AnswerModel):
    """``status`` is processed, stored (it will be processed later) or ignored."""

    status: str


class Health(AnswerModel):
    """``checks`` says ``ok`` or what is wrong, by part."""

    status: str
    checks: dict[str, str] = Field(default_factory=dict)


class Problem(AnswerModel):
    """A refusal (RFC 9457). ``code`` is stable; ``field`` names the offending part."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    allowed_commands: tuple[str, ...] | None = None
    version: int | None = None
