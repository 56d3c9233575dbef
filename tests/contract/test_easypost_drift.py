"""Every recording of EasyPost is read by our adapter, or stands here with the reason why not.

What the adapter makes of the values is tested in ``test_easypost_recordings``; here every recorded
answer to a call that the adapter makes is replayed, so that a new recording shows a drift at once.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from domain.money import Money
from integrations.carriers.easypost.adapter import EasyPostCarrier
from integrations.carriers.port import Label, Pickup, Shipment, TrackingSnapshot
from integrations.errors import NotFoundError, RejectedError
from tests.contract import test_easypost_recordings
from tests.contract.carrier_contract import pickup_request, shipment_request
from tests.contract.shared_data import integration_data
from tests.contract.test_easypost_recordings import Recorded, carrier, recorded

_DRAFT, _LABEL, _SHIPMENT = "create_shipment", "purchase_label", "get_shipment"
_VISIT, _BOOK, _READ_VISIT, _CALL_OFF = "create_pickup", "buy_pickup", "get_pickup", "cancel_pickup"
_TRACK, _FIND = "track", "track by code"

# The adapter's calls, as EasyPost records them.
_CALLS: tuple[tuple[str, str, str], ...] = (
    ("POST", r"/v2/shipments", _DRAFT),
    ("GET", r"/v2/shipments/[^/]+", _SHIPMENT),
    ("POST", r"/v2/shipments/[^/]+/buy", _LABEL),
    ("POST", r"/v2/shipments/[^/]+/refund", "void_label"),
    ("POST", r"/v2/pickups", _VISIT),
    ("GET", r"/v2/pickups/[^/]+", _READ_VISIT),
    ("POST", r"/v2/pickups/[^/]+/buy", _BOOK),
    ("POST", r"/v2/pickups/[^/]+/cancel", _CALL_OFF),
    ("GET", r"/v2/trackers", _FIND),
    ("GET", r"/v2/trackers/[^/]+", _TRACK),
    # No tracker was recorded being read; the answer to its creation is the same object.
    ("POST", r"/v2/trackers", _TRACK),
)


@dataclass(frozen=True, slots=True)
class Read:
    """The adapter's methods that read the recorded answers, in order.

    Attributes:
        rest: Why the other answers of the recording are not read.
        tests: Tests of ``test_easypost_recordings`` that look at the values as well.
    """

    methods: tuple[str, ...]
    rest: str | None = None
    tests: tuple[str, ...] = ()


_ONE_CALL = "buying in one call cannot be looked up in between, so labels are bought in two"
_NO_WEBHOOKS = "webhooks are registered by people at EasyPost, once for each tenant"
_NO_EVENTS = "events come as signed webhooks, see test_webhook_signatures; a list holds no tracker"
_NO_REFUNDS = (
    "the adapter reads refund_status of the shipment; the sandbox's refunds are held to it in"
    " test_sandbox_easypost"
)
_NO_LISTS = "objects are found by the id that was stored before the purchase, never in a list"
_NO_ADDRESSES = "addresses are sent with each shipment; the carrier's own check decides"

RECORDINGS: Mapping[str, Read | str] = {
    "test_address_create_verify_strict": _NO_ADDRESSES,
    "test_address_verify_invalid_address": _NO_ADDRESSES,
    "test_error": Read((_DRAFT,), tests=("TestErrors.test_name_the_field",)),
    "test_error_alternative_format": Read(
        (),
        rest="claims are not made by us; the wording of the error is read",
        tests=("TestErrors.test_may_come_as_sentences",),
    ),
    "test_event_all": _NO_EVENTS,
    "test_event_get_next_page": _NO_EVENTS,
    "test_event_retrieve": _NO_EVENTS,
    "test_event_retrieve_all_payloads": _NO_EVENTS,
    "test_event_retrieve_payload": _NO_EVENTS,
    "test_pickup_all": _NO_LISTS,
    "test_pickup_buy": Read((_DRAFT, _VISIT, _BOOK)),
    "test_pickup_cancel": Read(
        (_DRAFT, _VISIT, _BOOK, _CALL_OFF),
        tests=("TestPickups.test_are_drafted_bought_and_called_off_as_recorded",),
    ),
    "test_pickup_create": Read(
        (_DRAFT, _VISIT), tests=("TestPickups.test_are_asked_for_within_a_window",)
    ),
    "test_pickup_lowest_rate": Read((_DRAFT, _VISIT)),
    "test_pickup_retrieve": Read((_DRAFT, _VISIT, _READ_VISIT)),
    "test_rate_retrieve": Read((_DRAFT,), rest="rates are read with their shipment"),
    "test_refund_all": _NO_REFUNDS,
    "test_refund_get_next_page": _NO_REFUNDS,
    "test_refund_retrieve": _NO_REFUNDS,
    "test_shipment_all": _NO_LISTS,
    "test_shipment_buy": Read(
        (_DRAFT, _LABEL),
        tests=(
            "TestShipments.test_are_bought_as_recorded",
            "TestShipments.test_are_not_bought_again_once_recorded_as_bought",
        ),
    ),
    "test_shipment_convert_label": Read(
        (_DRAFT, _LABEL), rest="a label is handed on in the format it was bought in"
    ),
    "test_shipment_create": Read((_DRAFT,), tests=("TestShipments.test_are_drafted_as_recorded",)),
    "test_shipment_create_and_buy_luma": _ONE_CALL,
    "test_shipment_create_empty_objects": Read((_DRAFT,)),
    "test_shipment_create_tax_identifier": Read((_DRAFT,)),
    "test_shipment_create_with_ids": Read((_DRAFT,), rest=_NO_ADDRESSES),
    "test_shipment_generate_form": Read(
        (_DRAFT,),
        rest="codes of labels are forms; no packing slips are printed yet",
        tests=("TestForms.test_are_asked_for_as_recorded",),
    ),
    "test_shipment_get_next_page": _NO_LISTS,
    "test_shipment_insure": Read((_DRAFT,), rest="returns are not insured on their way"),
    "test_shipment_lowest_rate": Read((_DRAFT,)),
    "test_shipment_regenerate_rates": Read(
        (_DRAFT,), rest="a draft whose rates have run out is made anew: drafts are free"
    ),
    "test_shipment_retrieve": Read((_DRAFT, _SHIPMENT)),
    "test_tracker_all": Read((_FIND,)),
    "test_tracker_create": Read((_TRACK,), tests=("TestTracking.test_is_read_as_recorded",)),
    "test_tracker_delete": Read(
        (_TRACK,), rest="trackers are left alone: EasyPost ends them with the parcel's journey"
    ),
    "test_tracker_get_next_page": Read((_FIND, _FIND)),
    "test_tracker_retrieve_batch": Read(
        (_TRACK,), rest="each parcel is read by itself when its webhook comes"
    ),
    "test_webhook_all": _NO_WEBHOOKS,
    "test_webhook_create": _NO_WEBHOOKS,
    "test_webhook_delete": _NO_WEBHOOKS,
    "test_webhook_retrieve": _NO_WEBHOOKS,
    "test_webhook_update": _NO_WEBHOOKS,
}


def test_every_recording_is_in_the_table() -> None:
    """A recording that is added or goes away is noticed."""
    folder = integration_data("easypost", "cassettes")

    assert {path.name for path in folder.iterdir()} == {f"{name}.yaml" for name in RECORDINGS}


@pytest.mark.parametrize("name", RECORDINGS)
async def test_every_answer_to_a_call_of_ours_is_read(name: str) -> None:
    """A recording is read by the methods that the table says; all that is left has a reason."""
    exchanges = recorded(name)
    called = [(exchange, _method_of(exchange)) for exchange in exchanges]
    row = RECORDINGS[name]
    wanted = row if isinstance(row, Read) else Read((), rest=row)

    assert tuple(method for _, method in called if method) == wanted.methods
    assert (None in [method for _, method in called]) == (wanted.rest is not None)
    for number, (exchange, method) in enumerate(called):
        if method is not None:
            await _REPLAYS[method](exchange, exchanges[:number])


def test_the_tests_that_the_table_names_exist() -> None:
    """The table sends nobody to a test that was renamed."""
    named = [test for row in RECORDINGS.values() if isinstance(row, Read) for test in row.tests]

    for test in named:
        suite, _, method = test.partition(".")
        assert callable(getattr(getattr(test_easypost_recordings, suite), method))


def _method_of(exchange: Recorded) -> str | None:
    for verb, path, method in _CALLS:
        if exchange.method == verb and re.fullmatch(path, exchange.path):
            return method
    return None


def _body(exchange: Recorded) -> Any:
    return json.loads(exchange.answer.content)


async def _draft(exchange: Recorded, _before: list[Recorded]) -> None:
    async with carrier(exchange.answer) as (easypost, transport):
        if exchange.answer.is_error:
            with pytest.raises(RejectedError):
                await easypost.create_shipment(shipment_request())
        else:
            _same_shipment(await easypost.create_shipment(shipment_request()), _body(exchange))
    _asked_as_recorded(transport.last, exchange)


async def _read_shipment(exchange: Recorded, _before: list[Recorded]) -> None:
    body = _body(exchange)
    async with carrier(exchange.answer) as (easypost, transport):
        _same_shipment(await easypost.get_shipment(body["id"]), body)
    _asked_as_recorded(transport.last, exchange)


async def _buy_label(exchange: Recorded, before: list[Recorded]) -> None:
    body = _body(exchange)
    async with carrier(_newest(before, _DRAFT), exchange.answer) as (easypost, transport):
        _same_label(await easypost.purchase_label(body["id"], shipment_request()), body)
    _asked_as_recorded(transport.last, exchange)


async def _draft_visit(exchange: Recorded, _before: list[Recorded]) -> None:
    async with carrier(exchange.answer) as (easypost, transport):
        visit = await easypost.create_pickup(pickup_request("shp_1"))
    _same_visit(visit, _body(exchange), "unbooked")
    _asked_as_recorded(transport.last, exchange)


def _visits(
    ask: Callable[[EasyPostCarrier, str], Awaitable[Pickup]], status: str, *, drafted: bool = False
) -> "_Replay":
    async def replay(exchange: Recorded, before: list[Recorded]) -> None:
        body = _body(exchange)
        answers = (*([_newest(before, _VISIT)] if drafted else []), exchange.answer)
        async with carrier(*answers) as (easypost, transport):
            _same_visit(await ask(easypost, body["id"]), body, status)
        _asked_as_recorded(transport.last, exchange)

    return replay


async def _track(exchange: Recorded, _before: list[Recorded]) -> None:
    body = _body(exchange)
    async with carrier(exchange.answer) as (easypost, _):
        _same_parcel(await easypost.track(body["id"]), body)


async def _find(exchange: Recorded, _before: list[Recorded]) -> None:
    listed = _body(exchange)["trackers"]
    # Newest first: of two for one code the adapter takes the newer.
    for tracker in {found["tracking_code"]: found for found in reversed(listed)}.values():
        async with carrier(exchange.answer) as (easypost, transport):
            _same_parcel(await easypost.track(tracker["tracking_code"]), tracker)
        _asked_as_recorded(transport.last, exchange)
    async with carrier(exchange.answer) as (easypost, _):
        with pytest.raises(NotFoundError):
            await easypost.track("EZ-of-nobody")


def _newest(before: list[Recorded], method: str) -> httpx.Response:
    return next(earlier.answer for earlier in reversed(before) if _method_of(earlier) == method)


def _asked_as_recorded(request: httpx.Request, exchange: Recorded) -> None:
    assert (request.method, request.url.path) == (exchange.method, exchange.path)


def _same_shipment(read: Shipment, body: Any) -> None:
    assert (read.shipment_ref, read.refund_status) == (body["id"], body["refund_status"])
    if body["postage_label"] is None:
        assert read.label is None
    else:
        _same_label(read.label, body)


def _same_label(read: Label | None, body: Any) -> None:
    assert read is not None
    rate = body["selected_rate"]
    assert read.label_url == body["postage_label"]["label_url"]
    assert (read.tracking_code, read.tracker_ref) == (body["tracking_code"], body["tracker"]["id"])
    assert (read.carrier, read.service) == (rate["carrier"], rate["service"])
    assert read.cost == Money(int(Decimal(rate["rate"]) * 100), rate["currency"])


def _same_visit(read: Pickup, body: Any, status: str) -> None:
    assert (read.pickup_ref, read.status) == (body["id"], status)
    assert read.confirmation == body["confirmation"]
    assert (read.cost is not None) == (status == "scheduled")


def _same_parcel(read: TrackingSnapshot, body: Any) -> None:
    assert read.tracking_code == body["tracking_code"]
    assert len(read.scans) == len(body["tracking_details"])


_Replay = Callable[[Recorded, list[Recorded]], Awaitable[None]]
_REPLAYS: Mapping[str, _Replay] = {
    _DRAFT: _draft,
    _SHIPMENT: _read_shipment,
    _LABEL: _buy_label,
    _VISIT: _draft_visit,
    _READ_VISIT: _visits(lambda easypost, ref: easypost.get_pickup(ref), "unbooked"),
    _BOOK: _visits(
        lambda easypost, ref: easypost.buy_pickup(ref, pickup_request(ref)),
        "scheduled",
        drafted=True,
    ),
    _CALL_OFF: _visits(lambda easypost, ref: easypost.cancel_pickup(ref), "canceled"),
    _TRACK: _track,
    _FIND: _find,
}
