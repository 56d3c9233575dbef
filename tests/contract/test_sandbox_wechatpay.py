"""The sandbox plays WeChat Pay: signed on both sides, one refund per number."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from integrations.payments.keys import certified_keys, private_key
from integrations.payments.wechatpay.signatures import MerchantSignature
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture
def wechat(sandbox: Sandbox, control: SandboxClient) -> Iterator[httpx.Client]:
    """A client that signs, and that believes nothing which the sandbox did not sign."""
    account = control.http.get("/_control/accounts/wechatpay").json()
    certificates = account["platform_certificates"]
    signature = MerchantSignature(
        account["merchant_id"],
        account["merchant_serial"],
        private_key("wechatpay", account["merchant_key"], name="merchant_key"),
        certified_keys("wechatpay", certificates, name="platform_certificates"),
    )
    with httpx.Client(base_url=sandbox.wechatpay_url, auth=signature, trust_env=False) as http:
        yield http


def paid(control: SandboxClient) -> tuple[str, int]:
    """Let a customer pay an order; return the transaction and its total in fen."""
    order = control.order("three-units")
    tenders = [
        tender | {"provider": "wechatpay", "payment_ref": None} for tender in order["tenders"]
    ]
    order |= {"currency": "CNY", "tenders": tenders}
    (tender,) = control.put(f"orders/{order['order_id']}", order)["tenders"]
    return tender["payment_ref"], tender["captured_minor"]


def asked(transaction: str, total: int, fen: int, number: str) -> dict[str, Any]:
    amount = {"refund": fen, "total": total, "currency": "CNY"}
    return {"transaction_id": transaction, "out_refund_no": number, "amount": amount}


def test_takes_a_refund_and_tells_its_end_when_it_is_read(
    control: SandboxClient, wechat: httpx.Client
) -> None:
    """The answer is acceptance; a reading tells that the money arrived."""
    transaction, total = paid(control)

    taken = wechat.post(REFUNDS, json=asked(transaction, total, 100, "n-1"))
    read = wechat.get(f"{REFUNDS}/n-1")

    assert (taken.status_code, taken.json()["status"]) == (200, "PROCESSING")
    assert (read.json()["status"], read.json()["amount"]["refund"]) == ("SUCCESS", 100)


def test_one_number_is_one_refund(control: SandboxClient, wechat: httpx.Client) -> None:
    """A repeat shows the refund; another amount under its number is refused."""
    transaction, total = paid(control)
    first = wechat.post(REFUNDS, json=asked(transaction, total, 100, "n-2")).json()

    again = wechat.post(REFUNDS, json=asked(transaction, total, 100, "n-2")).json()
    other = wechat.post(REFUNDS, json=asked(transaction, total, 200, "n-2"))

    assert again["refund_id"] == first["refund_id"]
    assert (other.status_code, other.json()["code"]) == (400, "INVALID_REQUEST")


def test_refuses_what_the_provider_refuses(control: SandboxClient, wechat: httpx.Client) -> None:
    """Too much, another total, no such payment, and what is malformed."""
    transaction, total = paid(control)
    wrong = [
        asked(transaction, total, total + 1, "n-3"),
        asked(transaction, total + 1, 100, "n-3"),
        asked("4200", total, 100, "n-3"),
        asked(transaction, total, 100, "no spaces"),
        asked(transaction, total, 0, "n-3"),
        {"out_refund_no": "n-3"},
    ]

    answers = [wechat.post(REFUNDS, json=body) for body in wrong]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (400, "INVALID_REQUEST"),
        (400, "INVALID_REQUEST"),
        (404, "RESOURCE_NOT_EXISTS"),
        (400, "PARAM_ERROR"),
        (400, "PARAM_ERROR"),
        (400, "PARAM_ERROR"),
    ]


def test_takes_fifty_refunds_of_a_payment(control: SandboxClient, wechat: httpx.Client) -> None:
    """The fifty-first is refused, whatever is left."""
    transaction, total = paid(control)
    for count in range(50):
        wechat.post(REFUNDS, json=asked(transaction, total, 1, f"f-{count}")).raise_for_status()

    answer = wechat.post(REFUNDS, json=asked(transaction, total, 1, "f-50"))

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("change", [("mchid", "mchid_"), ("timestamp", "time"), ("signature", "s")])
def test_answers_its_merchant_alone(
    sandbox: Sandbox, wechat: httpx.Client, change: tuple[str, str]
) -> None:
    """A request with a part of its signature changed is answered by a refusal."""
    request = wechat.build_request("GET", f"{REFUNDS}/n-9")
    auth = wechat.auth
    assert auth is not None
    signed = next(auth.auth_flow(request))
    signed.headers["Authorization"] = signed.headers["Authorization"].replace(*change)

    with httpx.Client(trust_env=False) as bare:
        answer = bare.send(signed, auth=None)

    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert httpx.get(f"{sandbox.wechatpay_url}{REFUNDS}/n-9", trust_env=False).status_code == 401


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("http_500", 500, "SYSTEM_ERROR"),
        ("http_503", 503, "SYSTEM_ERROR"),
        ("429", 429, "FREQUENCY_LIMITED"),
    ],
)
def test_misbehaves_in_its_own_words(
    control: SandboxClient, wechat: httpx.Client, kind: str, status: int, code: str
) -> None:
    """One answer is replaced by an error in the vendor's envelope; the next is normal."""
    with control.fault(system="wechatpay", kind=kind):
        struck, after = wechat.get(f"{REFUNDS}/none"), wechat.get(f"{REFUNDS}/none")

    assert (struck.status_code, struck.json()["code"]) == (status, code)
    assert after.status_code == 404


def test_signs_notices_with_a_whole_key_alone(control: SandboxClient) -> None:
    """A key that cannot encrypt is refused when it is set."""
    target = {"url": "http://127.0.0.1:1/", "secret": "short"}

    answer = control.http.put("/_control/webhooks/wechatpay", json=target)

    assert answer.status_code == 422
