"""Commands to a running return; the Idempotency-Key is the command's id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Response

from api import translate, views
from api.asking import CommandId, IfMatch, ServicesOf
from api.auth import Caller, needs
from api.services import Services
from backhaul_client import requests
from backhaul_client.answers import CommandLeft, CommandView
from domain.codes import RefusedError
from domain.locations import FALLBACK
from storage.rows import ReturnRow
from workflows.commands import payload_hash
from workflows.messages import INSPECTION_SIGNAL, CommandInfo, Reopen

_OF_A_SECOND_PERSON = ("approve", "approve-settlement", "counter-offer")

router = APIRouter(prefix="/v1/returns/{return_id}/commands", tags=["commands"])
Body = TypeVar("Body", bound=requests.Command)


@dataclass(frozen=True, slots=True)
class Giver:
    """Gives one kind of command to the return of the path, for a caller who may give it."""

    command: str
    services: Services
    caller: Caller
    return_id: str
    command_id: str
    if_match: int | None

    async def give(self, body: Body, payload_of: Callable[[CommandInfo, Body], Any]) -> CommandView:
        row, info = await self._asked(body)
        return await self._given(row, payload_of(info, body))

    async def receive(self, body: requests.ReceiveCommand) -> CommandView:
        """Give a count; one that does not say where is of where the return was expected."""
        row, info = await self._asked(body)
        expected_at = (row.snapshot or {}).get("location_id") or FALLBACK
        owner = await self.services.label_owners.other_owner(row, body.parcel)
        count = translate.receive(info, body, expected_at=expected_at, label_of=owner)
        return await self._given(row, count)

    async def _given(self, row: ReturnRow, payload: Any) -> CommandView:
        answer = await self.services.returns.command(
            row,
            self.command.replace("-", "_"),
            payload,
            command_id=self.command_id,
            wanted_hash=payload_hash(payload),
        )
        return views.command_view(answer)

    async def leave(
        self, body: Body, payload_of: Callable[[CommandInfo, Body], Any], *, signal: str
    ) -> CommandLeft:
        row = await self.services.returns.find(self.caller.tenant_id, self.return_id)
        payload = payload_of(CommandInfo(self.command_id, self.caller.actor), body)
        await self.services.returns.leave(row, signal, payload)
        return CommandLeft(command_id=self.command_id, status="pending")

    async def restart(self, body: requests.RestartCommand) -> CommandView:
        row, info = await self._asked(body)
        command = translate.restart_from_projection(info, body)
        return views.command_view(await self.services.restarter.restart(row, command))

    async def reopen(self, body: requests.ReopenCommand) -> CommandView:
        row, info = await self._asked(body)
        return views.command_view(await self.services.closed.reopen(row, Reopen(info, body.reason)))

    async def _asked(self, body: requests.Command) -> tuple[ReturnRow, CommandInfo]:
        row = await self.services.returns.find(self.caller.tenant_id, self.return_id)
        expected = self._expected(body.expected_version)
        known_as: tuple[str, ...] = ()
        if self.command in _OF_A_SECOND_PERSON:
            known_as = await self.services.keys.of_same_holder(
                self.caller.tenant_id, self.caller.key_id
            )
        return row, CommandInfo(self.command_id, self.caller.actor, expected, known_as)

    def _expected(self, in_body: int | None) -> int | None:
        if None not in (in_body, self.if_match) and in_body != self.if_match:
            raise RefusedError("invalid_request", "contradicts If-Match", field="expected_version")
        return in_body if in_body is not None else self.if_match


def giver_of(command: str) -> Any:
    """Return the dependency of a route that takes this command."""

    def giver(
        caller: Annotated[Caller, needs(command)],
        return_id: str,
        command_id: CommandId,
        if_match: IfMatch,
        services: ServicesOf,
    ) -> Giver:
        return Giver(command, services, caller, return_id, command_id, if_match)

    return Depends(giver)


@router.post("/withdraw", operation_id="withdraw")
async def withdraw(
    giver: Annotated[Giver, giver_of("withdraw")], body: requests.WithdrawCommand
) -> CommandView:
    """Take the request back, before anything was handed over."""
    return await giver.give(body, translate.withdraw)


@router.post("/approve", operation_id="approve")
async def approve(
    giver: Annotated[Giver, giver_of("approve")], body: requests.ApproveCommand
) -> CommandView:
    """Grant some or all lines under review."""
    return await giver.give(body, translate.approve)


@router.post("/deny", operation_id="deny")
async def deny(
    giver: Annotated[Giver, giver_of("deny")], body: requests.DenyCommand
) -> CommandView:
    """Refuse all lines under review."""
    return await giver.give(body, translate.deny)


@router.post("/report-pickup-outcome", operation_id="report_pickup_outcome")
async def report_pickup_outcome(
    giver: Annotated[Giver, giver_of("report-pickup-outcome")], body: requests.PickupOutcomeCommand
) -> CommandView:
    """Tell that a courier visit was over without the parcel."""
    return await giver.give(body, translate.report_pickup_outcome)


@router.post("/change-handover", operation_id="change_handover")
async def change_handover(
    giver: Annotated[Giver, giver_of("change-handover")], body: requests.ChangeHandoverCommand
) -> CommandView:
    """Choose another way back or another window; an ordered courier is called off first."""
    return await giver.give(body, translate.change_handover)


@router.post("/record-sending", operation_id="record_sending")
async def record_sending(
    giver: Annotated[Giver, giver_of("record-sending")], body: requests.RecordSendingCommand
) -> CommandView:
    """Say, with proof, that the customer sent the parcel: it is under way from then on."""
    return await giver.give(body, translate.record_sending)


@router.post("/replace-label", operation_id="replace_label")
async def replace_label(
    giver: Annotated[Giver, giver_of("replace-label")], body: requests.ReplaceLabelCommand
) -> CommandView:
    """Buy another label for a parcel whose own ran out, or that came back to its sender."""
    return await giver.give(body, translate.replace_label)


@router.post("/record-customs-papers", operation_id="record_customs_papers")
async def record_customs_papers(
    giver: Annotated[Giver, giver_of("record-customs-papers")],
    body: requests.RecordCustomsPapersCommand,
) -> CommandView:
    """Say where the papers are with which the goods cross a customs border."""
    return await giver.give(body, translate.record_customs_papers)


@router.post("/mark-lost", operation_id="mark_lost")
async def mark_lost(
    giver: Annotated[Giver, giver_of("mark-lost")], body: requests.MarkLostCommand
) -> CommandView:
    """Say that the carrier lost a parcel: what it held is settled without it."""
    return await giver.give(body, translate.mark_lost)


@router.post("/leave-expired", operation_id="leave_expired")
async def leave_expired(
    giver: Annotated[Giver, giver_of("leave-expired")], body: requests.LeaveExpiredCommand
) -> CommandView:
    """Leave an expired return so, whose parcel was scanned late: its goods were seen to."""
    return await giver.give(body, translate.leave_expired)


@router.post("/receive", operation_id="receive")
async def receive(
    giver: Annotated[Giver, giver_of("receive")], body: requests.ReceiveCommand
) -> CommandView:
    """Count what a parcel holds. Receipts add up; the same receipt counts once.

    A parcel with the label of another return links both: each counts its own goods.
    """
    return await giver.receive(body)


@router.post(
    "/record-inspection",
    operation_id="record_inspection",
    response_model=CommandView,
    responses={202: {"model": CommandLeft, "description": "Kept until a worker is back"}},
)
async def record_inspection(
    giver: Annotated[Giver, giver_of("record-inspection")], body: requests.InspectionCommand
) -> CommandView | Response:
    """Grade a lot. What was found is kept also while no worker answers, and counts once."""
    try:
        return await giver.give(body, translate.record_inspection)
    except RefusedError as refusal:
        if refusal.code != "not_confirmed":
            raise
    left = await giver.leave(body, translate.record_inspection, signal=INSPECTION_SIGNAL)
    return Response(left.model_dump_json(), status_code=202, media_type="application/json")


@router.post("/choose-resolution", operation_id="choose_resolution")
async def choose_resolution(
    giver: Annotated[Giver, giver_of("choose-resolution")], body: requests.ChooseResolutionCommand
) -> CommandView:
    """Choose again for a lot whose replacement is out of stock or not paid for."""
    return await giver.give(body, translate.choose_resolution)


@router.post("/retry", operation_id="retry")
async def retry(
    giver: Annotated[Giver, giver_of("retry")], body: requests.RetryCommand
) -> CommandView:
    """Try parked work again now."""
    return await giver.give(body, translate.retry)


@router.post("/correct", operation_id="correct")
async def correct(
    giver: Annotated[Giver, giver_of("correct")], body: requests.CorrectCommand
) -> CommandView:
    """Say what is true of a parked start's order, and try again."""
    return await giver.give(body, translate.correct)


@router.post("/reconcile-refund", operation_id="reconcile_refund")
async def reconcile_refund(
    giver: Annotated[Giver, giver_of("reconcile-refund")], body: requests.ReconcileRefundCommand
) -> CommandView:
    """Say, with proof, whether a refund of unknown end was paid."""
    return await giver.give(body, translate.reconcile_refund)


@router.post("/approve-settlement", operation_id="approve_settlement")
async def approve_settlement(
    giver: Annotated[Giver, giver_of("approve-settlement")], body: requests.ApproveSettlementCommand
) -> CommandView:
    """Approve a settlement above the policy's limit, as a second person."""
    return await giver.give(body, translate.approve_settlement)


@router.post("/decline-settlement", operation_id="decline_settlement")
async def decline_settlement(
    giver: Annotated[Giver, giver_of("decline-settlement")], body: requests.DeclineSettlementCommand
) -> CommandView:
    """Say why a settlement above the policy's limit is not approved; it goes on waiting."""
    return await giver.give(body, translate.decline_settlement)


@router.post("/change-tender", operation_id="change_tender")
async def change_tender(
    giver: Annotated[Giver, giver_of("change-tender")], body: requests.ChangeTenderCommand
) -> CommandView:
    """Pay a refused refund elsewhere, with the customer's consent."""
    return await giver.give(body, translate.change_tender)


@router.post("/resolve-recovery", operation_id="resolve_recovery")
async def resolve_recovery(
    giver: Annotated[Giver, giver_of("resolve-recovery")], body: requests.ResolveRecoveryCommand
) -> CommandView:
    """Say how value that went out before its goods came back, or that it is written off."""
    return await giver.give(body, translate.resolve_recovery)


@router.post("/extend-deadline", operation_id="extend_deadline")
async def extend_deadline(
    giver: Annotated[Giver, giver_of("extend-deadline")], body: requests.ExtendDeadlineCommand
) -> CommandView:
    """Move the deadline of a wait."""
    return await giver.give(body, translate.extend_deadline)


@router.post("/restart-from-projection", operation_id="restart_from_projection")
async def restart_from_projection(
    giver: Annotated[Giver, giver_of("restart-from-projection")], body: requests.RestartCommand
) -> CommandView:
    """Go on in a new run, where the engine has lost the one there was."""
    return await giver.restart(body)


@router.post("/reopen", operation_id="reopen")
async def reopen(
    giver: Annotated[Giver, giver_of("reopen")], body: requests.ReopenCommand
) -> CommandView:
    """Go on with a closed return, in a new run."""
    return await giver.reopen(body)
