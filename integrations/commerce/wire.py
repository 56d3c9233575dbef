"""The commerce contract's answers (``docs/commerce-api.json``), taken strictly."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import AfterValidator, AwareDatetime, Field, ValidationError

from domain.law.facts import Disclosures, History, Sanbao
from domain.locations import Accepts, Area, ReceivingLocation
from domain.orders import (
    Gift,
    HoldMethod,
    Order,
    OrderFactsError,
    OrderLine,
    Parcel,
    Promotion,
    PromotionKind,
    PromotionLine,
    Shipping,
    Tax,
    Tender,
    TenderKind,
)
from domain.texts import cleaned
from integrations.carriers.port import Address
from integrations.commerce.port import Contact
from integrations.errors import (
    InProgressError,
    IntegrationError,
    KeyConflictError,
    RejectedError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "commerce"

_CONFLICTS: Mapping[str, type[IntegrationError]] = {
    "in_progress": InProgressError,
    "move_conflict": KeyConflictError,
    "reference_conflict": KeyConflictError,
}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("wanted an IANA time zone") from error
    return name


def _in_our_time(at: datetime) -> datetime:
    """Dates are counted from it: a year beyond these is a slip, and none to count from."""
    if not 2000 <= at.year < 2100:
        raise ValueError("wanted a time from 2000 to 2099")
    return at


Time = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
# 2**53 - 1 is the largest whole number every JSON reader keeps.
Amount = Annotated[int, Field(ge=0, le=2**53 - 1)]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$", max_length=2000)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class WireAddress(WireModel):
    name: str
    street1: str
    street2: str = ""
    city: str
    region: str = ""
    postal_code: str
    country: Country
    phone: str = ""

    def address(self, email: str = "") -> Address:
        return Address(
            name=self.name,
            street1=self.street1,
            street2=self.street2,
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
            phone=self.phone,
            email=email,
        )


class WireShipTo(WireModel):
    """The part of the address that decides; of a region that makes no sense there is none."""

    country: Country
    time_zone: TimeZone
    region: Any = ""

    def region_name(self) -> str:
        return cleaned(self.region)[:200] if isinstance(self.region, str) else ""


class WireCustomer(WireModel):
    email: Email
    name: str
    locale: str


class WireTax(WireModel):
    jurisdiction: str
    rate: str
    amount_minor: Amount


class WireParcel(WireModel):
    parcel_id: Id
    quantity: Units
    fulfilled_at: Time
    delivered_at: Time | None
    installed_at: Time | None = None


class WireSanbao(WireModel):
    validity_months: Annotated[int, Field(ge=0, le=1200)]
    daily_depreciation: Annotated[str, Field(pattern=r"^(0|0?\.\d{1,9}|0\.\d{1,9}|1)$")]


class WireDisclosures(WireModel):
    """What the buyer was told; what is left out nobody states."""

    exclusion_marked: bool | None = None
    exclusion_confirmed: bool | None = None
    withdrawal_right_informed: bool | None = None
    return_cost_informed: bool | None = None
    return_terms_in_ad: bool | None = None
    return_terms_on_final_screen: bool | None = None
    refund_policy_posted: bool | None = None
    withdrawal_informed_at: Time | None = None

    def told(self) -> Disclosures:
        return Disclosures(**self.model_dump())


class WireLine(WireModel):
    line_id: Id
    sku: Id
    title: str
    category: str
    quantity: Units
    gross_minor: Amount
    discount_minor: Amount
    taxes: tuple[WireTax, ...]
    parcels: tuple[WireParcel, ...]
    weight_grams: Annotated[int, Field(ge=0, le=10_000_000)]
    traits: tuple[str, ...] = ()
    final_sale: bool = False
    refunded_minor: Amount = 0
    sanbao: WireSanbao | None = None
    failed_repairs: Annotated[int, Field(ge=0, le=1000)] = 0
    repair_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    same_model_in_stock: bool | None = None
    gift_of: Annotated[str, Field(max_length=200)] = ""
    gift_value_minor: Amount = 0


class WireHoldMethod(WireModel):
    method_ref: Id
    payer_ref: str = ""

    def method(self) -> HoldMethod:
        return HoldMethod(self.method_ref, self.payer_ref)


class WireTender(WireModel):
    tender_id: Id
    kind: TenderKind
    payment_ref: Id
    captured_minor: Amount
    refunded_minor: Amount = 0
    hold_method: WireHoldMethod | None = None
    captured_at: Time | None = None

    def tender(self) -> Tender:
        return Tender(
            tender_id=self.tender_id,
            kind=self.kind,
            payment_ref=self.payment_ref,
            captured_minor=self.captured_minor,
            refunded_minor=self.refunded_minor,
            hold_method=self.hold_method.method() if self.hold_method else None,
            captured_at=self.captured_at,
        )


class WirePromotionLine(WireModel):
    line_id: Id
    discount_minor: Amount
    bundle_quantity: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class WirePromotion(WireModel):
    promotion_id: Id
    kind: PromotionKind
    threshold_minor: Amount = 0
    lines: tuple[WirePromotionLine, ...]

    def promotion(self) -> Promotion:
        return Promotion(
            promotion_id=self.promotion_id,
            kind=self.kind,
            threshold_minor=self.threshold_minor,
            lines=tuple(
                PromotionLine(line.line_id, line.discount_minor, line.bundle_quantity)
                for line in self.lines
            ),
        )


class WireShipping(WireModel):
    paid_minor: Amount
    standard_minor: Amount
    refunded_minor: Amount = 0


class WirePart(WireModel):
    """A part of an order, strict about what it is read for."""

    order_id: Id


class WireCorrespondent(WirePart):
    customer: WireCustomer

    def contact(self) -> Contact:
        return Contact(self.customer.email, self.customer.name, self.customer.locale)


class WireGiven(WirePart):
    gift_recipient: WireCustomer

    def contact(self) -> Contact:
        one = self.gift_recipient
        return Contact(one.email, one.name, one.locale)


class WireAddressee(WirePart):
    """A carrier may write, too; where the mailbox makes no sense it has none."""

    ship_to: WireAddress
    customer: Any = None

    def address(self) -> Address:
        try:
            email = WireMailbox.model_validate(self.customer).email
        except ValidationError:
            email = ""
        return self.ship_to.address(email)


class WireMailbox(WireModel):
    email: Email


class WireHolder(WireModel):
    customer_ref: Id


class WireOrder(WirePart):
    """The facts that decide and grant money."""

    currency: Currency
    channel: Literal["DISTANCE", "STORE"]
    buyer_type: Literal["CONSUMER", "BUSINESS"]
    contract_at: Time
    ship_to: WireShipTo
    shipping: WireShipping
    tenders: tuple[WireTender, ...]
    lines: tuple[WireLine, ...]
    promotions: tuple[WirePromotion, ...] = ()
    disclosures: WireDisclosures = WireDisclosures()
    free_shipping_from_minor: Amount | None = None
    customer: Any = None
    gift_recipient: Any = None

    def facts(self) -> Order:
        return Order(
            order_id=self.order_id,
            currency=self.currency,
            channel=self.channel,
            buyer_type=self.buyer_type,
            contract_at=self.contract_at,
            delivery_country=self.ship_to.country,
            delivery_time_zone=self.ship_to.time_zone,
            lines=tuple(_line(line) for line in self.lines),
            tenders=tuple(tender.tender() for tender in self.tenders),
            shipping=Shipping(
                self.shipping.paid_minor,
                self.shipping.standard_minor,
                self.shipping.refunded_minor,
            ),
            promotions=tuple(promotion.promotion() for promotion in self.promotions),
            credit_account=_account_of(self.customer),
            gift_recipient=None
            if self.gift_recipient is None
            else _account_of(self.gift_recipient),
            told=self.disclosures.told(),
            free_shipping_from_minor=self.free_shipping_from_minor,
            delivery_region=self.ship_to.region_name(),
            customer_blocked=self._is_blocked(),
            gifts=tuple(
                Gift(line.line_id, line.gift_of, line.gift_value_minor)
                for line in self.lines
                if line.gift_of
            ),
        )

    def _is_blocked(self) -> bool:
        """A block that makes no sense is refused: taken for none, it would protect nobody."""
        told = self.customer.get("blocked", False) if isinstance(self.customer, dict) else False
        if not isinstance(told, bool):
            raise OrderFactsError("customer.blocked", "wanted true or false")
        return told


def _account_of(person: Any) -> str:
    """Return whose store credit it would be; of a person that makes no sense nobody's."""
    try:
        return WireHolder.model_validate(person).customer_ref
    except ValidationError:
        return ""


class WireProduct(WireModel):
    sku: Id
    price_minor: Amount
    currency: Currency
    in_stock: Annotated[int, Field(ge=0)]


class WireLocation(WireModel):
    location_id: Id
    time_zone: TimeZone
    address: WireAddress


class WireArea(WireModel):
    country: Country
    region: Annotated[str, Field(max_length=200)] = ""


class WireAccepts(WireModel):
    areas: Annotated[tuple[WireArea, ...], Field(max_length=500)] = ()
    except_traits: Annotated[tuple[str, ...], Field(max_length=500)] = ()


class WireCountry(WireModel):
    """Of an address, the country alone."""

    country: Country


class WireReceivingLocation(WireModel):
    """The part of a location that decides what goes there; its id also stands on receipts."""

    location_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    time_zone: TimeZone
    accepts: WireAccepts | None = None
    address: WireCountry | None = None

    def location(self) -> ReceivingLocation:
        country = self.address.country if self.address is not None else ""
        if self.accepts is None:
            return ReceivingLocation(self.location_id, self.time_zone, country=country)
        areas = tuple(Area(area.country, area.region) for area in self.accepts.areas)
        accepts = Accepts(areas, self.accepts.except_traits)
        return ReceivingLocation(self.location_id, self.time_zone, accepts, country)


class WireLocations(WireModel):
    locations: Annotated[tuple[WireReceivingLocation, ...], Field(max_length=500)]


class WireReservation(WireModel):
    reservation_id: Id


class WireMove(WireModel):
    move_id: Id


class WireReplacement(WireModel):
    replacement_order_id: Id
    reference: Id
    status: Literal[
        "awaiting_payment", "created", "shipped", "delivered", "cancelled", "out_of_stock"
    ]
    tracking_code: str | None = None
    payment_url: WebAddress | None = None


class WireEventKind(WireModel):
    type: str


class WireEventReplacement(WireModel):
    replacement_order_id: Id
    reference: Id


class WireReplacementEvent(WireEventKind):
    data: WireEventReplacement


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:
    error = body.get("error")
    details = error if isinstance(error, dict) else {}
    code, name = (
        value if isinstance(value := details.get(key), str) else None for key in ("code", "field")
    )
    # Any other conflict (``out_of_stock``) would be answered again.
    conflict = code is not None and response.status_code == 409
    return Refusal(code, name, _CONFLICTS.get(code or "", RejectedError) if conflict else None)


def _line(line: WireLine) -> OrderLine:
    return OrderLine(
        line_id=line.line_id,
        sku=line.sku,
        title=line.title,
        category=line.category,
        quantity=line.quantity,
        gross_minor=line.gross_minor,
        discount_minor=line.discount_minor,
        taxes=tuple(Tax(t.jurisdiction, t.rate, t.amount_minor) for t in line.taxes),
        parcels=tuple(
            Parcel(p.parcel_id, p.quantity, p.fulfilled_at, p.delivered_at, p.installed_at)
            for p in line.parcels
        ),
        weight_grams=line.weight_grams,
        traits=line.traits,
        final_sale=line.final_sale,
        refunded_minor=line.refunded_minor,
        sanbao=(
            Sanbao(line.sanbao.validity_months, line.sanbao.daily_depreciation)
            if line.sanbao is not None
            else None
        ),
        repaired=History(line.failed_repairs, line.repair_days),
        same_model_in_stock=line.same_model_in_stock,
    )
