"""A webhook is PayPal's when a certificate that the merchant put here fits its signature."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.errors import (
    ConfigurationError,
    WebhookError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from integrations.payments.paypal.adapter import PayPalGateway
from integrations.payments.port import PaymentEvent
from tests.contract.certificates import certificate_of, rsa_key, signed

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEBHOOK_ID = "5GP028458E2496506"


def of_paypal(certificates: str | None = None) -> PayPalGateway:
    return PayPalGateway(
        httpx.AsyncClient(),
        webhook_id=WEBHOOK_ID,
        webhook_certificates=certificates or certificate_of(rsa_key("paypal")),
    )


def event(event_type: str = "PAYMENT.REFUND.FAILED") -> bytes:
    resource = {"id": "1JU08902781691411", "status": "FAILED"}
    return json.dumps({"id": "WH-1", "event_type": event_type, "resource": resource}).encode()


def headers_of(
    body: bytes,
    *,
    at: datetime = NOW,
    webhook_id: str = WEBHOOK_ID,
    key: str = "paypal",
    cert_url: str = "https://api.paypal.com/v1/notifications/certs/CERT-1",
) -> dict[str, str]:
    sent_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"69cd13f0|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    return {
        "PAYPAL-TRANSMISSION-ID": "69cd13f0",
        "PAYPAL-TRANSMISSION-TIME": sent_at,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signed(rsa_key(key), text)).decode(),
        "PAYPAL-CERT-URL": cert_url,
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


@pytest.mark.parametrize(
    "event_type",
    ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"],
)
def test_names_the_refund_to_read_again(event_type: str) -> None:
    """Every event of a refund that PayPal signed is taken, whatever the case of its headers."""
    body = event(event_type)
    headers = {name.lower(): value for name, value in headers_of(body).items()}

    found = of_paypal().parse_webhook(headers, body, NOW)

    assert found == PaymentEvent("WH-1", event_type, "1JU08902781691411")


def test_passes_over_events_it_does_not_follow() -> None:
    """An account's other events are verified, and nothing is to be done."""
    body = event("PAYMENT.CAPTURE.COMPLETED")

    assert of_paypal().parse_webhook(headers_of(body), body, NOW) is None


def test_takes_either_certificate_while_one_replaces_the_other() -> None:
    """Two certificates may stand side by side until the old one is taken away."""
    both = certificate_of(rsa_key("older"), 1) + certificate_of(rsa_key("paypal"), 2)
    body = event()

    for key in ("older", "paypal"):
        assert of_paypal(both).parse_webhook(headers_of(body, key=key), body, NOW) is not None


def test_never_trusts_a_certificate_that_the_message_names() -> None:
    """Who signs with a key of their own and says where its certificate lies is not believed."""
    body = event()
    headers = headers_of(body, key="stranger", cert_url="https://api.paypal.com/certs/CERT-2")

    with pytest.raises(WebhookSignatureError):
        of_paypal().parse_webhook(headers, body, NOW)


def test_refuses_another_body_or_another_webhook() -> None:
    """The signature is of this body, for this webhook of ours."""
    body = event()

    with pytest.raises(WebhookSignatureError):
        of_paypal().parse_webhook(headers_of(body), body + b" ", NOW)
    with pytest.raises(WebhookSignatureError):
        of_paypal().parse_webhook(headers_of(body, webhook_id="OTHER"), body, NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYPAL-TRANSMISSION-ID", None),
        ("PAYPAL-TRANSMISSION-TIME", None),
        ("PAYPAL-TRANSMISSION-TIME", "yesterday"),
        ("PAYPAL-TRANSMISSION-TIME", "2026-06-01T12:00:00"),
        ("PAYPAL-TRANSMISSION-SIG", None),
        ("PAYPAL-TRANSMISSION-SIG", "not base64"),
        ("PAYPAL-TRANSMISSION-SIG", "aGVsbG8="),
        ("PAYPAL-AUTH-ALGO", None),
        ("PAYPAL-AUTH-ALGO", "NONEwithRSA"),
    ],
)
def test_refuses_headers_that_prove_nothing(name: str, value: str | None) -> None:
    """One header missing or malformed, and nothing is believed."""
    body = event()
    headers = headers_of(body)
    del headers[name]

    with pytest.raises(WebhookSignatureError):
        of_paypal().parse_webhook(headers | ({name: value} if value else {}), body, NOW)


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        (timedelta(days=3), True),
        (timedelta(days=4, seconds=1), False),
        (timedelta(minutes=-5), True),
        (timedelta(minutes=-6), False),
    ],
    ids=str,
)
def test_takes_what_was_sent_in_the_last_days(age: timedelta, *, taken: bool) -> None:
    """PayPal sends for three days what was not taken; older ones are somebody's copy."""
    body = event()
    headers = headers_of(body, at=NOW - age)

    try:
        found = of_paypal().parse_webhook(headers, body, NOW)
    except WebhookSignatureError:
        found = None

    assert (found is not None) is taken


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"id": 7}', b"not json"])
def test_refuses_a_body_that_is_no_event(body: bytes) -> None:
    """Signed nonsense is nonsense."""
    with pytest.raises(WebhookMalformedError):
        of_paypal().parse_webhook(headers_of(body), body, NOW)


def test_says_which_secret_is_no_certificate() -> None:
    """What cannot verify anything is refused when it is put, naming the secret."""
    curve = certificate_of(ec.generate_private_key(ec.SECP256R1()))
    for wrong in ("-----BEGIN CERTIFICATE-----", "nonsense", curve):
        with pytest.raises(ConfigurationError) as caught:
            of_paypal(wrong)

        assert caught.value.field == "secrets.webhook_certificates"
        assert not isinstance(caught.value, WebhookError)
