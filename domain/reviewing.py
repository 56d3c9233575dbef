"""What a reviewer must say before a decision counts: which lines, and why the others are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.codes import RefusedError
from domain.granting import check_grant
from domain.lifecycle import AuthorizationState
from domain.requests import HandoverMethod
from domain.returns import Return
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
