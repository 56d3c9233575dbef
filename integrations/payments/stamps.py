"""One text on a refund that says which intent it pays, and under which key it was sent.

For providers that keep a single reference of ours. A failed refund keeps its own, so the next
generation needs another; and within one generation a second refund would bear the same.
"""

import hashlib
import re

_MARK = re.compile(r"(?P<intent>.+)-[0-9a-f]{16}")


def stamp(intent_id: str, idempotency_key: str) -> str:
    """Return ``intent_id`` and a digest of the key: 17 characters more, letters, digits, hyphen."""
    return f"{intent_id}-{hashlib.sha256(idempotency_key.encode()).hexdigest()[:16]}"


def intent_of(stamped: str | None) -> str | None:
    """Return the intent of a stamp; ``None`` for what is none, as on a refund made by hand."""
    found = _MARK.fullmatch(stamped or "")
    return found["intent"] if found else None
