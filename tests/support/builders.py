"""Returns in every stage, with defaults for all that a test is not about.

Each stage is reached through the domain's own transitions, from an order of one line of three
shoes: 30.00 + 5.70 tax + 4.90 shipping, paid with one card.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.grading import check_inspection, grade_lot
from domain.granting import apply_policy
from domain.inspection import Fault, Finding, Grade
from domain.intents import Intent
from domain.money import Money
from domain.opening import decide_lines, open_return, wanted_units
from domain.orders import Order, OrderLine, Parcel, Shipping, Tax, Tender, TenderKind
from domain.parcels import Receipt, ReceiptEntry
from domain.pickups import pickup_booked
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.reasons import Ground
from domain.receiving import receive
from domain.requests import (
    HandoverMethod,
    PickupWindow,
    RequestedLine,
    Resolution,
    ReturnRequest,
)
from domain.returns import Lot, Return
from domain.settlement import settle
from domain.settling import lots_to_settle, sealed
from domain.tenders import TenderLeft, split_over_tenders
from domain.tracking import Milestone, Reached
from domain.transport import labelled, reached

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""When the request is made: a Monday, two days after the delivery."""
DELIVERED = NOW - timedelta(days=2)
RETURN_ID = "0b8f6a52-5f0e-5c0b-9d5e-1c2f3a4b5c6d"
STANDARD = Path(__file__).parents[2] / "domain" / "packs" / "standard.json"
WINDOW = PickupWindow(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=4), "Europe/Berlin")


def after(**passed: float) -> datetime:
    """Return the time ``passed`` after the request, as ``timedelta`` takes it."""
    return NOW + timedelta(**passed)


def pack() -> dict[str, object]:
    """Return the standard pack's JSON, free to be changed; of a review nobody is warned."""
    data: dict[str, object] = json.loads(STANDARD.read_text())
    return data | {"review_warnings": []}


def policy() -> Policy:
    return parse_policy(pack())


def order_line(
    line_id: str = "shoes",
    *,
    sku: str | None = None,
    quantity: int = 3,
    gross: int = 3000,
    discount: int = 0,
    taxes: Sequence[int] = (570,),
    delivered_at: datetime | None = DELIVERED,
    parcels: tuple[Parcel, ...] | None = None,
    final_sale: bool = False,
    traits: tuple[str, ...] = (),
    refunded: int = 0,
) -> OrderLine:
    sent = Parcel("p1", quantity, DELIVERED - timedelta(days=3), delivered_at)
    return OrderLine(
        line_id=line_id,
        sku=sku or line_id.upper(),
        title=f"A pair of {line_id}",
        category="CLOTHING",
        quantity=quantity,
        gross_minor=gross,
        discount_minor=discount,
        taxes=tuple(Tax(f"DE-{index}", "0.19", amount) for index, amount in enumerate(taxes)),
        parcels=parcels if parcels is not None else (sent,),
        weight_grams=400,
        traits=traits,
        final_sale=final_sale,
        refunded_minor=refunded,
    )


def order(
    *lines: OrderLine,
    shipping: int = 490,
    shipping_refunded: int = 0,
    tenders: Sequence[int] | None = None,
    currency: str = "EUR",
    buyer_type: str = "CONSUMER",
    contract_at: datetime = DELIVERED - timedelta(days=5),
    time_zone: str = "Europe/Berlin",
) -> Order:
    """Build an order; without ``tenders`` one card paid for all of it."""
    held = lines or (order_line(),)
    total = sum(line.paid_minor for line in held) + shipping
    captured = (total,) if tenders is None else tenders
    return Order(
        order_id="O-1",
        currency=currency,
        channel="DISTANCE",
        buyer_type=buyer_type,
        contract_at=contract_at,
        delivery_country="DE",
        delivery_time_zone=time_zone,
        lines=held,
        tenders=tuple(
            Tender(f"t{number}", TenderKind.CARD, f"pi_{number}", amount)
            for number, amount in enumerate(captured, start=1)
        ),
        shipping=Shipping(shipping, shipping, shipping_refunded),
    )


def request(
    *lines: RequestedLine,
    ground: Ground = Ground.WITHDRAWAL,
    pickup: bool = False,
) -> ReturnRequest:
    return ReturnRequest(
        order_id="O-1",
        lines=lines or (RequestedLine("shoes", 3),),
        ground=ground,
        handover=HandoverMethod.PICKUP if pickup else HandoverMethod.DROP_OFF,
        pickup_window=WINDOW if pickup else None,
    )


def exchange(line_id: str = "shoes", quantity: int = 3) -> RequestedLine:
    return RequestedLine(line_id, quantity, Resolution.EXCHANGE, exchange_sku="SHOES-42")


def opened(
    *lines: RequestedLine,
    of: Order | None = None,
    under: Policy | None = None,
    ground: Ground = Ground.WITHDRAWAL,
    pickup: bool = False,
    units: Mapping[str, tuple[int, ...]] | None = None,
    prices: Mapping[str, Money] | None = None,
) -> Return:
    """Build a return whose lines are decided and whose lots are PENDING."""
    asked = request(*lines, ground=ground, pickup=pickup)
    bought, rules = of or order(), under or policy()
    decisions = decide_lines(asked, bought, rules, at=NOW)
    locked = {
        line_id: (units or {}).get(line_id, tuple(range(count)))
        for line_id, count in wanted_units(asked, decisions)
    }
    return open_return(
        tenant_id="acme",
        return_id=RETURN_ID,
        rma_no="RMA-0000-01-7",
        request=asked,
        request_hash="sha256:0",
        order=bought,
        policy=rules,
        decisions=decisions,
        units=locked,
        at=NOW,
        prices=prices,
    )


def decided(
    *lines: RequestedLine,
    of: Order | None = None,
    under: Policy | None = None,
    ground: Ground = Ground.WITHDRAWAL,
    pickup: bool = False,
) -> Return:
    """Build a return that the policy granted, denied or handed to a reviewer."""
    return apply_policy(opened(*lines, of=of, under=under, ground=ground, pickup=pickup), at=NOW)[0]


def with_label(ret: Return, delivery_id: str = "d1", *, at: datetime = NOW) -> Return:
    return labelled(
        ret,
        delivery_id,
        at=at,
        carrier="USPS",
        shipment_ref=f"shp_{delivery_id}",
        tracking_code=f"EZ-{delivery_id}",
        tracker_ref=f"trk_{delivery_id}",
        label_url="https://example.com/label.pdf",
        cost_minor=500,
        cost_currency="EUR",
    )[0]


def window_of(ret: Return, delivery_id: str = "d1") -> PickupWindow:
    """Return when the courier is wished for."""
    window = ret.delivery(delivery_id).pickup_window
    assert window is not None
    return window


def with_pickup(ret: Return, *, at: datetime = NOW) -> Return:
    return pickup_booked(
        ret,
        "d1",
        at=at,
        pickup_ref="pickup_1",
        confirmation="CONF-1",
        cost_minor=300,
        cost_currency="EUR",
        window=window_of(ret),
    )[0]


def granted(
    *lines: RequestedLine,
    of: Order | None = None,
    under: Policy | None = None,
    pickup: bool = False,
) -> Return:
    """Build a return whose parcel waits for the customer, or with ``pickup`` for the courier."""
    ret = with_label(decided(*lines, of=of, under=under, pickup=pickup))
    return with_pickup(ret) if pickup else ret


def scanned(
    ret: Return, *milestones: Milestone, delivery_id: str = "d1", at: datetime | None = None
) -> Return:
    when = at or after(days=2)
    news = [Reached(milestone, when) for milestone in milestones or (Milestone.FIRST_SCAN,)]
    return reached(ret, delivery_id, news, at=when)[0]


def handed_over(*lines: RequestedLine, of: Order | None = None) -> Return:
    return scanned(granted(*lines, of=of))


def receipt(
    counted: Mapping[str, int] | None = None,
    *,
    receipt_id: str = "r1",
    parcel: str = "EZ-d1",
    at: datetime | None = None,
) -> Receipt:
    entries = (counted if counted is not None else {"SHOES": 3}).items()
    return Receipt(
        receipt_id=receipt_id,
        parcel=parcel,
        location_id="MAIN",
        entries=tuple(ReceiptEntry(sku, count) for sku, count in entries),
        received_by="warehouse:w1",
        received_at=at or after(days=4),
    )


def received(
    *lines: RequestedLine, of: Order | None = None, counted: Mapping[str, int] | None = None
) -> Return:
    return receive(handed_over(*lines, of=of), receipt(counted))[0]


def finding(
    grade: Grade = Grade.A, *, fault: Fault = Fault.NONE, at: datetime | None = None
) -> Finding:
    return Finding(
        grade=grade,
        fault=fault,
        inspected_by="warehouse:w1",
        inspected_at=at or after(days=5),
        checklist=("opened",),
    )


def grade(
    ret: Return,
    lot_id: str = "shoes/1",
    found: Grade = Grade.A,
    *,
    fault: Fault = Fault.NONE,
    at: datetime | None = None,
) -> Return:
    result = finding(found, fault=fault, at=at)
    check_inspection(ret, lot_id, result)
    return grade_lot(ret, lot_id, result)[0]


def graded(
    found: Grade = Grade.A,
    *lines: RequestedLine,
    of: Order | None = None,
    fault: Fault = Fault.NONE,
) -> Return:
    """Build a return of one line whose only lot was graded."""
    return grade(received(*lines, of=of), found=found, fault=fault)


def intents_for(ret: Return, lots: Sequence[Lot], tenders: Sequence[TenderLeft]) -> list[Intent]:
    """Split what ``lots`` are owed over ``tenders``, as the ledger seals it."""
    amount = sum(row.refund_minor for row in settle(ret, lots))
    number = ret.next_settlement_no
    return [
        Intent(f"i{number}-{left.tender_id}", left.tender_id, "pi_1", part, "planned")
        for left, part in zip(tenders, split_over_tenders(tenders, amount), strict=True)
        if part
    ]


def settled(
    ret: Return, tenders: Sequence[TenderLeft] | None = None, *, at: datetime | None = None
) -> Return:
    """Seal what is due now; nothing is paid yet."""
    lots = lots_to_settle(ret)
    wallet = tenders if tenders is not None else [TenderLeft("t1", 10**9, 0)]
    sealed_at = at or after(days=5)
    return sealed(ret, lots, settle(ret, lots), intents_for(ret, lots, wallet), at=sealed_at)[0]


def in_state(ret: Return, **changes: object) -> Return:
    """Return ``ret`` with its first lot changed past all rules, to show what rules catch."""
    return ret.with_lots(replace(ret.lots[0], **changes))  # type: ignore[arg-type]  # any field
