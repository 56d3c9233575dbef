"""The wire models of the merchant platform's contract; amounts are integer minor units."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Currency = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217 code")
]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2 code")
]
Minor = Annotated[int, Field(ge=0, le=10**12, description="minor units of the order's currency")]
Quantity = Annotated[int, Field(ge=1, le=10_000)]


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Customer(Contract):
    customer_ref: Name | None = Field(
        None,
        description="your opaque name of the customer, the same in every channel and no personal "
        "data: owner of the store credit that a refund may go to, and whose returns are counted; "
        "left out for a guest",
    )
    blocked: bool = Field(
        default=False,
        description="a person looks at whatever this customer asks for from now on; what was "
        "granted before stays so",
    )
    email: Name
    name: Name
    locale: Name = Field(description="BCP 47 language tag")


class Address(Contract):
    name: Name
    street1: Name
    street2: Text = ""
    city: Name
    region: Text = ""
    postal_code: Text
    country: Country
    phone: Text = ""


class ShipTo(Address):
    time_zone: Name = Field(description="IANA name, for dates the customer sees")


class Shipping(Contract):
    paid_minor: Minor = Field(description="what was paid for outbound shipping, tax included")
    standard_minor: Minor = Field(description="the cheapest standard delivery of the same order")
    refunded_minor: Minor = 0


class HoldMethod(Contract):
    """What may be held while a replacement travels ahead of the goods, as agreed at checkout."""

    method_ref: Name = Field(
        description="at the tender's provider. stripe: a payment method saved for use without the "
        "customer; paypal: an authorization that the customer approved"
    )
    payer_ref: Text = Field("", description="stripe: the customer whose payment method it is")


class Tender(Contract):
    tender_id: Name
    kind: Literal["CARD", "WALLET", "GIFT_CARD", "STORE_CREDIT", "POINTS", "COUPON"] = Field(
        description="a COUPON paid a part of the order; one that lowered its price is a discount"
    )
    provider: Literal["stripe", "paypal", "wechatpay", "issuer"] = Field(
        description="issuer: the merchant's own, for all but CARD and WALLET"
    )
    payment_ref: Name = Field(
        description="at the provider: a payment intent, charge, capture or transaction; else the "
        "issuer's name of the card, account or coupon"
    )
    captured_minor: Minor
    refunded_minor: Minor = 0
    hold_method: HoldMethod | None = Field(
        None, description="left out where nothing more may be held on it"
    )
    captured_at: AwareDatetime | None = Field(
        default=None,
        description="when it was paid; providers refuse refunds of old payments, and where it is "
        "not told only their refusal says so",
    )


class Tax(Contract):
    jurisdiction: Name
    rate: Name = Field(description='as the invoice states it, such as "0.19"; never computed with')
    amount_minor: Minor = Field(description="paid for the whole line")


class Parcel(Contract):
    parcel_id: Name
    quantity: Quantity
    fulfilled_at: AwareDatetime
    delivered_at: AwareDatetime | None
    installed_at: AwareDatetime | None = Field(None, description="where the seller installs")


class Sanbao(Contract):
    """Goods of China's three-guarantee list."""

    validity_months: Annotated[int, Field(ge=0, le=1200)]
    daily_depreciation: Annotated[str, StringConstraints(pattern=r"^(0?\.\d{1,9}|0|1)$")] = Field(
        description='the part of the price that a day of use costs, such as "0.001"'
    )


class Disclosures(Contract):
    """What the buyer was told at purchase. Of what is left out the tenant's policy speaks."""

    exclusion_marked: bool | None = Field(None, description="that goods are left out of the right")
    exclusion_confirmed: bool | None = Field(None, description="by the buyer, for this purchase")
    withdrawal_right_informed: bool | None = None
    return_cost_informed: bool | None = Field(None, description="that the buyer pays the way back")
    return_terms_in_ad: bool | None = None
    return_terms_on_final_screen: bool | None = None
    refund_policy_posted: bool | None = None
    withdrawal_informed_at: AwareDatetime | None = Field(
        None, description="when a buyer who was not told of the right then was told of it after all"
    )


class OrderLine(Contract):
    """Totals of the whole line: paid = gross - discount + taxes."""

    line_id: Name
    sku: Name
    title: Name
    category: Name
    quantity: Quantity
    gross_minor: Minor = Field(description="before tax and discounts")
    discount_minor: Minor = Field(description="line and order discounts together")
    taxes: list[Tax]
    parcels: list[Parcel]
    weight_grams: Annotated[int, Field(ge=0)] = Field(description="of the whole line")
    traits: list[Name] = Field(
        [],
        description="what rules exclude by; of HAZARDOUS (lithium, liquids) and NOT_TRANSPORTABLE "
        "goods no carrier is booked for the way back",
    )
    final_sale: bool = False
    refunded_minor: Minor = 0
    sanbao: Sanbao | None = Field(None, description="three-guarantee goods, China")
    failed_repairs: Annotated[int, Field(ge=0, le=1000)] = Field(
        0, description="repairs of the same fault that were in vain"
    )
    repair_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        0, description="whole days that the goods were at the repairer's"
    )
    same_model_in_stock: bool | None = Field(
        None, description="whether the same goods could be sent anew; left out where unknown"
    )
    gift_of: Text = Field("", description="of a free gift: the line that it came with")
    gift_value_minor: Minor = Field(
        0,
        description="of a free gift: the value that was stated for all its units, tax included; "
        "kept back where its goods come without it and the policy says so",
    )


class PromotionLine(Contract):
    line_id: Name
    discount_minor: Minor = Field(description="the part of the line's discount that it gave")
    bundle_quantity: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="of a BUNDLE: how many units of the line make one"
    )


class Promotion(Contract):
    """A discount that depends on what is kept.

    THRESHOLD holds while the kept units of its lines cost ``threshold_minor`` or more, in
    ``gross_minor``; BUNDLE for as many whole bundles as are kept of those bought.
    """

    promotion_id: Name
    kind: Literal["THRESHOLD", "BUNDLE"]
    threshold_minor: Minor = 0
    lines: Annotated[list[PromotionLine], Field(min_length=1)]


class Order(Contract):
    """Facts of one order. Lines and outbound shipping add up to what the tenders captured."""

    order_id: Name
    currency: Currency
    channel: Literal["DISTANCE", "STORE"]
    buyer_type: Literal["CONSUMER", "BUSINESS"]
    contract_at: AwareDatetime
    customer: Customer
    ship_to: ShipTo
    shipping: Shipping
    tenders: Annotated[list[Tender], Field(min_length=1)]
    lines: Annotated[list[OrderLine], Field(min_length=1)]
    promotions: list[Promotion] = Field(
        [], description="those that a partial return may break; none when left out"
    )
    disclosures: Disclosures = Disclosures()
    free_shipping_from_minor: Minor | None = Field(
        None, description="from which sum of its lines on the order was shipped for free"
    )
    gift_recipient: Customer | None = Field(
        None,
        description="who was given the order: may ask for its return, is written to about it, and "
        "is told neither what was paid nor how. Ask for him only once you know that it is him",
    )


class Product(Contract):
    sku: Name
    price_minor: Minor
    currency: Currency
    in_stock: Annotated[int, Field(ge=0)]


class Area(Contract):
    country: Country
    region: Text = Field("", description="as `ship_to.region` has it; the whole country without")


class Accepts(Contract):
    """What a place takes."""

    areas: Annotated[list[Area], Field(max_length=500)] = Field(
        [], description="where the goods come from; everywhere when left out"
    )
    except_traits: Annotated[list[Name], Field(max_length=500)] = Field(
        [], description="it takes no goods with any of these traits of an order's line"
    )


LocationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Location(Contract):
    """A place that receives returns.

    As soon as one place says what it accepts, those that do not say it receive nothing.
    """

    location_id: LocationId
    time_zone: Name
    address: Address
    accepts: Accepts | None = Field(
        None, description="left out everywhere, all returns go to the place `MAIN`"
    )


class Locations(Contract):
    locations: Annotated[list[Location], Field(max_length=500)] = Field(
        description="among those that fit a return equally well, the first one receives it"
    )


class ReservationRequest(Contract):
    reference: Name = Field(description="the caller's own; the same one repeats the answer")
    sku: Name
    quantity: Quantity


class Reservation(Contract):
    reservation_id: Name
    status: Literal["reserved", "released", "used"]


class StockMoveRequest(Contract):
    move_id: Name = Field(description="the caller's own; applied once")
    sku: Name
    quantity: Quantity
    location_id: Name
    disposition: Name = Field(description="RESTOCK puts the units back on sale")
    return_id: Name


class StockMove(Contract):
    move_id: Name


class ReplacementRequest(Contract):
    reference: Name = Field(description="the caller's own; the same one repeats the answer")
    return_id: Name
    order_id: Name
    sku: Name
    quantity: Quantity
    reservation_id: Name | None = None
    due_minor: Annotated[int, Field(ge=0)] = Field(
        default=0, description="what the customer pays the platform before the goods are sent"
    )
    currency: Currency | None = Field(default=None, description="of what is due")


class ReplacementOrder(Contract):
    replacement_order_id: Name
    reference: Name
    status: Literal["awaiting_payment", "created", "shipped", "delivered", "cancelled"]
    tracking_code: Name | None = None
    payment_url: Name | None = Field(
        default=None, description="where the customer pays what is due"
    )


class ReplacementEventData(Contract):
    replacement_order_id: Name
    reference: Name
    tracking_code: Name | None


class ReplacementEvent(Contract):
    """Sent with Standard Webhooks headers; ``webhook-id`` names the event over all deliveries."""

    type: Literal[
        "replacement.paid", "replacement.cancelled", "replacement.shipped", "replacement.delivered"
    ]
    timestamp: AwareDatetime
    data: ReplacementEventData


class ErrorDetail(BaseModel):
    code: str
    message: str
    field: str | None = None


class ErrorAnswer(BaseModel):
    error: ErrorDetail
