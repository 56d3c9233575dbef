"""Who says what between WeChat Pay and the merchant: requests, answers and notices, all signed."""

import base64
import binascii
import secrets
import time
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta

import httpx
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations.errors import ConfigurationError, WebhookMalformedError, WebhookSignatureError
from integrations.webhooks import header

_SYSTEM = "wechatpay"
_SCHEME = "WECHATPAY2-SHA256-RSA2048"
_TOLERANCE = timedelta(minutes=5)


class MerchantSignature(httpx.Auth):
    """Signs every request as the merchant, and believes only answers that WeChat Pay signed.

    Refusals need no signature: whoever forges one makes us look up or ask again, under one number.
    """

    requires_request_body = True
    requires_response_body = True

    def __init__(
        self,
        merchant_id: str,
        serial: str,
        key: RSAPrivateKey,
        platform_keys: Mapping[str, RSAPublicKey],
    ) -> None:
        self._merchant_id = merchant_id
        self._serial = serial
        self._key = key
        self._platform_keys = platform_keys

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raise ConfigurationError for an answer that none of our platform certificates fits."""
        request.headers["Authorization"] = self._authorization(request)
        answer = yield request
        if answer.is_success:
            try:
                verify(answer.headers, answer.content, self._platform_keys)
            except WebhookSignatureError as error:
                raise ConfigurationError(
                    _SYSTEM,
                    "an answer bears no signature that our platform certificates fit",
                    field="secrets.platform_certificates",
                ) from error

    def _authorization(self, request: httpx.Request) -> str:
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        target = request.url.raw_path.decode()
        text = f"{request.method}\n{target}\n{at}\n{nonce}\n".encode() + request.content + b"\n"
        signature = self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        parts = {
            "mchid": self._merchant_id,
            "nonce_str": nonce,
            "signature": base64.b64encode(signature).decode(),
            "timestamp": at,
            "serial_no": self._serial,
        }
        return f"{_SCHEME} " + ",".join(f'{name}="{value}"' for name, value in parts.items())


def verify_recent(
    headers: Mapping[str, str], body: bytes, keys: Mapping[str, RSAPublicKey], now: datetime
) -> None:
    """Check a notice's signature, and that it was made within 5 minutes of ``now``.

    Raises:
        WebhookSignatureError: it is missing, wrong, too old or from the future.
    """
    stamp = verify(headers, body, keys)
    if abs(now.timestamp() - stamp) > _TOLERANCE.total_seconds():
        raise WebhookSignatureError(_SYSTEM, "the signature is too old or from the future")


def verify(headers: Mapping[str, str], body: bytes, keys: Mapping[str, RSAPublicKey]) -> int:
    """Check a signature by the platform certificate it names; return its unix time.

    Raises:
        WebhookSignatureError: a header is missing or malformed, or the signature is not of this.
    """
    stamp, nonce, serial, signature = (
        header(headers, f"Wechatpay-{name}")
        for name in ("Timestamp", "Nonce", "Serial", "Signature")
    )
    if nonce is None or signature is None or not (stamp and stamp.isascii() and stamp.isdigit()):
        raise WebhookSignatureError(_SYSTEM, "wanted the four Wechatpay headers of a signature")
    key = keys.get((serial or "").upper())
    if key is None:
        raise WebhookSignatureError(_SYSTEM, "no platform certificate has the serial number")
    try:
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        given = base64.b64decode(signature, validate=True)
        key.verify(given, text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise WebhookSignatureError(_SYSTEM, "the signature does not fit the body") from None
    return int(stamp[:12])


def decrypt(api_v3_key: str, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """Return what a notice holds: AES-GCM under the merchant's APIv3 key.

    Raises:
        WebhookMalformedError: it was not encrypted for us, or was changed.
    """
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(api_v3_key.encode()).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise WebhookMalformedError(_SYSTEM, "the resource cannot be decrypted") from None
