"""Headers of a webhook, whatever their case."""

from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header by name in any case: ASGI servers lower them, vendors do not."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)
