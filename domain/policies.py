"""A policy pack as data: rules, handling times and conditions.

A pack is immutable: its content hash stands in every decision.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from domain.abuse import NO_SIGNALS, AbuseSignals
from domain.declared import AS_USUAL, Declared
from domain.fees import NO_FEES, Fees
from domain.gifts import MissingGift
from domain.inspection import Acceptance, Disposition, Fault, Grade
from domain.orders import Destination, TenderKind
from domain.parcel_terms import AS_THEY_COME, ParcelTerms
from domain.reasons import Ground
from domain.requests import Resolution
from domain.review_terms import USUAL_REVIEW, ReviewTerms
from domain.triggers import AT_ACCEPTANCE, ReleaseTerms
from domain.value_ledger import Shortfall


class WindowStart(StrEnum):
    NEXT_DAY = "NEXT_DAY"
    SAME_DAY = "SAME_DAY"


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    title: str
    url: str
    certainty: str


class GiftReturns(StrEnum):
    """Where it goes what is given back for a gift that its recipient returns."""

    PURCHASER_TENDER = "purchaser_tender"
    RECIPIENT_CREDIT = "recipient_credit"


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What is refunded and until when; ``scope`` of PRICE, TAX, SHIPPING.

    ``due_days`` are whole local days from the receipt of the goods. A due date is a promise to the
    customer and is never scaled.
    """

    scope: tuple[str, ...]
    due_days: int
    due_kind: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One right: how long, what it gives. ``review`` sends a granted right to a person."""

    rule_id: str
    layer: str
    ground: Ground
    window_days: int
    window_start: WindowStart
    exclusions: tuple[str, ...]
    excludes_final_sale: bool
    remedies: tuple[Resolution, ...]
    refund: RefundTerms
    return_shipping_payer: str
    sources: tuple[str, ...]
    review: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """What a grade leads to; ``deduction_percent`` of the price, 0..100."""

    grade: Grade
    acceptance: Acceptance
    deduction_percent: int
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Handling:
    """How long each of our own waits may last; operational, so the demo may scale them."""

    review: timedelta
    hand_over_by: timedelta
    arrival: timedelta
    wait_for_rest: timedelta
    inspection: timedelta
    replacement: timedelta
    ship_back: timedelta
    reject_dispute: timedelta
    dispute: timedelta
    refund_pending: timedelta
    parked: timedelta
    survey_after: timedelta
    survey_reminder_after: timedelta
    survey_expires_after: timedelta
    recovery: timedelta = timedelta()
    """How long goods may stay away whose value went out before them; zero where none does."""
    not_received: timedelta = timedelta()
    """When, after the carrier delivered it, a parcel that nobody counted is lost; zero: never."""
    late_scan: timedelta = timedelta()
    """How long after a return expired a scan of its parcel revives it; zero: it stays expired."""
    info_answer: timedelta = timedelta(hours=120)
    """How long the customer may think about a reviewer's question; half of it, until reminded."""
    counter_offer: timedelta = timedelta(hours=72)
    """How long an offer of a reviewer stands."""

    def scaled(self, time_scale: float) -> "Handling":
        """Return the same waits ``time_scale`` times shorter.

        Only ours: no date that a law or a promise gives to the customer is in here.
        """
        return Handling(
            **{name: getattr(self, name) / time_scale for name in self.__dataclass_fields__}
        )


TENDER_ORDER: tuple[tuple[TenderKind, ...], ...] = (
    (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT, TenderKind.POINTS),
    (TenderKind.COUPON,),
    (TenderKind.CARD, TenderKind.WALLET),
)
"""Who gets its money back first, unless the pack says otherwise (domain.md §5.4)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What governs a return.

    ``pickup_attempts`` is how often a courier is sent before the parcel is to be dropped off.
    An ``uneven_exchange`` is for goods of another price. ``promotion_clawback`` keeps back the
    discount that a partial return loses. Refunds fill the groups of ``tender_order`` one after the
    other, and share within a group by what was captured.
    Above ``refund_gate_minor`` of its currency a refund that met a stored failure is sent under
    another key only if a person says so. What a return pays above ``approval_above``, a second
    person approves. Both are minor units by currency.
    A refund that was refused for good goes to one of ``fallback_tenders``, or nowhere else.
    ``release`` says when money and replacements go out.
    Goods that were paid with up to ``keep_item_up_to``, minor units by currency, may be kept if
    that was wished; elsewhere a person says so. A label is good for ``label_valid_days`` where its
    carrier names no date.
    Of credit that is reversed after it was spent, the missing part is ``credit_shortfall``.
    Who chooses store credit over money gets ``credit_bonus_percent`` more; ``None``: it is not
    offered. Of what a coupon paid, nothing is given back where ``coupons_lapse``.
    ``parcels`` says whether what came in one is paid before the others are here.
    Goods whose delivery nobody ever told count as delivered ``delivered_after_days`` after they
    were sent; ``None``: they are not delivered. ``declares`` is what the shop tells every buyer,
    where an order does not say otherwise.
    ``abuse_signals`` are what of a customer's returns sends the next one to a person.
    ``missing_gift`` says whether the value of a gift is kept back whose goods come without it.
    ``review`` is how a person may look at a return.
    ``gift_returns`` says who gets what is given back for a gift whose recipient returns it.
    ``places`` are the jurisdictions whose buyers have the ``rules``; empty: all.
    """

    pack_id: str
    version: str
    governs_from: date
    governs_to: date | None
    rules: tuple[Rule, ...]
    conditions: tuple[Condition, ...]
    faults_without_deduction: tuple[Fault, ...]
    handling: Handling
    review_default: str
    sources: tuple[Source, ...]
    content_hash: str
    pickup_attempts: int = 1
    fees: Fees = NO_FEES
    promotion_clawback: bool = False
    uneven_exchange: bool = True
    tender_order: tuple[tuple[TenderKind, ...], ...] = TENDER_ORDER
    approval_above: tuple[tuple[str, int], ...] = ()
    refund_gate_minor: tuple[tuple[str, int], ...] = ()
    fallback_tenders: tuple[Destination, ...] = ()
    credit_shortfall: Shortfall = Shortfall.RECEIVABLE
    release: ReleaseTerms = AT_ACCEPTANCE
    credit_bonus_percent: int | None = None
    coupons_lapse: bool = False
    keep_item_up_to: tuple[tuple[str, int], ...] = ()
    label_valid_days: int | None = None
    customs_papers: bool = False
    parcels: ParcelTerms = AS_THEY_COME
    declares: Declared = AS_USUAL
    delivered_after_days: int | None = None
    abuse_signals: AbuseSignals = NO_SIGNALS
    missing_gift: MissingGift = MissingGift.LEAVE
    review: ReviewTerms = USUAL_REVIEW
    gift_returns: GiftReturns = GiftReturns.PURCHASER_TENDER
    places: tuple[str, ...] = ()

    def promises_in(self, place: str) -> bool:
        """Say whether the rules are promised to buyers of this jurisdiction."""
        return not self.places or place in self.places

    @property
    def gives_recipient_credit(self) -> bool:
        return self.gift_returns is GiftReturns.RECIPIENT_CREDIT

    def refund_gate(self, currency: str) -> int | None:
        """Return the gate in a currency's minor units; ``None`` where it has none."""
        return dict(self.refund_gate_minor).get(currency)

    @property
    def ref(self) -> str:
        return f"{self.pack_id}@{self.version}"

    def scaled(self, time_scale: float) -> "Policy":
        """Return the same policy with its waits ``time_scale`` times shorter."""
        return replace(self, handling=self.handling.scaled(time_scale))

    def source(self, key: str) -> Source:
        """Return the source behind ``KEY`` or ``KEY#article``."""
        return next(
            source for source in self.sources if source.key == key.split("#", maxsplit=1)[0]
        )
