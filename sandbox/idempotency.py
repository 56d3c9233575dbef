"""Idempotency keys: what was done under each, for as long as its system keeps it."""

import hashlib
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

from sandbox.errors import stripe_refusal
from sandbox.ledger import Ledger

_KEPT_S = {"stripe": 24 * 3600, "paypal": 45 * 24 * 3600}


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    body: str
    request_id: str


class IdempotencyKeys:
    """The answers kept in the ledger, and the keys at work in this process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._at_work: set[tuple[str, str]] = set()

    def begin(self, system: str, key: str) -> bool:
        """Claim a key; false while another request is at work under it."""
        if len(key) > 255:
            raise stripe_refusal(400, "idempotency keys may have at most 255 characters")
        if (system, key) in self._at_work:
            return False
        self._at_work.add((system, key))
        return True

    def end(self, system: str, key: str) -> None:
        self._at_work.discard((system, key))

    def stored(self, system: str, key: str, fingerprint: str) -> StoredAnswer | None:
        """Return the kept answer; raise a 400 when the key was used with other content."""
        row = self._ledger.sql.execute(
            "SELECT * FROM idempotency_keys WHERE system = ? AND key = ? AND kept_at > ?",
            (system, key, time.time() - _KEPT_S[system]),
        ).fetchone()
        if row is None:
            return None
        if row["fingerprint"] != fingerprint:
            raise stripe_refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were"
                f" first used with. Try using a key other than '{key}' if you meant to execute a"
                " different request.",
                kind="idempotency_error",
            )
        return StoredAnswer(row["status"], row["body"], row["request_id"])

    def keep(self, system: str, key: str, fingerprint: str, answer: StoredAnswer) -> None:
        self._ledger.sql.execute(
            "INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                system,
                key,
                fingerprint,
                answer.status,
                answer.body,
                answer.request_id,
                time.time(),
            ),
        )

    def forget(self, system: str) -> None:
        self._ledger.sql.execute("DELETE FROM idempotency_keys WHERE system = ?", (system,))


def fingerprint_of(request: Request, body: bytes) -> str:
    """Identify method, path and form content, whatever the order of the fields."""
    fields = sorted(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return hashlib.sha256(repr((request.method, request.url.path, fields)).encode()).hexdigest()
