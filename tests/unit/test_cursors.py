"""Cursors come back from callers, who may send anything."""

import base64
import json
from datetime import date

import pytest

from storage.cursors import BadCursorError, decode_day, encode_day


def made_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_says_where_a_page_of_notes_ended() -> None:
    assert decode_day(encode_day(date(2026, 3, 1), "CN-2026-000123")) == (
        date(2026, 3, 1),
        "CN-2026-000123",
    )


@pytest.mark.parametrize(
    "cursor",
    [
        made_of(["2026-03-01", "\ud800"]),
        made_of(["2026-03-01", "CN-1\x00"]),
        made_of(["2026-13-01", "CN-2026-000123"]),
        made_of("no pair"),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        "ü",
    ],
    ids=["surrogate", "nul", "no day", "no pair", "nested", "no base64"],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    """Also what would exhaust whoever reads it, and text that no database can hold."""
    with pytest.raises(BadCursorError):
        decode_day(cursor)
