"""What a pack of law says: rules with windows, exclusions, remedies, refund dates and sources.

The shapes of policy.md §3.1. A pack's file is read into these types as it stands
(:mod:`packs.reading`), so their names are the file's, and the published JSON Schema is theirs.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from domain.law.facts import ConditionFinding
from domain.law.predicates import When
from domain.reasons import Ground

LONGEST_DAYS = 3650
"""Ten years: no period is longer, and no date that is counted from one leaves the calendar."""


class Channel(StrEnum):
    DISTANCE = "DISTANCE"
    STORE = "STORE"


class Buyer(StrEnum):
    CONSUMER = "CONSUMER"
    BUSINESS = "BUSINESS"


class Layer(StrEnum):
    LAW = "LAW"
    SECTOR_LAW = "SECTOR_LAW"
    PLATFORM = "PLATFORM"
    MERCHANT = "MERCHANT"


class Remedy(StrEnum):
    """What a right gives. REPLACE is the same goods anew, EXCHANGE any goods of the shop."""

    REFUND = "REFUND"
    STORE_CREDIT = "STORE_CREDIT"
    REPLACE = "REPLACE"
    REPAIR = "REPAIR"
    PRICE_REDUCTION = "PRICE_REDUCTION"
    EXCHANGE = "EXCHANGE"


MONEY = (Remedy.REFUND, Remedy.PRICE_REDUCTION, Remedy.STORE_CREDIT)


class Anchor(StrEnum):
    """The event that a window counts from.

    INSTALLED is the installation where the seller installs, else the delivery; DISCOVERED is when
    the defect was found, or the day of the request where nobody said.
    """

    DELIVERED = "DELIVERED"
    LAST_DELIVERED = "LAST_DELIVERED"
    INSTALLED = "INSTALLED"
    PURCHASE = "PURCHASE"
    DISCOVERED = "DISCOVERED"


class Start(StrEnum):
    """Whether the day of the anchor is the first one; months count from it either way."""

    NEXT_DAY = "NEXT_DAY"
    SAME_DAY = "SAME_DAY"


class Roll(StrEnum):
    """What becomes of a last day that is a holiday or of a weekend.

    ``UNCLEAR``: the last day stays, and who asks up to the next working day goes to a person.
    """

    NONE = "NONE"
    NEXT_WORKING_DAY = "NEXT_WORKING_DAY"
    UNCLEAR = "UNCLEAR"


class Payer(StrEnum):
    """Who pays the way back; NONE where nothing needs to be sent."""

    CONSUMER = "CONSUMER"
    TRADER = "TRADER"
    NONE = "NONE"


class DueFrom(StrEnum):
    """The event that a refund date counts from.

    RECEIVED_OR_PROOF is the earlier of the goods' arrival and the proof that they were sent; AGREED
    the moment of the decision.
    """

    NOTICE = "NOTICE"
    RECEIVED = "RECEIVED"
    RECEIVED_OR_PROOF = "RECEIVED_OR_PROOF"
    AGREED = "AGREED"


class DueKind(StrEnum):
    """What the date is: the law's own, the line behind which a penalty begins, or a promise."""

    STATUTORY = "STATUTORY"
    PENALTY_LIMIT = "PENALTY_LIMIT"
    PROMISE = "PROMISE"


class Scope(StrEnum):
    """What is given back. SHIPPING is the cheapest way there was, not the surcharge of another."""

    PRICE = "PRICE"
    TAX = "TAX"
    SHIPPING = "SHIPPING"


class DeductionKind(StrEnum):
    MISSING_GIFT = "MISSING_GIFT"
    FREE_SHIPPING_LOST = "FREE_SHIPPING_LOST"
    DIMINISHED_VALUE = "DIMINISHED_VALUE"
    DEPRECIATION = "DEPRECIATION"


class Unconfirmed(StrEnum):
    """What becomes of an exclusion that the buyer did not confirm."""

    EXCLUDE = "EXCLUDE"
    IGNORE = "IGNORE"
    REVIEW = "REVIEW"


class Certainty(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Strict:
    """A file that says what nobody reads is refused: a mistyped rule is a right that is lost."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Extension(Strict):
    """What makes a window longer, by whole months or by the days that goods were in repair.

    A right that is there through the months alone is granted under ``code``. Who is told of the
    right after all has ``days_once_told`` from then, where the months would give longer.
    """

    when: When
    months: int = 0
    days_once_told: int | None = None
    by_repair_days: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Window(Strict):
    """Days, months, or the validity that the goods themselves have: one of the three.

    Its last day is a local date and counts as a whole.
    """

    anchor: Anchor
    days: int | None = None
    months: int | None = None
    validity_of_goods: bool = False
    start: Start = Start.NEXT_DAY
    roll: Roll = Roll.NONE
    extend: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion(Strict):
    """What takes the right away: a trait of the goods, or a predicate.

    Where it has to be confirmed by the buyer, ``if_unconfirmed`` says what it is without that.
    ``note`` is the code of what is granted all the same, ``note_when`` the fact that calls for it.
    """

    code: str
    trait: str | None = None
    when: When | None = None
    if_unconfirmed: Unconfirmed = Unconfirmed.EXCLUDE
    note: str | None = None
    note_when: When | None = None


@dataclass(frozen=True, slots=True)
class Condition(Strict):
    """In which state goods must come back; one of ``fails`` takes the right away (``code``).

    ``harmless`` findings are named in the decision under ``note``.
    """

    fails: tuple[ConditionFinding, ...]
    code: str
    harmless: tuple[ConditionFinding, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Deduction(Strict):
    """What may be kept back of the refund; not where ``barred_if`` holds, which ``note`` says.

    ``barred_months`` after the delivery nothing is kept back either.
    """

    kind: DeductionKind
    code: str
    only_if: When | None = None
    barred_if: When | None = None
    barred_months: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Due(Strict):
    """The last day for the refund, ``days`` after its event.

    With ``withhold`` the seller may wait until goods or proof of sending are there, unless he
    offered to collect. ``if_collected`` is the event where he did.
    """

    days: int
    counts_from: DueFrom
    kind: DueKind = DueKind.STATUTORY
    start: Start = Start.NEXT_DAY
    withhold: bool = False
    if_collected: DueFrom | None = None


@dataclass(frozen=True, slots=True)
class RefundRule(Strict):
    """``hard_limit`` is a second line, behind ``due``, that has consequences of its own."""

    scope: tuple[Scope, ...]
    due: Due | None = None
    hard_limit: Due | None = None
    deductions: tuple[Deduction, ...] = ()


@dataclass(frozen=True, slots=True)
class PayerIf(Strict):
    when: When
    payer: Payer


@dataclass(frozen=True, slots=True)
class ReturnShipping(Strict):
    """Who pays the way back; the first of ``unless`` that holds changes it.

    ``is_silent``: the law names nobody, and the decision's codes do not either.
    """

    payer: Payer
    unless: tuple[PayerIf, ...] = ()
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Presumption(Strict):
    """For how many months after the anchor a defect counts as there from the start.

    Later the consumer has to prove it, and a person looks (``code``).
    """

    months: int
    anchor: Anchor
    code: str


@dataclass(frozen=True, slots=True)
class Applies(Strict):
    """To whom and what a rule applies; empty means all. All of ``when`` must hold."""

    channels: tuple[Channel, ...] = ()
    buyers: tuple[Buyer, ...] = ()
    places: tuple[str, ...] = ()
    when: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True)
class RemedyIf(Strict):
    """A remedy, unless the predicate holds."""

    type: Remedy
    unless: When | None = None


@dataclass(frozen=True, slots=True)
class Rule(Strict):
    """One right. ``remedies`` are in the order in which they are offered.

    ``grants`` is the code under which it is given; ``over`` that of its end where another rule
    gives something else than money. ``shows_window_of`` names the rule whose window a decision
    tells (that of the money, while this one still gives repair); ``shows_window`` of false tells
    none. ``cure_first`` is the code for who asks for money before a cure was tried. ``review``
    sends every case to a person under this code.
    """

    id: str
    ground: Ground
    summary: str
    sources: tuple[str, ...]
    certainty: Certainty
    read_on: date
    layer: Layer = Layer.LAW
    applies: Applies = Applies()
    window: Window | None = None
    shows_window: bool = True
    shows_window_of: str | None = None
    exclusions: tuple[Exclusion, ...] = ()
    condition: Condition | None = None
    remedies: tuple[RemedyIf, ...] = ()
    cure_first: str | None = None
    presumption: Presumption | None = None
    refund: RefundRule | None = None
    return_shipping: ReturnShipping = ReturnShipping(Payer.CONSUMER)
    grants: str | None = None
    over: str | None = None
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Source(Strict):
    title: str
    articles: str
    url: str
    certainty: str


class Status(StrEnum):
    """A draft was signed by no lawyer."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    RETIRED = "RETIRED"


class Retroactive(StrEnum):
    """Which older contracts a version rules over: those where it is better for the consumer."""

    MORE_FAVOURABLE = "MORE_FAVOURABLE"


@dataclass(frozen=True, slots=True)
class Governs(Strict):
    """Local dates in the pack's zone, from the first to before the last."""

    start: date
    end: date | None = None
    by: str = "CONTRACT_DATE"


@dataclass(frozen=True, slots=True)
class Pack(Strict):
    """One version of a pack. It never changes; a correction is a version of its own.

    ``places`` are the jurisdictions it is for. ``retroactive`` of MORE_FAVOURABLE lets it rule
    over older contracts where that is better for the consumer. Within ``answer_days`` after the
    notice a request is to be handled and the address told; later the law calls it a refusal. A
    version ``supersedes`` the one before it, and ``corrects`` an earlier one that was wrong.
    """

    id: str
    version: date
    governs: Governs
    time_zone: str
    places: tuple[str, ...]
    status: Status
    rules: tuple[Rule, ...]
    sources: dict[str, Source]
    note: str = ""
    supersedes: str | None = None
    corrects: str | None = None
    retroactive: Retroactive | None = None
    answer_days: int | None = None

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Overlay(Strict):
    """What a place adds to the pack it belongs to: its zone, its holidays, rules of its own.

    ``holidays`` is the country (``DE``) of the calendar, ``subdivision`` a part of it, and
    ``holiday_categories`` which of its days are meant, in the words of the library of calendars.
    ``may_be_longer`` names the grounds whose periods its own law may make longer than the pack
    says: who asks after those is refused by nobody but a person.
    """

    id: str
    of: str
    time_zone: str
    holidays: str | None = None
    subdivision: str | None = None
    holiday_categories: tuple[str, ...] = ("public",)
    may_be_longer: tuple[Ground, ...] = ()
    rules: tuple[Rule, ...] = ()
    sources: dict[str, Source] | None = None
    note: str = ""
