"""The rounds of a return: start what is due, write what happened, wait for what comes."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

from temporalio import workflow

from activities.surveys import StartFollowUp, SurveyActivities
from domain.commands import TIMEOUT
from domain.deadlines import pass_deadlines
from domain.events import Fact
from domain.invariants import broken
from domain.lifecycle import ENDED_EARLY, WITHOUT_EFFECT
from domain.resolving import all_resolved, complete
from domain.returns import Return
from domain.waiting import waits
from domain.work import WorkKind, due_work
from workflows import (
    drafting,
    late_scans,
    parcels,
    resolution,
    reverse_delivery,
    securing,
    settlement,
)
from workflows.alarm import Alarm
from workflows.commands import Commands
from workflows.parking import NoLongerWantedError, Parking
from workflows.recording import Case
from workflows.results import take_ripe_results
from workflows.steps import write

_STEPS: dict[WorkKind, Callable[[Case, Parking, str], Coroutine[None, None, None]]] = {
    WorkKind.OPEN: drafting.open_order,
    WorkKind.BOOK: reverse_delivery.book,
    WorkKind.COURIER: reverse_delivery.order_courier,
    WorkKind.CALL_COURIER_OFF: reverse_delivery.call_courier_off,
    WorkKind.QR_CODE: reverse_delivery.make_qr_code,
    WorkKind.CANCEL: reverse_delivery.cancel,
    WorkKind.SETTLE: settlement.settle,
    WorkKind.REFUND: settlement.refund,
    WorkKind.REPLACE: resolution.replace,
    WorkKind.CALL_OFF: resolution.call_off,
    WorkKind.HOLD: securing.place,
    WorkKind.RENEW: securing.renew,
    WorkKind.CAPTURE: securing.capture,
    WorkKind.VOID: securing.void,
    WorkKind.GIVE_BACK: securing.give_back,
    WorkKind.STOCK: resolution.move_stock,
    WorkKind.TELL: parcels.tell,
    WorkKind.RELOCK: late_scans.relock,
}
INVARIANTS = "invariants/return"
_ASKED_ABOUT = ("awaiting_refund", "refund_overdue")


class Rounds:
    """Goes round until nothing is left to do or to wait for.

    Args:
        go_on: Ends the run in favour of a new one with the same state; called between two rounds,
            when no step runs and the history has become long.
    """

    def __init__(
        self, case: Case, parking: Parking, commands: Commands, *, go_on: Callable[[], None]
    ) -> None:
        self._case = case
        self._parking = parking
        self._commands = commands
        self._go_on = go_on
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._alarm = Alarm()

    async def run(self) -> None:
        """Start what is due, write what happened, wait for what comes; until nothing is left."""
        case = self._case
        while True:
            # What changes from here on, also while this round is written, leads to another round.
            case.changed = False
            take_ripe_results(case, self._commands)
            await self._complete_if_resolved()
            self._start_due_work()
            await case.record(busy=self._is_busy())
            if case.is_recorded:
                if self._has_ended(case.ret):
                    return
                self._go_on_if_long()
            await self._next_change()

    def _start_due_work(self) -> None:
        case = self._case
        if broken(case.ret):
            self._start(INVARIANTS, self._park_broken())
            return
        for work in due_work(case.ret):
            # One thing at a time per subject: a cancellation waits for the booking under way.
            if not any(key.split("/", 1)[1] == work.subject for key in self._tasks):
                self._start(work.key, _STEPS[work.kind](case, self._parking, work.subject))
        for blocker in case.ret.blockers:
            if blocker.work not in self._tasks:
                # Of work that is no longer wanted: nobody would try it at its deadline.
                self._parking.unpark(blocker.work)

    def _start(self, key: str, step: Coroutine[None, None, None]) -> None:
        if key in self._tasks:
            step.close()
            return
        self._tasks[key] = asyncio.create_task(step)

    async def _park_broken(self) -> None:
        while problems := broken(self._case.ret):
            await self._parking.park(INVARIANTS, "invariant_broken", "; ".join(problems))
        self._parking.unpark(INVARIANTS)

    async def _next_change(self) -> None:
        """Wait for a message, the end of a step, or the next deadline, whichever comes first."""
        case = self._case
        if not self._has_news():
            if not self._is_busy():
                self._alarm.set_for(waits(case.ret))
            await workflow.wait_condition(self._has_news)
        if self._alarm.has_rung:
            self._alarm.stop()
            self._parking.release_due()
            self._look_up_overdue()
            case.take(pass_deadlines(case.ret, at=workflow.now()), actor=TIMEOUT)
        self._reap()

    def _look_up_overdue(self) -> None:
        """Ask providers about refunds whose end was not told in time."""
        for wait in waits(self._case.ret):
            if wait.code in _ASKED_ABOUT and wait.deadline <= workflow.now():
                intent_id = wait.key.removeprefix("refund/")
                self._start(f"look-up/{intent_id}", settlement.look_up(self._case, intent_id))

    def _has_news(self) -> bool:
        done = any(task.done() for task in self._tasks.values())
        return self._case.changed or done or self._alarm.has_rung

    def _is_busy(self) -> bool:
        """Say whether a step runs: it ends or parks within minutes, so no new timer is needed."""
        return any(not self._parking.is_parked(key) for key in self._tasks)

    def _reap(self) -> None:
        """Forget finished steps; a step that broke breaks the workflow task, not the return."""
        for key, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[key]
                with contextlib.suppress(NoLongerWantedError):
                    task.result()

    async def _complete_if_resolved(self) -> None:
        case, ret = self._case, self._case.ret
        if ret.completed_at is not None or ret.authorization in ENDED_EARLY or self._tasks:
            return
        if not all_resolved(ret):
            return
        case.take(complete(ret, at=workflow.now()))
        if all(lot.state in WITHOUT_EFFECT for lot in ret.lots):
            suppressed = Fact("survey.suppressed", {"reason": "nothing was resolved"})
            case.take((case.ret, (suppressed,)))
            return
        if ret.reopened_at is not None:
            # It was asked about when it completed first, perhaps longer ago than the engine knows.
            return
        # No child: it outlives the return anyway, and a child costs nine events instead of one.
        await write(
            SurveyActivities.start_follow_up,
            _follow_up(case.ret),
            summary=f"survey after {ret.rma_no}",
        )

    def _has_ended(self, ret: Return) -> bool:
        if self._tasks or due_work(ret):
            return False
        return ret.closed or ret.authorization in ENDED_EARLY

    def _go_on_if_long(self) -> None:
        """Between two rounds: without an await nothing can come in between."""
        long = workflow.info().is_continue_as_new_suggested()
        if long and not self._is_busy() and workflow.all_handlers_finished():
            self._go_on()


def _follow_up(ret: Return) -> StartFollowUp:
    handling = ret.policy.handling
    return StartFollowUp(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        order_id=ret.request.order_id,
        rma_no=ret.rma_no,
        survey_after_seconds=handling.survey_after.total_seconds(),
        reminder_after_seconds=handling.survey_reminder_after.total_seconds(),
        expires_after_seconds=handling.survey_expires_after.total_seconds(),
    )
