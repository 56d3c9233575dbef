"""What a reviewer must say before a decision counts, and the clock that he decides against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.codes import RefusedError
from domain.commands import TIMEOUT
from domain.eligibility import Verdict
from domain.granting import check_grant, grant
from domain.lifecycle import AuthorizationState
from domain.requests import HandoverMethod
from domain.returns import Change, Return
from domain.review import NOT_REVIEWED
from domain.ways_back import check_way_chosen


@dataclass(frozen=True, slots=True)
class LineReason:
    """Why one line is declined. The customer reads it; logs do not hold it."""

    line_id: str
    reason: str


def check_in_review(ret: Return) -> None:
    if ret.authorization is not AuthorizationState.IN_REVIEW:
        raise RefusedError("command_not_allowed", f"the return is {ret.headline}")


def check_approval(
    ret: Return,
    line_ids: Sequence[str],
    reason: str,
    reasons: Sequence[LineReason],
    handover: HandoverMethod | None = None,
) -> None:
    """Refuse an approval that grants nothing, or leaves a declined line without a reason.

    Raises:
        RefusedError: it names the field that is wrong; see also :func:`check_grant`.
    """
    check_in_review(ret)
    if not line_ids:
        raise RefusedError(
            "invalid_request", "wanted one or more; deny refuses all", field="line_ids"
        )
    check_grant(ret, line_ids)
    check_way_chosen(ret, line_ids, handover)
    declined = [line.line_id for line in ret.lines if line.line_id not in line_ids]
    _check_reasons(reasons, declined, line_ids)
    told = [row.line_id for row in reasons]
    if not reason and (silent := [line_id for line_id in declined if line_id not in told]):
        raise RefusedError(
            "invalid_request", f"line {silent[0]} is declined without a reason", field="reason"
        )


def _check_reasons(
    reasons: Sequence[LineReason], declined: Sequence[str], granted: Sequence[str]
) -> None:
    seen: list[str] = []
    for index, row in enumerate(reasons):
        at = f"reasons[{index}]"
        if row.line_id in granted:
            raise RefusedError("invalid_request", "the line is granted", field=f"{at}.line_id")
        if row.line_id not in declined:
            raise RefusedError("line_not_found", f"no line {row.line_id!r}", field=f"{at}.line_id")
        if row.line_id in seen:
            raise RefusedError("invalid_request", "stands twice", field=f"{at}.line_id")
        if not row.reason:
            raise RefusedError("invalid_request", "wanted a text", field=f"{at}.reason")
        seen.append(row.line_id)


REVIEW_CLOCK = "review"
"""The key of the wait for a reviewer's decision."""


def back_to_review(ret: Return, *, since: datetime, at: datetime) -> Return:
    """Make it the reviewer's turn again, with what was left of the clock at ``since``.

    A deadline that a person moved moves on as well.
    """
    review, paused = ret.review or NOT_REVIEWED, at - since
    return replace(
        ret,
        authorization=AuthorizationState.IN_REVIEW,
        review=replace(review, paused=review.paused + paused),
        extended=tuple(
            (key, until + paused if key == REVIEW_CLOCK else until) for key, until in ret.extended
        ),
    )


def decided_by_clock(ret: Return, *, approve: bool, reason: str, at: datetime) -> Change:
    """Decide for who did not in time: grant what the rules do not deny, or nothing."""
    denied = [line for line in ret.lines if line.decision.verdict is Verdict.REJECT]
    granted = [line.line_id for line in ret.lines if approve and line not in denied]
    ruled = {line.line_id: line.decision.explanation for line in denied}
    return grant(ret, granted, by="timeout", at=at, reason=reason, reasons=ruled, actor=TIMEOUT)
