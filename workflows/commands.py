"""Commands given to a running return: checked before history, carried out once, answered."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.commands import may
from domain.drafts import check_correction, correct, is_draft
from domain.events import Fact, JsonValue
from domain.grading import check_inspection, grade_lot
from domain.ids import content_hash
from domain.inspection import Finding
from domain.opening import Change, grant
from domain.pickups import check_pickup_outcome, pickup_failed
from domain.receiving import check_receipt, receive
from domain.requests import Resolution
from domain.resolving import choose_refund
from domain.returns import Lot, Receipt, ReceiptEntry, Return
from domain.reviewing import check_approval, check_in_review
from domain.transport import check_withdrawal, withdraw
from domain.waiting import extend, waits
from workflows.messages import (
    Approve,
    ChooseResolution,
    CommandAnswer,
    CommandInfo,
    Correct,
    Deny,
    ExtendDeadline,
    Receive,
    RecordInspection,
    RefusalDetail,
    ReportPickupOutcome,
    RestartFromProjection,
    Retry,
    Withdraw,
)
from workflows.recording import Case

_LONGEST_EXTENSION = timedelta(days=730)


class Command(Protocol):
    """Every update's payload names its command, who gives it and on which version."""

    @property
    def info(self) -> CommandInfo: ...


class Commands:
    """Carries commands out on a case; each command id once, then it answers the same.

    Args:
        answers: Those of the case, which writes them down with what they led to.
    """

    def __init__(self, answers: dict[str, CommandAnswer]) -> None:
        self._answers = answers

    def check(
        self, case: Case | None, name: str, command: Command, check: Callable[[Return], object]
    ) -> None:
        """Refuse a command before it enters history.

        Raises:
            ApplicationError: its type is the code of the refusal.
        """
        ret = case.ret if case is not None else None
        try:
            if not self.is_repeat(command):
                check(check_frame(ret, name, command.info))
        except RefusedError as error:
            raise refusal(error, ret) from error

    def is_repeat(self, command: Command) -> bool:
        """Say whether a command was carried out before.

        Raises:
            RefusedError: its id came with other content.
        """
        known = self._answers.get(command.info.command_id)
        if known is not None and known.content_hash != payload_hash(command):
            raise RefusedError("key_reused", "this command id came with other content")
        return known is not None

    def carry_out(
        self, case: Case, command: Command, act: Callable[[Return], Change]
    ) -> CommandAnswer:
        """Take the command's change in and answer it; a repeated command id changes nothing."""
        info = command.info
        if info.command_id not in self._answers:
            case.take(act(case.ret), actor=info.actor, cause_id=info.command_id)
            self.remember(case.ret, info.command_id, payload_hash(command))
        return self._answers[info.command_id]

    def is_known(self, command_id: str) -> bool:
        return command_id in self._answers

    def remember(self, ret: Return, command_id: str, content_hash: str) -> None:
        """Keep what a command that was carried out is answered, however often it comes."""
        self._answers[command_id] = CommandAnswer(
            command_id=command_id,
            content_hash=content_hash,
            version=ret.version,
            headline=ret.headline,
            allowed_commands=allowed_commands(ret),
        )


def check_frame(ret: Return | None, name: str, info: CommandInfo) -> Return:
    """Return the return that a command of this actor and version may be given to."""
    if not may(info.actor.role, name):
        raise RefusedError("forbidden", f"role {info.actor.role} may not {name}")
    if ret is None:
        raise RefusedError("command_not_allowed", "the return is still being opened")
    if is_draft(ret) and name not in allowed_commands(ret):
        raise RefusedError("command_not_allowed", "the return is still a draft")
    if info.expected_version not in (None, ret.version):
        raise RefusedError(
            "stale_version", f"expected {info.expected_version}, found {ret.version}"
        )
    return ret


def payload_hash(command: Command) -> str:
    """Hash which command it is and what it says, without who says it and under which id."""
    content = asdict(command)  # type: ignore[call-overload]  # every payload is a dataclass
    content["info"] = type(command).__name__
    return content_hash(content)


def refusal(error: RefusedError, ret: Return | None) -> ApplicationError:
    """Return the error that a refused update ends with."""
    detail = RefusalDetail(
        version=ret.version if ret else 0,
        allowed_commands=allowed_commands(ret) if ret else (),
        field=error.field,
    )
    return ApplicationError(
        str(error),
        detail,
        type=error.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def check_withdraw(ret: Return, command: Withdraw) -> None:  # noqa: ARG001  # one shape for all
    check_withdrawal(ret)


def do_withdraw(ret: Return, command: Withdraw) -> Change:  # noqa: ARG001  # one shape for all
    return withdraw(ret, at=workflow.now())


def check_approve(ret: Return, command: Approve) -> None:
    check_approval(ret, command.line_ids, command.reason, command.reasons)


def do_approve(ret: Return, command: Approve) -> Change:
    return grant(
        ret,
        command.line_ids,
        by="human",
        at=workflow.now(),
        reason=command.reason,
        reasons={row.line_id: row.reason for row in command.reasons},
        actor=command.info.actor,
    )


def check_deny(ret: Return, command: Deny) -> None:
    check_in_review(ret)
    if not command.reason:
        raise RefusedError("invalid_request", "a denial needs a reason", field="reason")


def do_deny(ret: Return, command: Deny) -> Change:
    now, actor = workflow.now(), command.info.actor
    return grant(ret, (), by="human", at=now, reason=command.reason, actor=actor)


def check_report_pickup_outcome(ret: Return, command: ReportPickupOutcome) -> None:
    check_pickup_outcome(ret, command.delivery_id, command.attempt)


def do_report_pickup_outcome(ret: Return, command: ReportPickupOutcome) -> Change:
    now, note = workflow.now(), command.note
    return pickup_failed(ret, command.delivery_id, command.outcome, at=now, note=note)


def check_receive(ret: Return, command: Receive) -> None:
    check_receipt(ret, _receipt(command))


def do_receive(ret: Return, command: Receive) -> Change:
    receipt = _receipt(command)
    if check_receipt(ret, receipt) is not None:
        return ret, ()
    return receive(ret, receipt)


def _receipt(command: Receive) -> Receipt:
    return Receipt(
        receipt_id=command.receipt_id,
        parcel=command.parcel,
        location_id=command.location_id,
        entries=tuple(ReceiptEntry(e.sku, e.quantity, note=e.note) for e in command.entries),
        received_by=str(command.info.actor),
        received_at=workflow.now(),
    )


def check_record_inspection(ret: Return, command: RecordInspection) -> Lot:
    return check_inspection(
        ret,
        command.lot_id,
        finding_of(command),
        quantity=command.quantity,
        expected_version=command.lot_version,
    )


def do_record_inspection(ret: Return, command: RecordInspection) -> Change:
    return grade_lot(ret, command.lot_id, finding_of(command), quantity=command.quantity)


def finding_of(command: RecordInspection) -> Finding:
    return Finding(
        grade=command.grade,
        fault=command.fault,
        inspected_by=str(command.info.actor),
        inspected_at=workflow.now(),
        checklist=command.checklist,
        photos=command.photos,
        reason_found=command.reason_found,
        note=command.note,
    )


def check_choose_resolution(ret: Return, command: ChooseResolution) -> None:
    if command.resolution is not Resolution.REFUND:
        raise RefusedError("invalid_request", "only REFUND can be chosen", field="resolution")
    choose_refund(ret, command.lot_id)


def do_choose_resolution(ret: Return, command: ChooseResolution) -> Change:
    return choose_refund(ret, command.lot_id), (_intervention("choose-resolution", command.lot_id),)


def check_retry(ret: Return, command: Retry) -> None:
    parked = [blocker.work for blocker in ret.blockers]
    if not parked:
        raise RefusedError("command_not_allowed", "nothing is parked")
    if command.work is not None and command.work.removeprefix("work/") not in parked:
        raise RefusedError("wait_not_found", f"{command.work!r} is not parked", field="work")


def do_retry(ret: Return, command: Retry) -> Change:
    return ret, (_intervention("retry", command.work),)


def check_correct(ret: Return, command: Correct) -> None:
    check_correction(ret, command.field, command.value)
    if not command.reason:
        raise RefusedError("invalid_request", "a correction needs a reason", field="reason")


def do_correct(ret: Return, command: Correct) -> Change:
    return correct(ret, check_correction(ret, command.field, command.value))


def check_extend_deadline(ret: Return, command: ExtendDeadline) -> None:
    if command.wait not in [wait.key for wait in waits(ret)]:
        raise RefusedError("wait_not_found", f"no wait {command.wait!r}", field="wait")
    if command.until.tzinfo is None:
        raise RefusedError("invalid_request", "wanted a time with its offset", field="until")
    if command.until <= workflow.now():
        raise RefusedError("deadline_in_past", "a deadline must lie ahead", field="until")
    if command.until > workflow.now() + _LONGEST_EXTENSION:
        raise RefusedError("deadline_too_far", "wanted at most two years", field="until")


def do_extend_deadline(ret: Return, command: ExtendDeadline) -> Change:
    work = command.wait.removeprefix("work/")
    blockers = tuple(
        replace(blocker, deadline=command.until) if blocker.work == work else blocker
        for blocker in ret.blockers
    )
    extended = replace(extend(ret, command.wait, command.until), blockers=blockers)
    return extended, (_intervention("extend-deadline", command.wait),)


def check_restart(ret: Return, command: RestartFromProjection) -> None:  # noqa: ARG001  # one shape for all
    raise RefusedError("command_not_allowed", "the return has a run: nothing was lost")


def do_restart(ret: Return, given_again: Sequence[str]) -> Change:
    data: dict[str, JsonValue] = {
        "kind": "restart-from-projection",
        "subject": None,
        "given_again": [*given_again],
    }
    return ret, (Fact("ops.intervention", data),)


def _intervention(kind: str, subject: str | None) -> Fact:
    return Fact("ops.intervention", {"kind": kind, "subject": subject})
