"""EasyPost's official client takes the sandbox for EasyPost."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from easypost.easypost_client import EasyPostClient
from easypost.errors.api.api_error import ApiError
from easypost.errors.api.invalid_request_error import InvalidRequestError
from easypost.errors.api.not_found_error import NotFoundError
from easypost.errors.api.unauthorized_error import UnauthorizedError
from easypost.errors.general.signature_verification_error import SignatureVerificationError
from easypost.util import get_lowest_object_rate, validate_webhook

from tests.contract.shapes import differences
from tests.contract.shared_data import read_cassette, read_json
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.webhook_receiver import WebhookReceiver

SECRET = "sécret"
WAREHOUSE = {
    "name": "Returns",
    "street1": "1 Dock Road",
    "city": "Oakland",
    "state": "CA",
    "zip": "94607",
    "country": "US",
    "phone": "5555550100",
}
HOME = {**WAREHOUSE, "name": "Sam Example", "street1": "2 Elm Street", "zip": "94107"}
NOWHERE = {**HOME, "zip": "00000"}
DRAFT: dict[str, Any] = {
    "to_address": HOME,
    "from_address": WAREHOUSE,
    "parcel": {"length": 10.0, "width": 8.0, "height": 4.0, "weight": 15.4},
    "is_return": True,
}
WINDOW = {"min_datetime": "2031-03-08", "max_datetime": "2031-03-08T18:00:00Z"}


@pytest.fixture
def vendor(sandbox: Sandbox) -> Iterator[EasyPostClient]:
    client = EasyPostClient("EZTK_contract", api_base=sandbox.easypost_url)
    yield client
    client._requests_session.close()


@pytest.fixture
def receiver(control: SandboxClient) -> Iterator[WebhookReceiver]:
    with control.listening("easypost", SECRET) as listening:
        yield listening


def bought(vendor: EasyPostClient, **changes: Any) -> Any:
    shipment = vendor.shipment.create(**(DRAFT | changes))
    return vendor.shipment.buy(shipment.id, rate=shipment.lowest_rate())


def booked(vendor: EasyPostClient, shipment: Any, **changes: Any) -> Any:
    pickup = vendor.pickup.create(address=HOME, shipment=shipment, **WINDOW, **changes)
    rate = get_lowest_object_rate(pickup, rates_key="pickup_rates")
    return vendor.pickup.buy(pickup.id, carrier=rate.carrier, service=rate.service)


class TestShipment:
    def test_a_draft_offers_rates_and_costs_nothing(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """Two carriers offer a price as decimal text; the ledger knows no label yet."""
        draft = vendor.shipment.create(**DRAFT, reference="R-1/label/1")

        assert draft.is_return
        assert len({rate.carrier for rate in draft.rates}) == 2
        assert all(isinstance(rate.rate, str) and "." in rate.rate for rate in draft.rates)
        assert draft.postage_label is None
        assert control.ledger(return_id="R-1")["labels"] == []

    def test_a_bought_label_can_be_printed_and_followed(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """Buying gives a label, a tracking code and a tracker, and costs the rate."""
        shipment = bought(vendor, reference="R-2/label/1")

        label = httpx.get(shipment.postage_label.label_url, trust_env=False)
        assert label.headers["content-type"] == "application/pdf"
        assert label.content.startswith(b"%PDF-1.4")
        assert shipment.tracker.tracking_code == shipment.tracking_code
        (counted,) = control.ledger(return_id="R-2")["labels"]
        assert counted["status"] == "bought"
        assert counted["cost_minor"] == int(shipment.selected_rate.rate.replace(".", ""))

    def test_postage_is_bought_once(self, vendor: EasyPostClient) -> None:
        """A second purchase of one shipment is refused by code."""
        shipment = bought(vendor)

        with pytest.raises(InvalidRequestError) as refused:
            vendor.shipment.buy(shipment.id, rate=shipment.rates[0])

        assert code_of(refused.value) == "SHIPMENT.POSTAGE.EXISTS"

    def test_a_reference_stands_in_place_of_the_id(
        self, vendor: EasyPostClient, sandbox: Sandbox
    ) -> None:
        """A reference with slashes finds its newest shipment."""
        bought(vendor, reference="R-3/label/1")
        newest = bought(vendor, reference="R-3/label/1")

        found = httpx.get(
            f"{sandbox.easypost_url}/shipments/R-3%2Flabel%2F1",
            auth=("EZTK_contract", ""),
            trust_env=False,
        )

        assert found.json()["id"] == newest.id

    def test_the_list_is_newest_first_in_pages(self, vendor: EasyPostClient) -> None:
        """Only purchased shipments are listed unless drafts are asked for."""
        made = [bought(vendor).id for _ in range(3)][::-1]
        draft = vendor.shipment.create(**DRAFT)

        first = vendor.shipment.all(page_size=2)
        second = vendor.shipment.get_next_page(first, page_size=2)

        listed = [shipment.id for shipment in (*first["shipments"], *second["shipments"])]
        assert listed[:3] == made
        assert vendor.shipment.all(page_size=1, purchased="false")["shipments"][0].id == draft.id

    def test_the_list_is_of_what_was_made_since(self, vendor: EasyPostClient) -> None:
        """What is as old as the start is left out."""
        made = bought(vendor)

        since = vendor.shipment.all(start_datetime="2026-01-01T00:00:00Z")
        later = vendor.shipment.all(start_datetime=made.created_at)

        assert since["shipments"][0].id == made.id
        assert made.id not in [shipment.id for shipment in later["shipments"]]

    def test_nobody_serves_the_unserved_postal_code(self, vendor: EasyPostClient) -> None:
        """Carriers refuse in messages with HTTP 200 and no rates."""
        draft = vendor.shipment.create(**(DRAFT | {"to_address": NOWHERE}))

        assert draft.rates == []
        assert draft.messages[0].type == "rate_error"

    @pytest.mark.parametrize("missing", ["to_address", "from_address", "parcel"])
    def test_a_draft_needs_its_parts(self, vendor: EasyPostClient, missing: str) -> None:
        """A missing part is refused and named."""
        draft = {name: value for name, value in DRAFT.items() if name != missing}

        with pytest.raises(InvalidRequestError) as refused:
            vendor.shipment.create(**draft)

        error = json.loads(refused.value.http_body or "")["error"]
        assert error["code"] == "PARAMETER.REQUIRED"
        assert error["errors"] == [{"field": missing, "message": "cannot be blank"}]


class TestLabelRefund:
    def test_a_label_nobody_used_is_refunded(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """The refund is submitted first, and can be asked for once."""
        shipment = bought(vendor, reference="R-4/label/1")

        assert vendor.shipment.refund(shipment.id).refund_status == "submitted"

        with pytest.raises(InvalidRequestError) as refused:
            vendor.shipment.refund(shipment.id)
        assert code_of(refused.value) == "SHIPMENT.REFUND.UNAVAILABLE"
        (refund,) = vendor.refund.all(page_size=1)["refunds"]
        assert refund.shipment_id == shipment.id
        assert vendor.refund.retrieve(refund.id).tracking_code == shipment.tracking_code
        until(lambda: vendor.shipment.retrieve(shipment.id).refund_status == "refunded")
        (counted,) = control.ledger(return_id="R-4")["labels"]
        assert counted["status"] == "refunded"

    def test_labels_are_refunded_by_tracking_code(self, vendor: EasyPostClient) -> None:
        """The refunds endpoint takes a list of codes."""
        shipment = bought(vendor)

        # The client says it returns one refund; it returns the vendor's list.
        made: Any = vendor.refund.create(
            carrier=shipment.selected_rate.carrier, tracking_codes=[shipment.tracking_code]
        )
        (refund,) = made

        assert (refund.status, refund.shipment_id) == ("submitted", shipment.id)

    def test_a_travelling_parcel_is_not_refunded(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """Once scanned, the postage is spent."""
        shipment = bought(vendor)
        scan(control, shipment.tracking_code, "in_transit")

        with pytest.raises(InvalidRequestError) as refused:
            vendor.shipment.refund(shipment.id)

        assert code_of(refused.value) == "SHIPMENT.REFUND.FAILURE"


class TestPickup:
    def test_a_visit_is_created_bought_and_cancelled(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """The visit is unknown, then scheduled with a confirmation, then canceled."""
        shipment = bought(vendor)
        draft = vendor.pickup.create(
            address=HOME, shipment=shipment, reference="R-5/pickup/1", **WINDOW
        )
        assert (draft.status, draft.confirmation) == ("unknown", None)
        assert control.ledger(return_id="R-5")["pickups"] == []

        rate = draft.pickup_rates[0]
        scheduled = vendor.pickup.buy(draft.id, carrier=rate.carrier, service=rate.service)
        cancelled = vendor.pickup.cancel(draft.id)

        assert scheduled.status == "scheduled"
        assert scheduled.confirmation
        assert cancelled.status == vendor.pickup.retrieve(draft.id).status == "canceled"
        (counted,) = control.ledger(return_id="R-5")["pickups"]
        assert (counted["status"], counted["shipment_id"]) == ("canceled", shipment.id)

    def test_a_visit_is_bought_once(self, vendor: EasyPostClient) -> None:
        """A second purchase, or one after cancelling, is forbidden."""
        pickup = booked(vendor, bought(vendor))
        rate = pickup.pickup_rates[0]

        with pytest.raises(InvalidRequestError) as refused:
            vendor.pickup.buy(pickup.id, carrier=rate.carrier, service=rate.service)

        assert code_of(refused.value) == "PICKUP.BUY.FORBIDDEN"

    def test_a_collected_parcel_is_on_its_way(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """The courier's visit is the first scan, once, and cannot be cancelled afterwards."""
        shipment = bought(vendor)
        pickup = booked(vendor, shipment)

        for _ in range(2):
            control.post(f"pickups/{pickup.id}/outcome", {"outcome": "collected"})

        tracker = vendor.tracker.retrieve(shipment.tracker.id)
        assert [detail.status for detail in tracker.tracking_details] == ["in_transit"]
        with pytest.raises(InvalidRequestError) as refused:
            vendor.pickup.cancel(pickup.id)
        assert code_of(refused.value) == "PICKUP.CANCEL.FAILED"

    def test_a_courier_may_find_nobody(
        self, vendor: EasyPostClient, control: SandboxClient
    ) -> None:
        """The parcel stays where it is, and the visit can be cancelled."""
        shipment = bought(vendor)
        pickup = booked(vendor, shipment)

        control.post(f"pickups/{pickup.id}/outcome", {"outcome": "customer_absent"})

        found = vendor.pickup.retrieve(pickup.id)
        assert found.messages[0].message == "customer absent"
        assert vendor.tracker.retrieve(shipment.tracker.id).tracking_details == []
        assert vendor.pickup.cancel(pickup.id).status == "canceled"

    def test_only_a_bought_label_can_be_picked_up(self, vendor: EasyPostClient) -> None:
        """A draft shipment has nothing to hand over."""
        draft = vendor.shipment.create(**DRAFT)

        with pytest.raises(InvalidRequestError) as refused:
            vendor.pickup.create(address=HOME, shipment=draft, **WINDOW)

        assert code_of(refused.value) == "PICKUP.REQUEST.INVALID"

    def test_no_courier_comes_to_the_unserved_postal_code(self, vendor: EasyPostClient) -> None:
        """The refusal stands in messages; nothing can be bought."""
        pickup = vendor.pickup.create(address=NOWHERE, shipment=bought(vendor), **WINDOW)

        assert (pickup.status, pickup.pickup_rates) == ("unknown", [])
        assert pickup.messages[0].message == "No courier comes to this postal code."

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"min_datetime": None}, "PICKUP.MIN_DATETIME.REQUIRED"),
            ({"max_datetime": None}, "PICKUP.MAX_DATETIME.REQUIRED"),
            ({"max_datetime": "soon"}, "DATE.PARSE.FAILURE"),
            ({"max_datetime": "2031-03-07"}, "PICKUP.REQUEST.INVALID"),
            ({"address": None}, "PICKUP.ADDRESS.REQUIRED"),
        ],
    )
    def test_a_visit_needs_place_and_time(
        self, vendor: EasyPostClient, changes: dict[str, Any], code: str
    ) -> None:
        """Missing and impossible windows are refused by code."""
        wanted = {"address": HOME, "shipment": bought(vendor), **WINDOW} | changes

        with pytest.raises(InvalidRequestError) as refused:
            vendor.pickup.create(**wanted)

        assert code_of(refused.value) == code


class TestTracking:
    def test_scans_are_told_signed_and_once(
        self, vendor: EasyPostClient, control: SandboxClient, receiver: WebhookReceiver
    ) -> None:
        """The official library verifies the event although the secret has an accent."""
        shipment = bought(vendor)
        created = receiver.next(lambda found: found.event["description"] == "tracker.created")
        assert created.event["result"]["tracking_code"] == shipment.tracking_code

        for _ in range(2):
            scan(control, shipment.tracking_code, "delivered", scan_id="scan-1")

        told = receiver.next(lambda found: found.event["description"] == "tracker.updated")
        event = validate_webhook(told.body, told.headers, SECRET)
        assert event["result"]["status"] == "delivered"
        assert event["previous_attributes"] == {"status": "unknown"}
        assert vendor.event.retrieve(event["id"]).result.id == shipment.tracker.id
        with pytest.raises(SignatureVerificationError):
            validate_webhook(told.body, told.headers, "secret")
        details = vendor.tracker.retrieve(shipment.tracker.id).tracking_details
        assert [detail.status for detail in details] == ["delivered"]

    def test_a_parcel_is_followed_by_its_code(self, vendor: EasyPostClient) -> None:
        """Creating a tracker for a known code returns the one that follows it."""
        shipment = bought(vendor)

        again = vendor.tracker.create(tracking_code=shipment.tracking_code)

        assert again.id == shipment.tracker.id
        (listed,) = vendor.tracker.all(tracking_code=shipment.tracking_code)["trackers"]
        assert listed.id == vendor.tracker.retrieve(shipment.tracking_code).id == again.id

    def test_the_vendors_test_codes_have_their_states(self, vendor: EasyPostClient) -> None:
        """EZ4000000004 is delivered from the start."""
        assert vendor.tracker.create(tracking_code="EZ4000000004").status == "delivered"


class TestRefusal:
    @pytest.mark.parametrize("key", ["EZAK_live", "sk_test_x"])
    def test_other_keys_are_refused(self, sandbox: Sandbox, key: str) -> None:
        """Only test keys open the door."""
        client = EasyPostClient(key, api_base=sandbox.easypost_url)

        with pytest.raises(UnauthorizedError):
            client.shipment.all()
        client._requests_session.close()

    def test_unknown_objects_are_not_found(self, vendor: EasyPostClient) -> None:
        """Every kind of object answers 404 for an id nobody has."""
        for service in (vendor.shipment, vendor.pickup, vendor.tracker, vendor.refund):
            with pytest.raises(NotFoundError):
                service.retrieve("none")

    def test_a_body_that_is_not_json_is_refused(self, sandbox: Sandbox) -> None:
        """The refusal is in the vendor's envelope."""
        answer = httpx.post(
            f"{sandbox.easypost_url}/shipments",
            content=b"\xff{",
            headers={"Authorization": "Bearer EZTK_x"},
            trust_env=False,
        )

        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")


# Where the sandbox's answers may differ from the recordings.
ALLOWED = {
    ".options.invoice_number": "recorded because it was asked for; options are echoed",
    ".options.label_format": "recorded because it was asked for; options are echoed",
    ".verifications.zip4": "no address is verified in the sandbox",
    ".verifications.delivery": "no address is verified in the sandbox",
    ".tracking_details[].est_delivery_date": "in the vendor's event, not in this recording",
    "fees": "recorded in a shipment's tracker, not in one made for a foreign parcel",
}


class TestRecordedShape:
    """What the vendor was recorded to answer, the sandbox answers: keys and types, at any depth."""

    def test_shipment(self, vendor: EasyPostClient) -> None:
        """Draft and bought shipment, down to rates and label."""
        draft, label = recorded("test_shipment_buy")

        shipment = vendor.shipment.create(**DRAFT)
        assert drift(shipment.to_dict(), draft) == []
        paid = vendor.shipment.buy(shipment.id, rate=shipment.lowest_rate())
        assert drift(paid.to_dict(), label) == []

    def test_pickup(self, vendor: EasyPostClient) -> None:
        """Draft, scheduled and cancelled visit."""
        _, draft, scheduled, cancelled = recorded("test_pickup_cancel")

        pickup = vendor.pickup.create(address=HOME, shipment=bought(vendor), **WINDOW)
        assert drift(pickup.to_dict(), draft) == []
        rate = pickup.pickup_rates[0]
        paid = vendor.pickup.buy(pickup.id, carrier=rate.carrier, service=rate.service)
        assert drift(paid.to_dict(), scheduled) == []
        assert drift(vendor.pickup.cancel(pickup.id).to_dict(), cancelled) == []

    def test_refund(self, vendor: EasyPostClient) -> None:
        """A label refund."""
        _, refund = recorded("test_refund_retrieve")
        vendor.shipment.refund(bought(vendor).id)

        found = vendor.refund.all(page_size=1)["refunds"][0]

        assert drift(found.to_dict(), refund) == []

    def test_tracker(
        self, vendor: EasyPostClient, control: SandboxClient, sandbox: Sandbox
    ) -> None:
        """A tracker with its scans, by itself and in a list."""
        (tracker,) = recorded("test_tracker_create")
        shipment = bought(vendor)
        scan(control, shipment.tracking_code, "in_transit")

        found = asked(sandbox, "GET", f"trackers/{shipment.tracker.id}")
        listed = asked(sandbox, "GET", f"trackers?tracking_code={shipment.tracking_code}")

        assert drift(found, tracker) == []
        assert found["tracking_details"]
        (page,) = recorded("test_tracker_all")
        assert listed.keys() == page.keys()
        assert [drift(item, tracker) for item in listed["trackers"]] == [[]]

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("shipments", "test_shipment_all"),
            ("pickups", "test_pickup_all"),
            ("refunds", "test_refund_all"),
            ("events", "test_event_all"),
        ],
    )
    def test_list(self, vendor: EasyPostClient, sandbox: Sandbox, path: str, name: str) -> None:
        """A page of everything that can be listed."""
        booked(vendor, bought(vendor))
        vendor.shipment.refund(bought(vendor).id)
        (page,) = recorded(name)

        found = asked(sandbox, "GET", path)

        assert found[path]
        assert drift(found, page) == []

    def test_error(self, sandbox: Sandbox) -> None:
        """A refusal that names a field, and one that does not."""
        (named,) = recorded("test_error")
        (unnamed,) = recorded("test_error_alternative_format")

        assert drift(asked(sandbox, "POST", "shipments"), named) == []
        assert drift(asked(sandbox, "GET", "shipments/none"), unnamed) == []

    def test_event(
        self, vendor: EasyPostClient, control: SandboxClient, receiver: WebhookReceiver
    ) -> None:
        """A tracker event has the fields of the vendor's example, with a tracker inside."""
        example = read_json("easypost", "event-body.json")
        (tracker,) = recorded("test_tracker_create")
        scan(control, bought(vendor).tracking_code, "in_transit")

        told = receiver.next(lambda found: found.event["description"] == "tracker.updated").event

        result = told.pop("result")
        assert drift(told, {name: example[name] for name in example if name != "result"}) == []
        assert drift(result, tracker) == []
        # The example's tracker is cut short: what it has must be there, with its type.
        details = example["result"].pop("tracking_details")
        assert drift({name: result[name] for name in example["result"]}, example["result"]) == []
        detail = result["tracking_details"][0]
        assert drift({name: detail[name] for name in details[0]}, details[0]) == []


def recorded(name: str) -> list[Any]:
    return [json.loads(found["response"]["body"]["string"]) for found in read_cassette(name)]


def drift(found: Any, known: Any) -> list[str]:
    return differences(found, known, allowed=ALLOWED)


def asked(sandbox: Sandbox, method: str, path: str) -> Any:
    """Ask without the official client, which adds fields of its own; a POST is empty."""
    body: dict[str, str] | None = {} if method == "POST" else None
    answer = httpx.request(
        method,
        f"{sandbox.easypost_url}/{path}",
        json=body,
        auth=("EZTK_contract", ""),
        trust_env=False,
    )
    return answer.json()


def scan(
    control: SandboxClient, tracking_code: str, status: str, *, scan_id: str = "scan-1"
) -> None:
    control.post(f"parcels/{tracking_code}/scans", {"scan_id": scan_id, "status": status})


def until(holds: Callable[[], bool]) -> None:
    """Ask until it holds; the asking itself takes the time."""
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"


def code_of(error: ApiError) -> str:
    return str(json.loads(error.http_body or "")["error"]["code"])
