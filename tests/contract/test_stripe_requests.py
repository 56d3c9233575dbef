"""What Stripe is asked, held to Stripe's own specification; what its errors mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    ProtocolError,
    RejectedError,
    StoredFailureError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from integrations.payments.port import RefundOutcome, RefundRequest
from integrations.payments.stripe.adapter import API_VERSION, StripeGateway, open_stripe_client
from tests.contract.answers import Answer, Answering, form_of, json_answer
from tests.contract.shared_data import read_json

REQUEST = RefundRequest(
    payment_ref="pi_1",
    amount=Money(1250, "EUR"),
    intent_id="intent-1",
    idempotency_key="key-1",
    return_id="return-1",
)
SENT = {"intent_id": "intent-1", "idempotency_key": "key-1"}


def refund_object(**changes: object) -> dict[str, object]:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 1250,
        "currency": "eur",
        "created": 1_700_000_000,
        "status": "succeeded",
        "metadata": {"refund_request_id": "intent-1", "return_id": "return-1"},
        **changes,
    }


def error_answer(
    status: int, headers: dict[str, str] | None = None, **error: str
) -> httpx.Response:
    return json_answer({"error": error}, status, headers)


@asynccontextmanager
async def gateway(*answers: Answer) -> AsyncIterator[tuple[StripeGateway, Answering]]:
    transport = Answering(*answers)
    async with open_stripe_client("http://stripe.test", "sk_test_1", transport) as client:
        yield StripeGateway(client, webhook_secret="whsec_test"), transport


async def error_of_refund(answer: Answer) -> IntegrationError:
    async with gateway(answer) as (stripe, _):
        with pytest.raises(IntegrationError) as caught:
            await stripe.refund(REQUEST)
    return caught.value


class TestRefundRequest:
    async def test_says_all_that_stripe_needs_and_how_to_find_it_again(self) -> None:
        """A refund names payment, amount and reason, and carries our ids and key."""
        async with gateway(json_answer(refund_object())) as (stripe, transport):
            await stripe.refund(REQUEST)

        assert transport.last.url.path == "/v1/refunds"
        assert transport.last.headers["Idempotency-Key"] == "key-1"
        assert transport.last.headers["Stripe-Version"] == API_VERSION
        assert transport.last.headers["Authorization"] == "Bearer sk_test_1"
        assert form_of(transport.last) == {
            "payment_intent": "pi_1",
            "amount": "1250",
            "reason": "requested_by_customer",
            "metadata[refund_request_id]": "intent-1",
            "metadata[return_id]": "return-1",
        }

    @pytest.mark.parametrize("charge", ["ch_1", "py_1"])
    async def test_names_a_charge_where_the_payment_is_one(self, charge: str) -> None:
        """Wallet payments may have no payment intent: the charge is refunded."""
        request = RefundRequest(charge, Money(500, "JPY"), "i", "k", "r")
        answer = refund_object(amount=500, currency="jpy")
        async with gateway(json_answer(answer)) as (stripe, transport):
            await stripe.refund(request)

        form = form_of(transport.last)
        assert (form["charge"], form["amount"]) == (charge, "500")
        assert "payment_intent" not in form

    @pytest.mark.parametrize(
        ("payment_ref", "amount", "code"),
        [
            ("pi_1", Money(1_234, "KWD"), "not_representable"),
            ("pi_1", Money(0, "EUR"), "amount_too_small"),
            ("pi_1", Money(-5, "EUR"), "amount_too_small"),
            ("wx_1", Money(5, "EUR"), "unknown_payment_kind"),
        ],
    )
    async def test_is_not_sent_when_it_cannot_be_right(
        self, payment_ref: str, amount: Money, code: str
    ) -> None:
        """A refund that cannot be written exactly is refused before anybody is asked."""
        request = RefundRequest(payment_ref, amount, "i", "k", "r")
        async with gateway(json_answer(refund_object())) as (stripe, transport):
            with pytest.raises(RejectedError) as caught:
                await stripe.refund(request)

        assert caught.value.code == code
        assert not transport.requests

    async def test_keeps_to_the_specification(self) -> None:
        """Every field and query parameter that is sent stands in Stripe's OpenAPI document."""
        specification = read_json("stripe", "openapi.refunds.subset.json")
        pages = json_answer({"data": [], "has_more": False})
        async with gateway(json_answer(refund_object()), pages) as (stripe, transport):
            await stripe.refund(REQUEST)
            await stripe.find_refund(payment_ref="ch_1", **SENT)

        refund, listing = transport.requests
        assert specification["info"]["version"] == API_VERSION
        fields = _form_schema(specification, "/v1/refunds")
        sent = form_of(refund)
        assert {name.partition("[")[0] for name in sent} <= set(fields)
        assert sent["reason"] in fields["reason"]["enum"]
        assert set(listing.url.params) <= _query_names(specification, "/v1/refunds")


class TestRefundAnswer:
    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("succeeded", RefundOutcome.SUCCEEDED),
            ("pending", RefundOutcome.PENDING),
            ("requires_action", RefundOutcome.PENDING),
            ("failed", RefundOutcome.FAILED),
            ("canceled", RefundOutcome.FAILED),
            ("of_a_later_version", RefundOutcome.PENDING),
            (None, RefundOutcome.PENDING),
        ],
    )
    async def test_is_one_of_three_outcomes(
        self, status: str | None, outcome: RefundOutcome
    ) -> None:
        """Whatever is not final is pending: nobody stops waiting for money on a new word."""
        async with gateway(json_answer(refund_object(status=status))) as (stripe, _):
            refund = await stripe.get_refund("re_1")

        assert refund.outcome is outcome

    async def test_says_why_a_refund_failed(self) -> None:
        """A failed refund carries Stripe's reason, and its status where there is none."""
        failed = refund_object(status="failed", failure_reason="expired_or_canceled_card")
        async with gateway(json_answer(failed), json_answer(refund_object(status="canceled"))) as (
            stripe,
            _,
        ):
            assert (await stripe.get_refund("re_1")).failure_reason == "expired_or_canceled_card"
            assert (await stripe.get_refund("re_1")).failure_reason == "canceled"

    async def test_reads_the_vendors_own_fixture(self) -> None:
        """Stripe's published example of a refund is understood."""
        fixture = read_json("stripe", "fixtures3.full.json")["resources"]["refund"]
        async with gateway(json_answer(fixture)) as (stripe, _):
            refund = await stripe.get_refund(fixture["id"])

        assert refund.refund_ref == fixture["id"]
        assert refund.amount == Money(fixture["amount"], fixture["currency"].upper())

    @pytest.mark.parametrize(
        "change", [{"amount": "1250"}, {"amount": 12.5}, {"object": "charge"}, {"currency": None}]
    )
    async def test_of_another_shape_is_looked_up(self, change: dict[str, object]) -> None:
        """A refund whose answer cannot be read has perhaps been paid: it is looked up."""
        error = await error_of_refund(json_answer(refund_object(**change)))

        assert type(error) is AmbiguousOutcomeError


class TestErrors:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (error_answer(400, code="charge_already_refunded"), AlreadyDoneError),
            (error_answer(400, type="idempotency_error"), KeyConflictError),
            (
                error_answer(409, type="idempotency_error", code="idempotency_key_in_use"),
                InProgressError,
            ),
            (error_answer(429, code="lock_timeout"), InProgressError),
            (error_answer(429, code="rate_limit"), ThrottledError),
            (error_answer(400, code="balance_insufficient"), ActionRequiredError),
            (error_answer(402, code="insufficient_funds"), ActionRequiredError),
            (error_answer(400, code="charge_disputed"), DisputedError),
            (error_answer(400, code="refund_disputed_payment"), DisputedError),
            (error_answer(400, code="charge_not_refundable"), RejectedError),
            (error_answer(400, code="amount_too_small"), RejectedError),
            (error_answer(400, code="amount_too_large"), RejectedError),
            (error_answer(404, code="resource_missing", param="payment_intent"), NotFoundError),
            (error_answer(401, type="invalid_request_error"), ConfigurationError),
            (error_answer(403, type="invalid_request_error"), ConfigurationError),
            (error_answer(400, type="invalid_request_error", param="amount"), RejectedError),
            (error_answer(424, code="dependency"), UnansweredError),
            (error_answer(500, type="api_error"), UnansweredError),
            (httpx.Response(503), TemporarilyUnavailableError),
            (httpx.ReadTimeout("read"), UnansweredError),
        ],
    )
    async def test_say_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """Each of Stripe's refusals of a refund becomes the error that names the next step."""
        assert type(await error_of_refund(answer)) is expected

    async def test_name_the_parameter(self) -> None:
        """A refund of more than is left is refused with the field at fault."""
        error = await error_of_refund(
            error_answer(400, type="invalid_request_error", param="amount")
        )

        assert (error.code, error.field) == ("invalid_request_error", "amount")

    @pytest.mark.parametrize(
        "headers", [{"Stripe-Should-Retry": "false"}, {"Idempotent-Replayed": "true"}]
    )
    async def test_of_which_stripe_keeps_a_copy_are_looked_up(
        self, headers: dict[str, str]
    ) -> None:
        """A stored 500 would be answered for a day: the refund is looked up, not repeated."""
        error = await error_of_refund(error_answer(500, headers, type="api_error"))

        assert type(error) is StoredFailureError

    async def test_that_stripe_says_to_repeat_are_repeated(self) -> None:
        """Stripe may ask for a repeat of what looks final."""
        error = await error_of_refund(
            error_answer(400, {"Stripe-Should-Retry": "true"}, type="invalid_request_error")
        )

        assert type(error) is TemporarilyUnavailableError

    async def test_of_a_reading_are_waited_for(self) -> None:
        """A look-up that fails on Stripe's side is repeated, whatever the headers say."""
        answer = error_answer(500, {"Stripe-Should-Retry": "false"}, type="api_error")
        async with gateway(answer) as (stripe, _):
            with pytest.raises(TemporarilyUnavailableError):
                await stripe.get_refund("re_1")


class TestLookUp:
    async def test_reads_every_page(self) -> None:
        """Our refund is found however many others the payment has."""
        others = [refund_object(id=f"re_{n}", metadata={}) for n in range(100)]
        first = json_answer({"data": others, "has_more": True})
        second = json_answer({"data": [refund_object(id="re_ours")], "has_more": False})
        async with gateway(first, second) as (stripe, transport):
            refund = await stripe.find_refund(payment_ref="pi_1", **SENT)

        assert refund is not None
        assert refund.refund_ref == "re_ours"
        assert dict(transport.requests[0].url.params) == {"payment_intent": "pi_1", "limit": "100"}
        assert transport.requests[1].url.params["starting_after"] == "re_99"

    async def test_prefers_the_refund_that_stands(self) -> None:
        """After a refund failed and another was paid for the same intent, the paid one counts."""
        page = {
            "data": [refund_object(id="re_1", status="failed"), refund_object(id="re_2")],
            "has_more": False,
        }
        async with gateway(json_answer(page)) as (stripe, _):
            refund = await stripe.find_refund(payment_ref="pi_1", **SENT)

        assert refund is not None
        assert refund.refund_ref == "re_2"

    async def test_does_not_turn_in_circles(self) -> None:
        """An empty page that promises more breaks the contract and ends the look-up."""
        async with gateway(json_answer({"data": [], "has_more": True})) as (stripe, _):
            with pytest.raises(ProtocolError):
                await stripe.find_refund(payment_ref="pi_1", **SENT)


def _form_schema(specification: dict[str, Any], path: str) -> dict[str, Any]:
    content = specification["paths"][path]["post"]["requestBody"]["content"]
    properties = content["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert isinstance(properties, dict)
    return properties


def _query_names(specification: dict[str, Any], path: str) -> set[str]:
    return {parameter["name"] for parameter in specification["paths"][path]["get"]["parameters"]}
