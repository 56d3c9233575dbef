"""Opaque cursors: where a page ended, in a form that callers pass back and do not read."""

import base64
import binascii
import json
import uuid
from datetime import date, datetime

from domain.credit_notes import is_credit_note_number


class BadCursorError(ValueError):
    """A cursor that no page of ours ended with."""


def encode(created_at: datetime, return_id: str) -> str:
    return _encoded(created_at.isoformat(), return_id)


def decode(cursor: str) -> tuple[datetime, str]:
    """Return what :func:`encode` was given; :class:`BadCursorError` for anything else."""
    moment, return_id = _decoded(cursor)
    try:
        created_at, known = datetime.fromisoformat(moment), str(uuid.UUID(return_id))
    except ValueError as error:
        raise BadCursorError(_WANTED) from error
    if created_at.tzinfo is None:
        raise BadCursorError(_WANTED)
    return created_at, known


def encode_day(day: date, number: str) -> str:
    return _encoded(day.isoformat(), number)


def decode_day(cursor: str) -> tuple[date, str]:
    """Return what :func:`encode_day` was given; :class:`BadCursorError` for anything else."""
    day, number = _decoded(cursor)
    if not is_credit_note_number(number):
        raise BadCursorError(_WANTED)
    try:
        return date.fromisoformat(day), number
    except ValueError as error:
        raise BadCursorError(_WANTED) from error


def encode_arrival(day: date, location_id: str, return_id: str, delivery_id: str) -> str:
    return _encoded(day.isoformat(), f"{location_id}/{return_id}/{delivery_id}")


def decode_arrival(cursor: str) -> tuple[date, str, str, str]:
    """Return what :func:`encode_arrival` was given; :class:`BadCursorError` for anything else."""
    day, place = _decoded(cursor)
    try:
        location_id, return_id, delivery_id = place.split("/")
        return date.fromisoformat(day), location_id, str(uuid.UUID(return_id)), delivery_id
    except ValueError as error:
        raise BadCursorError(_WANTED) from error


_WANTED = "wanted a cursor from an earlier page"
_LONGEST = 500


def _encoded(*parts: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[str, str]:
    if len(cursor) > _LONGEST:
        # None of ours is; and what is deeply nested would exhaust whoever reads it.
        raise BadCursorError(_WANTED)
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        first, second = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursorError(_WANTED) from error
    if not (isinstance(first, str) and isinstance(second, str)) or "\x00" in second:
        raise BadCursorError(_WANTED)
    return first, second
