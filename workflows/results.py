"""Inspection results left as signals: each counts once, also before its parcel is counted."""

from dataclasses import replace

from temporalio import workflow

from domain.codes import RefusedError
from domain.holding import hold, is_early, refused, release, ripe, take_result
from domain.returns import HeldInspection
from workflows.command_kinds import check_record_inspection, finding_of
from workflows.commands import Commands, check_frame, payload_hash
from workflows.messages import INSPECTION_SIGNAL, RecordInspection
from workflows.recording import Case


def leave_result(case: Case, commands: Commands, result: RecordInspection) -> None:
    """Take in a result for whose answer nobody waits.

    It counts once, whether it came as a command before or comes as one later. Before its receipt it
    is kept; what cannot be taken is logged.
    """
    info = result.info
    held = HeldInspection(
        command_id=info.command_id,
        content_hash=payload_hash(result),
        actor=info.actor,
        lot_id=result.lot_id,
        quantity=result.quantity,
        finding=finding_of(result),
        held_at=workflow.now(),
    )
    if case.has_taken(INSPECTION_SIGNAL, _said(held)):
        return
    try:
        if commands.is_repeat(result):
            return
        check_frame(case.ret, "record-inspection", replace(info, expected_version=None))
        if is_early(case.ret, held.lot_id):
            kept = hold(case.ret, held)
            case.take(kept, actor=info.actor, cause_id=info.command_id)
            return
        # Of what is kept for its receipt, the lot changes when it is counted: no version holds.
        check_record_inspection(case.ret, result)
    except RefusedError as error:
        _refuse(case, held, error)
        return
    _take(case, commands, held)


def take_ripe_results(case: Case, commands: Commands) -> None:
    """Carry out the kept results whose goods were counted, or can no longer be."""
    while (held := ripe(case.ret)) is not None:
        case.take((release(case.ret, held), ()))
        if not commands.is_known(held.command_id):
            _take(case, commands, held)


def _take(case: Case, commands: Commands, held: HeldInspection) -> None:
    try:
        change = take_result(case.ret, held)
    except RefusedError as error:
        _refuse(case, held, error)
        return
    case.take(change, actor=held.actor, cause_id=held.command_id)
    commands.remember(case.ret, held.command_id, held.content_hash)


def _refuse(case: Case, held: HeldInspection, error: RefusedError) -> None:
    case.note(INSPECTION_SIGNAL, _said(held))
    fact = refused(held.lot_id, error.code)
    case.take((case.ret, (fact,)), actor=held.actor, cause_id=held.command_id)


def _said(held: HeldInspection) -> str:
    """Name what was refused: who said what under which id. Said better, it is heard again."""
    return f"{held.command_id}/{held.actor}/{held.content_hash}"
