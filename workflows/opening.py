"""The first stage: facts, decision, registration; or a refusal that leaves nothing behind."""

import re
from dataclasses import asdict, replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.orders import FetchFacts, OrderActivities, OrderFacts
from activities.records import OpenedReturn, RecordActivities
from domain.codes import PROBLEMS, RefusedError
from domain.eligibility import Decision
from domain.ids import content_hash, workflow_id_for
from domain.opening import (
    apply_policy,
    decide_lines,
    needs_exchange,
    open_return,
    requested_facts,
    wanted_units,
)
from domain.refusals import check_exchanges, too_few
from domain.requests import RequestError, ReturnRequest, check_request
from storage.records import Opening, TenderFacts
from workflows.messages import StartReturn
from workflows.options import READ_FACTS
from workflows.recording import Case
from workflows.steps import call, reason_of, uninterrupted, write

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def request_hash(request: ReturnRequest) -> str:
    """Return what two requests under one key must have in common."""
    return content_hash(asdict(request))


async def open_case(start: StartReturn) -> Case:
    """Register the return, and take the policy's decision on it.

    Raises:
        RefusedError: the request cannot be a return; no row, lock, number or notice was made.
    """
    if workflow.info().workflow_id != workflow_id_for(start.return_id):
        raise RefusedError(
            "invalid_request", "the workflow id must be return/<return id>", field="return_id"
        )
    if not _UUID.fullmatch(start.return_id):
        raise RefusedError("invalid_request", "wanted a UUID in lower case", field="return_id")
    try:
        check_request(start.request)
    except RequestError as error:
        raise RefusedError(error.code, str(error), field=error.field) from error
    facts = await _fetch_facts(start)
    # From the first row on there is something to undo, so an operator's cancellation waits.
    return await uninterrupted(_open_with(start, facts))


async def _open_with(start: StartReturn, facts: OrderFacts) -> Case:
    now = workflow.now()
    decisions = decide_lines(start.request, facts.order, facts.policy, at=now)
    check_exchanges(start.request, facts.order, {p.sku: p.price for p in facts.products})
    opened = await _register(start, facts, decisions)
    if opened.short_line_id is not None:
        raise too_few(
            start.request,
            opened.short_line_id,
            available=opened.available,
            held_by=opened.held_by,
        )
    if opened.request_hash != request_hash(start.request):
        raise RefusedError("key_reused", "this key came with another request before")
    scaled = facts.policy.handling.scaled(facts.time_scale)
    ret = open_return(
        tenant_id=start.tenant_id,
        return_id=start.return_id,
        rma_no=opened.rma_no,
        request=start.request,
        request_hash=opened.request_hash,
        order=facts.order,
        policy=replace(facts.policy, handling=scaled),
        decisions=decisions,
        units=dict(opened.units),
        at=now,
    )
    case = Case(ret)
    case.take((ret, requested_facts(ret)), actor=start.actor)
    case.take(apply_policy(case.ret, at=now))
    await case.record()
    return case


async def _fetch_facts(start: StartReturn) -> OrderFacts:
    asked = FetchFacts(start.tenant_id, start.request.order_id, needs_exchange(start.request))
    try:
        return await call(
            OrderActivities.fetch_facts,
            asked,
            summary=f"facts of order {start.request.order_id}",
            options=READ_FACTS,
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        raise _refusal(error) from error


def _refusal(error: FailureError) -> RefusedError:
    cause = reason_of(error)
    kind = cause.type if isinstance(cause, ApplicationError) and cause.type else ""
    details = tuple(cause.details) if isinstance(cause, ApplicationError) else ()
    field = str(details[1]) if len(details) > 1 and details[1] else None
    code = kind if kind in PROBLEMS else "bad_upstream_data"
    message = cause.message if isinstance(cause, ApplicationError) else str(error)
    return RefusedError(code, message, field=field)


async def _register(
    start: StartReturn, facts: OrderFacts, decisions: tuple[Decision, ...]
) -> OpenedReturn:
    order = facts.order
    opening = Opening(
        tenant_id=start.tenant_id,
        return_id=start.return_id,
        order_id=order.order_id,
        currency=order.currency,
        request_hash=request_hash(start.request),
        fulfilled=tuple((line.line_id, line.fulfilled) for line in order.lines),
        tenders=tuple(
            TenderFacts(t.tender_id, t.payment_ref, t.captured_minor, t.refunded_minor)
            for t in order.tenders
        ),
        wanted=wanted_units(start.request, decisions),
    )
    try:
        return await write(RecordActivities.open_return, opening, summary="number and locks")
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        raise _refusal(error) from error
