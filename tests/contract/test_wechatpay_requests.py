"""What WeChat Pay is asked and how it is signed; what its errors mean."""

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from domain.money import Money
from integrations.errors import (
    ActionRequiredError,
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    KeyConflictError,
    NotFoundError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from integrations.payments.port import RefundOutcome, RefundRequest
from integrations.payments.stamps import stamp
from integrations.payments.wechatpay.adapter import WeChatPayGateway, open_wechatpay_client
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.certificates import certificate_of, pem_of, rsa_key, signed

REQUEST = RefundRequest(
    payment_ref="4200000000000000000000000001",
    amount=Money(1250, "CNY"),
    intent_id="intent-1",
    idempotency_key="key-1",
    return_id="return-1",
)
NUMBER = stamp("intent-1", "key-1")
SENT = {"payment_ref": "4200", "intent_id": "intent-1", "idempotency_key": "key-1"}
CERTIFICATES = certificate_of(rsa_key("platform"), 0xABC123)


def said(body: object, status: int = 200, key: str = "platform") -> httpx.Response:
    """Answer as the platform does: signed."""
    content = json.dumps(body).encode()
    text = b"1624523846\nnonce\n" + content + b"\n"
    headers = {
        "Wechatpay-Timestamp": "1624523846",
        "Wechatpay-Nonce": "nonce",
        "Wechatpay-Serial": "ABC123",
        "Wechatpay-Signature": base64.b64encode(signed(rsa_key(key), text)).decode(),
    }
    return httpx.Response(status, content=content, headers=headers)


def refund_object(**changes: object) -> dict[str, object]:
    return {
        "refund_id": "50300",
        "out_refund_no": NUMBER,
        "status": "PROCESSING",
        "amount": {"total": 5000, "refund": 1250, "currency": "CNY"},
        **changes,
    }


def refusal(status: int, code: str) -> httpx.Response:
    return json_answer({"code": code, "message": "…"}, status)


PAID = said({"amount": {"total": 5000, "currency": "CNY"}})


@asynccontextmanager
async def gateway(*answers: Answer) -> AsyncIterator[tuple[WeChatPayGateway, Answering]]:
    transport = Answering(*answers)
    async with open_wechatpay_client(
        "http://wechatpay.test",
        merchant_id="1900000109",
        merchant_serial="C0FFEE",
        merchant_key=pem_of(rsa_key("merchant")),
        platform_certificates=CERTIFICATES,
        transport=transport,
    ) as client:
        yield (
            WeChatPayGateway(
                client,
                merchant_id="1900000109",
                api_v3_key="k" * 32,
                platform_certificates=CERTIFICATES,
            ),
            transport,
        )


async def error_of_refund(answer: Answer) -> IntegrationError:
    async with gateway(PAID, answer) as (wechat, _):
        with pytest.raises(IntegrationError) as caught:
            await wechat.refund(REQUEST)
    return caught.value


class TestRefundRequest:
    async def test_repeats_the_orders_total_and_bears_a_number_of_ours(self) -> None:
        """The total is read at WeChat Pay; the number says which intent it is, and which key."""
        async with gateway(PAID, said(refund_object())) as (wechat, transport):
            await wechat.refund(REQUEST)

        asked, sent = transport.requests
        assert asked.url.path == f"/v3/pay/transactions/id/{REQUEST.payment_ref}"
        assert dict(asked.url.params) == {"mchid": "1900000109"}
        assert (sent.method, sent.url.path) == ("POST", "/v3/refund/domestic/refunds")
        assert json_of(sent) == {
            "transaction_id": REQUEST.payment_ref,
            "out_refund_no": NUMBER,
            "amount": {"refund": 1250, "total": 5000, "currency": "CNY"},
        }
        assert re.fullmatch(r"[0-9A-Za-z_\-|*@]{1,64}", NUMBER)

    async def test_is_signed_over_method_path_query_and_body(self) -> None:
        """The merchant's key signs each request, with a time and a nonce of its own."""
        async with gateway(PAID, said(refund_object())) as (wechat, transport):
            await wechat.refund(REQUEST)

        nonces = set()
        for request in transport.requests:
            scheme, _, parts = request.headers["Authorization"].partition(" ")
            given = dict(re.findall(r'(\w+)="([^"]*)"', parts))
            target = request.url.raw_path.decode()
            text = f"{request.method}\n{target}\n{given['timestamp']}\n{given['nonce_str']}\n"
            rsa_key("merchant").public_key().verify(
                base64.b64decode(given["signature"]),
                text.encode() + request.content + b"\n",
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
            assert scheme == "WECHATPAY2-SHA256-RSA2048"
            assert (given["mchid"], given["serial_no"]) == ("1900000109", "C0FFEE")
            nonces.add(given["nonce_str"])
        assert len(nonces) == 2

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            (Money(1_250, "EUR"), "not_representable"),
            (Money(0, "CNY"), "amount_too_small"),
            (Money(-5, "CNY"), "amount_too_small"),
        ],
        ids=str,
    )
    async def test_is_not_sent_when_it_cannot_be_right(self, amount: Money, code: str) -> None:
        """What is not a positive sum of fen is refused before anybody is asked."""
        async with gateway(PAID) as (wechat, transport):
            with pytest.raises(RejectedError) as caught:
                await wechat.refund(replace(REQUEST, amount=amount))

        assert (caught.value.code, caught.value.field) == (code, "amount")
        assert not transport.requests

    async def test_is_not_sent_without_the_total(self) -> None:
        """While the payment cannot be read, no refund leaves."""
        async with gateway(refusal(500, "SYSTEM_ERROR")) as (wechat, transport):
            with pytest.raises(TemporarilyUnavailableError):
                await wechat.refund(REQUEST)

        assert [one.method for one in transport.requests] == ["GET"]


class TestRefundAnswer:
    @pytest.mark.parametrize(
        ("status", "outcome", "reason"),
        [
            ("SUCCESS", RefundOutcome.SUCCEEDED, None),
            ("PROCESSING", RefundOutcome.PENDING, None),
            ("ABNORMAL", RefundOutcome.PENDING, "ABNORMAL"),
            ("CLOSED", RefundOutcome.FAILED, "CLOSED"),
            ("OF_A_LATER_VERSION", RefundOutcome.PENDING, None),
        ],
    )
    async def test_is_one_of_three_outcomes(
        self, status: str, outcome: RefundOutcome, reason: str | None
    ) -> None:
        """An abnormal refund waits for a person, who sends it on: no other number may follow it."""
        async with gateway(said(refund_object(status=status))) as (wechat, _):
            refund = await wechat.get_refund(NUMBER)

        assert (refund.outcome, refund.failure_reason) == (outcome, reason)
        assert (refund.refund_ref, refund.intent_id) == (NUMBER, "intent-1")

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": 1250},
            {"amount": {"total": 1, "refund": "1", "currency": "CNY"}},
            {"status": 7},
        ],
    )
    async def test_of_another_shape_is_looked_up(self, change: dict[str, object]) -> None:
        """A refund whose answer cannot be read has perhaps been paid: it is looked up."""
        error = await error_of_refund(said(refund_object(**change)))

        assert type(error) is AmbiguousOutcomeError

    @pytest.mark.parametrize(
        "answer", [said(refund_object(), key="stranger"), json_answer(refund_object())]
    )
    async def test_that_wechat_did_not_sign_is_not_believed(self, answer: httpx.Response) -> None:
        """An answer that no platform certificate fits stops the lane, and names the secret."""
        error = await error_of_refund(answer)

        assert type(error) is ConfigurationError
        assert error.field == "secrets.platform_certificates"

    async def test_under_a_number_of_another_amount_is_a_conflict(self) -> None:
        """A refused number is looked up: used for another amount, the fault is ours."""
        other = {"total": 5000, "refund": 700, "currency": "CNY"}
        answers = PAID, refusal(400, "INVALID_REQUEST"), said(refund_object(amount=other))
        async with gateway(*answers) as (wechat, _):
            with pytest.raises(KeyConflictError) as caught:
                await wechat.refund(REQUEST)

        assert caught.value.field == "amount"

    @pytest.mark.parametrize(
        "looked_up", [refusal(404, "RESOURCE_NOT_EXISTS"), said(refund_object())]
    )
    async def test_of_an_invalid_request_is_a_refusal(self, looked_up: httpx.Response) -> None:
        """Where the number is free, or is of this refund, the refusal stands."""
        answers = PAID, refusal(400, "INVALID_REQUEST"), looked_up
        async with gateway(*answers) as (wechat, _):
            with pytest.raises(RejectedError) as caught:
                await wechat.refund(REQUEST)

        assert caught.value.code == "INVALID_REQUEST"


class TestErrors:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal(500, "SYSTEM_ERROR"), UnansweredError),
            (refusal(403, "FREQUENCY_LIMITED"), ThrottledError),
            (refusal(429, "FREQUENCY_LIMIT_EXCEED"), ThrottledError),
            (refusal(429, "RATELIMIT_EXCEEDED"), ThrottledError),
            (refusal(403, "NOT_ENOUGH"), ActionRequiredError),
            (refusal(403, "USER_ACCOUNT_ABNORMAL"), RejectedError),
            (refusal(400, "PARAM_ERROR"), RejectedError),
            (refusal(404, "MCH_NOT_EXISTS"), ConfigurationError),
            (refusal(404, "RESOURCE_NOT_EXISTS"), NotFoundError),
            (refusal(401, "SIGN_ERROR"), ConfigurationError),
            (refusal(403, "NO_AUTH"), ConfigurationError),
            (httpx.Response(503), TemporarilyUnavailableError),
            (json_answer({"code": 7}, 400), RejectedError),
            (httpx.ReadTimeout("read"), UnansweredError),
        ],
    )
    async def test_say_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """Each of WeChat Pay's refusals becomes the error that names the next step."""
        assert type(await error_of_refund(answer)) is expected

    async def test_name_the_field(self) -> None:
        """A refused parameter is named where WeChat Pay names it."""
        body = {"code": "PARAM_ERROR", "detail": {"field": "/amount/total"}}

        error = await error_of_refund(json_answer(body, 400))

        assert (error.code, error.field) == ("PARAM_ERROR", "/amount/total")


class TestLookUp:
    async def test_asks_for_the_number_of_the_key(self) -> None:
        """A refund is known by its number, which the key makes."""
        async with gateway(said(refund_object(status="SUCCESS"))) as (wechat, transport):
            refund = await wechat.find_refund(**SENT)

        assert refund is not None
        assert refund.refund_ref == NUMBER
        assert transport.last.url.path == f"/v3/refund/domestic/refunds/{NUMBER}"

    async def test_of_a_number_that_is_free_finds_nothing(self) -> None:
        """Only WeChat Pay's own word that there is none is taken for it."""
        async with gateway(refusal(404, "RESOURCE_NOT_EXISTS"), httpx.Response(502)) as (wechat, _):
            assert await wechat.find_refund(**SENT) is None
            with pytest.raises(TemporarilyUnavailableError):
                await wechat.find_refund(**SENT)
