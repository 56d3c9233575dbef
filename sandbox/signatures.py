"""How each system signs what it sends."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import unicodedata
import zlib
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.clock import unix_now, utc_text
from sandbox.keyring import Keyring
from sandbox.ledger import Json


def signed(
    system: str, *, secret: str, event_id: str, body: bytes, at: int, keyring: Keyring
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of one delivery attempt at unix time ``at``."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if system == "wechatpay":
        sealed = _sealed(json.loads(body), secret)
        return sealed, headers | wechatpay_headers(sealed, keyring, at=at)
    if system == "kuaidi100":
        text = body.decode()
        sign = hashlib.md5((text + secret).encode(), usedforsecurity=False).hexdigest().upper()
        form = urlencode({"sign": sign, "param": text}).encode()
        return form, {"Content-Type": "application/x-www-form-urlencoded"}
    if system == "ups":
        # It signs nothing: the credential alone says who sends.
        return body, headers | {"credential": secret, "User-Agent": "UPSPubSubTrackingService"}
    if system == "paypal":
        return body, headers | _paypal_headers(secret, event_id, body, at, keyring)
    return body, headers | _hmac_headers(system, secret, event_id, body, at)


def _paypal_headers(
    webhook_id: str, event_id: str, body: bytes, at: int, keyring: Keyring
) -> dict[str, str]:
    sent_at = utc_text(datetime.fromtimestamp(at, UTC))
    text = f"{event_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    return {
        "PAYPAL-TRANSMISSION-ID": event_id,
        "PAYPAL-TRANSMISSION-TIME": sent_at,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(keyring.sign("paypal", text)).decode(),
        "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-sandbox",
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


def wechatpay_headers(body: bytes, keyring: Keyring, *, at: int | None = None) -> dict[str, str]:
    """Sign an answer or a notice as the platform."""
    stamp, nonce = str(unix_now() if at is None else at), secrets.token_hex(16)
    text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": keyring.serial("wechatpay"),
        "Wechatpay-Signature": base64.b64encode(keyring.sign("wechatpay", text)).decode(),
    }


def _sealed(notice: Json, api_v3_key: str) -> bytes:
    """Encrypt what a notice is about, as only its merchant can read it."""
    nonce, associated_data = secrets.token_hex(6), "refund"
    plain = json.dumps(notice.pop("_plain")).encode()
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "original_type": "refund",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": nonce,
        "associated_data": associated_data,
    }
    return json.dumps(notice | {"resource": resource}).encode()


def _hmac_headers(system: str, secret: str, event_id: str, body: bytes, at: int) -> dict[str, str]:
    if system == "stripe":
        mac = _hex(secret.encode(), f"{at}.".encode() + body)
        return {"Stripe-Signature": f"t={at},v1={mac}"}
    if system == "easypost":
        # The vendor normalises the secret; without it accented secrets never verify.
        mac = _hex(unicodedata.normalize("NFKD", secret).encode(), body)
        return {"X-Hmac-Signature": f"hmac-sha256-hex={mac}"}
    text = f"{event_id}.{at}.".encode() + body
    digest = hmac.new(standard_webhook_key(secret), text, hashlib.sha256).digest()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def standard_webhook_key(secret: str) -> bytes:
    """Decode a ``whsec_…`` secret; ``ValueError`` when it is none."""
    if not secret.startswith("whsec_"):
        raise ValueError("a Standard Webhooks secret starts with whsec_")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a Standard Webhooks secret is base64 after whsec_") from error


def _hex(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()
