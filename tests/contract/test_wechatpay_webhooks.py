"""A notice is WeChat Pay's when the platform certificate it names fits, and it is fresh."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations.errors import (
    ConfigurationError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from integrations.payments.keys import certified_keys, private_key
from integrations.payments.port import PaymentEvent
from integrations.payments.wechatpay import signatures
from integrations.payments.wechatpay.adapter import WeChatPayGateway
from tests.contract.certificates import certificate_of, pem_of, rsa_key, signed
from tests.contract.shared_data import read_json

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
API_V3_KEY = "0123456789abcdef0123456789abcdef"


def of_wechat(certificates: str | None = None, api_v3_key: str = API_V3_KEY) -> WeChatPayGateway:
    return WeChatPayGateway(
        httpx.AsyncClient(),
        merchant_id="1900000109",
        api_v3_key=api_v3_key,
        platform_certificates=certificates or certificate_of(rsa_key("platform"), 0xABC123),
    )


def notice(
    event_type: str = "REFUND.SUCCESS", plain: bytes = b'{"out_refund_no": "n-1"}', **changes: Any
) -> bytes:
    sealed = AESGCM(API_V3_KEY.encode()).encrypt(b"nonce-of-12.", plain, b"refund")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": "nonce-of-12.",
        "associated_data": "refund",
    }
    body = {"id": "e-1", "event_type": event_type, "resource": resource | changes}
    return json.dumps(body).encode()


def headers_of(body: bytes, *, at: datetime = NOW, key: str = "platform") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    text = f"{stamp}\nn1\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": "n1",
        "Wechatpay-Serial": "ABC123",
        "Wechatpay-Signature": base64.b64encode(signed(rsa_key(key), text)).decode(),
    }


class TestVector:
    """The notice that WeChat Pay's own library is tested with."""

    @pytest.fixture
    def vector(self) -> dict[str, Any]:
        found = read_json("webhook-vectors", "vectors.json")["wechatpay_v3_notify"]
        assert isinstance(found, dict)
        return found

    def test_verifies_at_its_time(self, vector: dict[str, Any]) -> None:
        """Its signature fits its certificate; being of another kind, nothing is to be done."""
        gateway = of_wechat(vector["certificate_pem"], vector["api_v3_key"])
        sent_at = datetime.fromtimestamp(int(vector["headers"]["Wechatpay-Timestamp"]), UTC)

        assert gateway.parse_webhook(vector["headers"], vector["body"].encode(), sent_at) is None

    def test_is_refused_later_or_changed(self, vector: dict[str, Any]) -> None:
        """Five minutes later, or with another body, it proves nothing."""
        gateway = of_wechat(vector["certificate_pem"], vector["api_v3_key"])
        sent_at = datetime.fromtimestamp(int(vector["headers"]["Wechatpay-Timestamp"]), UTC)
        body = vector["body"].encode()

        with pytest.raises(WebhookSignatureError):
            gateway.parse_webhook(vector["headers"], body, sent_at + timedelta(seconds=301))
        with pytest.raises(WebhookSignatureError):
            gateway.parse_webhook(vector["headers"], body + b" ", sent_at)

    def test_is_decrypted_to_what_the_vendor_says(self, vector: dict[str, Any]) -> None:
        """Its resource opens under the merchant's key, to the vendor's own plain text."""
        resource = json.loads(vector["body"])["resource"]

        plain = signatures.decrypt(
            vector["api_v3_key"],
            nonce=resource["nonce"],
            associated_data=resource["associated_data"],
            ciphertext=resource["ciphertext"],
        )

        assert plain.decode() == vector["plaintext"]


@pytest.mark.parametrize("event_type", ["REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"])
def test_names_the_refund_to_read_again(event_type: str) -> None:
    """Every notice of a refund is taken, whatever the case of its headers."""
    body = notice(event_type)
    headers = {name.lower(): value for name, value in headers_of(body).items()}

    assert of_wechat().parse_webhook(headers, body, NOW) == PaymentEvent("e-1", event_type, "n-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Wechatpay-Timestamp", None),
        ("Wechatpay-Timestamp", "yesterday"),
        ("Wechatpay-Timestamp", "٣"),
        ("Wechatpay-Nonce", None),
        ("Wechatpay-Serial", None),
        ("Wechatpay-Serial", "C0FFEE"),
        ("Wechatpay-Signature", None),
        ("Wechatpay-Signature", "not base64"),
        ("Wechatpay-Signature", "aGVsbG8="),
        ("Wechatpay-Signature", "WECHATPAY/SIGNTEST/aGVsbG8="),
    ],
)
def test_refuses_headers_that_prove_nothing(name: str, value: str | None) -> None:
    """One header missing or malformed, or a probe of the platform's, and nothing is believed."""
    body = notice()
    headers = headers_of(body)
    del headers[name]

    with pytest.raises(WebhookSignatureError):
        of_wechat().parse_webhook(headers | ({name: value} if value else {}), body, NOW)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(seconds=-301)], ids=str)
def test_refuses_what_was_not_signed_just_now(age: timedelta) -> None:
    """A recorded notice cannot be sent again later."""
    body = notice()

    with pytest.raises(WebhookSignatureError):
        of_wechat().parse_webhook(headers_of(body, at=NOW - age), body, NOW)


def test_refuses_another_signer() -> None:
    """Who names our certificate's serial number has still not its key."""
    body = notice()

    with pytest.raises(WebhookSignatureError):
        of_wechat().parse_webhook(headers_of(body, key="stranger"), body, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        notice(algorithm="NONE"),
        notice(ciphertext="not base64"),
        notice(ciphertext="aGVsbG8="),
        notice(associated_data="other"),
        notice(nonce=""),
        notice(plain=b"not json"),
        notice(plain=b"{}"),
    ],
    ids=range(10),
)
def test_refuses_a_body_that_is_no_notice_for_us(body: bytes) -> None:
    """Signed nonsense, and what cannot be decrypted, is the sender's bug."""
    with pytest.raises(WebhookMalformedError):
        of_wechat().parse_webhook(headers_of(body), body, NOW)


def test_says_which_secret_cannot_be_read() -> None:
    """Keys and certificates are read when they are put, and the secret at fault is named."""
    curve = ec.generate_private_key(ec.SECP256R1())
    for wrong in ("PEM", pem_of(curve), pem_of(rsa_key("merchant"), b"password")):
        with pytest.raises(ConfigurationError) as key:
            private_key("wechatpay", wrong, name="merchant_key")
        assert key.value.field == "secrets.merchant_key"
    for wrong in ("", "PEM", certificate_of(curve)):
        with pytest.raises(ConfigurationError) as certificates:
            certified_keys("wechatpay", wrong, name="platform_certificates")
        assert certificates.value.field == "secrets.platform_certificates"
