"""The sandbox keeps the commerce contract a merchant's platform is held to."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.commerce_api import contract
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.webhook_receiver import WebhookReceiver

SECRET = "whsec_c2FuZGJveC1jb21tZXJjZS1zZWNyZXQ="
CONTRACT = Path(__file__).parents[2] / "docs" / "commerce-api.json"


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=sandbox.commerce_url, headers={"Authorization": "Bearer ct_x"}, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def receiver(control: SandboxClient) -> Iterator[WebhookReceiver]:
    with control.listening("commerce", SECRET) as listening:
        yield listening


@pytest.fixture
def sku(control: SandboxClient) -> str:
    """A product of which there are three."""
    sku = f"sku-{uuid.uuid4().hex[:8]}"
    control.put(f"products/{sku}", {"price_minor": 4000, "currency": "EUR", "in_stock": 3})
    return sku


def in_stock(shop: httpx.Client, sku: str) -> int:
    return int(shop.get(f"/products/{sku}").json()["in_stock"])


def reservation(sku: str, **changes: Any) -> dict[str, Any]:
    return {"reference": f"R-{uuid.uuid4().hex}/exchange/1", "sku": sku, "quantity": 2} | changes


def replacement(order: Any, sku: str, **changes: Any) -> dict[str, Any]:
    return_id = uuid.uuid4().hex
    return {
        "reference": f"{return_id}/replacement/1",
        "return_id": return_id,
        "order_id": order["order_id"],
        "sku": sku,
        "quantity": 1,
    } | changes


class TestContract:
    def test_the_document_is_current(self) -> None:
        """docs/commerce-api.json is what ``python -m sandbox.commerce_api`` writes."""
        assert json.loads(CONTRACT.read_text(encoding="utf-8")) == contract()

    def test_the_document_is_of_the_contract_alone(self) -> None:
        """Nothing of the sandbox's control or of the vendors stands in it."""
        assert set(contract()["paths"]) == {
            "/orders/{order_id}",
            "/products/{sku}",
            "/locations",
            "/locations/{location_id}",
            "/stock-reservations",
            "/stock-reservations/{reservation_id}",
            "/stock-moves",
            "/replacement-orders",
            "/replacement-orders/{replacement_order_id}",
            "/replacement-orders/{replacement_order_id}/cancel",
        }

    def test_requests_refuse_unknown_fields(self, shop: httpx.Client, sku: str) -> None:
        """A field nobody knows is a 422 that names it."""
        answer = shop.post("/stock-reservations", json=reservation(sku, colour="red"))

        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid_request"
        assert answer.json()["error"]["field"] == "colour"

    @pytest.mark.parametrize("authorization", ["", "Bearer sk_test_x", "Basic Y3RfeDo="])
    def test_only_tokens_of_the_platform_open_it(
        self, shop: httpx.Client, authorization: str
    ) -> None:
        """Everything else is a 401 in the contract's envelope."""
        answer = shop.get("/products/x", headers={"Authorization": authorization})

        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("/orders/none", "order_not_found"),
            ("/products/none", "product_not_found"),
            ("/locations/none", "location_not_found"),
            ("/replacement-orders/none", "replacement_not_found"),
            ("/nothing", "not_found"),
        ],
    )
    def test_what_is_unknown_is_not_found(self, shop: httpx.Client, path: str, code: str) -> None:
        """Each kind of thing has its own code."""
        answer = shop.get(path)

        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


class TestOrder:
    def test_tenders_are_paid_when_the_order_is_stored(
        self, control: SandboxClient, shop: httpx.Client
    ) -> None:
        """A card tender gets a payment intent, a wallet tender a charge, once."""
        order = control.order()

        again = control.put(f"orders/{order['order_id']}", unpaid(order))

        card, wallet = order["tenders"]
        assert card["payment_ref"].startswith("pi_")
        assert wallet["payment_ref"].startswith("ch_")
        assert again == order
        assert shop.get(f"/orders/{order['order_id']}").json() == order

    def test_a_location_has_an_address(self, control: SandboxClient, shop: httpx.Client) -> None:
        """The warehouse's address is read by its id."""
        address = {
            "name": "Returns",
            "street1": "1 Dock Road",
            "street2": "",
            "city": "Leipzig",
            "region": "",
            "postal_code": "04103",
            "country": "DE",
            "phone": "",
        }
        control.put("locations/dock-1", {"time_zone": "Europe/Berlin", "address": address})

        found = shop.get("/locations/dock-1").json()

        assert found == {
            "location_id": "dock-1",
            "time_zone": "Europe/Berlin",
            "address": address,
        }


class TestReservation:
    def test_holds_units_once_per_reference(self, shop: httpx.Client, sku: str) -> None:
        """The same reference repeats the answer and takes nothing more."""
        body = reservation(sku)

        first, again = (shop.post("/stock-reservations", json=body) for _ in range(2))

        assert (first.status_code, first.json()["status"]) == (201, "reserved")
        assert again.json() == first.json()
        assert in_stock(shop, sku) == 1

    def test_a_reference_is_for_one_content(self, shop: httpx.Client, sku: str) -> None:
        """The same reference for another quantity is a conflict."""
        body = reservation(sku)
        shop.post("/stock-reservations", json=body)

        answer = shop.post("/stock-reservations", json=body | {"quantity": 1})

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "reference_conflict")

    def test_nothing_is_held_that_is_not_there(self, shop: httpx.Client, sku: str) -> None:
        """Out of stock says so and keeps nothing under the reference."""
        answer = shop.post("/stock-reservations", json=reservation(sku, quantity=4))

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "out_of_stock")
        assert in_stock(shop, sku) == 3

    def test_released_units_are_free_again_once(self, shop: httpx.Client, sku: str) -> None:
        """Releasing twice gives the units back once."""
        held = shop.post("/stock-reservations", json=reservation(sku)).json()["reservation_id"]

        statuses = [shop.delete(f"/stock-reservations/{held}").status_code for _ in range(2)]

        assert statuses == [204, 204]
        assert in_stock(shop, sku) == 3


class TestStockMove:
    def test_is_applied_once(self, shop: httpx.Client, control: SandboxClient, sku: str) -> None:
        """The same move restocks once; with other content it is a conflict."""
        return_id = uuid.uuid4().hex
        move = {
            "move_id": f"{return_id}/lot-1/1",
            "sku": sku,
            "quantity": 2,
            "location_id": "dock-1",
            "disposition": "RESTOCK",
            "return_id": return_id,
        }

        answers = [shop.post("/stock-moves", json=move) for _ in range(2)]
        other = shop.post("/stock-moves", json=move | {"quantity": 1})

        assert [answer.json() for answer in answers] == [{"move_id": move["move_id"]}] * 2
        assert (other.status_code, other.json()["error"]["code"]) == (409, "move_conflict")
        assert in_stock(shop, sku) == 5
        assert len(control.ledger(return_id=return_id)["stock_moves"]) == 1


class TestReplacement:
    def test_is_sent_once_per_reference(
        self, shop: httpx.Client, control: SandboxClient, sku: str
    ) -> None:
        """A repeated request repeats the order and takes no more stock."""
        body = replacement(control.order(), sku)

        first, again = (shop.post("/replacement-orders", json=body) for _ in range(2))

        assert (first.status_code, first.json()["status"]) == (201, "created")
        assert again.json() == first.json()
        assert in_stock(shop, sku) == 2
        assert len(control.ledger(return_id=body["return_id"])["replacements"]) == 1

    def test_uses_its_reservation(
        self, shop: httpx.Client, control: SandboxClient, sku: str
    ) -> None:
        """Reserved units are sent, not taken again, and cannot be released afterwards."""
        held = shop.post("/stock-reservations", json=reservation(sku)).json()["reservation_id"]
        body = replacement(control.order(), sku, quantity=2, reservation_id=held)

        assert shop.post("/replacement-orders", json=body).status_code == 201

        assert shop.delete(f"/stock-reservations/{held}").status_code == 204
        assert in_stock(shop, sku) == 1

    def test_needs_stock(self, shop: httpx.Client, control: SandboxClient, sku: str) -> None:
        """Without units there is no order."""
        answer = shop.post(
            "/replacement-orders", json=replacement(control.order(), sku, quantity=4)
        )

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "out_of_stock")

    def test_shipping_and_delivery_are_told_and_signed(
        self, shop: httpx.Client, control: SandboxClient, sku: str, receiver: WebhookReceiver
    ) -> None:
        """Delivery tells of the shipping before it; each is signed as Standard Webhooks say."""
        body = replacement(control.order(), sku)
        order_id = shop.post("/replacement-orders", json=body).json()["replacement_order_id"]

        for _ in range(2):
            control.post(f"replacement-orders/{order_id}/advance", {"status": "delivered"})

        shipped, delivered = receiver.next(), receiver.next()
        event = Webhook(SECRET).verify(shipped.body, shipped.headers)
        assert event["type"] == "replacement.shipped"
        assert event["data"]["reference"] == body["reference"]
        assert delivered.event["type"] == "replacement.delivered"
        assert shipped.headers["webhook-id"] != delivered.headers["webhook-id"]
        found = shop.get(f"/replacement-orders/{order_id}").json()
        assert found["status"] == "delivered"
        assert found["tracking_code"] == event["data"]["tracking_code"]
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_b3RoZXI=").verify(shipped.body, shipped.headers)


def unpaid(order: dict[str, Any]) -> dict[str, Any]:
    tenders = [
        {name: value for name, value in tender.items() if name != "payment_ref"}
        for tender in order["tenders"]
    ]
    return order | {"tenders": tenders}
