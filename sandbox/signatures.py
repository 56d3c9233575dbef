"""How each system signs what it sends."""

import base64
import binascii
import hashlib
import hmac
import unicodedata


def signed_headers(
    system: str, *, secret: str, event_id: str, body: bytes, at: int
) -> dict[str, str]:
    """Return the signature headers of one delivery attempt at unix time ``at``."""
    if system == "stripe":
        mac = _hex(secret.encode(), f"{at}.".encode() + body)
        return {"Stripe-Signature": f"t={at},v1={mac}"}
    if system == "easypost":
        # The vendor normalises the secret; without it accented secrets never verify.
        mac = _hex(unicodedata.normalize("NFKD", secret).encode(), body)
        return {"X-Hmac-Signature": f"hmac-sha256-hex={mac}"}
    signed = f"{event_id}.{at}.".encode() + body
    digest = hmac.new(standard_webhook_key(secret), signed, hashlib.sha256).digest()
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
