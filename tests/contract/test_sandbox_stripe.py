"""Stripe's official client takes the sandbox for Stripe."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from tests.contract.shapes import violations
from tests.contract.shared_data import read_json
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.webhook_receiver import WebhookReceiver

SECRET = "whsec_sandbox"


@pytest.fixture
def vendor(sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient()
    yield stripe.StripeClient(
        "sk_test_contract", base_addresses={"api": sandbox.stripe_url}, http_client=http
    )
    http.close()  # type: ignore[no-untyped-call]  # the vendor's client leaves it untyped


@pytest.fixture
def receiver(control: SandboxClient) -> Iterator[WebhookReceiver]:
    with control.listening("stripe", SECRET) as listening:
        yield listening


def card_payment(control: SandboxClient) -> str:
    return str(control.order()["tenders"][0]["payment_ref"])


class TestRefund:
    def test_pays_back_part_of_a_card_payment(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """A refund by payment intent succeeds and counts against its charge."""
        intent = card_payment(control)

        refund = vendor.v1.refunds.create(
            {"payment_intent": intent, "amount": 1250, "metadata": {"return_id": "R-1"}}
        )

        assert (refund.status, refund.amount, refund.currency) == ("succeeded", 1250, "eur")
        assert refund.metadata is not None
        assert refund.metadata["return_id"] == "R-1"
        charge = vendor.v1.charges.retrieve(str(refund.charge))
        assert (charge.amount_refunded, charge.refunded) == (1250, False)
        assert vendor.v1.refunds.retrieve(refund.id).id == refund.id

    def test_pays_back_a_wallet_charge(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """A payment without a payment intent is refunded by its charge."""
        charge = control.order()["tenders"][1]["payment_ref"]

        refund = vendor.v1.refunds.create({"charge": charge})

        assert (refund.amount, refund.payment_intent) == (3000, None)
        assert vendor.v1.charges.retrieve(charge).refunded

    def test_the_same_key_pays_once(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """A repeated request gets the first answer, marked as replayed."""
        intent = card_payment(control)
        body: Any = {"payment_intent": intent, "amount": 100}

        first = vendor.v1.refunds.create(body, {"idempotency_key": f"key-{intent}"})
        again = vendor.v1.refunds.create(body, {"idempotency_key": f"key-{intent}"})

        assert again.id == first.id
        assert again.last_response is not None
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        assert len(vendor.v1.refunds.list({"payment_intent": intent}).data) == 1

    def test_a_key_is_for_one_content(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """The same key with another amount is refused as Stripe does."""
        intent = card_payment(control)
        options: Any = {"idempotency_key": f"key-{intent}"}
        vendor.v1.refunds.create({"payment_intent": intent, "amount": 100}, options)

        with pytest.raises(stripe.IdempotencyError) as refused:
            vendor.v1.refunds.create({"payment_intent": intent, "amount": 101}, options)

        assert refused.value.http_status == 400

    def test_refusals_are_kept_under_their_key(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """An over-refund that reached the payment is replayed even when it would now succeed."""
        intent = card_payment(control)
        options: Any = {"idempotency_key": f"key-{intent}"}
        too_much: Any = {"payment_intent": intent, "amount": 9_000_000}
        with pytest.raises(stripe.InvalidRequestError):
            vendor.v1.refunds.create(too_much, options)

        with pytest.raises(stripe.InvalidRequestError) as replayed:
            vendor.v1.refunds.create(too_much, options)

        assert replayed.value.headers is not None
        assert replayed.value.headers["Idempotent-Replayed"] == "true"

    def test_eight_at_once_with_one_key_pay_once(
        self, sandbox: Sandbox, control: SandboxClient
    ) -> None:
        """While a slow request holds its key, others with that key get a 409."""
        intent = card_payment(control)

        def ask(_: int) -> httpx.Response:
            return httpx.post(
                f"{sandbox.stripe_url}/v1/refunds",
                data={"payment_intent": intent, "amount": "100"},
                headers={
                    "Authorization": "Bearer sk_test_x",
                    "Idempotency-Key": f"at-once-{intent}",
                },
                trust_env=False,
            )

        with (
            control.fault(
                system="stripe", operation="POST /v1/refunds", kind="delay", delay_ms=500
            ),
            ThreadPoolExecutor(8) as pool,
        ):
            answers = list(pool.map(ask, range(8)))

        refused = [answer for answer in answers if answer.status_code == 409]
        assert {answer.json()["error"]["code"] for answer in refused} == {"idempotency_key_in_use"}
        assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
        assert len(vendor_refunds(sandbox, intent)) == 1

    def test_the_list_is_newest_first_in_pages(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """Paging through the refunds of one payment meets each once."""
        intent = card_payment(control)
        made = [
            vendor.v1.refunds.create({"payment_intent": intent, "amount": amount}).id
            for amount in (1, 2, 3, 4, 5)
        ]

        pages = vendor.v1.refunds.list({"payment_intent": intent, "limit": 2})

        assert pages.has_more
        assert [refund.id for refund in pages.auto_paging_iter()] == made[::-1]


class TestRefusal:
    def test_never_more_than_was_captured(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """An amount above the rest names the amount."""
        with pytest.raises(stripe.InvalidRequestError) as refused:
            vendor.v1.refunds.create({"payment_intent": card_payment(control), "amount": 99_999})

        assert (refused.value.http_status, refused.value.param) == (400, "amount")

    def test_nothing_is_left_after_a_full_refund(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """A fully refunded charge says so by code."""
        intent = card_payment(control)
        vendor.v1.refunds.create({"payment_intent": intent})

        with pytest.raises(stripe.InvalidRequestError) as refused:
            vendor.v1.refunds.create({"payment_intent": intent, "amount": 1})

        assert refused.value.code == "charge_already_refunded"

    @pytest.mark.parametrize(
        ("form", "status", "code_and_param"),
        [
            ({"amount": "5"}, 400, ("parameter_missing", None)),
            ({"charge": "ch_none", "amount": "5"}, 404, ("resource_missing", "charge")),
            ({"payment_intent": "pi_none"}, 404, ("resource_missing", "payment_intent")),
            ({"charge": "ch_x", "colour": "red"}, 400, ("parameter_unknown", "colour")),
            ({"charge": "{charge}", "amount": "1.5"}, 400, ("parameter_invalid_integer", "amount")),
            ({"charge": "{charge}", "amount": "0"}, 400, ("parameter_invalid_integer", "amount")),
            ({"charge": "{charge}", "reason": "mood"}, 400, (None, "reason")),
            ({"charge": "{charge}", "metadata": "x"}, 400, (None, "metadata")),
        ],
    )
    def test_bad_requests_name_their_field(
        self,
        sandbox: Sandbox,
        control: SandboxClient,
        form: dict[str, str],
        status: int,
        code_and_param: tuple[str | None, str | None],
    ) -> None:
        """Missing, unknown and malformed parameters are refused in Stripe's envelope."""
        charge = control.order()["tenders"][1]["payment_ref"]
        form = {name: value.replace("{charge}", charge) for name, value in form.items()}

        answer = httpx.post(
            f"{sandbox.stripe_url}/v1/refunds",
            data=form,
            headers={"Authorization": "Bearer sk_test_x"},
            trust_env=False,
        )

        error = answer.json()["error"]
        assert answer.status_code == status
        assert (error.get("code"), error.get("param")) == code_and_param
        assert error["type"] == "invalid_request_error"

    @pytest.mark.parametrize("key", ["sk_live_x", "pk_test_x", "EZTKx"])
    def test_other_keys_are_refused(self, sandbox: Sandbox, key: str) -> None:
        """Only test keys open the door."""
        client = stripe.StripeClient(key, base_addresses={"api": sandbox.stripe_url})

        with pytest.raises(stripe.AuthenticationError):
            client.v1.refunds.list()

    def test_three_decimals_end_in_zero(
        self, control: SandboxClient, vendor: stripe.StripeClient
    ) -> None:
        """Stripe cannot pay the last digit of a three-decimal currency."""
        intent = control.order("withdrawn")["tenders"][0]["payment_ref"]

        with pytest.raises(stripe.InvalidRequestError) as refused:
            vendor.v1.refunds.create({"payment_intent": intent, "amount": 1005})

        assert refused.value.param == "amount"
        assert vendor.v1.refunds.create({"payment_intent": intent, "amount": 1010}).amount == 1010


class TestPayment:
    def test_a_confirmed_intent_has_a_charge(self, vendor: stripe.StripeClient) -> None:
        """Creating with confirm captures at once; the charge can be expanded."""
        intent = vendor.v1.payment_intents.create(
            {
                "amount": 4200,
                "currency": "eur",
                "confirm": True,
                "payment_method": "pm_card_visa",
                "metadata": {"order_id": "O-1"},
                "expand": ["latest_charge"],
            }
        )

        assert intent.status == "succeeded"
        assert isinstance(intent.latest_charge, stripe.Charge)
        assert intent.latest_charge.amount_captured == 4200
        found = vendor.v1.charges.list({"payment_intent": intent.id})
        assert [charge.id for charge in found.data] == [intent.latest_charge.id]

    def test_an_intent_can_be_confirmed_later(self, vendor: stripe.StripeClient) -> None:
        """Without confirm nothing is captured and nothing can be refunded yet."""
        intent = vendor.v1.payment_intents.create({"amount": 100, "currency": "eur"})
        assert intent.status == "requires_payment_method"
        with pytest.raises(stripe.InvalidRequestError):
            vendor.v1.refunds.create({"payment_intent": intent.id})

        confirmed = vendor.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_x"})

        assert confirmed.status == "succeeded"


class TestWebhook:
    def test_a_refund_is_told_and_signed(
        self, control: SandboxClient, vendor: stripe.StripeClient, receiver: WebhookReceiver
    ) -> None:
        """The official library verifies the event, and the event can be read again."""
        refund = vendor.v1.refunds.create({"payment_intent": card_payment(control), "amount": 7})

        told = receiver.next(lambda found: found.event["data"]["object"]["id"] == refund.id)

        event = stripe.Webhook.construct_event(
            told.body.decode(), told.headers["Stripe-Signature"], SECRET
        )
        assert event.type == "refund.created"
        assert vendor.v1.events.retrieve(event.id).type == "refund.created"
        charged = receiver.next(lambda found: found.event["type"] == "charge.refunded")
        assert charged.event["data"]["object"]["amount_refunded"] == 7
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(
                told.body.decode(), told.headers["Stripe-Signature"], "whsec_other"
            )

    def test_a_refund_can_fail_late(
        self, control: SandboxClient, vendor: stripe.StripeClient, receiver: WebhookReceiver
    ) -> None:
        """A refund that succeeded may fail after days: the money is the merchant's again."""
        refund = vendor.v1.refunds.create({"payment_intent": card_payment(control), "amount": 7})

        control.post(f"refunds/{refund.id}/fail")
        control.post(f"refunds/{refund.id}/fail")

        told = receiver.next(lambda found: found.event["type"] == "refund.failed")
        assert told.event["data"]["object"]["id"] == refund.id
        read = vendor.v1.refunds.retrieve(refund.id)
        assert (read.status, read.failure_reason) == ("failed", "expired_or_canceled_card")
        assert vendor.v1.charges.retrieve(str(read.charge)).amount_refunded == 0
        events = vendor.v1.events.list({"type": "refund.failed"}).data
        assert [event.data.object["id"] for event in events].count(refund.id) == 1

    def test_a_refund_can_wait(
        self, control: SandboxClient, vendor: stripe.StripeClient, receiver: WebhookReceiver
    ) -> None:
        """A pending refund is told when it arrives; one that asks the customer can be cancelled."""
        intent = card_payment(control)
        with control.fault(system="stripe", kind="pending_refund", times=2):
            waiting = vendor.v1.refunds.create({"payment_intent": intent, "amount": 7})
            cancelled = vendor.v1.refunds.create({"payment_intent": intent, "amount": 8})
        assert (waiting.status, waiting.pending_reason) == ("pending", "processing")

        control.post(f"refunds/{waiting.id}/succeed")

        told = receiver.next(lambda found: found.event["type"] == "refund.updated")
        assert told.event["data"]["previous_attributes"] == {"status": "pending"}
        assert vendor.v1.refunds.retrieve(waiting.id).status == "succeeded"
        with pytest.raises(stripe.InvalidRequestError):
            vendor.v1.refunds.cancel(cancelled.id)
        control.post(f"refunds/{cancelled.id}/ask-customer")
        assert vendor.v1.refunds.cancel(cancelled.id).status == "canceled"
        with pytest.raises(stripe.InvalidRequestError):
            vendor.v1.refunds.cancel(waiting.id)


class TestSpecifiedShape:
    """Every answer keeps Stripe's specification: keys and types, at any depth."""

    @pytest.mark.parametrize("tender", [0, 1], ids=["card", "wallet"])
    def test_objects(self, control: SandboxClient, sandbox: Sandbox, tender: int) -> None:
        """Refund, its charge, the payment intent behind it, and the event that tells of it."""
        paid = control.order()["tenders"][tender]["payment_ref"]
        field = "charge" if paid.startswith("ch_") else "payment_intent"
        refund = asked(sandbox, "POST", "refunds", {field: paid, "amount": "1"})

        assert broken(refund, "refund") == []
        assert broken(asked(sandbox, "GET", f"charges/{refund['charge']}"), "charge") == []
        if refund["payment_intent"] is not None:
            intent = asked(sandbox, "GET", f"payment_intents/{refund['payment_intent']}")
            assert broken(intent, "payment_intent") == []
        event = asked(sandbox, "GET", "events?type=refund.created")["data"][0]
        assert broken(event, "event") == []
        assert broken(event["data"]["object"], "refund") == []

    def test_refunds_in_every_state(self, control: SandboxClient, sandbox: Sandbox) -> None:
        """Pending, asking the customer, canceled, and failed after it had succeeded."""
        form = {"payment_intent": card_payment(control), "amount": "1"}
        with control.fault(system="stripe", kind="pending_refund", times=1):
            waiting = asked(sandbox, "POST", "refunds", form)
        failing = asked(sandbox, "POST", "refunds", form)
        control.post(f"refunds/{failing['id']}/fail")

        refunds = [
            waiting,
            control.post(f"refunds/{waiting['id']}/ask-customer"),
            asked(sandbox, "POST", f"refunds/{waiting['id']}/cancel"),
            asked(sandbox, "GET", f"refunds/{failing['id']}"),
        ]

        states = ["pending", "requires_action", "canceled", "failed"]
        assert [refund["status"] for refund in refunds] == states
        assert [broken(refund, "refund") for refund in refunds] == [[], [], [], []]

    @pytest.mark.parametrize("path", ["refunds", "charges", "payment_intents", "events"])
    def test_lists(self, control: SandboxClient, sandbox: Sandbox, path: str) -> None:
        """A page of each kind, with everything in it."""
        asked(
            sandbox,
            "POST",
            "refunds",
            {"payment_intent": card_payment(control), "amount": "1"},
        )

        page = asked(sandbox, "GET", path)

        answers = specification()["paths"][f"/v1/{path}"]["get"]["responses"]
        schema = answers["200"]["content"]["application/json"]["schema"]
        assert page["data"]
        assert unexpected(page, schema) == []

    @pytest.mark.parametrize(("method", "path"), [("POST", "refunds"), ("GET", "refunds/re_none")])
    def test_errors(self, sandbox: Sandbox, method: str, path: str) -> None:
        """A refusal, with and without a field."""
        assert broken(asked(sandbox, method, path), "error") == []


# Where the sandbox's answers may leave the specification.
ALLOWED = {
    "source": "in Stripe's own fixtures of charges and payment intents, hidden in the specification"
}


def specification() -> Any:
    return read_json("stripe", "openapi.refunds.subset.json")


def broken(found: Any, schema: str) -> list[str]:
    return unexpected(found, {"$ref": f"#/components/schemas/{schema}"})


def unexpected(found: Any, schema: Any) -> list[str]:
    fixtures = read_json("stripe", "fixtures.subset.json")
    assert all(name in fixtures["charge"] for name in ALLOWED)
    return [
        text
        for text in violations(found, schema, specification())
        if text.removesuffix(" is not in the specification").rpartition(".")[2] not in ALLOWED
    ]


def asked(sandbox: Sandbox, method: str, path: str, form: dict[str, str] | None = None) -> Any:
    """Ask without the official client, which adds fields of its own."""
    answer = httpx.request(
        method,
        f"{sandbox.stripe_url}/v1/{path}",
        data=form,
        headers={"Authorization": "Bearer sk_test_x"},
        trust_env=False,
    )
    return answer.json()


def vendor_refunds(sandbox: Sandbox, intent: str) -> list[Any]:
    found: list[Any] = asked(sandbox, "GET", f"refunds?payment_intent={intent}")["data"]
    return found
