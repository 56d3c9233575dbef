"""Secrets of tenants' connections: encrypted in the table, plain only in a ``ConnectionRow``."""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretsUnreadableError(Exception):
    """Secrets were encrypted with a key that is not among ours."""


class SecretBox:
    """Encrypts with the first key and decrypts with any, so that a key can be replaced.

    Args:
        keys: Fernet keys, the newest first, at least one.
    """

    def __init__(self, *keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        return "SecretBox(…)"

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(dict(secrets)).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        """Return the secrets; :class:`SecretsUnreadableError` when no key fits."""
        try:
            plain = self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SecretsUnreadableError(
                "no key decrypts these secrets: enter them again, or bring the old key back"
            ) from error
        secrets: dict[str, str] = json.loads(plain)
        return secrets

    def renewed(self, sealed: bytes) -> bytes:
        """Return the same secrets under the first key."""
        return self.seal(self.open(sealed))
