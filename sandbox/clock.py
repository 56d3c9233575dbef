"""The time as each system writes it."""

from datetime import UTC, datetime


def unix_now() -> int:
    return int(datetime.now(UTC).timestamp())


def iso_now() -> str:
    """RFC 3339 with microseconds and offset."""
    return datetime.now(UTC).isoformat()


def easypost_now() -> str:
    return utc_text(datetime.now(UTC))


def utc_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
