"""How much one person may grant: up to the role's limit, above it with a second one (edge 19)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.commands import Actor, Role
from domain.events import Fact, JsonValue
from domain.money import Money
from domain.releasing import value_of_lines
from domain.requests import HandoverMethod
from domain.returns import Change, Return
from domain.review import NOT_REVIEWED, FirstApproval

_SECOND = (Role.FINANCE, Role.OPS)


def first_approval(ret: Return) -> FirstApproval | None:
    return ret.review.first_approval if ret.review is not None else None


def check_not_own(ret: Return, *, by: Actor, known_as: Sequence[str] = ()) -> None:
    """Refuse that somebody grants what they asked for themselves.

    Raises:
        RefusedError: ``four_eyes``.
    """
    asker = ret.requested_by
    if asker is not None and asker.actor_id in (by.actor_id, *known_as):
        raise RefusedError("four_eyes", "whoever asked for the return cannot grant it")


def check_part(ret: Return, *, by: Actor) -> None:
    """Refuse a decision of those who are asked as a second person alone, before a first one.

    Raises:
        RefusedError: ``forbidden``.
    """
    if by.role in _SECOND and first_approval(ret) is None:
        raise RefusedError("forbidden", f"{by.role} decides as a second person only")


def check_authority(
    ret: Return,
    line_ids: Collection[str],
    handover: HandoverMethod | None,
    *,
    by: Actor,
    known_as: Sequence[str] = (),
) -> None:
    """Refuse an approval that this person cannot give, neither as the first nor as the second.

    Above their limit a reviewer's approval is not refused: it is the first of two.

    Raises:
        RefusedError: their own request; a second person who is the first one, whose own limit is
            too low, or who approves something else.
    """
    check_not_own(ret, by=by, known_as=known_as)
    check_part(ret, by=by)
    first = first_approval(ret)
    if by.role not in _SECOND or first is None:
        return
    if first.by.actor_id in (by.actor_id, *known_as):
        raise RefusedError("four_eyes", "whoever approved first cannot be the second person")
    if {*line_ids} != {*first.line_ids}:
        wanted = ", ".join(first.line_ids)
        raise RefusedError("invalid_request", f"the first approved {wanted}", field="line_ids")
    if handover is not first.handover:
        wanted = first.handover or "the way that was wished"
        raise RefusedError("invalid_request", f"the first approved {wanted}", field="handover")
    check_limit(ret, value_of_lines(ret, line_ids), by=by)


def check_limit(ret: Return, value: int, *, by: Actor) -> None:
    """Refuse what is above the limit of a role.

    Raises:
        RefusedError: ``above_authority``, with both amounts.
    """
    if (limit := _limit_below(ret, value, by=by)) is not None:
        amount, most = Money(value, ret.currency), Money(limit, ret.currency)
        raise RefusedError("above_authority", f"{amount} is above the {most} of {by.role}")


def is_second(ret: Return, *, by: Actor) -> bool:
    return by.role in _SECOND and first_approval(ret) is not None


def needs_second(ret: Return, line_ids: Collection[str], *, by: Actor) -> bool:
    """Say whether an approval is above the limit of who gives it, and nobody approved before."""
    value = value_of_lines(ret, line_ids)
    return not is_second(ret, by=by) and _limit_below(ret, value, by=by) is not None


def _limit_below(ret: Return, value: int, *, by: Actor) -> int | None:
    limit = ret.policy.review.limit(by.role, ret.currency)
    return limit if limit is not None and value > limit else None


def approve_first(
    ret: Return,
    line_ids: Sequence[str],
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    reasons: Sequence[tuple[str, str]] = (),
    handover: HandoverMethod | None = None,
) -> Change:
    """Keep what a reviewer approved above the limit, instead of an earlier one, for a second."""
    first = FirstApproval(
        line_ids=tuple(line_ids),
        by=by,
        at=at,
        value_minor=value_of_lines(ret, line_ids),
        limit_minor=ret.policy.review.limit(by.role, ret.currency) or 0,
        reason=reason,
        reasons=tuple(reasons),
        handover=handover,
    )
    review = replace(ret.review or NOT_REVIEWED, first_approval=first)
    lines: list[JsonValue] = [*line_ids]
    data: dict[str, JsonValue] = {
        "line_ids": lines,
        "value_minor": first.value_minor,
        "limit_minor": first.limit_minor,
        "currency": ret.currency,
        "decided_by": str(by),
    }
    return replace(ret, review=review), (Fact("return.approved_first", data),)
