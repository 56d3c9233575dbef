"""One return from request to closure: run, messages, steps, in that order."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow

from domain.codes import RefusedError
from domain.commands import Actor
from domain.delays import delay_expected
from domain.drafts import is_draft
from domain.events import Fact
from domain.late_scans import told_by_carrier
from domain.lifecycle import AuthorizationState
from domain.requests import request_hash
from domain.returns import Change, Return
from domain.texts import bad_text_in
from domain.transport import check_withdrawal, withdraw
from domain.view import document
from domain.work import OPENING, RELOCKING, Work, WorkKind
from workflows import (
    chargebacks,
    command_kinds,
    commands,
    parcels,
    reopening,
    resolution,
    restarting,
    review_kinds,
    settlement,
)
from workflows.drafting import open_or_park
from workflows.messages import (
    INSPECTION_SIGNAL,
    Approve,
    ApproveSettlement,
    CarrierMilestones,
    ChangeHandover,
    ChangeTender,
    ChooseResolution,
    CommandAnswer,
    Correct,
    DeclineSettlement,
    DelayNews,
    Deny,
    ExtendDeadline,
    LeaveExpired,
    MarkLost,
    OpenAnswer,
    Receive,
    ReconcileRefund,
    RecordCustomsPapers,
    RecordInspection,
    RecordSending,
    RefundNews,
    Refusal,
    ReplaceLabel,
    ReplacementNews,
    ReportPickupOutcome,
    ResolveRecovery,
    RestartFromProjection,
    Retry,
    ReturnOutcome,
    StartReturn,
    Withdraw,
)
from workflows.opening import DecidedBeforeError
from workflows.parking import Parking
from workflows.recording import Case
from workflows.results import leave_result
from workflows.review_messages import AcceptOffer, AnswerInfo, AskInfo, DeclineOffer, MakeOffer
from workflows.rounds import Rounds
from workflows.starting import read_start
from workflows.steps import uninterrupted

CARRIER = Actor("carrier", "webhook")
OPERATOR = Actor("ops", "temporal")
"""Who cancels a run at Temporal itself, past the API."""
C = TypeVar("C", bound=commands.Command)


@workflow.defn
class ReturnWorkflow:
    """Owns one return. The domain says what is due and what is awaited; this orders it."""

    @workflow.init
    def __init__(self, given: StartReturn | Any) -> None:
        self._input = start = read_start(given)
        self._case: Case | None = None
        self._opening: OpenAnswer | None = None
        self._commands = commands.Commands({})
        self._early_results: list[RecordInspection] = []
        self._called_off = False
        self._parking: Parking
        if isinstance(start, StartReturn) and start.resumed is not None:
            # Here and not in run: messages that came meanwhile are handled before run begins.
            self._take_over(Case(start, start.resumed.ret))
            reopening.begin(self._running, self._commands, start.reopened)

    @workflow.run
    async def run(self, given: StartReturn | Any) -> ReturnOutcome:  # noqa: ARG002  # see __init__
        start = self._input
        if isinstance(start, Refusal):
            return_id = workflow.info().workflow_id.removeprefix("return/")
            return await self._refuse(OpenAnswer(return_id, "", start))
        try:
            if self._case is None:
                self._take_over(await open_or_park(start))
        except RefusedError as error:
            refusal = Refusal(error.code, str(error), error.field)
            hashed = request_hash(start.request)
            return await self._refuse(OpenAnswer(start.return_id, hashed, refusal))
        except DecidedBeforeError as error:
            hashed, document = request_hash(start.request), error.first_answer
            opening = OpenAnswer(start.return_id, hashed, document=document)
            return await self._end(opening, str(document["headline"]))
        if start.restarted is not None:
            restarting.restart(self, self._running, self._commands, start.restarted)
        if workflow.cancellation_reason() is not None:
            self._call_off()
        deciding = asyncio.create_task(self._answer_once_decided())
        rounds = Rounds(self._running, self._parking, self._commands, go_on=self._continue_as_new)
        await uninterrupted(rounds.run(), on_cancel=self._call_off)
        await deciding
        await workflow.wait_condition(workflow.all_handlers_finished)
        ret = self._running.ret
        if self._called_off and ret.authorization is AuthorizationState.WITHDRAWN:
            # What was booked is given back; now the run may end as the operator asked.
            raise asyncio.CancelledError
        return ReturnOutcome(ret.headline, replace(_opening(ret), document=None))

    async def _refuse(self, opening: OpenAnswer) -> ReturnOutcome:
        return await self._end(opening, "REFUSED")

    async def _end(self, opening: OpenAnswer, headline: str) -> ReturnOutcome:
        """End a run that is no return's: it only answers."""
        self._opening = opening
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ReturnOutcome(headline, opening)

    @workflow.update(name="open", description="the answer to the start: registered or refused")
    async def opened(self) -> OpenAnswer:
        await workflow.wait_condition(lambda: self._opening is not None)
        assert self._opening is not None
        return self._opening

    @workflow.query(description="the whole return, as the projection has it")
    def current(self) -> dict[str, Any] | None:
        return document(self._case.ret) if self._case is not None else None

    @workflow.update(description="take the request back before anything was handed over")
    def withdraw(self, command: Withdraw) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_withdraw)

    @withdraw.validator
    def check_withdraw(self, command: Withdraw) -> None:
        self._check("withdraw", command, command_kinds.check_withdraw)

    @workflow.update(description="grant some or all lines under review")
    def approve(self, command: Approve) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_approve)

    @approve.validator
    def check_approve(self, command: Approve) -> None:
        self._check("approve", command, command_kinds.check_approve)

    @workflow.update(description="refuse all lines under review")
    def deny(self, command: Deny) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_deny)

    @deny.validator
    def check_deny(self, command: Deny) -> None:
        self._check("deny", command, command_kinds.check_deny)

    @workflow.update(description="ask the customer; the review's clock stands until the answer")
    def ask_info(self, command: AskInfo) -> CommandAnswer:
        return self._carry_out(command, review_kinds.do_ask_info)

    @ask_info.validator
    def check_ask_info(self, command: AskInfo) -> None:
        self._check("ask-info", command, review_kinds.check_ask_info)

    @workflow.update(description="answer a reviewer's question, with evidence")
    def answer_info(self, command: AnswerInfo) -> CommandAnswer:
        return self._carry_out(command, review_kinds.do_answer_info)

    @answer_info.validator
    def check_answer_info(self, command: AnswerInfo) -> None:
        self._check("answer-info", command, review_kinds.check_answer_info)

    @workflow.update(description="offer to let the goods be kept for a part of what was paid")
    def counter_offer(self, command: MakeOffer) -> CommandAnswer:
        return self._carry_out(command, review_kinds.do_make_offer)

    @counter_offer.validator
    def check_counter_offer(self, command: MakeOffer) -> None:
        self._check("counter-offer", command, review_kinds.check_make_offer)

    @workflow.update(description="keep the goods for what is offered")
    def accept_offer(self, command: AcceptOffer) -> CommandAnswer:
        return self._carry_out(command, review_kinds.do_accept_offer)

    @accept_offer.validator
    def check_accept_offer(self, command: AcceptOffer) -> None:
        self._check("accept-offer", command, review_kinds.check_accept_offer)

    @workflow.update(description="leave the decision on an offer to the reviewer")
    def decline_offer(self, command: DeclineOffer) -> CommandAnswer:
        return self._carry_out(command, review_kinds.do_decline_offer)

    @decline_offer.validator
    def check_decline_offer(self, command: DeclineOffer) -> None:
        self._check("decline-offer", command, review_kinds.check_decline_offer)

    @workflow.update(description="tell that a courier visit was over without the parcel")
    def report_pickup_outcome(self, command: ReportPickupOutcome) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_report_pickup_outcome)

    @report_pickup_outcome.validator
    def check_report_pickup_outcome(self, command: ReportPickupOutcome) -> None:
        self._check("report-pickup-outcome", command, command_kinds.check_report_pickup_outcome)

    @workflow.update(description="choose another way back, or another window")
    def change_handover(self, command: ChangeHandover) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_change_handover)

    @change_handover.validator
    def check_change_handover(self, command: ChangeHandover) -> None:
        self._check("change-handover", command, command_kinds.check_change_handover)

    @workflow.update(description="say, with proof, that the customer sent the parcel")
    def record_sending(self, command: RecordSending) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_record_sending)

    @record_sending.validator
    def check_record_sending(self, command: RecordSending) -> None:
        self._check("record-sending", command, command_kinds.check_record_sending)

    @workflow.update(description="buy another label for a parcel")
    def replace_label(self, command: ReplaceLabel) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_replace_label)

    @replace_label.validator
    def check_replace_label(self, command: ReplaceLabel) -> None:
        self._check("replace-label", command, command_kinds.check_replace_label)

    @workflow.update(description="say where the customs papers are")
    def record_customs_papers(self, command: RecordCustomsPapers) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_record_customs_papers)

    @record_customs_papers.validator
    def check_record_customs_papers(self, command: RecordCustomsPapers) -> None:
        self._check("record-customs-papers", command, command_kinds.check_record_customs_papers)

    @workflow.update(description="say that the carrier lost a parcel")
    def mark_lost(self, command: MarkLost) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_mark_lost)

    @mark_lost.validator
    def check_mark_lost(self, command: MarkLost) -> None:
        self._check("mark-lost", command, command_kinds.check_mark_lost)

    @workflow.update(description="leave an expired return so, whose parcel was scanned late")
    def leave_expired(self, command: LeaveExpired) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_leave_expired)

    @leave_expired.validator
    def check_leave_expired(self, command: LeaveExpired) -> None:
        stands = self._case is not None and self._parking.is_parked(RELOCKING.key)
        check = partial(command_kinds.check_leave_expired, stands=stands)
        self._check("leave-expired", command, check)

    @workflow.update(description="count what a parcel holds")
    def receive(self, command: Receive) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_receive)

    @receive.validator
    def check_receive(self, command: Receive) -> None:
        self._check("receive", command, command_kinds.check_receive)

    @workflow.update(description="grade a lot")
    def record_inspection(self, command: RecordInspection) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_record_inspection)

    @record_inspection.validator
    def check_record_inspection(self, command: RecordInspection) -> None:
        self._check("record-inspection", command, command_kinds.check_record_inspection)

    @workflow.update(description="choose again for a lot whose replacement is out of stock")
    def choose_resolution(self, command: ChooseResolution) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_choose_resolution)

    @choose_resolution.validator
    def check_choose_resolution(self, command: ChooseResolution) -> None:
        self._check("choose-resolution", command, command_kinds.check_choose_resolution)

    @workflow.update(description="try parked work again now")
    def retry(self, command: Retry) -> CommandAnswer:
        answer = self._carry_out(command, command_kinds.do_retry)
        self._parking.release(command.work.removeprefix("work/") if command.work else None)
        return answer

    @retry.validator
    def check_retry(self, command: Retry) -> None:
        self._check("retry", command, command_kinds.check_retry)

    @workflow.update(description="say what is true of a parked start's order, and try again")
    def correct(self, command: Correct) -> CommandAnswer:
        answer = self._carry_out(command, command_kinds.do_correct)
        self._parking.release(OPENING.key)
        return answer

    @correct.validator
    def check_correct(self, command: Correct) -> None:
        self._check("correct", command, self._check_correction)

    @workflow.update(description="say whether a refund of unknown end was paid")
    def reconcile_refund(self, command: ReconcileRefund) -> CommandAnswer:
        answer = self._carry_out(command, command_kinds.do_reconcile_refund)
        self._parking.insist(Work(WorkKind.REFUND, command.intent_id).key)
        return answer

    @reconcile_refund.validator
    def check_reconcile_refund(self, command: ReconcileRefund) -> None:
        self._check("reconcile-refund", command, command_kinds.check_reconcile_refund)

    @workflow.update(description="approve a settlement above the policy's limit")
    def approve_settlement(self, command: ApproveSettlement) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_approve_settlement)

    @approve_settlement.validator
    def check_approve_settlement(self, command: ApproveSettlement) -> None:
        self._check("approve-settlement", command, command_kinds.check_approve_settlement)

    @workflow.update(description="say why a settlement is not approved")
    def decline_settlement(self, command: DeclineSettlement) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_decline_settlement)

    @decline_settlement.validator
    def check_decline_settlement(self, command: DeclineSettlement) -> None:
        self._check("decline-settlement", command, command_kinds.check_decline_settlement)

    @workflow.update(description="pay a refused refund elsewhere, with the customer's consent")
    def change_tender(self, command: ChangeTender) -> CommandAnswer:
        answer = self._carry_out(command, command_kinds.do_change_tender)
        self._parking.insist(Work(WorkKind.REFUND, command.intent_id).key)
        return answer

    @change_tender.validator
    def check_change_tender(self, command: ChangeTender) -> None:
        self._check("change-tender", command, command_kinds.check_change_tender)

    @workflow.update(description="say how value that went out before its goods came back")
    def resolve_recovery(self, command: ResolveRecovery) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_resolve_recovery)

    @resolve_recovery.validator
    def check_resolve_recovery(self, command: ResolveRecovery) -> None:
        self._check("resolve-recovery", command, command_kinds.check_resolve_recovery)

    @workflow.update(description="move the deadline of a wait")
    def extend_deadline(self, command: ExtendDeadline) -> CommandAnswer:
        return self._carry_out(command, command_kinds.do_extend_deadline)

    @extend_deadline.validator
    def check_extend_deadline(self, command: ExtendDeadline) -> None:
        self._check("extend-deadline", command, command_kinds.check_extend_deadline)

    @workflow.update(description="answer the restart that this run began with")
    async def restart_from_projection(self, command: RestartFromProjection) -> CommandAnswer:
        await workflow.wait_condition(lambda: self._case is not None or self._opening is not None)
        if self._opening is not None and self._opening.refusal is not None and self._case is None:
            refused = self._opening.refusal
            error = RefusedError(refused.code, refused.message, field=refused.field)
            raise commands.refusal(error, None)
        answers, command_id = self._running.answers, command.info.command_id
        await workflow.wait_condition(lambda: command_id in answers)
        return answers[command_id]

    @restart_from_projection.validator
    def check_restart_from_projection(self, command: RestartFromProjection) -> None:
        start = self._input
        restarted = start.restarted if isinstance(start, StartReturn) else None
        if restarted is None or restarted.command.info.command_id != command.info.command_id:
            self._check("restart-from-projection", command, command_kinds.check_restart)

    @workflow.signal(description="a parcel will probably come later than promised")
    def delay_news(self, news: DelayNews) -> None:
        case, signal = self._case, "delay_news"
        if case is None or bad_text_in(news) or case.has_taken(signal, news.event_id):
            return
        if any(delivery.delivery_id == news.delivery_id for delivery in case.ret.deliveries):
            at = workflow.now()
            change = delay_expected(case.ret, news.delivery_id, news.expected_at, at=at)
            case.take(change, actor=CARRIER, cause_id=news.event_id)
            case.note(signal, news.event_id)

    @workflow.signal(description="every carrier answers again")
    def carrier_answers(self) -> None:
        if self._case is not None:
            for blocker in self._case.ret.blockers:
                if blocker.code == "courier_unavailable":
                    self._parking.release(blocker.work)

    @workflow.signal(description="what a carrier, read again, proves of one parcel")
    def carrier_milestones(self, news: CarrierMilestones) -> None:
        case, signal = self._case, "carrier_milestones"
        if case is None or bad_text_in(news) or case.has_taken(signal, news.event_id):
            return
        ret = case.ret
        if any(delivery.delivery_id == news.delivery_id for delivery in ret.deliveries):
            now = workflow.now()
            change = told_by_carrier(ret, news.delivery_id, news.milestones, at=now)
            case.take(change, actor=CARRIER, cause_id=news.event_id)
            case.note(signal, news.event_id)

    @workflow.signal(
        name=INSPECTION_SIGNAL,
        description="a grade, for when no worker is up to answer the command",
    )
    def inspection_result(self, result: RecordInspection) -> None:
        if bad_text_in((result.info, result.lot_id)) is not None:
            # Not even the refusal could be logged; of other text it is.
            return
        if self._case is None:
            self._early_results.append(result)
        else:
            leave_result(self._case, self._commands, result)

    @workflow.signal(description="what a provider, read again, says of one refund")
    def refund_news(self, news: RefundNews) -> None:
        if self._case is not None and bad_text_in(news) is None:
            settlement.take_news(self._case, news)

    @workflow.signal(name="replacement_news", description="what the platform says of a replacement")
    def take_replacement_news(self, news: ReplacementNews) -> None:
        if self._case is not None and bad_text_in(news) is None:
            resolution.take_news(self._case, news)

    def _take_over(self, case: Case) -> None:
        self._case, self._parking = case, Parking(case)
        chargebacks.listen(case, self._parking)
        parcels.listen(case)
        self._commands = commands.Commands(case.answers)
        reopening.listen(case, self._commands)
        if not is_draft(case.ret):
            self._opening = _opening(case.ret)
        early, self._early_results = self._early_results, []
        for result in early:
            leave_result(case, self._commands, result)

    async def _answer_once_decided(self) -> None:
        """Answer the start of a draft: not before it is known what it leads to."""
        if self._opening is None:
            await workflow.wait_condition(lambda: not is_draft(self._running.ret))
            self._opening = _opening(self._running.ret)

    def _call_off(self) -> None:
        """Withdraw, for an operator cancelled the run; goods on their way are not let down."""
        self._called_off = True
        ret = self._running.ret
        asked = Fact("ops.intervention", {"kind": "cancel-run", "subject": None})
        self._running.take((ret, (asked,)), actor=OPERATOR)
        with contextlib.suppress(RefusedError):
            check_withdrawal(ret)
            change = withdraw(self._running.ret, at=workflow.now())
            self._running.take(change, actor=OPERATOR)

    def _continue_as_new(self) -> None:
        workflow.continue_as_new(self._running.resumption())

    @property
    def _running(self) -> Case:
        if self._case is None:
            raise RefusedError("command_not_allowed", "the return is still being opened")
        return self._case

    def _check(self, name: str, command: C, check: Callable[[Return, C], object]) -> None:
        self._commands.check(self._case, name, command, lambda ret: check(ret, command))

    def _check_correction(self, ret: Return, command: Correct) -> None:
        if self._running.is_registering:
            raise RefusedError("command_not_allowed", "the order was read; it is being registered")
        command_kinds.check_correct(ret, command)

    def _carry_out(self, command: C, act: Callable[[Return, C], Change]) -> CommandAnswer:
        return self._commands.carry_out(self._running, command, lambda ret: act(ret, command))


def _opening(ret: Return) -> OpenAnswer:
    """Return the answer to the start of a return that is a draft no longer."""
    if ret.refused is not None:
        refusal = Refusal(ret.refused.code, ret.refused.message, ret.refused.field)
        return OpenAnswer(ret.return_id, ret.request_hash, refusal)
    return OpenAnswer(ret.return_id, ret.request_hash, document=document(ret))
