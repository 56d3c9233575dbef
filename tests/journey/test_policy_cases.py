"""The worked cases of law that need no inspection: asked of the API as a shop would ask.

The platform states the facts, the tenant publishes the promises, and the preview answers at the
case's own moment. Where a case knows more than one order's facts can, the test says so.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from backhaul_client import BackhaulClient, NewReturn, Preview
from cli.printing import show_preview
from domain.eligibility import Verdict
from domain.money import exponent
from domain.orders import Order, OrderLine
from domain.reasons import Ground
from packs.cases import Case, CaseInput, CasePromise, Unreadable, read_cases
from packs.library import shipped
from packs.trying import order_of_case
from tests.contract.shared_data import FOLDER, shared_data
from tests.support.builders import pack
from tests.support.journey import Journey
from tests.support.sandbox import Sandbox
from tests.support.shop import Shop, open_shop
from tests.support.worked_cases import case as plain_case

_FILE = "policy-cases.json"
_PATH = FOLDER / "data" / _FILE
_NOT_TOLD_LIVE = {
    # The case hands over several versions of a promise and sees that another one exists. A contract
    # has one policy here, which is fixed with it: the others are not in its facts.
    "CN-13": {"T_POLICY_AT_PURCHASE"},
    # A promise of the case names its fee; here it is the tenant's ``fees``, told as an amount.
    "US-02": {"T_DEDUCT_RESTOCKING_FEE"},
}


def live_cases() -> list[Case]:
    """Return the cases without inspection and way back; none where the file is not there."""
    cases = read_cases(_PATH) if _PATH.exists() else ()
    readable = [case for case in cases if not isinstance(case, Unreadable)]
    assert len(readable) == len(cases)
    return [case for case in readable if _is_live(case.input)]


def _is_live(case: CaseInput) -> bool:
    leg = case.return_leg
    return case.inspection is None and leg.received_at is None and leg.dispatch_proof_at is None


async def test_the_worked_cases_are_there() -> None:
    """Without their file nothing below runs, which this says aloud."""
    shared_data(_FILE)

    assert len(live_cases()) >= 20


@pytest.mark.parametrize("worked", live_cases(), ids=lambda worked: worked.case_id)
async def test_a_worked_case_comes_out_live(
    worked: Case, journey: Journey, shared_sandbox: Sandbox
) -> None:
    """The preview of the order says what the case expects, under the file's match rules."""
    expected = worked.expected
    preview = await previewed(worked.input, journey, shared_sandbox)
    (told,) = preview.lines
    codes = {*told.reason_codes, *preview.review_codes}

    assert verdict_of(preview) == expected.decision
    assert told.policy_ref == expected.policy_ref
    assert told.window_end == expected.window_end
    assert told.remedies == expected.remedies
    assert told.return_shipping_payer == expected.return_shipping_payer
    assert {code for code in codes if code[:2] in ("R_", "X_", "M_")} == {
        code for code in expected.reason_codes if code[:2] in ("R_", "X_", "M_")
    }
    assert {*expected.reason_codes} - codes == _NOT_TOLD_LIVE.get(worked.case_id, set())
    assert told.refund_minor == preview.refund_minor == refund_minor(worked)
    if expected.refund is not None:
        due = told.refund_due
        assert (due.on if due else None) == expected.refund.due_by
        assert (due.kind if due else None) == expected.refund.due_kind


async def test_what_is_offered_and_how_soon_is_shown(
    journey: Journey, shared_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """Money that the law does not give yet is not promised; what it gives has its last day."""
    german, chinese = [
        await previewed(
            plain_case(place, request__ground="NON_CONFORMITY").input, journey, shared_sandbox
        )
        for place in ("EU-DE", "CN")
    ]

    show_preview(german)
    cure_first = capsys.readouterr().out
    show_preview(chinese)
    money = capsys.readouterr().out

    assert "possible: REPAIR, REPLACE\n" in cure_first
    assert "together 0.00 EUR" in cure_first
    assert "possible: REFUND, REPLACE, REPAIR\n" in money
    assert "money is due by 2026-09-25 (PENALTY_LIMIT)" in money
    assert "together 100.00 CNY" in money


async def previewed(case: CaseInput, journey: Journey, sandbox: Sandbox) -> Preview:
    """Ask the API at the moment of a case, as a shop of its own with the promises of the case."""
    async with open_shop(journey, sandbox) as shop:
        await shop.publish(own_pack_of(case))
        order = put_order(journey, case)
        async with api_at(shop, case) as client:
            return await client.preview(wanted_of(case, order["order_id"]))


def verdict_of(preview: Preview) -> str:
    """Return what the return comes to: a signal of abuse is of the customer, not of the line."""
    (line,) = preview.lines
    doubted = preview.review_codes and preview.authorization_state == "IN_REVIEW"
    return Verdict.MANUAL_REVIEW if doubted and line.verdict == Verdict.APPROVE else line.verdict


def wanted_of(case: CaseInput, order_id: str) -> NewReturn:
    """Ask as the case does; who claims a fault names it."""
    faulty = case.request.ground is Ground.NON_CONFORMITY
    line: dict[str, Any] = {
        "line_id": "item",
        "quantity": 1,
        "resolution": case.request.remedy,
        **({"reason": "DEFECTIVE"} if faulty else {}),
    }
    ground = case.request.ground
    return NewReturn.model_validate({"order_id": order_id, "lines": [line], "ground": ground})


def refund_minor(case: Case) -> int:
    refund = case.expected.refund
    return int(refund.amount.scaleb(exponent(refund.currency))) if refund is not None else 0


@asynccontextmanager
async def api_at(shop: Shop, case: CaseInput) -> AsyncIterator[BackhaulClient]:
    """Open the API of the running services with its clock at the case's moment."""
    services = replace(shop.journey.services, clock=lambda: case.evaluated_at)
    keys = await shop.http("platform", "the shop")
    async with httpx.AsyncClient(
        base_url="http://api",
        headers={"Authorization": keys.headers["Authorization"]},
        transport=httpx.ASGITransport(create_app(services)),
        timeout=90,
    ) as http:
        yield BackhaulClient(http)


def own_pack_of(case: CaseInput) -> dict[str, Any]:
    """Return what the tenant publishes: the promise in force at the contract, else none at all.

    Only that one: a later version is published before it begins, and these began long ago.
    """
    bought_on = case.order.contract_at.date()
    for one in case.promises:
        begun = one.effective_from <= bought_on
        if begun and (one.effective_to is None or bought_on <= one.effective_to):
            return _promised(case, one)
    return _pack(case, "SHOP", "1", start="2009-01-01", rules=[])


def _promised(case: CaseInput, promise: CasePromise) -> dict[str, Any]:
    assert promise.refund_days_after_receipt is not None
    rule = {
        "id": f"{promise.id}-{promise.ground}",
        "layer": promise.layer,
        "ground": promise.ground,
        "window": {"days": promise.window_days, "anchor": "DELIVERED", "start": "NEXT_DAY"},
        "exclusions": [],
        "excludes_final_sale": False,
        "remedies": ["REFUND"],
        "refund": {
            "scope": ["PRICE", "TAX"],
            "due_days": promise.refund_days_after_receipt,
            "due_kind": "PROMISE",
        },
        "return_shipping_payer": "TRADER" if promise.free_return_shipping else "CONSUMER",
        "sources": [],
        "review": False,
    }
    last, start = promise.effective_to, promise.effective_from
    end = (last + timedelta(days=1)).isoformat() if last is not None else None
    restocking = {"percent": promise.restocking_fee_pct}
    nobody: dict[str, Any] = {"excused_grounds": [], "excused_faults": []}
    fees = {"fees": {"restocking": restocking, "taxable": False, **nobody}}
    document = _pack(case, promise.id, promise.version, start=start.isoformat(), rules=[rule])
    document["governs"]["to"] = end
    return document | (fees if promise.restocking_fee_pct else {})


def _pack(
    case: CaseInput, pack_id: str, version: str, *, start: str, rules: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the standard pack with other rules; the shop does what the case's seller does."""
    does = case.seller.model_dump(include={"offers_collection"})
    governs = {"by": "CONTRACT_DATE", "from": start, "to": None}
    own: dict[str, Any] = {"id": pack_id, "version": version, "governs": governs, "declares": does}
    return {**pack(), **own, "rules": rules}


def put_order(journey: Journey, case: CaseInput) -> dict[str, Any]:
    """Let the platform have the order of a case, as it tells of one."""
    order, order_id = order_of_case(case), f"case-{uuid.uuid4().hex[:12]}"
    body = {
        "order_id": order_id,
        "currency": order.currency,
        "channel": order.channel,
        "buyer_type": order.buyer_type,
        "contract_at": order.contract_at.isoformat(),
        "customer": _customer(order_id, blocked=case.history.abuse_signal),
        "ship_to": _ship_to(order, shipped().time_zone_of(case.jurisdiction) or "UTC"),
        "shipping": {
            "paid_minor": order.shipping.paid_minor,
            "standard_minor": order.shipping.standard_minor,
        },
        "tenders": [
            {
                "tender_id": tender.tender_id,
                "kind": tender.kind,
                "provider": "issuer" if tender.kind.is_in_kind else "stripe",
                "captured_minor": tender.captured_minor,
            }
            for tender in order.tenders
        ],
        "lines": [_line(line, case) for line in order.lines],
        "disclosures": case.disclosures.model_dump(exclude_none=True),
        "free_shipping_from_minor": _free_from(case),
    }
    stored: dict[str, Any] = journey.sandbox.put(f"orders/{order_id}", body)
    return stored


def _free_from(case: CaseInput) -> int | None:
    limit = case.order.free_shipping_threshold
    return int(limit.scaleb(exponent(case.order.currency))) if limit is not None else None


def _customer(order_id: str, *, blocked: bool) -> dict[str, Any]:
    return {
        "customer_ref": f"customer-of-{order_id}",
        "email": "case@example.com",
        "name": "A customer",
        "locale": "en",
        "blocked": blocked,
    }


def _ship_to(order: Order, time_zone: str) -> dict[str, str]:
    return {
        "name": "A customer",
        "street1": "1 Example Street",
        "street2": "",
        "city": "Example",
        "region": order.delivery_region,
        "postal_code": "10001",
        "country": {"UK": "GB"}.get(order.delivery_country, order.delivery_country),
        "phone": "",
        "time_zone": time_zone,
    }


def _line(line: OrderLine, case: CaseInput) -> dict[str, Any]:
    (parcel,) = line.parcels
    arrived = [case.delivery.delivered_at, case.delivery.last_delivered_at]
    delivered_at = max((at for at in arrived if at is not None), default=None)
    goods, installed_at = case.item.sanbao, case.delivery.installed_at
    body: dict[str, Any] = {
        "line_id": line.line_id,
        "sku": f"{line.sku}-{line.line_id}",
        "title": line.title,
        "category": line.category,
        "quantity": 1,
        "gross_minor": line.gross_minor,
        "discount_minor": 0,
        "taxes": [],
        "parcels": [
            {
                "parcel_id": parcel.parcel_id,
                "quantity": 1,
                "fulfilled_at": parcel.fulfilled_at.isoformat(),
                "delivered_at": delivered_at.isoformat() if delivered_at else None,
                "installed_at": installed_at.isoformat() if installed_at else None,
            }
        ],
        "weight_grams": 500,
        "traits": [*line.traits],
        "failed_repairs": case.history.failed_repairs,
        "repair_days": case.history.repair_days,
        "same_model_in_stock": case.seller.same_model_in_stock,
    }
    if goods is not None:
        daily = format(goods.daily_depreciation, "f")
        body["sanbao"] = {"validity_months": goods.validity_months, "daily_depreciation": daily}
    return body
