"""The sandbox answers as PayPal's specification says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.shapes import violations
from tests.contract.shared_data import read_json
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

FULL = {"Prefer": "return=representation"}


@pytest.fixture
def paypal(sandbox: Sandbox, control: SandboxClient) -> Iterator[httpx.Client]:
    account = control.http.get("/_control/accounts/paypal").json()
    with httpx.Client(base_url=sandbox.paypal_url, trust_env=False) as http:
        answer = http.post(
            "/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(account["client_id"], account["client_secret"]),
        )
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http


def captured(control: SandboxClient, *, currency: str = "EUR") -> str:
    order = control.order("three-units")
    tenders = [tender | {"provider": "paypal", "payment_ref": None} for tender in order["tenders"]]
    order |= {"currency": currency, "tenders": tenders}
    paid = control.put(f"orders/{order['order_id']}", order)
    return str(paid["tenders"][0]["payment_ref"])


def refund(paypal: httpx.Client, capture: str, body: Any = None, **headers: str) -> httpx.Response:
    path = f"/v2/payments/captures/{capture}/refund"
    return paypal.post(path, json=body, headers={**FULL, **headers})


def money(value: str, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": {"currency_code": currency, "value": value}}


def issue_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"][0]["issue"]


def test_answers_in_the_shapes_of_the_specification(
    control: SandboxClient, paypal: httpx.Client
) -> None:
    """Captures and refunds, made and read, have the fields and types of PayPal's document."""
    document = read_json("paypal", "payments_payment_v2.json")
    capture = captured(control)
    made = refund(paypal, capture, money("10.00") | {"invoice_id": "I-1", "custom_id": "R-1"})
    pending: httpx.Response
    with control.fault(system="paypal", kind="pending_refund"):
        pending = refund(paypal, capture, money("1.00"))
    read = paypal.get(f"/v2/payments/refunds/{made.json()['id']}")
    seen = paypal.get(f"/v2/payments/captures/{capture}")

    assert made.status_code == 201
    for answer in (made, pending, read):
        assert violations(answer.json(), _schema(document, "refund"), document) == []
    assert violations(seen.json(), _schema(document, "capture-2"), document) == []
    assert seen.json()["status"] == "PARTIALLY_REFUNDED"


def test_refuses_in_the_words_of_the_specification(
    control: SandboxClient, paypal: httpx.Client
) -> None:
    """Each refusal's status and issue stand in PayPal's document, for that status."""
    document = read_json("paypal", "payments_payment_v2.json")
    capture = captured(control)
    yen = captured(control, currency="JPY")
    refund(paypal, capture, money("1.00") | {"invoice_id": "I-2"})
    asked = [
        refund(paypal, capture, money("9999999.00")),
        refund(paypal, capture, money("0")),
        refund(paypal, capture, money("-1.00")),
        refund(paypal, capture, money("1.005")),
        refund(paypal, capture, money("1", "USD")),
        refund(paypal, capture, money("1", "QQQ")),
        refund(paypal, capture, money("one")),
        refund(paypal, capture, money("1.00") | {"invoice_id": "I-2"}),
        refund(paypal, yen, money("1.5", "JPY")),
        refund(paypal, "NOTHING", money("1.00")),
    ]

    found = [issue_of(answer) for answer in asked]

    assert [status for status, _ in found] == [422] * 6 + [400, 422, 422, 404]
    names = {400: "captures.refund-400", 404: "404", 422: "captures.refund-422"}
    for status, issue in found:
        kinds = document["components"]["schemas"][names[status]]["properties"]["details"]["items"]
        assert issue in {kind["title"] for kind in kinds["anyOf"]}
    for answer in asked:
        envelope = _schema(document, f"error_{answer.status_code}")
        found_wrong = violations(answer.json(), envelope, document)
        # Only the vendor's wording for people is not the sandbox's.
        assert [one for one in found_wrong if not one.startswith(".message ")] == []


def test_gives_back_what_is_left_when_no_amount_is_named(
    control: SandboxClient, paypal: httpx.Client
) -> None:
    """An empty body refunds the rest, and then nothing is left."""
    capture = captured(control)
    whole = paypal.get(f"/v2/payments/captures/{capture}").json()["amount"]["value"]

    first = refund(paypal, capture)

    assert first.json()["amount"]["value"] == whole
    assert issue_of(refund(paypal, capture)) == (422, "CAPTURE_FULLY_REFUNDED")


def test_answers_a_used_request_id_whatever_is_asked_under_it(
    control: SandboxClient, paypal: httpx.Client
) -> None:
    """The content under a request id is not compared: the earlier refund is shown."""
    capture = captured(control)
    first = refund(paypal, capture, money("1.00"), **{"PayPal-Request-Id": "once"})

    second = refund(paypal, capture, money("2.00"), **{"PayPal-Request-Id": "once"})

    assert (second.status_code, second.json()) == (201, first.json())


def test_shows_little_unless_asked_for_all(control: SandboxClient, paypal: httpx.Client) -> None:
    """Without Prefer, a refund is answered by id, status and links."""
    answer = refund(paypal, captured(control), money("1.00"), Prefer="return=minimal")

    assert set(answer.json()) == {"id", "status", "links"}


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "x"}]
)
def test_wants_a_token(paypal: httpx.Client, headers: dict[str, str]) -> None:
    """Without a token of its own making nothing is answered."""
    assert paypal.get("/v2/payments/refunds/R1", headers=headers).status_code == 401


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document["components"]["schemas"][name]
    assert isinstance(found, dict)
    return found
