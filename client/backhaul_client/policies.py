"""A tenant's own policies on the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from backhaul_client.answer_model import AnswerModel, PageModel
from backhaul_client.requests import RequestModel


class PolicyVersionView(AnswerModel):
    """One version: ``DRAFT``, ``PUBLISHED``, or ``RETIRED`` when its days are over.

    It governs contracts of the local days from ``governs_from`` to before ``governs_to``; no end
    is ``None``. ``content_hash`` is what decisions name. ``drafted_by`` and ``published_by`` are a
    role and the id of a key.
    """

    ref: str
    pack_id: str
    version: str
    state: str
    content_hash: str
    governs_from: date
    governs_to: date | None
    drafted_by: str
    drafted_at: datetime
    published_by: str | None
    published_at: datetime | None


class PolicyView(PolicyVersionView):
    """``document`` is the pack as it was sent."""

    document: dict[str, Any]


class PolicyVersionList(AnswerModel):
    """By the day that they begin on, drafts too."""

    items: tuple[PolicyVersionView, ...]


class PolicyChange(AnswerModel):
    """One place that differs: ``added``, ``removed`` or ``changed``.

    ``path`` is written ``rules[RULE-ID].window.days``: rows are known by their id, key or grade.
    """

    path: str
    kind: str
    before: Any
    after: Any


class PolicyDiff(AnswerModel):
    before: str
    after: str
    changes: tuple[PolicyChange, ...]


class DecidedUnderView(AnswerModel):
    """A return of which the rules decided ``line_ids`` by a version, or weighed it for them."""

    return_id: str
    rma_no: str
    headline: str
    decided_at: datetime
    line_ids: tuple[str, ...]


class DecidedUnderPage(PageModel):
    """The newest decision first."""

    items: tuple[DecidedUnderView, ...]


class NewPublication(RequestModel):
    """``content_hash`` is that of the draft as whoever publishes it has read it."""

    content_hash: Annotated[str, StringConstraints(strict=True, pattern=r"^sha256:[0-9a-f]{64}$")]


class NewSimulation(RequestModel):
    """Try a pack on what was decided in the last ``since_days``."""

    document: dict[str, Any]
    since_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 30


class VerdictChange(AnswerModel):
    """How many lines went from one verdict to another, or stay."""

    before: str
    after: str
    lines: int


class MoneyChange(AnswerModel):
    """What is owed together, in minor units, where the rules alone grant it."""

    currency: str
    before_minor: int
    after_minor: int


class SimulatedLine(AnswerModel):
    """A line that would be decided otherwise, or be owed other money.

    ``before_minor`` is ``None`` where its policy is not known any more.
    """

    return_id: str
    rma_no: str
    line_id: str
    before: str
    after: str
    before_codes: tuple[str, ...]
    after_codes: tuple[str, ...]
    currency: str
    before_minor: int | None
    after_minor: int
    explanation: str


class SimulationView(AnswerModel):
    """What a pack would have made of the returns decided since then, had it governed them.

    ``is_cut``: there were more, and the oldest were left out. ``money`` is of each line with its
    tax and share of freight, less fees, as if its goods came as they were sent: without promotions
    and what a person granted, and without the ``without_money`` lines whose earlier policy is not
    known any more. ``examples`` are five at most, other verdicts first, the newest first.
    ``untried`` are settings that the pack has otherwise than what governed, and that no record of a
    line lets be tried: conditions, say, for nothing was inspected when it was decided.
    """

    since: datetime
    returns: int
    lines: int
    is_cut: bool
    changed: int
    verdicts: tuple[VerdictChange, ...]
    money: tuple[MoneyChange, ...]
    without_money: int
    examples: tuple[SimulatedLine, ...]
    untried: tuple[str, ...] = ()


class DecisionRecord(AnswerModel):
    """One decision on one line: ``by`` ``rule``, ``human``, ``timeout`` or ``inspection``.

    The last is the rules' again, on what the goods of one lot were found to be.

    ``rule`` is what the rules found of the line, also beside what somebody else decided; it is
    ``None`` of returns that are older than these records. ``facts`` are what the rules were given.
    ``granted`` and ``reason`` are those of a person or time-out. ``judged`` is an inspection's:
    lot, grade and findings, and what they leave of the right by the grades of ``pack_ref``; with
    ``scale``, what these alone would have, and the ``law`` code where the law decided otherwise.
    """

    number: int
    line_id: str
    by: str
    decided_by: str
    decided_at: datetime
    policy_ref: str
    content_hash: str
    granted: bool | None
    reason: str | None
    rule: dict[str, Any] | None
    facts: dict[str, Any] | None
    judged: dict[str, Any] | None = None


class DecisionRecordList(AnswerModel):
    """The rules' first, then in the order of deciding."""

    return_id: str
    rma_no: str
    items: tuple[DecisionRecord, ...]
