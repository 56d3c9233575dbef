"""Webhooks are believed when, and only when, the vendor signed them.

The official libraries and the vendors' published vectors are the judges.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

import easypost
import httpx
import pytest
import stripe
from standardwebhooks.webhooks import Webhook

from integrations.carriers.easypost.adapter import EasyPostCarrier
from integrations.carriers.port import TrackingEvent
from integrations.commerce.http_platform import HttpCommercePlatform
from integrations.commerce.port import ReplacementEvent
from integrations.errors import (
    ConfigurationError,
    WebhookError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from integrations.payments.port import PaymentEvent
from integrations.payments.stripe.adapter import StripeGateway
from tests.contract.shared_data import integration_data, read_json

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STRIPE_SECRET = "whsec_test_secret"
COMMERCE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOT_EVENTS = (b"", b"{}", b"[]", b"null", b'{"id": 7}', b"not json")


def of_stripe() -> StripeGateway:
    return StripeGateway(httpx.AsyncClient(), webhook_secret=STRIPE_SECRET)


def of_easypost(secret: str) -> EasyPostCarrier:
    return EasyPostCarrier(httpx.AsyncClient(), webhook_secret=secret)


def of_commerce(secret: str = COMMERCE_SECRET) -> HttpCommercePlatform:
    return HttpCommercePlatform(httpx.AsyncClient(), webhook_secret=secret)


def refund_event(event_type: str = "refund.failed") -> bytes:
    refund = {"id": "re_1", "object": "refund"}
    event = {"id": "evt_1", "object": "event", "type": event_type, "data": {"object": refund}}
    return json.dumps(event).encode()


def stripe_headers(
    body: bytes, *, secret: str = STRIPE_SECRET, at: datetime = NOW
) -> dict[str, str]:
    """Sign as Stripe's own library does."""
    signed = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=int(at.timestamp())
    )
    return {"Stripe-Signature": signed}


class TestStripe:
    def test_reads_the_vector_of_a_failed_refund(self) -> None:
        """A recorded event with a recorded signature names the refund to read again."""
        vector = read_json("webhook-vectors", "vectors.json")["stripe_refund_failed"]

        event = of_stripe().parse_webhook(
            {"stripe-signature": vector["signature_header"]},
            vector["body"].encode(),
            datetime.fromtimestamp(vector["timestamp"], UTC),
        )

        assert event == PaymentEvent("evt_1", "refund.failed", "re_1")

    def test_accepts_the_librarys_own_vector(self) -> None:
        """The vector of Stripe's library verifies; that it has no type is another matter."""
        vector = read_json("webhook-vectors", "vectors.json")["stripe_v1"]

        with pytest.raises(WebhookMalformedError):
            of_stripe().parse_webhook(
                {"Stripe-Signature": vector["signature_header"]},
                vector["body"].encode(),
                datetime.fromtimestamp(vector["timestamp"], UTC),
            )

    def test_refuses_what_the_vector_says_must_fail(self) -> None:
        """Its own body: too late, in the old scheme only, and with another secret."""
        vector = read_json("webhook-vectors", "vectors.json")["stripe_v1"]
        body, signed = vector["body"].encode(), vector["signature_header"]
        now = datetime.fromtimestamp(vector["timestamp"], UTC)
        late = now + timedelta(seconds=vector["tolerance_s"] + 1)
        (old_scheme,) = [
            case["signature_header"] for case in vector["must_fail"] if "signature_header" in case
        ]
        other = StripeGateway(httpx.AsyncClient(), webhook_secret="whsec_other")

        for gateway, header, at in (
            (of_stripe(), signed, late),
            (of_stripe(), old_scheme, now),
            (other, signed, now),
        ):
            with pytest.raises(WebhookSignatureError):
                gateway.parse_webhook({"Stripe-Signature": header}, body, at)
        assert len(vector["must_fail"]) == 3

    def test_passes_over_events_it_does_not_follow(self) -> None:
        """An account's other events are verified, and nothing is to be done."""
        body = refund_event("payment_intent.succeeded")

        assert of_stripe().parse_webhook(stripe_headers(body), body, NOW) is None

    @pytest.mark.parametrize(
        "event_type", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
    )
    def test_believes_what_the_official_library_signs(self, event_type: str) -> None:
        """Every event of a refund that Stripe's library signs is taken."""
        body = refund_event(event_type)

        event = of_stripe().parse_webhook(stripe_headers(body), body, NOW)

        assert event == PaymentEvent("evt_1", event_type, "re_1")

    def test_believes_one_of_several_signatures(self) -> None:
        """While a secret is rolled, Stripe signs with the old and the new one."""
        body = refund_event()
        _, _, current = stripe_headers(body)["Stripe-Signature"].partition(",")
        other = stripe_headers(body, secret="whsec_other")["Stripe-Signature"]

        event = of_stripe().parse_webhook({"Stripe-Signature": f"{other},{current}"}, body, NOW)

        assert event is not None

    @pytest.mark.parametrize(
        "signature",
        [
            None,
            "",
            "t=1",
            "t=,v1=00",
            "t=x,v1=00",
            f"t={int(NOW.timestamp())},v0=00",
            f"t={int(NOW.timestamp())},v1=é",
            "t=1,t=2,v1=00",
            "t=" + "9" * 400 + ",v1=00",
            "v1=00",
        ],
    )
    def test_believes_no_other_header(self, signature: str | None) -> None:
        """A missing, broken, older-scheme or wrong signature is none."""
        headers = {} if signature is None else {"Stripe-Signature": signature}

        with pytest.raises(WebhookSignatureError):
            of_stripe().parse_webhook(headers, refund_event(), NOW)

    def test_believes_no_other_secret_and_no_other_body(self) -> None:
        """Neither another account nor a changed body passes."""
        body = refund_event()
        with pytest.raises(WebhookSignatureError):
            of_stripe().parse_webhook(stripe_headers(body, secret="whsec_other"), body, NOW)
        with pytest.raises(WebhookSignatureError):
            of_stripe().parse_webhook(stripe_headers(body), body + b" ", NOW)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_believes_nothing_old_or_early(self, seconds: int) -> None:
        """A signature counts for five minutes around now."""
        body = refund_event()
        headers = stripe_headers(body, at=NOW + timedelta(seconds=seconds))

        with pytest.raises(WebhookSignatureError):
            of_stripe().parse_webhook(headers, body, NOW)

    @pytest.mark.parametrize("body", NOT_EVENTS)
    def test_says_when_a_signed_body_is_no_event(self, body: bytes) -> None:
        """A signed body that is no event is malformed, not a crash."""
        with pytest.raises(WebhookMalformedError):
            of_stripe().parse_webhook(stripe_headers(body), body, NOW)


class TestEasyPost:
    @pytest.mark.parametrize("header", ["X-Hmac-Signature", "x-hmac-signature"])
    def test_reads_the_vendors_vector(self, header: str) -> None:
        """EasyPost's own event, with its accented secret, names the tracker to read again."""
        vector = read_json("webhook-vectors", "vectors.json")["easypost_v1"]
        body = integration_data("webhook-vectors", vector["body_file"]).read_bytes()

        event = of_easypost(vector["secret"]).parse_webhook(
            {header: vector["signature"]}, body, NOW
        )

        assert event == TrackingEvent("evt_1", "tracker.updated", "trk_1", "1")
        # The official verifier agrees; it accepts the header's usual case alone.
        assert easypost.util.validate_webhook(
            body, {"X-Hmac-Signature": vector["signature"]}, vector["secret"]
        )

    @pytest.mark.parametrize(
        "signature",
        [
            None,
            "",
            "38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db",
            "hmac-sha256-hex=38f3",
            "hmac-sha256-hex=é",
        ],
    )
    def test_believes_no_other_header(self, signature: str | None) -> None:
        """A missing or wrong signature is none."""
        headers = {} if signature is None else {"X-Hmac-Signature": signature}

        with pytest.raises(WebhookSignatureError):
            of_easypost("secret").parse_webhook(headers, b"{}", NOW)

    def test_believes_no_other_body(self) -> None:
        """One changed byte is another event."""
        vector = read_json("webhook-vectors", "vectors.json")["easypost_v1"]
        body = integration_data("webhook-vectors", vector["body_file"]).read_bytes()

        with pytest.raises(WebhookSignatureError):
            of_easypost(vector["secret"]).parse_webhook(
                {"X-Hmac-Signature": vector["signature"]}, body + b" ", NOW
            )

    def test_does_not_believe_the_second_scheme(self) -> None:
        """How it is signed is not published, so a request signed in it alone is nobody's."""
        vector = read_json("webhook-vectors", "vectors.json")["easypost_v2_UNVERIFIED"]
        body = integration_data("webhook-vectors", vector["body_file"]).read_bytes()
        headers = {
            "x-timestamp": vector["timestamp"],
            "x-path": vector["path"],
            "x-hmac-signature-v2": vector["candidate_signature"],
        }

        with pytest.raises(WebhookSignatureError):
            of_easypost(vector["secret"]).parse_webhook(headers, body, NOW)

    def test_is_the_vector_of_the_vendors_libraries(self) -> None:
        """EasyPost's fixtures for its own libraries hold the same secret and signature."""
        vector = read_json("webhook-vectors", "vectors.json")["easypost_v1"]
        theirs = read_json("easypost", "client-library-fixtures.json")["webhooks"]

        assert (theirs["secret"], theirs["hmac_signature"]) == (
            vector["secret"],
            vector["signature"],
        )


def test_every_vector_of_these_vendors_is_used() -> None:
    """A vector that is added is noticed; those of vendors without an adapter wait for one."""
    vendors = ("stripe", "easypost", "standard_webhooks")
    names = read_json("webhook-vectors", "vectors.json")

    assert {name for name in names if name.startswith(vendors)} == {
        "stripe_v1",
        "stripe_refund_failed",
        "easypost_v1",
        "easypost_v2_UNVERIFIED",
        "standard_webhooks",
    }


class TestCommerce:
    BODY = json.dumps(
        {
            "type": "replacement.shipped",
            "timestamp": "2026-06-01T12:00:00Z",
            "data": {"replacement_order_id": "ro-1", "reference": "r-1", "tracking_code": None},
        }
    ).encode()

    @staticmethod
    def headers(
        body: bytes, *, secret: str = COMMERCE_SECRET, at: datetime = NOW
    ) -> dict[str, str]:
        return {
            "webhook-id": "msg-1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg-1", at, body.decode()),
        }

    def test_believes_what_the_official_library_signs(self) -> None:
        """A signed event names the replacement order to read again."""
        event = of_commerce().parse_webhook(self.headers(self.BODY), self.BODY, NOW)

        assert event == ReplacementEvent("msg-1", "replacement.shipped", "ro-1", "r-1")

    def test_accepts_the_published_vector(self) -> None:
        """The vector of Standard Webhooks verifies; that it is no event is another matter."""
        vector = read_json("webhook-vectors", "vectors.json")["standard_webhooks"]
        headers = {name: vector[name] for name in vector if name.startswith("webhook-")}
        sent_at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)

        with pytest.raises(WebhookMalformedError):
            of_commerce(vector["secret"]).parse_webhook(headers, vector["body"].encode(), sent_at)

    def test_believes_one_of_several_signatures(self) -> None:
        """While a secret is rolled, a platform signs with the old and the new one."""
        headers = self.headers(self.BODY)
        headers["webhook-signature"] = f"v1a,x v1,AAAA {headers['webhook-signature']}"

        assert of_commerce().parse_webhook(headers, self.BODY, NOW) is not None

    def test_passes_over_events_it_does_not_follow(self) -> None:
        """A platform may send more than we asked for."""
        body = b'{"type": "order.created"}'

        assert of_commerce().parse_webhook(self.headers(body), body, NOW) is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("webhook-id", ""),
            ("webhook-id", "msg-2"),
            ("webhook-timestamp", ""),
            ("webhook-timestamp", "soon"),
            ("webhook-timestamp", "1.5"),
            ("webhook-timestamp", "9" * 40),
            ("webhook-signature", ""),
            ("webhook-signature", "v1"),
            ("webhook-signature", "v1,é"),
            ("webhook-signature", "v2,AAAA"),
        ],
    )
    def test_believes_no_other_header(self, name: str, value: str) -> None:
        """A missing, broken or wrong header is no signature."""
        with pytest.raises(WebhookSignatureError):
            of_commerce().parse_webhook({**self.headers(self.BODY), name: value}, self.BODY, NOW)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_believes_nothing_old_or_early(self, seconds: int) -> None:
        """A signature counts for five minutes around now."""
        headers = self.headers(self.BODY, at=NOW + timedelta(seconds=seconds))

        with pytest.raises(WebhookSignatureError):
            of_commerce().parse_webhook(headers, self.BODY, NOW)

    def test_believes_no_other_secret(self) -> None:
        """Another tenant's secret signs for another tenant."""
        other = "whsec_" + base64.b64encode(b"another secret").decode()

        with pytest.raises(WebhookSignatureError):
            of_commerce().parse_webhook(self.headers(self.BODY, secret=other), self.BODY, NOW)

    @pytest.mark.parametrize("body", [*NOT_EVENTS, b"\xff\xfe"])
    def test_says_when_a_body_is_no_event(self, body: bytes) -> None:
        """A body that is no event, or no text, is refused and not a crash."""
        headers = self.headers(body if body != b"\xff\xfe" else b"")

        with pytest.raises(WebhookError):
            of_commerce().parse_webhook(headers, body, NOW)

    @pytest.mark.parametrize("secret", ["whsec_", "whsec_a"])
    def test_says_when_its_secret_is_none(self, secret: str) -> None:
        """A secret that is not base64 is a setting to correct."""
        with pytest.raises(ConfigurationError):
            of_commerce(secret).parse_webhook(self.headers(self.BODY), self.BODY, NOW)
