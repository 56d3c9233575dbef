"""The standard policy with other times and terms."""

from typing import Any

from domain.policies import Policy
from domain.policy_reading import parse_policy
from tests.support.builders import pack


def ruled_by(*, hours: dict[str, int] | None = None, **terms: object) -> Policy:
    """Return the standard policy with some ``handling_hours`` and top-level terms of its own."""
    data: dict[str, Any] = pack()
    data["handling_hours"] |= hours or {}
    return parse_policy(data | terms)
