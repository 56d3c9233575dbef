"""Order facts as the platform states them, and the frozen breakdown of what was paid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.currencies import EXPONENTS
from domain.law.facts import NEVER_REPAIRED, NOTHING_TOLD, Disclosures, History, Sanbao
from domain.money import allocated


class TenderKind(StrEnum):
    """How an order was paid. A coupon here paid a part of it; one that lowered it is a discount."""

    CARD = "CARD"
    WALLET = "WALLET"
    GIFT_CARD = "GIFT_CARD"
    STORE_CREDIT = "STORE_CREDIT"
    POINTS = "POINTS"
    COUPON = "COUPON"

    @property
    def is_in_kind(self) -> bool:
        """Whether it is an account with us, and not a payment that a provider knows."""
        return self not in (TenderKind.CARD, TenderKind.WALLET)


class Destination(StrEnum):
    """Where a refund goes: back to its tender, or with consent elsewhere (domain.md, edge 64).

    A part of a coupon that ``LAPSED`` goes to nobody.
    """

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    BY_HAND = "by_hand"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax line of an order line; ``amount_minor`` is what was paid for the whole line.

    ``rate`` is as the platform states it (``"0.19"``) and never used in arithmetic.
    """

    jurisdiction: str
    rate: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Part of a line that travelled together; ``delivered_at`` is ``None`` until it arrived.

    ``installed_at`` is there only where the seller installs.
    """

    parcel_id: str
    quantity: int
    fulfilled_at: datetime
    delivered_at: datetime | None
    installed_at: datetime | None = None


NOT_FOR_CARRIERS = ("HAZARDOUS", "NOT_TRANSPORTABLE")
"""Traits of goods that no label and no courier is booked for."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Totals are for the whole line in minor units: paid = gross - discount + taxes.

    ``gross_minor`` excludes tax; ``discount_minor`` holds line and order discounts together;
    ``refunded_minor`` is what earlier price adjustments or goodwill gave back. ``sanbao`` is there
    for goods under China's three guarantees; ``repaired`` is what was tried with them already.
    ``same_model_in_stock`` is ``None`` where nobody said.
    """

    line_id: str
    sku: str
    title: str
    category: str
    quantity: int
    gross_minor: int
    discount_minor: int
    taxes: tuple[Tax, ...]
    parcels: tuple[Parcel, ...]
    weight_grams: int
    traits: tuple[str, ...] = ()
    final_sale: bool = False
    refunded_minor: int = 0
    sanbao: Sanbao | None = None
    repaired: History = NEVER_REPAIRED
    same_model_in_stock: bool | None = None

    @property
    def paid_minor(self) -> int:
        return self.gross_minor - self.discount_minor + sum(t.amount_minor for t in self.taxes)

    @property
    def is_barred_from_carriers(self) -> bool:
        """Whether no carrier may have it: lithium, liquids, or what cannot be transported."""
        return any(trait in NOT_FOR_CARRIERS for trait in self.traits)

    @property
    def fulfilled(self) -> int:
        return sum(parcel.quantity for parcel in self.parcels)


@dataclass(frozen=True, slots=True)
class HoldMethod:
    """What may be held for an advance exchange, as the tender's provider names it.

    Stripe: a payment method (``method_ref``) of a customer (``payer_ref``). PayPal: an
    authorization that the customer approved at checkout.
    """

    method_ref: str
    payer_ref: str = ""


@dataclass(frozen=True, slots=True)
class Tender:
    """One way the order was paid: ``payment_ref`` is the payment as its provider names it.

    In kind it is the issuer's name of the card, account or coupon; points count at the money they
    paid. ``captured_at`` is when it was paid, where the platform tells.
    """

    tender_id: str
    kind: TenderKind
    payment_ref: str
    captured_minor: int
    refunded_minor: int = 0
    hold_method: HoldMethod | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shipping:
    """Outbound shipping: ``paid_minor`` includes tax; ``standard_minor`` is the cheapest way."""

    paid_minor: int
    standard_minor: int
    refunded_minor: int = 0


class PromotionKind(StrEnum):
    THRESHOLD = "THRESHOLD"
    BUNDLE = "BUNDLE"


@dataclass(frozen=True, slots=True)
class PromotionLine:
    """``discount_minor`` is the part of the line's discount that the promotion gave.

    A line may count towards a threshold without a discount of its own. ``bundle_quantity`` is how
    many units of it one bundle needs.
    """

    line_id: str
    discount_minor: int
    bundle_quantity: int = 0


@dataclass(frozen=True, slots=True)
class Promotion:
    """A discount that holds while its condition does.

    THRESHOLD: its lines' units that are kept cost ``threshold_minor`` or more, in prices before
    tax and discounts. BUNDLE: as many whole bundles are kept as were bought; of fewer, the part.
    """

    promotion_id: str
    kind: PromotionKind
    lines: tuple[PromotionLine, ...]
    threshold_minor: int = 0


@dataclass(frozen=True, slots=True)
class Gift:
    """A line that came free with the line it is the ``gift_of``.

    ``value_minor`` was stated for all its units, tax included.
    """

    line_id: str
    gift_of: str
    value_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """What the platform's order API says, without personal data; amounts are in ``currency``."""

    order_id: str
    currency: str
    channel: str
    buyer_type: str
    contract_at: datetime
    delivery_country: str
    delivery_time_zone: str
    lines: tuple[OrderLine, ...]
    tenders: tuple[Tender, ...]
    shipping: Shipping
    promotions: tuple[Promotion, ...] = ()
    credit_account: str = ""
    """The platform's name of the customer's store credit; empty where it names none."""
    told: Disclosures = NOTHING_TOLD
    """What the buyer was told at purchase, as far as the platform states it."""
    free_shipping_from_minor: int | None = None
    """From which sum of its lines on the order was shipped for free; ``None``: by no such rule."""
    delivery_region: str = ""
    """State or province, as the platform writes it; empty where it names none."""
    customer_blocked: bool = False
    """Whether the platform wants a person to look at whatever this customer asks for."""
    gifts: tuple[Gift, ...] = ()
    gift_recipient: str | None = None
    """The platform's name of the store credit of whom the order was given to; empty where that has
    no account, ``None`` where it was no gift."""

    @property
    def customer_ref(self) -> str:
        """The platform's opaque name of the customer, over all channels; empty for a guest.

        It is the one that the customer's store credit goes by.
        """
        return self.credit_account

    def value_of(self, wanted: Iterable[tuple[str, int]]) -> int:
        """Return what was paid for so many units of each line, in minor units, each half up."""
        lines = [(self.line(line_id), units) for line_id, units in wanted]
        return sum(
            allocated(line.paid_minor, units=units, of_units=line.quantity) for line, units in lines
        )

    def line(self, line_id: str) -> OrderLine:
        """Return one line; ``KeyError`` when the order has none of that id."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise KeyError(line_id)


class OrderFactsError(ValueError):
    """The platform's facts contradict themselves; ``field`` names the offending one."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def check_order(order: Order) -> Order:
    """Return ``order`` if its numbers hold together.

    Raises:
        OrderFactsError: a negative amount, more sent than ordered, a line id twice, totals of
            lines and shipping that differ from what the tenders captured, a gift of no line that
            was bought, or a promotion that never held or gave more than the line's discount.
            ``field`` is the path in the platform's document.
    """
    if order.currency not in EXPONENTS:
        raise OrderFactsError("currency", "wanted a currency of ISO 4217")
    if len({line.line_id for line in order.lines}) != len(order.lines) or not order.lines:
        raise OrderFactsError("lines", "wanted one or more lines with different ids")
    for index, line in enumerate(order.lines):
        _check_units(line, f"lines[{index}]")
        _check_amounts(line, f"lines[{index}]")
    _check_gifts(order)
    _check_payment(order)
    _check_promotions(order)
    return order


def _check_units(line: OrderLine, name: str) -> None:
    if line.quantity < 1:
        raise OrderFactsError(f"{name}.quantity", f"wanted 1 or more, found {line.quantity}")
    if any(parcel.quantity < 1 for parcel in line.parcels):
        raise OrderFactsError(f"{name}.parcels", "a parcel holds less than one unit")
    if line.fulfilled > line.quantity:
        raise OrderFactsError(f"{name}.parcels", "more units were sent than ordered")


def _check_amounts(line: OrderLine, name: str) -> None:
    if line.gross_minor < 0:
        raise OrderFactsError(f"{name}.gross_minor", "the price is negative")
    if not 0 <= line.discount_minor <= line.gross_minor:
        raise OrderFactsError(f"{name}.discount_minor", "wanted 0 to the price")
    if any(tax.amount_minor < 0 for tax in line.taxes):
        raise OrderFactsError(f"{name}.taxes", "a tax is negative")
    if line.refunded_minor < 0:
        raise OrderFactsError(f"{name}.refunded_minor", "an amount is negative")


def _check_gifts(order: Order) -> None:
    given = [gift.line_id for gift in order.gifts]
    names = {line.line_id: f"lines[{index}]" for index, line in enumerate(order.lines)}
    for gift in order.gifts:
        if gift.gift_of not in names or gift.gift_of in given:
            name = f"{names[gift.line_id]}.gift_of"
            raise OrderFactsError(name, "wanted a line of the order that is no gift")


def _check_payment(order: Order) -> None:
    if len({tender.tender_id for tender in order.tenders}) != len(order.tenders):
        raise OrderFactsError("tenders", "a tender id stands twice")
    for index, tender in enumerate(order.tenders):
        if not 0 <= tender.refunded_minor <= tender.captured_minor:
            raise OrderFactsError(
                f"tenders[{index}].refunded_minor", "wanted 0 to what was captured"
            )
    shipping = order.shipping
    if min(shipping.paid_minor, shipping.standard_minor, shipping.refunded_minor) < 0:
        raise OrderFactsError("shipping", "an amount is negative")
    paid = sum(line.paid_minor for line in order.lines) + shipping.paid_minor
    captured = sum(tender.captured_minor for tender in order.tenders)
    if paid != captured:
        raise OrderFactsError("tenders", f"captured {captured}, but lines and shipping cost {paid}")


def _check_promotions(order: Order) -> None:
    if len({promotion.promotion_id for promotion in order.promotions}) != len(order.promotions):
        raise OrderFactsError("promotions", "a promotion id stands twice")
    given: dict[str, int] = {}
    for index, promotion in enumerate(order.promotions):
        name = f"promotions[{index}]"
        for number, line in enumerate(promotion.lines):
            _check_promoted(order, promotion, line, f"{name}.lines[{number}]")
            given[line.line_id] = given.get(line.line_id, 0) + line.discount_minor
            if given[line.line_id] > order.line(line.line_id).discount_minor:
                raise OrderFactsError(
                    f"{name}.lines[{number}].discount_minor", "more than the line's discount"
                )
        if len({line.line_id for line in promotion.lines}) != len(promotion.lines):
            raise OrderFactsError(f"{name}.lines", "a line stands twice")
        if not promotion.lines:
            raise OrderFactsError(f"{name}.lines", "wanted one or more lines")
        prices = sum(order.line(line.line_id).gross_minor for line in promotion.lines)
        is_threshold = promotion.kind is PromotionKind.THRESHOLD
        if is_threshold and not 1 <= promotion.threshold_minor <= prices:
            raise OrderFactsError(
                f"{name}.threshold_minor", f"wanted 1 to what its lines cost, {prices}"
            )


def _check_promoted(order: Order, promotion: Promotion, line: PromotionLine, name: str) -> None:
    ordered = next((known for known in order.lines if known.line_id == line.line_id), None)
    if ordered is None:
        raise OrderFactsError(f"{name}.line_id", "the order has no such line")
    if line.discount_minor < 0:
        raise OrderFactsError(f"{name}.discount_minor", "an amount is negative")
    needs_units = promotion.kind is PromotionKind.BUNDLE
    if needs_units and not 1 <= line.bundle_quantity <= ordered.quantity:
        raise OrderFactsError(f"{name}.bundle_quantity", "wanted 1 to what was ordered")
