"""The wire's words into the engine's; :mod:`api.views` goes the other way."""

from functools import cache
from zoneinfo import available_timezones

from backhaul_client import requests
from domain.handover import Sending
from domain.inspection import Fault, Grade, Photo
from domain.intents import Redirect, Ruling
from domain.money import Money
from domain.orders import Destination
from domain.parcels import LabelOwner
from domain.pickups import PickupOutcome
from domain.reasons import Ground
from domain.redirecting import Consent
from domain.requests import (
    HandoverMethod,
    PickupWindow,
    RequestedLine,
    Requester,
    RequestError,
    Resolution,
    ReturnRequest,
    check_handover,
    check_request,
)
from domain.reviewing import LineReason
from workflows.messages import (
    Approve,
    ApproveSettlement,
    ChangeHandover,
    ChangeTender,
    ChooseResolution,
    CommandInfo,
    Correct,
    CountedEntry,
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


def return_request(wanted: requests.NewReturn) -> ReturnRequest:
    """Return what is asked for, checked as far as it can be by itself.

    Raises:
        RequestError: it contradicts itself; names code and field.
    """
    return check_request(
        ReturnRequest(
            order_id=wanted.order_id,
            lines=tuple(
                RequestedLine(
                    line_id=line.line_id,
                    quantity=line.quantity,
                    resolution=Resolution(line.resolution),
                    reason=line.reason,
                    reason_detail=line.reason_detail,
                    exchange_sku=line.exchange_sku,
                )
                for line in wanted.lines
            ),
            ground=Ground(wanted.ground),
            handover=HandoverMethod(wanted.handover),
            pickup_window=_window(wanted.pickup_window),
            by=Requester(wanted.by),
        )
    )


def _window(wanted: requests.NewPickupWindow | None) -> PickupWindow | None:
    if wanted is None:
        return None
    if wanted.time_zone not in _time_zones():
        raise RequestError("invalid_request", "pickup_window.time_zone", "wanted an IANA time zone")
    return PickupWindow(wanted.not_before, wanted.not_after, wanted.time_zone)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def withdraw(info: CommandInfo, body: requests.WithdrawCommand) -> Withdraw:
    return Withdraw(info, body.reason)


def approve(info: CommandInfo, body: requests.ApproveCommand) -> Approve:
    reasons = tuple(LineReason(row.line_id, row.reason) for row in body.reasons)
    handover = HandoverMethod(body.handover) if body.handover else None
    return Approve(info, body.line_ids, body.reason, reasons, handover)


def deny(info: CommandInfo, body: requests.DenyCommand) -> Deny:
    return Deny(info, body.reason)


def report_pickup_outcome(
    info: CommandInfo, body: requests.PickupOutcomeCommand
) -> ReportPickupOutcome:
    outcome = PickupOutcome(body.outcome)
    return ReportPickupOutcome(info, body.delivery_id, body.attempt, outcome, body.note)


def change_handover(info: CommandInfo, body: requests.ChangeHandoverCommand) -> ChangeHandover:
    method, window = HandoverMethod(body.handover), _window(body.pickup_window)
    check_handover(method, window)
    return ChangeHandover(info, method, window)


def record_sending(info: CommandInfo, body: requests.RecordSendingCommand) -> RecordSending:
    sending = Sending(body.sent_at, body.carrier, body.tracking_code, body.reference, bag=body.bag)
    return RecordSending(info, sending)


def replace_label(info: CommandInfo, body: requests.ReplaceLabelCommand) -> ReplaceLabel:
    return ReplaceLabel(info, body.delivery_id, body.reason)


def record_customs_papers(
    info: CommandInfo, body: requests.RecordCustomsPapersCommand
) -> RecordCustomsPapers:
    back = body.drawback
    drawback = Money(back.amount_minor, back.currency) if back is not None else None
    return RecordCustomsPapers(info, body.reference, drawback)


def mark_lost(info: CommandInfo, body: requests.MarkLostCommand) -> MarkLost:
    return MarkLost(info, body.delivery_id, body.evidence, body.claim_ref)


def leave_expired(info: CommandInfo, body: requests.LeaveExpiredCommand) -> LeaveExpired:
    return LeaveExpired(info, body.reason)


def receive(
    info: CommandInfo,
    body: requests.ReceiveCommand,
    *,
    expected_at: str,
    label_of: LabelOwner | None = None,
) -> Receive:
    """Return the count; ``expected_at`` is where it was made unless it says so."""
    entries = tuple(CountedEntry(entry.sku, entry.quantity, entry.note) for entry in body.entries)
    where = body.location_id or expected_at
    return Receive(info, body.receipt_id, body.parcel, entries, where, label_of=label_of)


def record_inspection(info: CommandInfo, body: requests.InspectionCommand) -> RecordInspection:
    return RecordInspection(
        info=info,
        lot_id=body.lot_id,
        grade=Grade(body.grade),
        quantity=body.quantity,
        fault=Fault(body.fault),
        lot_version=body.lot_version,
        checklist=body.checklist,
        photos=tuple(Photo(photo.url, photo.sha256) for photo in body.photos),
        reason_found=body.reason_found,
        note=body.note,
    )


def choose_resolution(
    info: CommandInfo, body: requests.ChooseResolutionCommand
) -> ChooseResolution:
    return ChooseResolution(info, body.lot_id, Resolution(body.resolution))


def retry(info: CommandInfo, body: requests.RetryCommand) -> Retry:
    return Retry(info, body.work)


def correct(info: CommandInfo, body: requests.CorrectCommand) -> Correct:
    return Correct(info, body.field, body.value, body.reason)


def reconcile_refund(info: CommandInfo, body: requests.ReconcileRefundCommand) -> ReconcileRefund:
    ruling = Ruling(body.outcome == "paid", body.refund_ref)
    return ReconcileRefund(info, body.intent_id, ruling, body.proof)


def approve_settlement(
    info: CommandInfo, body: requests.ApproveSettlementCommand
) -> ApproveSettlement:
    return ApproveSettlement(info, body.settlement_no, body.settlement_hash)


def decline_settlement(
    info: CommandInfo, body: requests.DeclineSettlementCommand
) -> DeclineSettlement:
    return DeclineSettlement(info, body.settlement_no, body.settlement_hash, body.reason)


def change_tender(info: CommandInfo, body: requests.ChangeTenderCommand) -> ChangeTender:
    redirect = Redirect(Destination(body.destination), body.reference)
    consent = Consent(body.consent.given_at, body.consent.how, body.consent.reference)
    return ChangeTender(info, body.intent_id, redirect, consent)


def resolve_recovery(info: CommandInfo, body: requests.ResolveRecoveryCommand) -> ResolveRecovery:
    return ResolveRecovery(info, body.lot_id, body.outcome, body.reason, body.proof or "")


def extend_deadline(info: CommandInfo, body: requests.ExtendDeadlineCommand) -> ExtendDeadline:
    return ExtendDeadline(info, body.wait, body.until)


def restart_from_projection(
    info: CommandInfo, body: requests.RestartCommand
) -> RestartFromProjection:
    return RestartFromProjection(info, body.reason)
