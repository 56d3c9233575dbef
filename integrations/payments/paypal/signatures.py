"""Who sent a webhook, proved with PayPal's own certificate as the merchant put it here.

The address of a certificate that a message names is never fetched: whoever can send a message would
choose what we trust. The signature covers the body's CRC-32 alone, for which another body can be
made; so it proves that PayPal sent *a* message, and what it is about is read again.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from integrations.errors import WebhookSignatureError
from integrations.webhooks import header

_SYSTEM = "paypal"
_ALGORITHM = "SHA256withRSA"
# A message that was not taken is sent again for three days, under its first time.
_OLDEST = timedelta(days=4)
_AHEAD = timedelta(minutes=5)


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *,
    webhook_id: str,
    keys: Iterable[RSAPublicKey],
    now: datetime,
) -> None:
    """Check that one of ``keys`` signed this body for our webhook.

    Raises:
        WebhookSignatureError: a header is missing or malformed, no key fits, or it was sent over
            four days before ``now``, or over five minutes after it.
    """
    named = {
        name: header(headers, f"PAYPAL-{name}")
        for name in ("TRANSMISSION-ID", "TRANSMISSION-TIME", "TRANSMISSION-SIG", "AUTH-ALGO")
    }
    message_id, sent_at, signature, algorithm = named.values()
    if message_id is None or sent_at is None or signature is None or algorithm != _ALGORITHM:
        raise WebhookSignatureError(_SYSTEM, f"wanted the headers of a {_ALGORITHM} transmission")
    try:
        given = base64.b64decode(signature, validate=True)
        age = now - datetime.fromisoformat(sent_at)
    except (binascii.Error, ValueError, TypeError):
        raise WebhookSignatureError(
            _SYSTEM, "the transmission's time or signature is malformed"
        ) from None
    text = f"{message_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    if not any(_signed(key, given, text) for key in keys):
        raise WebhookSignatureError(_SYSTEM, "no certificate fits the signature")
    if not -_AHEAD <= age <= _OLDEST:
        raise WebhookSignatureError(_SYSTEM, "the transmission is too old or from the future")


def _signed(key: RSAPublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
