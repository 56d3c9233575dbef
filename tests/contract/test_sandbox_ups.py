"""The sandbox plays UPS: its shapes, one visit for each address, and what it counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.contract.shapes import violations
from tests.contract.shared_data import read_yaml
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

RATE_VISIT = "/api/shipments/v2409/pickup/oncall"
ORDER_VISIT = "/api/pickupcreation/v2409/pickup"
SHIP = "/api/shipments/v2409/ship"
TRACK = {"transId": "1", "transactionSrc": "test"}


@pytest.fixture
def ups(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client with a token of its own."""
    with httpx.Client(base_url=sandbox.ups_url, trust_env=False) as http:
        asked = {"grant_type": "client_credentials"}
        token = http.post("/security/v1/oauth/token", data=asked, auth=("UPS_client", "secret"))
        http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        yield http


def visit(street: str, *, number: str = "n-1", reference: str = "r-1/pickup/1") -> dict[str, Any]:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {
        "PickupCreationRequest": {
            "Request": {"TransactionReference": {"CustomerContext": reference}},
            "Shipper": {"Account": {"AccountNumber": "A1B2C3", "AccountCountryCode": "DE"}},
            "PickupDateInfo": {
                "PickupDate": f"{tomorrow:%Y%m%d}",
                "ReadyTime": "0900",
                "CloseTime": "1300",
            },
            "PickupAddress": {
                "AddressLine": [street],
                "City": "Berlin",
                "PostalCode": "10115",
                "CountryCode": "DE",
            },
            "ReferenceNumber": number,
        }
    }


def shipment(key: str) -> dict[str, Any]:
    end = {"Name": "N", "Address": {"AddressLine": ["S 1"], "City": "C", "CountryCode": "DE"}}
    return {
        "ShipmentRequest": {
            "Request": {"TransactionReference": {"CustomerContext": f"{key}/label/1"}},
            "Shipment": {
                "Shipper": end | {"ShipperNumber": "A1B2C3"},
                "ShipFrom": end,
                "ShipTo": end,
                "Service": {"Code": "11"},
                "ReturnService": {"Code": "9"},
                "ReferenceNumber": [{"Value": key}],
                "Package": [{"PackageWeight": {"Weight": "1.0"}}],
            },
        }
    }


def prn_of(answer: httpx.Response) -> str:
    prn: str = answer.json()["PickupCreationResponse"]["PRN"]
    return prn


def pending(ups: httpx.Client) -> list[str]:
    answer = ups.get(RATE_VISIT, headers={"AccountNumber": "A1B2C3"}).json()
    return [one["PRN"] for one in answer["PickupPendingStatusResponse"]["PendingStatus"]]


class TestVisits:
    def test_of_one_address_are_one(self, ups: httpx.Client, control: SandboxClient) -> None:
        """Whoever asks again for an address is answered the visit that stands, a row of each."""
        first = prn_of(ups.post(ORDER_VISIT, json=visit("Shared 1", reference="r-1/pickup/1")))
        second = prn_of(ups.post(ORDER_VISIT, json=visit("SHARED 1", reference="r-2/pickup/1")))
        other = prn_of(ups.post(ORDER_VISIT, json=visit("Shared 2", reference="r-3/pickup/1")))

        assert first == second != other
        rows = [v for v in control.ledger()["pickups"] if v["confirmation"] == first]
        assert [row["reference"] for row in rows] == ["r-1/pickup/1", "r-2/pickup/1"]
        for return_id in ("r-1", "r-2"):
            (row,) = control.ledger(return_id=return_id)["pickups"]
            assert (row["confirmation"], row["reference"]) == (first, f"{return_id}/pickup/1")

    def test_end_for_all_who_share_them(self, ups: httpx.Client) -> None:
        """Called off by one it comes to nobody; a new one is another visit."""
        first = prn_of(ups.post(ORDER_VISIT, json=visit("Ended 1")))

        cancelled = ups.delete("/api/shipments/v2409/pickup/02", headers={"Prn": first})
        again = ups.delete("/api/shipments/v2409/pickup/02", headers={"Prn": first})

        assert (cancelled.status_code, again.status_code) == (200, 400)
        assert first not in pending(ups)
        assert prn_of(ups.post(ORDER_VISIT, json=visit("Ended 1"))) != first

    @pytest.mark.parametrize(
        ("outcome", "listed", "cancelled"),
        [("out", True, 400), ("collected", False, 400), ("customer_absent", False, 400)],
    )
    def test_have_an_outcome_by_their_number_or_ours(
        self,
        ups: httpx.Client,
        control: SandboxClient,
        outcome: str,
        listed: bool,
        cancelled: int,
    ) -> None:
        """A courier who is out is listed and not called back; one who was there is neither."""
        prn = prn_of(ups.post(ORDER_VISIT, json=visit(f"Street {outcome}", number=outcome)))

        control.post(f"pickups/{outcome}/outcome", {"outcome": outcome})
        control.post(f"pickups/{prn}/outcome", {"outcome": outcome})

        assert (prn in pending(ups)) is listed
        answer = ups.delete("/api/shipments/v2409/pickup/02", headers={"Prn": prn})
        assert answer.status_code == cancelled

    def test_refuse_an_outcome_that_cannot_have_been(
        self, ups: httpx.Client, control: SandboxClient
    ) -> None:
        """After the parcels were taken nobody was absent."""
        prn = prn_of(ups.post(ORDER_VISIT, json=visit("Taken 1")))
        control.post(f"pickups/{prn}/outcome", {"outcome": "collected"})

        answer = control.http.post(
            f"/_control/pickups/{prn}/outcome", json={"outcome": "customer_absent"}
        )

        assert answer.status_code == 409

    def test_are_answered_as_the_specification_says(self, ups: httpx.Client) -> None:
        """Order, list and cancellation have the shapes of Pickup.yaml."""
        specification = read_yaml("ups", "Pickup.yaml")
        schemas = specification["components"]["schemas"]

        created = ups.post(ORDER_VISIT, json=visit("Shape 1"))
        listed = ups.get(RATE_VISIT, headers={"AccountNumber": "A1B2C3"})
        cancelled = ups.delete("/api/shipments/v2409/pickup/02", headers={"Prn": prn_of(created)})
        refused = ups.delete("/api/shipments/v2409/pickup/02", headers={"Prn": prn_of(created)})

        for answer, schema in (
            (created, "PICKUPCreationResponseWrapper"),
            (listed, "PICKUPPendingResponseWrapper"),
            (cancelled, "PICKUPCancelResponseWrapper"),
            (refused, "ErrorResponse"),
        ):
            assert violations(answer.json(), schemas[schema], specification) == []


class TestLabels:
    def test_are_bought_as_often_as_asked(self, ups: httpx.Client, control: SandboxClient) -> None:
        """Nothing at UPS compares references: two orders of one key are two labels."""
        for _ in range(2):
            assert ups.post(SHIP, json=shipment("twice")).status_code == 200

        labels = control.ledger(return_id="twice")["labels"]
        assert [label["status"] for label in labels] == ["bought", "bought"]

    def test_are_printed_with_their_number(self, ups: httpx.Client) -> None:
        """The address of a label answers a page with its number as a bar code."""
        answer = ups.post(SHIP, json=shipment("printed")).json()
        results = answer["ShipmentResponse"]["ShipmentResults"]

        page = httpx.get(results["LabelURL"], trust_env=False)

        assert page.headers["Content-Type"] == "application/pdf"
        assert results["PackageResults"][0]["TrackingNumber"].encode() in page.content

    def test_are_scanned_on_request(self, ups: httpx.Client, control: SandboxClient) -> None:
        """A scan shows in tracking, the newest first, once for each of its ids."""
        answer = ups.post(SHIP, json=shipment("scanned")).json()
        number = answer["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
        for _ in range(2):
            control.post(f"parcels/{number}/scans", {"scan_id": "s-1", "status": "delivered"})

        shown = ups.get(f"/api/track/v1/details/{number}", headers=TRACK).json()

        (parcel,) = shown["trackResponse"]["shipment"][0]["package"]
        assert [one["status"]["type"] for one in parcel["activity"]] == ["D", "M"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "status"), [("http_500", 500), ("http_503", 503), ("409", 409), ("429", 429)]
    )
    def test_take_the_place_of_an_answer(
        self, ups: httpx.Client, control: SandboxClient, kind: str, status: int
    ) -> None:
        """One answer is replaced by an error in UPS's form; the next is normal."""
        account = {"AccountNumber": "A1B2C3"}
        with control.fault(system="ups", kind=kind, retry_after_s=7):
            struck, after = (ups.get(RATE_VISIT, headers=account) for _ in range(2))

        assert (struck.status_code, after.status_code) == (status, 200)
        assert struck.json()["response"]["errors"][0]["message"]
        assert struck.headers.get("Retry-After") == ("7" if status in {429, 503} else None)

    def test_keep_out_whoever_has_no_key(self, sandbox: Sandbox) -> None:
        """Without a token of ours, the answer is UPS's own 401."""
        answer = httpx.get(f"{sandbox.ups_url}{RATE_VISIT}", trust_env=False)

        assert answer.status_code == 401
        assert answer.json()["response"]["errors"][0]["code"] == "250002"

    @pytest.mark.parametrize(
        "request_",
        [
            ("POST", SHIP, {"json": {}}),
            ("POST", SHIP, {"content": b"{"}),
            ("POST", SHIP, {"content": b"[]"}),
            ("POST", "/api/rating/v2409/Rate", {"json": {}}),
            ("GET", RATE_VISIT, {}),
            ("GET", "/api/track/v1/details/1Z", {}),
            ("DELETE", "/api/shipments/v2409/pickup/01", {"headers": {"Prn": "1"}}),
        ],
        ids=lambda request: f"{request[0]} {request[1]} {' '.join(request[2])}",
    )
    def test_word_what_is_missing(
        self, ups: httpx.Client, request_: tuple[str, str, dict[str, Any]]
    ) -> None:
        """A request that UPS could not read is refused in its own form."""
        method, path, content = request_

        answer = ups.request(method, path, **content)

        assert answer.status_code == 400
        assert answer.json()["response"]["errors"][0]["code"] in {"MISSING", "INVALID"}
