"""Opaque cursors: where a page ended, in a form that callers pass back and do not read."""

import base64
import binascii
import json
import uuid
from datetime import datetime


class BadCursorError(ValueError):
    """A cursor that no page of ours ended with."""


def encode(created_at: datetime, return_id: str) -> str:
    text = json.dumps([created_at.isoformat(), return_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """Return what :func:`encode` was given; :class:`BadCursorError` for anything else."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        moment, return_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        created_at = datetime.fromisoformat(moment)
        known = str(uuid.UUID(return_id))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadCursorError("wanted a cursor from an earlier page") from error
    if created_at.tzinfo is None:
        raise BadCursorError("wanted a cursor from an earlier page")
    return created_at, known
