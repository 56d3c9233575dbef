"""Policies under which value goes out before its goods."""

from typing import Any

from domain.law.schema import LONGEST_DAYS
from domain.policies import Policy
from domain.policy_reading import parse_policy
from tests.support.builders import pack

LONGEST = 24 * LONGEST_DAYS
"""The most hours that a pack may say: where time runs fast, the goods still come within them."""


def releasing(
    *,
    refund: str = "accepted",
    replacement: str = "accepted",
    recovery: str | None = None,
    hold: str | None = None,
    hours: int = 240,
    **changes: Any,
) -> Policy:
    """Return the standard policy with these triggers; goods may stay away for ``hours``."""
    return parse_policy(
        releasing_pack(
            refund=refund, replacement=replacement, recovery=recovery, hold=hold, hours=hours
        )
        | changes
    )


def releasing_pack(
    *,
    refund: str = "accepted",
    replacement: str = "accepted",
    recovery: str | None = None,
    hold: str | None = None,
    hours: int | None = 240,
) -> dict[str, object]:
    data: dict[str, Any] = pack()
    data["triggers"] = {"refund": refund, "replacement": replacement}
    if recovery is not None:
        data["recovery"] = recovery
    if hold is not None:
        data["advance_exchange"] = {"hold": hold}
    if hours is not None:
        data["handling_hours"]["recovery"] = hours
    return data
