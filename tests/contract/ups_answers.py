"""UPS on paper: what its adapter asks for, and answers as the specifications have them.

The shapes are those of Rating.yaml and Shipping.yaml of UPS-API/api-documentation, release 2409.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from integrations.carriers.port import Parcel, PickupRequest, ShipmentRequest
from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from tests.contract.answers import Answer, Answering, json_answer
from tests.contract.carrier_contract import CUSTOMER, WAREHOUSE

TOKEN = json_answer({"access_token": "UPStoken", "token_type": "Bearer", "expires_in": "14399"})
CREDENTIAL = "credential"
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
QUOTED = f"{KEY}-11-NL-EUR837"
NUMBER = "1ZA1B2C31112345678"
URL = "https://www.ups.com/uel/llp/label"
UNKNOWN_TO_TRACKING = json_answer({"response": {"errors": [{"code": "TW0001"}]}}, 404)


def request_of(**changes: Any) -> ShipmentRequest:
    request = ShipmentRequest(
        reference="return-1/label/1",
        key=KEY,
        sender=CUSTOMER,
        recipient=WAREHOUSE,
        parcel=Parcel(weight_grams=901, length_mm=200, width_mm=305, height_mm=101),
        is_return=True,
    )
    return replace(request, **changes)


INSIDE_THE_USA = request_of(
    sender=replace(CUSTOMER, country="US", region="NY"),
    recipient=replace(WAREHOUSE, country="US", region="GA"),
)


def refusal(code: str = "9999999", status: int = 400) -> httpx.Response:
    errors = [{"code": code, "message": "Example Street 1 is not served"}]
    return json_answer({"response": {"errors": errors}}, status)


def charge(amount: object, currency: str = "EUR") -> dict[str, object]:
    return {"CurrencyCode": currency, "MonetaryValue": amount}


def rate(code: str, amount: object, **more: object) -> dict[str, object]:
    return {"Service": {"Code": code}, "TotalCharges": charge(amount), **more}


def rates(*offers: dict[str, object]) -> httpx.Response:
    return json_answer({"RateResponse": {"RatedShipment": list(offers)}})


def shipped(**changes: object) -> httpx.Response:
    results: dict[str, object] = {
        "ShipmentCharges": {"TotalCharges": charge("9.30")},
        "PackageResults": [{"TrackingNumber": NUMBER}],
        "LabelURL": URL,
        **changes,
    }
    return json_answer({"ShipmentResponse": {"ShipmentResults": results}})


def recovered(*results: dict[str, object], **more: object) -> httpx.Response:
    return json_answer({"LabelRecoveryResponse": {"LabelResults": list(results), **more}})


LABEL: dict[str, object] = {"TrackingNumber": NUMBER, "LabelImage": {"URL": URL}}


def tracked(*types: str, number: str = NUMBER) -> httpx.Response:
    activity = [{"status": {"type": kind}} for kind in types]
    parcel = {"trackingNumber": number, "activity": activity}
    return json_answer({"trackResponse": {"shipment": [{"package": [parcel]}]}})


def connected(client: httpx.AsyncClient) -> UpsCarrier:
    return UpsCarrier(
        client,
        account_number="A1B2C3",
        account_country="DE",
        webhook_credential=CREDENTIAL,
        clock=lambda: NOW,
    )


@asynccontextmanager
async def carrier(*answers: Answer) -> AsyncIterator[tuple[UpsCarrier, Answering]]:
    """Open an adapter whose first request is answered by a token."""
    transport = Answering(TOKEN, *answers)
    async with open_ups_client("http://ups.test", "UPS_client", "secret", transport) as client:
        yield connected(client), transport


@asynccontextmanager
async def about_to_buy(*answers: Answer) -> AsyncIterator[tuple[UpsCarrier, Answering]]:
    """Open an adapter that finds no label of ours yet."""
    async with carrier(refusal(), UNKNOWN_TO_TRACKING, *answers) as opened:
        yield opened


DRAFT_REF = f"{KEY}-20260612-EUR585"
TODAYS_REF = f"{KEY}-20260610-EUR585"
PRN = "29123456789"
NOTHING_PENDING = json_answer({"PickupPendingStatusResponse": {"PendingStatus": []}})


def visit(**changes: Any) -> PickupRequest:
    request = PickupRequest(
        reference="return-1/pickup/1",
        key=KEY,
        shipment_ref=QUOTED,
        address=CUSTOMER,
        not_before=datetime(2026, 6, 12, 7, tzinfo=UTC),
        not_after=datetime(2026, 6, 12, 11, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    return replace(request, **changes)


def quoted(**rate: str) -> httpx.Response:
    return json_answer({"PickupRateResponse": {"RateResult": {"CurrencyCode": "EUR", **rate}}})


def created(status: str = "01", **rate: str) -> httpx.Response:
    answer: dict[str, object] = {"PRN": PRN, "RateStatus": {"Code": status}}
    if rate:
        answer["RateResult"] = {"CurrencyCode": "EUR", **rate}
    return json_answer({"PickupCreationResponse": answer})


def pending(**changes: str | None) -> httpx.Response:
    listed = {
        "PickupType": "01",
        "ServiceDate": "20260610",
        "PRN": PRN,
        "OnCallStatusCode": "002",
        "PickupStatusMessage": "Dispatched to driver",
        "ReferenceNumber": KEY,
        **changes,
    }
    return json_answer({"PickupPendingStatusResponse": {"PendingStatus": [listed]}})
