"""What the API answers about returns. Unknown fields are ignored, states are open strings."""

from datetime import date, datetime
from typing import Any

from backhaul_client.answer_model import AnswerModel
from backhaul_client.review import ReviewView


class Source(AnswerModel):
    key: str
    title: str
    url: str


class ConsideredView(AnswerModel):
    """One rule that was looked at for a line, and its ``finding``.

    It is grants, excluded, window_over, does_not_apply, needs_person or not_intact. Days are local:
    the window counts from the event of ``anchored_on`` to ``last_day``, inclusive; ``rolled_from``
    is the last day before a holiday or weekend moved it. ``sources`` are keys, with ``#articles``.
    """

    rule_id: str
    policy_ref: str
    layer: str
    finding: str
    codes: tuple[str, ...]
    anchored_on: date | None
    last_day: date | None
    rolled_from: date | None
    sources: tuple[str, ...]
    certainty: str


class RefundDueView(AnswerModel):
    """Within how many days money is due, from which event on, and what says so.

    ``counts_from`` is NOTICE, RECEIVED, RECEIVED_OR_PROOF or AGREED; ``kind`` is STATUTORY,
    PENALTY_LIMIT (later counts as delayed) or PROMISE. Nobody says how many where ``days`` is null;
    ``on`` is the last day, where it is known already.
    """

    days: int | None
    counts_from: str
    kind: str
    on: date | None = None


class OtherwiseView(AnswerModel):
    policy_ref: str
    verdict: str
    window_end: date | None
    reason_codes: tuple[str, ...]


class LineDecision(AnswerModel):
    """What policy says of one line; ``window_end`` is the last local day, inclusive.

    ``considered`` are the rules that it came of; decisions of older versions have none.
    """

    verdict: str
    policy_ref: str
    rule_id: str | None
    reason_codes: tuple[str, ...]
    window_end: date | None
    remedies: tuple[str, ...]
    return_shipping_payer: str | None
    explanation: str
    sources: tuple[Source, ...]
    refund_due: RefundDueView | None = None
    considered: tuple[ConsideredView, ...] = ()
    otherwise: OtherwiseView | None = None
    """What the contract's own version of the law says, where a later one counts."""


class LineAuthorizationView(AnswerModel):
    """Who granted or declined a line: ``by`` rule, human or timeout; ``reason`` says why not.

    It ``overrides`` where a person decided otherwise than the rule's own result.
    """

    granted: bool
    by: str
    decided_by: str
    decided_at: datetime
    reason: str
    overrides: bool = False


class LineView(AnswerModel):
    """``decision`` is the rule's own, ``authorization`` what counts, once it is decided.

    ``counters`` are units by what became of them. ``claim_open``: a return at will was denied, but
    a fault was named; ask again with the ground NON_CONFORMITY.
    """

    line_id: str
    sku: str
    title: str
    quantity: int
    resolution: str
    exchange_sku: str | None
    exchange_price_minor: int | None = None
    reason: str | None
    reason_detail: str | None
    counters: dict[str, int]
    decision: LineDecision
    authorization: LineAuthorizationView | None = None
    claim_open: bool = False


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


class PickupView(AnswerModel):
    """One courier visit, in local times of ``time_zone``, the IANA zone of its address.

    ``fault`` says who bears one that was over without the parcel.
    """

    attempt: int
    not_before: datetime
    not_after: datetime
    time_zone: str
    pickup_ref: str
    confirmation: str | None
    outcome: str | None
    cancel: str | None = None
    """How far the wish is that the courier does not come: requested, confirmed or refused."""
    fault: str = "NONE"
    note: str = ""


class DeliveryView(AnswerModel):
    """One parcel: to the warehouse, or (``ship_back_of`` a lot) to the customer again.

    ``wished`` is the way that it goes once its courier is called off; ``replaces`` is the parcel
    that it is instead of. ``sent_at`` is when the customer proved to have sent it. ``trouble`` is
    the worst that its carrier told of it: EXCEPTION or RETURNED_TO_SENDER. ``promised_at`` is until
    when the carrier promises to deliver it, from its first scan on; ``expected_at`` is when it is
    expected instead, once that promise will probably break.
    """

    delivery_id: str
    method: str
    state: str
    ship_back_of: str | None
    carrier: str | None
    tracking_code: str | None
    label_url: str | None
    first_scan_at: datetime | None
    delivered_at: datetime | None
    trouble: str | None = None
    bag: str | None = None
    """In which bag of a bulk parcel it travels, whose number is its tracking code."""
    sent_at: datetime | None = None
    qr_url: str | None = None
    replaces: str | None = None
    promised_at: datetime | None = None
    expected_at: datetime | None = None
    claim_ref: str | None = None
    wished: str | None = None
    label_valid_until: datetime | None = None
    pickups: tuple[PickupView, ...]


class ReceiptEntryView(AnswerModel):
    sku: str
    quantity: int
    unexpected: int


class ReceiptView(AnswerModel):
    receipt_id: str
    parcel: str
    location_id: str
    received_at: datetime
    entries: tuple[ReceiptEntryView, ...]


class LotAmountView(AnswerModel):
    """A lot's refund and how it came about, in minor units, each as it was really taken.

    refund = gross - discount - clawback - deduction - retained - fees - exchange + tax + shipping.
    A clawback below zero gives back what an earlier return of the order kept back; the exchange is
    what wanted goods of a lower price cost.
    """

    lot_id: str
    gross_minor: int
    discount_minor: int
    deduction_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    cover: str
    clawback_minor: int = 0
    restocking_fee_minor: int = 0
    handling_fee_minor: int = 0
    return_shipping_fee_minor: int = 0
    exchange_minor: int = 0
    missed_visit_fee_minor: int = 0
    retained_minor: int = 0
    """What of the price stays paid for goods that are kept by an offer."""


class RefundView(AnswerModel):
    intent_id: str
    tender_id: str
    amount_minor: int
    state: str
    refund_ref: str | None
    failure: str | None
    generation: int = 0
    covered_minor: int = 0
    """What of the amount a chargeback gave back; it is not sent."""
    destination: str = "original"
    """``original``, ``store_credit``, ``by_hand``, or ``lapsed`` for a part of a coupon."""
    bonus_minor: int = 0
    """What comes on top because credit was chosen over money."""


class SettlementView(AnswerModel):
    """Money decided for some lots; its amounts never change. ``due_on`` is the statutory date.

    ``settlement_hash`` is of its amounts and tenders, as in a preview; ``credit_note_no`` is empty
    where nothing was paid. With ``gives_back`` it pays back what was charged for that lot, and its
    number is 0.
    """

    number: int
    amount_minor: int
    due_on: date | None
    sealed_at: datetime
    breakdown: tuple[LotAmountView, ...]
    refunds: tuple[RefundView, ...]
    settlement_hash: str = ""
    credit_note_no: str | None = None
    gives_back: str | None = None


class ChargebackView(AnswerModel):
    """A payment that the customer's bank took back; ``state`` is open, won (for us) or lost.

    ``refunds_sent`` are the refunds of the payment that had gone before, by the provider's names.
    """

    dispute_ref: str
    tender_id: str
    amount_minor: int
    state: str
    reason: str
    since: datetime
    evidence_due_by: datetime | None
    refunds_sent: tuple[str, ...] = ()


class TenderPart(AnswerModel):
    tender_id: str
    amount_minor: int


class DeclinedView(AnswerModel):
    """Why finance did not approve a settlement."""

    reason: str
    declined_by: str
    declined_at: datetime


class DifferenceView(AnswerModel):
    """One amount that is not as it was when an earlier settlement was proposed."""

    what: str
    was_minor: int
    now_minor: int


class ProposedSettlementView(AnswerModel):
    """A settlement above the policy's limit, as it would be sealed: it waits for finance.

    Approve it with its ``number`` and ``settlement_hash``. ``differences`` are from the one of
    ``replaced_hash``, which was proposed before.
    """

    number: int
    amount_minor: int
    settlement_hash: str
    proposed_at: datetime
    due_on: date | None
    breakdown: tuple[LotAmountView, ...]
    by_tender: tuple[TenderPart, ...]
    approved_by: str | None = None
    declined: DeclinedView | None = None
    replaced_hash: str | None = None
    differences: tuple[DifferenceView, ...] = ()
    bonus_minor: int = 0
    """What comes on top at most, as it is paid as store credit; it counts against the limit."""


class WaitView(AnswerModel):
    """Something the return waits for: who must act, until when, what happens then.

    ``field`` is the place in somebody's data at fault, as ``correct`` takes it.
    """

    key: str
    code: str
    owner: str
    waiting_for: str
    since: datetime
    deadline: datetime | None
    at_deadline: str
    exits: tuple[str, ...]
    detail: str | None = None
    field: str | None = None


class NextStep(AnswerModel):
    waiting_for: str
    owner: str
    by: datetime | None
    then: str


class CorrectionView(AnswerModel):
    """What ops said instead of the platform, about the order."""

    field: str
    value: Any


class RefusedView(AnswerModel):
    """Why a parked start was refused in the end."""

    code: str
    message: str
    field: str | None


class ParcelLinkView(AnswerModel):
    """Another return of the same parcel; ``is_own_label``: the label on it is this return's.

    ``kind`` is ``swapped`` where only the other's goods were counted in it, ``shared`` where both's
    were.
    """

    tracking_code: str
    rma_no: str
    kind: str
    is_own_label: bool


class ClockView(AnswerModel):
    """A date that a law or a promise gives.

    ``kind`` is ``refund``, the money to be back, ``answer``, the request to be decided, or
    ``address``, the customer to be told where the goods go that were granted in time.
    ``due_on`` is the last local day, ``limit_on`` a second line of the law. ``basis`` is STATUTORY,
    PENALTY_LIMIT or PROMISE; ``state`` is running, warned or missed.
    """

    kind: str
    due_on: date
    limit_on: date | None
    basis: str
    state: str
    lot_ids: tuple[str, ...]


class SignalView(AnswerModel):
    """Something of a customer's returns, this one included, that reached the policy's limit.

    ``measure`` is ``returns``, ``units`` or ``value`` over ``days``, the last in minor units of the
    return's currency; or ``blocked``, which the platform says and which counts nothing.
    """

    measure: str
    counted: int | None = None
    limit: int | None = None
    days: int | None = None


class ReturnView(AnswerModel):
    """One return. Read ``headline`` first; treat a value you do not know as in progress.

    A DRAFT could not be decided yet: its currency is ``XXX`` (ISO 4217: no currency involved), its
    lines are as asked for, with the verdict UNDECIDED.
    """

    return_id: str
    rma_no: str
    order_id: str
    version: int
    headline: str
    authorization_state: str
    logistics_state: str
    settlement_state: str
    ground: str
    currency: str
    requested_at: datetime
    completed_at: datetime | None
    location_id: str | None
    lines: tuple[LineView, ...]
    lots: tuple[LotView, ...]
    deliveries: tuple[DeliveryView, ...]
    receipts: tuple[ReceiptView, ...]
    settlements: tuple[SettlementView, ...]
    waiting_on: tuple[WaitView, ...]
    tier: str = "GREEN"
    """YELLOW two days before a date of law or promise passes, RED once one has."""
    clocks: tuple[ClockView, ...] = ()
    next_step: NextStep | None
    allowed_commands: tuple[str, ...]
    broken_invariants: tuple[str, ...]
    corrections: tuple[CorrectionView, ...] = ()
    refused: RefusedView | None = None
    on_hold: bool = False
    """Whether money of this return waits for a bank that decides on a chargeback."""
    chargebacks: tuple[ChargebackView, ...] = ()
    proposed_settlement: ProposedSettlementView | None = None
    time_zone: str = "UTC"
    """Of the delivery address, IANA: the customer's dates are days there."""
    customs_papers: str | None = None
    """Where the papers are with which the goods cross a customs border."""
    parcel_links: tuple[ParcelLinkView, ...] = ()
    by: str = "purchaser"
    """Who asked: ``purchaser``, or the ``recipient`` of a gift."""
    money_hidden: bool = False
    """Whether it is as a gift's recipient may read it: without amounts, prices and tenders."""
    signals: tuple[SignalView, ...] = ()
    """Why a person decides by whose return it is; what the rules said stands at each line."""
    review: ReviewView | None = None
    """What passed between reviewer and customer, where anything did."""


class Accepted(AnswerModel):
    """The return is not registered yet: repeat the start with the same key to learn how it went.

    ``status`` is ``pending`` while nobody has looked, and ``parked`` while it cannot be decided:
    read or ``explain`` it to see why, and who must act.
    """

    return_id: str
    status: str


class CommandView(AnswerModel):
    """A command that was carried out; the return is at ``version`` now.

    ``given_again``, after a restart: commands that the lost run had answered and not written down.
    They were given again, and the timeline shows what came of each.
    """

    command_id: str
    version: int
    headline: str
    allowed_commands: tuple[str, ...]
    given_again: tuple[str, ...] = ()


class CommandLeft(AnswerModel):
    """A result that is kept and counts once, when somebody is there to carry it out.

    Repeat it with the same key to learn how it went, or read the timeline:
    ``inspection.completed``, ``inspection.held`` or ``inspection.refused``. Its ``lot_version`` is
    looked at then, as that of a command; of a result that is held for its receipt it is not.
    """

    command_id: str
    status: str


class EventView(AnswerModel):
    """One fact of a return or its follow-up (``stream``).

    ``number`` is its place among all events and grows; ``sequence`` counts within the stream from
    1 without gaps.
    """

    event_id: str
    number: int
    stream: str
    sequence: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause_id: str | None
    data: dict[str, Any]
