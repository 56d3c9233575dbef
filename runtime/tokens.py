"""Unguessable links for customers, made from the deployment's secret and stored only as hashes."""

import base64
import hashlib
import hmac


class SurveyTokens:
    """The token of a return's survey: the same at every asking, so no plain one is kept."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"backhaul survey tokens\x00" + secret_key.encode()).digest()

    def token(self, return_id: str) -> str:
        digest = hmac.digest(self._key, return_id.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def hash_for(self, return_id: str) -> str:
        return token_hash(self.token(return_id))


def token_hash(token: str) -> str:
    """Return what is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
