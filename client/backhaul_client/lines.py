"""What policy and people say of each line of a return."""

from datetime import date, datetime

from backhaul_client.answer_model import AnswerModel


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
