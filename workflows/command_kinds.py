"""What each command asks of a return: checked before it enters history, then done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow

from domain import late_scans
from domain.approving import approve, check_approval, check_decline, decline
from domain.authority import check_authority, check_part
from domain.codes import RefusedError
from domain.customs import check_papers, papers_recorded
from domain.deadlines import extend, give_time
from domain.drafts import check_correction, correct
from domain.events import Fact, JsonValue
from domain.grading import check_inspection, grade_lot
from domain.granting import grant
from domain.handover import change_handover, check_change, check_sending, sent
from domain.inspection import Finding
from domain.losing import check_lost, check_new_label, lost, new_label
from domain.parcel_links import counted_in
from domain.parcels import Receipt, ReceiptEntry
from domain.pickups import check_pickup_outcome, pickup_failed
from domain.proposals import Proposal
from domain.receiving import check_receipt, receive
from domain.recovering import check_resolution, resolve
from domain.redirecting import check_redirect, redirected
from domain.replacing import choose_resolution
from domain.returns import Change, CustomsPapers, Lot, Return
from domain.reviewing import approved, check_in_review, with_first_reasons
from domain.reviewing import check_approval as check_review
from domain.ruling import check_ruling, rule
from domain.transport import check_withdrawal, withdraw
from domain.waiting import shown, waits
from workflows.messages import (
    Approve,
    ApproveSettlement,
    ChangeHandover,
    ChangeTender,
    ChooseResolution,
    Correct,
    DeclineSettlement,
    Deny,
    ExtendDeadline,
    LeaveExpired,
    MarkLost,
    Receive,
    ReconcileRefund,
    RecordCustomsPapers,
    RecordInspection,
    RecordSending,
    ReplaceLabel,
    ReportPickupOutcome,
    ResolveRecovery,
    RestartFromProjection,
    Retry,
    Withdraw,
)

_LONGEST_EXTENSION = timedelta(days=730)


def check_withdraw(ret: Return, command: Withdraw) -> None:  # noqa: ARG001  # one shape for all
    check_withdrawal(ret)


def do_withdraw(ret: Return, command: Withdraw) -> Change:  # noqa: ARG001  # one shape for all
    return withdraw(ret, at=workflow.now())


def check_approve(ret: Return, command: Approve) -> None:
    by = command.info.actor
    reason, reasons = with_first_reasons(ret, command.reason, command.reasons, by=by)
    check_review(ret, command.line_ids, reason, reasons, command.handover)
    known_as = command.info.known_as
    check_authority(ret, command.line_ids, command.handover, by=by, known_as=known_as)


def do_approve(ret: Return, command: Approve) -> Change:
    return approved(
        ret,
        command.line_ids,
        by=command.info.actor,
        at=workflow.now(),
        reason=command.reason,
        reasons=command.reasons,
        handover=command.handover,
    )


def check_deny(ret: Return, command: Deny) -> None:
    check_in_review(ret)
    check_part(ret, by=command.info.actor)
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


def check_change_handover(ret: Return, command: ChangeHandover) -> None:
    check_change(ret, command.method, command.window, at=workflow.now())


def do_change_handover(ret: Return, command: ChangeHandover) -> Change:
    return change_handover(ret, command.method, command.window, at=workflow.now())


def check_record_sending(ret: Return, command: RecordSending) -> None:
    check_sending(ret, command.sending, at=workflow.now())


def do_record_sending(ret: Return, command: RecordSending) -> Change:
    return sent(ret, command.sending, at=workflow.now())


def check_replace_label(ret: Return, command: ReplaceLabel) -> None:
    check_new_label(ret, command.delivery_id)


def do_replace_label(ret: Return, command: ReplaceLabel) -> Change:
    return new_label(ret, command.delivery_id, reason=command.reason, at=workflow.now())


def check_record_customs_papers(ret: Return, command: RecordCustomsPapers) -> None:
    check_papers(ret, CustomsPapers(command.reference, command.drawback))


def do_record_customs_papers(ret: Return, command: RecordCustomsPapers) -> Change:
    return papers_recorded(ret, CustomsPapers(command.reference, command.drawback))


def check_mark_lost(ret: Return, command: MarkLost) -> None:
    check_lost(ret, command.delivery_id, command.evidence)


def do_mark_lost(ret: Return, command: MarkLost) -> Change:
    return lost(
        ret,
        command.delivery_id,
        evidence=command.evidence,
        claim_ref=command.claim_ref,
        at=workflow.now(),
    )


def check_leave_expired(ret: Return, command: LeaveExpired, *, stands: bool) -> None:
    late_scans.check_leave_expired(ret, command.reason, stands=stands)


def do_leave_expired(ret: Return, command: LeaveExpired) -> Change:  # noqa: ARG001  # one shape for all
    return late_scans.leave_expired(ret)


def check_receive(ret: Return, command: Receive) -> None:
    check_receipt(ret, _receipt(command))


def do_receive(ret: Return, command: Receive) -> Change:
    receipt = _receipt(command)
    if check_receipt(ret, receipt) is not None:
        return ret, ()
    ret, facts = receive(ret, receipt)
    ret, more = counted_in(ret, receipt.parcel, command.label_of, at=receipt.received_at)
    return ret, (*facts, *more)


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
    choose_resolution(ret, command.lot_id, command.resolution)


def do_choose_resolution(ret: Return, command: ChooseResolution) -> Change:
    ret = choose_resolution(ret, command.lot_id, command.resolution)
    return ret, (_intervention("choose-resolution", command.lot_id),)


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


def check_reconcile_refund(ret: Return, command: ReconcileRefund) -> None:
    check_ruling(ret, command.intent_id, command.ruling)
    if not command.proof:
        raise RefusedError("invalid_request", "a ruling needs its proof", field="proof")


def do_reconcile_refund(ret: Return, command: ReconcileRefund) -> Change:
    ruling = replace(command.ruling, ruling_id=command.info.command_id, ruled_at=workflow.now())
    return rule(ret, command.intent_id, ruling, proof=command.proof)


def check_approve_settlement(ret: Return, command: ApproveSettlement) -> Proposal:
    return check_approval(
        ret,
        command.settlement_no,
        command.settlement_hash,
        by=command.info.actor,
        known_as=command.info.known_as,
    )


def do_approve_settlement(ret: Return, command: ApproveSettlement) -> Change:
    return approve(ret, check_approve_settlement(ret, command), by=command.info.actor)


def check_decline_settlement(ret: Return, command: DeclineSettlement) -> Proposal:
    return check_decline(ret, command.settlement_no, command.settlement_hash, command.reason)


def do_decline_settlement(ret: Return, command: DeclineSettlement) -> Change:
    proposal, actor = check_decline_settlement(ret, command), command.info.actor
    return decline(ret, proposal, command.reason, by=actor, at=workflow.now())


def check_change_tender(ret: Return, command: ChangeTender) -> None:
    now, redirect = workflow.now(), command.redirect
    check_redirect(ret, command.intent_id, redirect, command.consent, at=now)


def do_change_tender(ret: Return, command: ChangeTender) -> Change:
    return redirected(ret, command.intent_id, command.redirect, command.consent)


def check_resolve_recovery(ret: Return, command: ResolveRecovery) -> None:
    check_resolution(ret, command.lot_id, command.outcome, command.reason, command.proof)


def do_resolve_recovery(ret: Return, command: ResolveRecovery) -> Change:
    now, reason, proof = workflow.now(), command.reason, command.proof
    return resolve(ret, command.lot_id, command.outcome, reason=reason, proof=proof, at=now)


def check_extend_deadline(ret: Return, command: ExtendDeadline) -> None:
    if command.wait not in [wait.key for wait in shown(waits(ret))]:
        raise RefusedError("wait_not_found", f"no wait {command.wait!r}", field="wait")
    if command.until.tzinfo is None:
        raise RefusedError("invalid_request", "wanted a time with its offset", field="until")
    if command.until <= workflow.now():
        raise RefusedError("deadline_in_past", "a deadline must lie ahead", field="until")
    if command.until > workflow.now() + _LONGEST_EXTENSION:
        raise RefusedError("deadline_too_far", "wanted at most two years", field="until")


def do_extend_deadline(ret: Return, command: ExtendDeadline) -> Change:
    extended = extend(ret, command.wait, command.until)
    return extended, (_intervention("extend-deadline", command.wait),)


def check_restart(ret: Return, command: RestartFromProjection) -> None:  # noqa: ARG001  # one shape for all
    raise RefusedError("command_not_allowed", "the return has a run: nothing was lost")


def do_restart(ret: Return, given_again: Sequence[str]) -> Change:
    # Nobody could answer, act or be heard while the run was gone: no deadline of then counts now.
    ret, extended = give_time(ret, until=workflow.now() + ret.policy.handling.parked)
    data: dict[str, JsonValue] = {
        "kind": "restart-from-projection",
        "subject": None,
        "given_again": [*given_again],
        "extended": [*extended],
    }
    return ret, (Fact("ops.intervention", data),)


def _intervention(kind: str, subject: str | None) -> Fact:
    return Fact("ops.intervention", {"kind": kind, "subject": subject})
