"""What PayPal is asked, held to PayPal's own specification; what its errors mean."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.money import Money
from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    DisputedError,
    InProgressError,
    IntegrationError,
    KeyConflictError,
    NotFoundError,
    NotSentError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from integrations.payments.paypal.adapter import PayPalGateway, open_paypal_client
from integrations.payments.port import RefundOutcome, RefundRequest
from integrations.payments.stamps import stamp
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.certificates import certificate_of, rsa_key
from tests.contract.shapes import violations
from tests.contract.shared_data import read_json

REQUEST = RefundRequest(
    payment_ref="2GG279541U471931P",
    amount=Money(1250, "EUR"),
    intent_id="intent-1",
    idempotency_key="key-1",
    return_id="return-1",
)
STAMP = stamp("intent-1", "key-1")
SENT = {"payment_ref": "C1", "intent_id": "intent-1", "idempotency_key": "key-1"}
TOKEN = json_answer({"access_token": "A21AAtoken", "token_type": "Bearer", "expires_in": 32400})


def refund_object(**changes: object) -> dict[str, object]:
    return {
        "id": "R1",
        "status": "COMPLETED",
        "amount": {"currency_code": "EUR", "value": "12.50"},
        "invoice_id": STAMP,
        "custom_id": "return-1",
        **changes,
    }


def capture_object(**related: str) -> dict[str, object]:
    return {"id": "C1", "supplementary_data": {"related_ids": related}}


def order_of(*refunds: dict[str, object]) -> dict[str, object]:
    return {"id": "O1", "purchase_units": [{"payments": {"refunds": list(refunds)}}]}


def refusal(status: int, *issues: str, field: str | None = None) -> httpx.Response:
    details = [{"issue": issue, "field": field} if field else {"issue": issue} for issue in issues]
    return json_answer({"name": "NAME", "message": "…", "details": details}, status)


@asynccontextmanager
async def gateway(*answers: Answer) -> AsyncIterator[tuple[PayPalGateway, Answering]]:
    """Open an adapter whose first request is answered by a token."""
    transport = Answering(TOKEN, *answers)
    async with connected(transport) as paypal:
        yield paypal, transport


@asynccontextmanager
async def connected(transport: Answering) -> AsyncIterator[PayPalGateway]:
    async with open_paypal_client("http://paypal.test", "client", "secret", transport) as client:
        yield PayPalGateway(
            client, webhook_id="W1", webhook_certificates=certificate_of(rsa_key("paypal"))
        )


async def error_of_refund(answer: Answer) -> IntegrationError:
    async with gateway(answer) as (paypal, _):
        with pytest.raises(IntegrationError) as caught:
            await paypal.refund(REQUEST)
    return caught.value


class TestRefundRequest:
    async def test_says_all_that_paypal_needs_and_how_to_find_it_again(self) -> None:
        """A refund names capture and amount, and carries our ids and key."""
        async with gateway(json_answer(refund_object(), 201)) as (paypal, transport):
            await paypal.refund(REQUEST)

        assert transport.last.url.path == "/v2/payments/captures/2GG279541U471931P/refund"
        assert transport.last.headers["PayPal-Request-Id"] == "key-1"
        assert transport.last.headers["Prefer"] == "return=representation"
        assert transport.last.headers["Authorization"] == "Bearer A21AAtoken"
        assert json_of(transport.last) == {
            "amount": {"currency_code": "EUR", "value": "12.50"},
            "invoice_id": STAMP,
            "custom_id": "return-1",
        }

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            (Money(7_250, "HUF"), "not_representable"),
            (Money(7_250, "KWD"), "not_representable"),
            (Money(0, "EUR"), "amount_too_small"),
            (Money(-5, "EUR"), "amount_too_small"),
        ],
        ids=str,
    )
    async def test_is_not_sent_when_it_cannot_be_right(self, amount: Money, code: str) -> None:
        """A refund that cannot be written exactly is refused before anybody is asked."""
        async with gateway(json_answer(refund_object())) as (paypal, transport):
            with pytest.raises(RejectedError) as caught:
                await paypal.refund(replace(REQUEST, amount=amount))

        assert (caught.value.code, caught.value.field) == (code, "amount")
        assert not transport.requests

    async def test_keeps_to_the_specification(self) -> None:
        """Path, header and body of a refund, and the paths of readings, stand in the document."""
        document = read_json("paypal", "payments_payment_v2.json")
        refund_path = "/v2/payments/captures/{capture_id}/refund"
        operation = document["paths"][refund_path]["post"]
        body_schema = operation["requestBody"]["content"]["application/json"]["schema"]
        async with gateway(json_answer(refund_object(), 201)) as (paypal, transport):
            await paypal.refund(REQUEST)
            refund = transport.last
            await paypal.get_refund("R1")

        named = [_parameter(document, one) for one in operation["parameters"]]
        headers = {one["name"] for one in named if one["in"] == "header"}
        assert {"PayPal-Request-Id", "Prefer"} <= headers
        assert violations(json_of(refund), body_schema, document) == []
        assert refund.url.path == refund_path.format(capture_id=REQUEST.payment_ref)
        assert transport.last.url.path == "/v2/payments/refunds/R1"
        assert "get" in document["paths"]["/v2/payments/refunds/{refund_id}"]


class TestToken:
    async def test_is_fetched_once_for_many_requests(self) -> None:
        """The client's id and secret go to the token's address alone, and once."""
        async with gateway(json_answer(refund_object())) as (paypal, transport):
            await paypal.get_refund("R1")
            await paypal.get_refund("R2")

        first, *others = transport.requests
        assert first.url.path == "/v1/oauth2/token"
        pair = base64.b64encode(b"client:secret").decode()
        assert first.headers["Authorization"] == f"Basic {pair}"
        assert [one.headers["Authorization"] for one in others] == ["Bearer A21AAtoken"] * 2

    async def test_that_has_ended_is_fetched_again(self) -> None:
        """A request answered 401 had no effect; it goes again with a fresh token."""
        answer = json_answer(refund_object())
        fresh = json_answer({"access_token": "A21AAfresh", "expires_in": 32400})
        async with gateway(answer, refusal(401), fresh, answer) as (paypal, transport):
            await paypal.get_refund("R1")
            await paypal.refund(REQUEST)

        assert transport.last.headers["Authorization"] == "Bearer A21AAfresh"
        assert transport.last.headers["PayPal-Request-Id"] == "key-1"
        assert json_of(transport.last) == json_of(transport.requests[2])

    async def test_that_is_short_lived_is_not_kept(self) -> None:
        """A token that is about to end is used for its request alone."""
        short = json_answer({"access_token": "A21AAshort", "expires_in": 30})
        answer = json_answer(refund_object())
        transport = Answering(short, answer, short, answer)
        async with connected(transport) as paypal:
            await paypal.get_refund("R1")
            await paypal.get_refund("R1")

        assert [one.method for one in transport.requests] == ["POST", "GET", "POST", "GET"]

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (json_answer({"error": "invalid_client"}, 401), ConfigurationError),
            (httpx.Response(503), NotSentError),
            (httpx.Response(429), NotSentError),
            (json_answer({"expires_in": 5}), NotSentError),
            (httpx.ConnectError("no"), NotSentError),
        ],
    )
    async def test_that_cannot_be_had_means_nothing_was_sent(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """Without a token the refund never left, so it may be repeated freely."""
        transport = Answering(answer)
        async with connected(transport) as paypal:
            with pytest.raises(expected):
                await paypal.refund(REQUEST)

        assert [one.url.path for one in transport.requests] == ["/v1/oauth2/token"]


class TestRefundAnswer:
    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", RefundOutcome.SUCCEEDED),
            ("PENDING", RefundOutcome.PENDING),
            ("FAILED", RefundOutcome.FAILED),
            ("CANCELLED", RefundOutcome.FAILED),
            ("OF_A_LATER_VERSION", RefundOutcome.PENDING),
            (None, RefundOutcome.PENDING),
        ],
    )
    async def test_is_one_of_three_outcomes(
        self, status: str | None, outcome: RefundOutcome
    ) -> None:
        """Whatever is not final is pending: nobody stops waiting for money on a new word."""
        async with gateway(json_answer(refund_object(status=status))) as (paypal, _):
            refund = await paypal.get_refund("R1")

        assert refund.outcome is outcome

    async def test_knows_every_status_of_the_specification(self) -> None:
        """Each status in PayPal's document has its outcome above."""
        schema = read_json("paypal", "payments_payment_v2.json")["components"]["schemas"]

        statuses = schema["refund_status"]["properties"]["status"]["enum"]

        assert set(statuses) == {"CANCELLED", "FAILED", "PENDING", "COMPLETED"}

    async def test_says_why_a_refund_failed(self) -> None:
        """A failed refund carries PayPal's reason, and its status where there is none."""
        told = refund_object(status="FAILED", status_details={"reason": "ECHECK"})
        untold = refund_object(status="CANCELLED")
        async with gateway(json_answer(told), json_answer(untold)) as (paypal, _):
            assert (await paypal.get_refund("R1")).failure_reason == "ECHECK"
            assert (await paypal.get_refund("R1")).failure_reason == "CANCELLED"

    async def test_of_another_amount_is_a_conflict_of_keys(self) -> None:
        """PayPal compares no content under a key, so the adapter does."""
        other = refund_object(amount={"currency_code": "EUR", "value": "5.00"})

        error = await error_of_refund(json_answer(other, 201))

        assert (type(error), error.field) == (KeyConflictError, "amount")

    @pytest.mark.parametrize(
        "change", [{"amount": "12.50"}, {"amount": {"value": "12.50"}}, {"id": None}]
    )
    async def test_of_another_shape_is_looked_up(self, change: dict[str, object]) -> None:
        """A refund whose answer cannot be read has perhaps been paid: it is looked up."""
        error = await error_of_refund(json_answer(refund_object(**change), 201))

        assert type(error) is AmbiguousOutcomeError

    async def test_made_by_hand_is_of_no_intent(self) -> None:
        """A refund made on PayPal's pages has no invoice id, or one that is not ours."""
        answers = [json_answer(refund_object(invoice_id=text)) for text in (None, "INVOICE-123")]
        async with gateway(*answers) as (paypal, _):
            assert (await paypal.get_refund("R1")).intent_id is None
            assert (await paypal.get_refund("R1")).intent_id is None


# Every issue that the specification names for a refund, by what may be done next.
ISSUES: dict[str, tuple[int, type[IntegrationError]]] = {
    "MISSING_REQUIRED_PARAMETER": (400, RejectedError),
    "INVALID_PARAMETER_SYNTAX": (400, RejectedError),
    "INVALID_STRING_LENGTH": (400, RejectedError),
    "INVALID_ACCOUNT_STATUS": (401, ConfigurationError),
    "PERMISSION_DENIED": (403, ConfigurationError),
    "INVALID_RESOURCE_ID": (404, NotFoundError),
    "PREVIOUS_REQUEST_IN_PROGRESS": (409, InProgressError),
    "CANNOT_BE_ZERO_OR_NEGATIVE": (422, RejectedError),
    "CANNOT_BE_NEGATIVE": (422, RejectedError),
    "CAPTURE_FULLY_REFUNDED": (422, AlreadyDoneError),
    "CURRENCY_MISMATCH": (422, RejectedError),
    "DECIMALS_NOT_SUPPORTED": (422, RejectedError),
    "DECIMAL_PRECISION": (422, RejectedError),
    "DUPLICATE_INVOICE_ID": (422, AlreadyDoneError),
    "INVALID_CURRENCY_CODE": (422, RejectedError),
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED": (422, RejectedError),
    "PARTIAL_REFUND_NOT_ALLOWED": (422, RejectedError),
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED": (422, ActionRequiredError),
    "PAYEE_ACCOUNT_RESTRICTED": (422, ActionRequiredError),
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": (422, RejectedError),
    "PENDING_CAPTURE": (422, InProgressError),
    "PLATFORM_FEE_EXCEEDED": (422, RejectedError),
    "PLATFORM_FEE_NOT_ENABLED": (422, RejectedError),
    "REFUND_AMOUNT_EXCEEDED": (422, RejectedError),
    "REFUND_AMOUNT_TOO_LOW": (422, RejectedError),
    "REFUND_CAPTURE_CURRENCY_MISMATCH": (422, RejectedError),
    "REFUND_FAILED_INSUFFICIENT_FUNDS": (422, ActionRequiredError),
    "REFUND_IS_RESTRICTED": (422, ActionRequiredError),
    "REFUND_NOT_ALLOWED": (422, RejectedError),
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": (422, DisputedError),
    "REFUND_TIME_LIMIT_EXCEEDED": (422, RejectedError),
    "TRANSACTION_DISPUTED": (422, DisputedError),
}


class TestErrors:
    @pytest.mark.parametrize(("issue", "answer"), ISSUES.items(), ids=lambda v: str(v)[:40])
    async def test_say_what_may_be_done_next(
        self, issue: str, answer: tuple[int, type[IntegrationError]]
    ) -> None:
        """Each of PayPal's refusals of a refund becomes the error that names the next step."""
        status, expected = answer

        error = await error_of_refund(refusal(status, issue))

        assert (type(error), error.code) == (expected, issue)

    def test_are_all_of_the_specification(self) -> None:
        """The table above holds exactly the issues of a refund's answers."""
        document = read_json("paypal", "payments_payment_v2.json")
        schemas = ("captures.refund-400", "captures.refund-422", "401", "403", "404", "409")

        listed = {
            kind["properties"]["issue"]["enum"][0]
            for schema in schemas
            for kind in _kinds(document["components"]["schemas"][schema])
        }

        assert listed == set(ISSUES)

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (httpx.Response(429, headers={"Retry-After": "7"}), ThrottledError),
            (httpx.Response(500), UnansweredError),
            (httpx.Response(503), TemporarilyUnavailableError),
            (httpx.ReadTimeout("read"), UnansweredError),
            (json_answer({"name": "RESOURCE_NOT_FOUND"}, 404), NotFoundError),
            (json_answer({"details": "nonsense"}, 422), RejectedError),
            (json_answer({"details": [7, {"issue": None}]}, 422), RejectedError),
        ],
    )
    async def test_without_an_issue_go_by_their_status(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """Trouble on the way, and answers in another form, are told by their status."""
        assert type(await error_of_refund(answer)) is expected

    async def test_name_the_field_and_the_telling_issue(self) -> None:
        """Of several issues, the one that says what to do next is named."""
        error = await error_of_refund(
            refusal(422, "DECIMAL_PRECISION", "CAPTURE_FULLY_REFUNDED", field="/amount/value")
        )

        assert type(error) is AlreadyDoneError
        assert (error.code, error.field) == ("CAPTURE_FULLY_REFUNDED", "/amount/value")


class TestLookUp:
    async def test_reads_the_refunds_of_the_captures_order(self) -> None:
        """From the capture to its order, and there to the refund that bears our stamp."""
        others = refund_object(id="R0", invoice_id=None), refund_object(id="R9", invoice_id="x-1")
        order = order_of(*others, refund_object(id="R2"))
        captured = json_answer(capture_object(order_id="O1"))
        async with gateway(captured, json_answer(order)) as (paypal, transport):
            refund = await paypal.find_refund(**SENT)

        assert refund is not None
        assert refund.refund_ref == "R2"
        paths = [one.url.path for one in transport.requests[1:]]
        assert paths == ["/v2/payments/captures/C1", "/v2/checkout/orders/O1"]

    async def test_finds_nothing_in_an_order_without_refunds(self) -> None:
        """An order that was never refunded has no list of refunds."""
        order = {"id": "O1", "purchase_units": [{}, {"payments": {"captures": []}}]}
        captured = json_answer(capture_object(order_id="O1"))
        async with gateway(captured, json_answer(order)) as (paypal, _):
            assert await paypal.find_refund(**SENT) is None

    async def test_prefers_the_refund_that_stands(self) -> None:
        """After a refund failed and another was paid for the same intent, the paid one counts."""
        failed = refund_object(id="R1", status="FAILED")
        order = order_of(failed, refund_object(id="R2", invoice_id=stamp("intent-1", "key-2")))
        captured = json_answer(capture_object(order_id="O1"))
        async with gateway(captured, json_answer(order)) as (paypal, _):
            refund = await paypal.find_refund(**SENT)

        assert refund is not None
        assert refund.refund_ref == "R2"

    async def test_asks_a_person_where_there_is_no_order(self) -> None:
        """A capture without an order shows no refunds: nobody guesses that there are none."""
        async with gateway(json_answer(capture_object())) as (paypal, _):
            with pytest.raises(ActionRequiredError) as caught:
                await paypal.find_refund(**SENT)

        assert caught.value.code == "no_look_up"

    async def test_stops_at_an_amount_it_cannot_read(self) -> None:
        """A refund of ours in half a yen breaks the contract: it is not passed over."""
        amount = {"currency_code": "JPY", "value": "0.5"}
        captured = json_answer(capture_object(order_id="O1"))
        order = order_of(refund_object(amount=amount))
        async with gateway(captured, json_answer(order)) as (paypal, _):
            with pytest.raises(ProtocolError):
                await paypal.find_refund(**SENT)


def _parameter(document: dict[str, Any], reference: dict[str, str]) -> dict[str, Any]:
    found = document["components"]["parameters"][reference["$ref"].rpartition("/")[2]]
    assert isinstance(found, dict)
    return found


def _kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = schema["properties"]["details"]["items"]["anyOf"]
    assert isinstance(kinds, list)
    return kinds
