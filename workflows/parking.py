"""Park, fix, resume: a step that cannot be done becomes a named blocker, no failed workflow."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import (
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)
from temporalio.exceptions import (
    TimeoutError as ActivityTimeoutError,
)

from domain.blockers import WAITS
from domain.events import Fact
from domain.returns import Blocker, Change, Return
from workflows.options import PARKED_RETRY
from workflows.recording import Case
from workflows.steps import reason_of

_T = TypeVar("_T")

_CODES = {
    "ProviderUnavailable": "provider_unavailable",
    "CourierUnavailable": "courier_unavailable",
    "BookingUnknown": "booking_unknown",
    "ProviderRefused": "provider_refused",
    "BadUpstreamData": "bad_upstream_data",
    "HeldOtherwise": "hold_conflict",
    "NoHold": "hold_conflict",
    "OverCapture": "hold_conflict",
    "NoLocation": "no_receiving_location",
    "NothingLeft": "nothing_left_to_refund",
    "SealedOtherwise": "settlement_conflict",
    "OutcomeUnknown": "refund_unknown",
    "RefundRefused": "refund_refused",
    "ChargedBack": "charged_back",
    "RefundSpacing": "refund_spacing",
    "RefundLimit": "refund_limit_reached",
    "RefundGated": "refund_gated",
}
_OF_HOLDS = ("hold", "renew", "capture", "void")
_LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a step from being done, by its code in the catalogue of blockers."""

    code: str
    detail: str
    field: str | None = None
    until: datetime | None = None
    """When it may be tried again, where the trouble itself says so."""


class NoLongerWantedError(Exception):
    """The return took another way while a step of it was parked."""


class Parking:
    """Knows which work is parked and which of it was told to try again."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._again: list[str] = []
        self._parked: list[str] = []
        self._tried: list[str] = []

    async def attempt(
        self,
        work: str,
        step: Callable[[], Awaitable[_T]],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> _T:
        """Do ``step`` until it is done; while it cannot be, ``work`` stands parked.

        A parked step is tried again when somebody says so (:meth:`release`) or its deadline passes.

        Raises:
            NoLongerWantedError: ``wanted`` became false while the step stood parked.
        """
        while True:
            try:
                done = await self._try(work, step)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                trouble = trouble_of(error)
                if trouble.code == "refund_unknown" and work.partition("/")[0] in _OF_HOLDS:
                    trouble = replace(trouble, code="hold_unknown")
                self._case.take(blocked(self._case.ret, work, trouble))
                await self.stand(work, wanted=wanted)
            else:
                self.unpark(work)
                return done

    async def _try(self, work: str, step: Callable[[], Awaitable[_T]]) -> _T:
        if work in self._again:
            self._again.remove(work)
        self._tried.append(work)
        try:
            return await step()
        finally:
            self._tried.remove(work)

    async def park(
        self, work: str, code: str, detail: str, *, wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """Raise a blocker, or raise it again, and wait until ``work`` may be tried again."""
        self._case.take(blocked(self._case.ret, work, Trouble(code, detail)))
        await self.stand(work, wanted=wanted)

    async def stand(self, work: str, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """Wait until ``work``, whose blocker is raised already, may be tried again.

        Raises:
            NoLongerWantedError: ``wanted`` became false meanwhile.
        """
        self._parked.append(work)
        # The round that started this work took it for busy: another one sets the alarm.
        self._case.changed = True
        await workflow.wait_condition(lambda: work in self._again or not wanted())
        self._parked.remove(work)
        if work in self._again:
            self._again.remove(work)
        if not wanted():
            self.unpark(work)
            raise NoLongerWantedError(work)

    def has_blocker(self, work: str) -> bool:
        """Say whether trouble of this work stands, perhaps since an earlier run."""
        return any(blocker.work == work for blocker in self._case.ret.blockers)

    def is_parked(self, work: str) -> bool:
        return work in self._parked and work not in self._again

    def release(self, work: str | None) -> None:
        """Let parked work be tried again: the one named, or all.

        Work that is being tried already is left alone: the order is for this try, not for the next.
        In a run that took over, the order may come before the work stands parked again.
        """
        for parked in [blocker.work for blocker in self._case.ret.blockers]:
            waits = parked not in self._tried and parked not in self._again
            if waits and work in (None, parked):
                self._again.append(parked)
                self._case.changed = True

    def insist(self, work: str) -> None:
        """Let work be tried again with what is new, also when a try without it is under way."""
        if self.has_blocker(work) and work not in self._again:
            self._again.append(work)
            self._case.changed = True

    def release_due(self) -> None:
        """Let all parked work be tried again whose deadline has passed."""
        for blocker in self._case.ret.blockers:
            if blocker.deadline <= workflow.now():
                self.release(blocker.work)

    def unpark(self, work: str) -> None:
        """Note that the trouble behind parked work is over, if there was any."""
        ret = self._case.ret
        left = tuple(blocker for blocker in ret.blockers if blocker.work != work)
        if len(left) < len(ret.blockers):
            cleared = Fact("blocker.cleared", {"work": work})
            self._case.take((replace(ret, blockers=left), (cleared,)))


def blocked(ret: Return, work: str, trouble: Trouble) -> Change:
    """Raise a blocker, or raise it again: each time in a row its deadline is twice as far."""
    now, code, detail = workflow.now(), trouble.code, trouble.detail
    before = next((blocker for blocker in ret.blockers if blocker.work == work), None)
    tries = before.tries + 1 if before is not None and before.code == code else 1
    deadline = now + min(PARKED_RETRY * 2 ** min(tries - 1, 10), ret.policy.handling.parked)
    if trouble.until is not None and trouble.until > now:
        deadline = trouble.until
    blocker = Blocker(
        code=code,
        work=work,
        since=before.since if before is not None else now,
        deadline=deadline,
        detail=detail,
        tries=tries,
        field=trouble.field,
    )
    others = tuple(other for other in ret.blockers if other.work != work)
    raised = Fact(
        "blocker.raised",
        {
            "code": code,
            "work": work,
            "owner": WAITS[code].owner,
            "deadline": blocker.deadline.isoformat(),
            "detail": detail,
            "field": trouble.field,
            "tries": tries,
        },
    )
    return replace(ret, blockers=(*others, blocker)), (raised,)


def trouble_of(error: FailureError) -> Trouble:
    """Name the trouble behind a failed step."""
    cause = reason_of(error)
    details = cause.details if isinstance(cause, ApplicationError) else ()
    field = str(details[1]) if len(details) > 1 and details[1] else None
    until = datetime.fromisoformat(details[2]) if len(details) > 2 else None
    return Trouble(_code(error), _detail(error), field, until)


def _code(error: FailureError) -> str:
    cause = reason_of(error)
    if isinstance(cause, ActivityTimeoutError):
        if not isinstance(cause.cause, ApplicationError):
            return "provider_unavailable"
        # The tries ran out: what the last one said names the trouble.
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        return _CODES.get(cause.type or "", "internal_error")
    return "internal_error"


def _detail(error: FailureError) -> str:
    cause = reason_of(error)
    if isinstance(cause, ActivityTimeoutError) and cause.cause is not None:
        cause = cause.cause
    # The type of an error of ours is told by the blocker's code already.
    said = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return said[:_LONGEST_DETAIL]
