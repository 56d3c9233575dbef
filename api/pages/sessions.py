"""Signed-in sessions: a short-lived cookie that names a key, and the tokens of its forms."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

COOKIE = "backhaul_session"
LASTS = timedelta(hours=1)
_PURPOSE = b"backhaul sessions\x00"


@dataclass(frozen=True, slots=True)
class Session:
    """Whose key signed in, and until when; ``form_token`` proves that a form was ours."""

    tenant_id: str
    key_id: str
    expires_at: datetime
    form_token: str


class Sessions:
    """Signs and reads cookies. Nothing is stored: a cookie ends with its hour, or with its key."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(_PURPOSE + secret_key.encode()).digest()

    def cookie(self, tenant_id: str, key_id: str, *, now: datetime) -> str:
        """Return the cookie's value of somebody who signed in now."""
        expires = int((now + LASTS).timestamp())
        said = json.dumps([tenant_id, key_id, expires]).encode()
        body = base64.urlsafe_b64encode(said).decode().rstrip("=")
        return f"{body}.{self._signed('cookie', body)}"

    def read(self, cookie: str, *, now: datetime) -> Session | None:
        """Return what a cookie of ours says, unless it was bent or its hour is over."""
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signed("cookie", body).encode()):
            return None
        try:
            said = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            tenant_id, key_id, expires = json.loads(said)
        except (ValueError, binascii.Error):
            return None
        expires_at = datetime.fromtimestamp(expires, UTC)
        if expires_at <= now:
            return None
        return Session(tenant_id, key_id, expires_at, self._signed("form", cookie))

    def _signed(self, purpose: str, text: str) -> str:
        digest = hmac.digest(self._key, f"{purpose}\x00{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_of(session: Session, token: str) -> bool:
    """Say whether a form was given out to this session."""
    return hmac.compare_digest(token.encode(), session.form_token.encode())
