"""The first stage: facts, decision, registration; or a refusal that leaves nothing behind."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.workflow import ActivityConfig

from activities.orders import FetchFacts, OrderActivities, OrderFacts
from activities.records import OpenedReturn, RecordActivities
from domain.codes import PROBLEMS, RefusedError
from domain.corrections import Correction
from domain.diverting import check_credit
from domain.exchanges import check_exchanges
from domain.gift_returns import check_recipient
from domain.granting import apply_policy
from domain.ids import is_id, workflow_id_for
from domain.locations import NoLocationError, Receiving, choose_location
from domain.opening import (
    decide_lines,
    needs_exchange,
    open_return,
    requested_facts,
    wanted_units,
)
from domain.refusals import too_few
from domain.requests import RequestError, ReturnRequest, check_request, request_hash
from domain.returns import Return
from domain.reviewing import remembers_who_asked
from storage.records import Opening, TenderFacts
from workflows.messages import StartReturn
from workflows.options import CALL_PROVIDER
from workflows.parking import trouble_of
from workflows.recording import Case
from workflows.resuming import dump
from workflows.steps import call, reason_of, uninterrupted, write


class DecidedBeforeError(Exception):
    """The request was decided by a run that the engine has forgotten; this was its answer."""

    def __init__(self, first_answer: dict[str, Any]) -> None:
        super().__init__("decided before")
        self.first_answer = first_answer


async def open_case(start: StartReturn) -> Case:
    """Register the return, and take the policy's decision on it.

    Raises:
        RefusedError: the request cannot be a return; no row, lock, number or notice was made.
        FailureError: the order cannot be read, or makes no sense; nothing was made either.
    """
    if workflow.info().workflow_id != workflow_id_for(start.return_id):
        raise RefusedError(
            "invalid_request", "the workflow id must be return/<return id>", field="return_id"
        )
    if not is_id(start.return_id):
        raise RefusedError("invalid_request", "wanted a UUID in lower case", field="return_id")
    try:
        check_request(start.request)
    except RequestError as error:
        raise RefusedError(error.code, str(error), field=error.field) from error
    facts = await read_facts(start.tenant_id, start.request)
    # From the first row on there is something to undo, so an operator's cancellation waits.
    return await uninterrupted(_open_with(start, facts))


async def _open_with(start: StartReturn, facts: OrderFacts) -> Case:
    ret = await register(
        start.tenant_id,
        start.return_id,
        start.request,
        facts,
        # Not as of now: that a platform was away for an hour closes no customer's window.
        requested_at=workflow.info().workflow_start_time,
        resume_from=dump(replace(start, restarted=None)),
        is_fresh=start.restarted is None,
    )
    if remembers_who_asked(ret):
        ret = replace(ret, requested_by=start.actor)
    case = Case(start, ret)
    case.decided(ret, facts)
    case.take((ret, requested_facts(ret)), actor=start.actor)
    case.take(apply_policy(case.ret, at=workflow.now()))
    await case.record()
    return case


async def read_facts(
    tenant_id: str,
    request: ReturnRequest,
    corrections: tuple[Correction, ...] = (),
    *,
    options: ActivityConfig = CALL_PROVIDER,
) -> OrderFacts:
    """Read what decides a request from the platform.

    Raises:
        RefusedError: the platform knows no such order or goods.
        FailureError: the platform does not answer, or answers nonsense.
    """
    asked = FetchFacts(
        tenant_id, request.order_id, needs_exchange(request), request.ground, corrections
    )
    try:
        return await call(
            OrderActivities.fetch_facts,
            asked,
            summary=f"facts of order {request.order_id}",
            options=options,
        )
    except FailureError as error:
        if refusal := as_refusal(error):
            raise refusal from error
        raise


def as_refusal(error: FailureError) -> RefusedError | None:
    """Return the refusal that an activity's failure stands for, if it does."""
    cause = reason_of(error)
    if not isinstance(cause, ApplicationError) or cause.type not in PROBLEMS:
        return None
    return RefusedError(cause.type, cause.message, field=trouble_of(error).field)


async def register(
    tenant_id: str,
    return_id: str,
    request: ReturnRequest,
    facts: OrderFacts,
    *,
    requested_at: datetime,
    resume_from: str = "",
    is_fresh: bool = False,
) -> Return:
    """Decide the request as of when it was made, and number it and lock its units.

    A draft has what a new run of it would start with already.

    Raises:
        RefusedError: the facts do not allow what is asked, or the key was used before.
        DecidedBeforeError: a fresh start met what an earlier run of the same id has decided.
        FailureError: the order's currency is another than before, or no place takes the goods.
    """
    now, request_of = workflow.now(), request_hash(request)
    decisions = decide_lines(request, facts.order, facts.policy, facts.law, at=requested_at)
    prices = {product.sku: product.price for product in facts.products}
    check_exchanges(request, facts.order, prices, uneven=facts.policy.uneven_exchange)
    check_recipient(request, facts.order, facts.policy)
    check_credit(request, facts.order, facts.policy)
    order, wanted = facts.order, wanted_units(request, decisions)
    receiving = _receiving(facts, [line_id for line_id, _ in wanted])
    opening = Opening(
        tenant_id=tenant_id,
        return_id=return_id,
        order_id=order.order_id,
        currency=order.currency,
        request_hash=request_of,
        fulfilled=tuple((line.line_id, line.fulfilled) for line in order.lines),
        tenders=tuple(
            TenderFacts(
                t.tender_id,
                t.payment_ref,
                t.captured_minor,
                t.refunded_minor,
                t.kind,
                t.captured_at,
            )
            for t in order.tenders
        ),
        wanted=wanted,
        resume_from=resume_from,
        opened_by=workflow.info().first_execution_run_id,
        is_fresh=is_fresh,
        customer_ref=order.customer_ref,
        value_minor=order.value_of(wanted),
    )
    opened = await write(RecordActivities.open_return, opening, summary="number and locks")
    if opened.short_line_id is not None:
        raise too_few(
            request, opened.short_line_id, available=opened.available, held_by=opened.held_by
        )
    check_same_request(opened, request)
    return open_return(
        tenant_id=tenant_id,
        return_id=return_id,
        rma_no=opened.rma_no,
        request=request,
        request_hash=request_of,
        order=order,
        policy=facts.policy.scaled(facts.time_scale),
        decisions=decisions,
        units=dict(opened.units),
        at=now,
        prices=prices,
        receiving=receiving,
        recent=facts.recent,
    )


def _receiving(facts: OrderFacts, line_ids: Collection[str]) -> Receiving:
    """Choose where the goods go; where no place takes them, the start parks as a draft."""
    try:
        return choose_location(facts.locations, facts.order, line_ids)
    except NoLocationError as error:
        raise ApplicationError(str(error), None, error.field, type="NoLocation") from error


def check_same_request(opened: OpenedReturn, request: ReturnRequest) -> None:
    """Raise when the return that was met is not this run's to go on with.

    Raises:
        RefusedError: it came from another request, or its run is gone.
        DecidedBeforeError: the engine forgot the run that decided it.
    """
    if opened.request_hash != request_hash(request):
        raise RefusedError("key_reused", "this key came with another request before")
    if opened.first_answer:
        raise DecidedBeforeError(opened.first_answer)
    if opened.first_answer is not None:
        raise RefusedError("command_not_allowed", "its run is gone from the engine; ops restart it")
