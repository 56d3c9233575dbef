"""What a reviewer must say before a decision counts, and the clock that he decides against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.authority import approve_first, first_approval, is_second, needs_second
from domain.clocks import within_law
from domain.codes import RefusedError
from domain.commands import TIMEOUT, Actor
from domain.eligibility import Verdict
from domain.granting import check_grant, grant, verdict_on
from domain.lifecycle import AuthorizationState
from domain.overriding import is_overridden
from domain.requests import HandoverMethod
from domain.returns import Change, Return
from domain.review import NOT_REVIEWED
from domain.review_terms import Silence
from domain.ways_back import check_way_chosen


@dataclass(frozen=True, slots=True)
class LineReason:
    """Why one line is declined, or granted against its rule; the customer may read it."""

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
    """Refuse an approval that grants nothing, or decides a line against its rule without a reason.

    A declined line needs one in any case.

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
    overridden = [
        line.line_id
        for line in ret.lines
        if line.line_id in line_ids and is_overridden(line.decision, granted=True)
    ]
    _check_reasons(reasons, [*declined, *overridden], line_ids)
    told = [row.line_id for row in reasons]
    for why, ids in (
        ("granted against its rule", overridden),
        ("declined without a reason", declined),
    ):
        if not reason and (silent := [line_id for line_id in ids if line_id not in told]):
            raise RefusedError("invalid_request", f"line {silent[0]} is {why}", field="reason")


def approved(
    ret: Return,
    line_ids: Sequence[str],
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    reasons: Sequence[LineReason] = (),
    handover: HandoverMethod | None = None,
) -> Change:
    """Grant what a person approved, or wait for a second one where it is above the limit."""
    reason, reasons = with_first_reasons(ret, reason, reasons, by=by)
    told = tuple((row.line_id, row.reason) for row in reasons)
    if needs_second(ret, line_ids, by=by):
        return approve_first(
            ret, line_ids, by=by, at=at, reason=reason, reasons=told, handover=handover
        )
    first = first_approval(ret) if is_second(ret, by=by) else None
    return grant(
        ret,
        line_ids,
        by="human",
        at=at,
        reason=reason,
        reasons=dict(told),
        actor=by,
        handover=handover,
        first_by=first.by if first is not None else None,
    )


def with_first_reasons(
    ret: Return, reason: str, reasons: Sequence[LineReason], *, by: Actor
) -> tuple[str, tuple[LineReason, ...]]:
    """Return the reasons of an approval; where a second person gives none, the first one's."""
    first = first_approval(ret)
    if first is None or not is_second(ret, by=by) or reason or reasons:
        return reason, tuple(reasons)
    return first.reason, tuple(LineReason(line_id, why) for line_id, why in first.reasons)


def _check_reasons(
    reasons: Sequence[LineReason], explained: Sequence[str], granted: Sequence[str]
) -> None:
    seen: list[str] = []
    for index, row in enumerate(reasons):
        at = f"reasons[{index}]"
        if row.line_id in granted and row.line_id not in explained:
            raise RefusedError("invalid_request", "the line is granted", field=f"{at}.line_id")
        if row.line_id not in explained:
            raise RefusedError("line_not_found", f"no line {row.line_id!r}", field=f"{at}.line_id")
        if row.line_id in seen:
            raise RefusedError("invalid_request", "stands twice", field=f"{at}.line_id")
        if not row.reason:
            raise RefusedError("invalid_request", "wanted a text", field=f"{at}.reason")
        seen.append(row.line_id)


def remembers_who_asked(ret: Return) -> bool:
    """Say whether it matters later who asked: a person decides, or has to approve the money."""
    verdict, _ = verdict_on(ret)
    return bool(ret.policy.approval_above) or verdict is AuthorizationState.IN_REVIEW


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


def silence_after(ret: Return, *, since: datetime, lasts: timedelta, usual: Silence) -> Silence:
    """Return what a customer's silence leads to: as the policy has it, where he had its whole time.

    Nobody is denied for want of a word that a law wanted sooner than the policy says: then the
    reviewer decides.
    """
    return usual if within_law(ret, since, lasts) == lasts else Silence.REVIEW


def decided_by_clock(ret: Return, *, approve: bool, reason: str, at: datetime) -> Change:
    """Decide for who did not in time: grant what the rules do not deny, or nothing."""
    ruled = reasons_of_rules(ret)
    granted = [line.line_id for line in ret.lines if approve and line.line_id not in ruled]
    return grant(ret, granted, by="timeout", at=at, reason=reason, reasons=ruled, actor=TIMEOUT)


def reasons_of_rules(ret: Return) -> dict[str, str]:
    """Return why the rules deny the lines that they deny."""
    return {
        line.line_id: line.decision.explanation
        for line in ret.lines
        if line.decision.verdict is Verdict.REJECT
    }
