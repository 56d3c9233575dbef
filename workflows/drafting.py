"""A start whose order cannot be read: parked as a draft, tried again until it can be decided."""

from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from activities.orders import OrderActivities, OrderFacts, PolicyFor
from activities.records import RecordActivities
from domain.codes import RefusedError
from domain.commands import SYSTEM
from domain.drafts import draft, is_draft, refuse, registered
from domain.granting import apply_policy
from domain.requests import request_hash
from domain.returns import Return
from domain.work import OPENING
from storage.records import DraftOpening
from workflows.messages import StartReturn
from workflows.opening import as_refusal, check_same_request, open_case, read_facts, register
from workflows.options import call_provider
from workflows.parking import NoLongerWantedError, Parking, blocked, trouble_of
from workflows.recording import Case
from workflows.resuming import dump
from workflows.steps import reason_of, uninterrupted, write


async def open_or_park(start: StartReturn) -> Case:
    """Register the return and decide it; while its order cannot be read, park it as a draft.

    Raises:
        RefusedError: the request cannot be a return; no row, lock, number or notice was made.
    """
    while True:
        try:
            return await open_case(start)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            if not _is_database(error):
                return await uninterrupted(_park(start, error))


def _is_database(error: FailureError) -> bool:
    """Say whether our own database was away: without it nothing can be parked either."""
    cause = reason_of(error)
    if isinstance(cause, ActivityTimeoutError) and cause.cause is not None:
        cause = cause.cause
    return isinstance(cause, ApplicationError) and cause.type == "Database"


async def _park(start: StartReturn, error: FailureError) -> Case:
    opening = DraftOpening(
        tenant_id=start.tenant_id,
        return_id=start.return_id,
        order_id=start.request.order_id,
        request_hash=request_hash(start.request),
        resume_from=dump(replace(start, restarted=None)),
        opened_by=workflow.info().first_execution_run_id,
        is_fresh=start.restarted is None,
    )
    governing = await write(
        OrderActivities.read_policy, PolicyFor(start.tenant_id), summary="waits of a draft"
    )
    try:
        opened = await write(RecordActivities.open_draft, opening, summary="number of a draft")
    except FailureError as failure:
        if refusal := as_refusal(failure):
            raise refusal from failure
        raise
    check_same_request(opened, start.request)
    ret = draft(
        tenant_id=start.tenant_id,
        return_id=start.return_id,
        rma_no=opened.rma_no,
        request=start.request,
        request_hash=opened.request_hash,
        policy=governing.policy.scaled(governing.time_scale),
        requested_by=start.actor,
        at=workflow.info().workflow_start_time,
    )
    case = Case(start, ret)
    case.take(blocked(ret, OPENING.key, trouble_of(error)))
    await case.record()
    return case


async def open_order(case: Case, parking: Parking, _subject: str) -> None:
    """Try to open a draft when its blocker says so, until it is registered, refused or ended."""

    def wanted() -> bool:
        return is_draft(case.ret)

    requested_by = case.ret.requested_by or SYSTEM
    if parking.has_blocker(OPENING.key):
        await parking.stand(OPENING.key, wanted=wanted)
    try:
        opened = await parking.attempt(OPENING.key, lambda: _open(case), wanted=wanted)
    except RefusedError as error:
        if wanted():
            parking.unpark(OPENING.key)
            case.take(refuse(case.ret, error, at=workflow.now()))
        return
    still_wanted = wanted()
    change = registered(case.ret, opened, at=workflow.now())
    case.take(change, actor=requested_by)
    if still_wanted:
        case.take(apply_policy(case.ret, at=workflow.now()))


async def _open(case: Case) -> Return:
    facts, ret = await _read_corrected(case), case.ret
    if not is_draft(case.ret):
        raise NoLongerWantedError(OPENING.key)
    case.is_registering = True
    try:
        opened = await register(
            ret.tenant_id, ret.return_id, ret.request, facts, requested_at=ret.requested_at
        )
    finally:
        case.is_registering = False
    case.decided(opened, facts)
    return opened


async def _read_corrected(case: Case) -> OrderFacts:
    """Read the order with every correction, also with one that came while it was being read."""
    while True:
        ret = case.ret
        try:
            facts = await read_facts(
                ret.tenant_id,
                ret.request,
                ret.corrections,
                options=call_provider(ret.policy.handling.parked),
            )
        except FailureError:
            if case.ret.corrections == ret.corrections:
                raise
        else:
            if case.ret.corrections == ret.corrections:
                return facts
