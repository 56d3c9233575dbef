"""What people and systems around a return say: requests, commands and news, and who says it."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import (
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError

from domain.commands import Actor
from domain.reasons import Ground
from domain.requests import HandoverMethod, PickupWindow, RequestedLine, Resolution, ReturnRequest
from domain.tracking import Milestone, Reached
from workflows.messages import (
    CarrierMilestones,
    CommandInfo,
    CountedEntry,
    Receive,
    RecordInspection,
    RefundNews,
    ReplacementNews,
)

WAREHOUSE = Actor("warehouse", "dock-1")
CUSTOMER_SIDE = Actor("platform", "shop")
OPS = Actor("ops", "olga")
REVIEWER = Actor("reviewer", "rita")
FINANCE = Actor("finance", "fay")


def waiting_codes(view: dict[str, Any]) -> list[str]:
    return [wait["code"] for wait in view["waiting_on"]]


def lot_states(view: dict[str, Any]) -> dict[str, str]:
    return {lot["lot_id"]: lot["state"] for lot in view["lots"]}


def info(actor: Actor, command_id: str | None = None) -> CommandInfo:
    return CommandInfo(command_id or uuid.uuid4().hex, actor)


def whole_order(order: dict[str, Any], **changes: Any) -> ReturnRequest:
    """Ask for every unit of every line back."""
    lines = tuple(RequestedLine(line["line_id"], line["quantity"]) for line in order["lines"])
    return ReturnRequest(order_id=order["order_id"], lines=changes.pop("lines", lines), **changes)


def some_of(order: dict[str, Any], quantity: int, **changes: Any) -> ReturnRequest:
    """Ask for ``quantity`` units of the order's first line back."""
    lines = (RequestedLine(order["lines"][0]["line_id"], quantity),)
    return whole_order(order, lines=lines, **changes)


def for_exchange(order: dict[str, Any], sku: str) -> ReturnRequest:
    """Ask for other goods instead of one unit of the order's first line."""
    line_id = order["lines"][0]["line_id"]
    line = RequestedLine(line_id, 1, Resolution.EXCHANGE, exchange_sku=sku)
    return whole_order(order, lines=(line,))


def complaint(order: dict[str, Any]) -> ReturnRequest:
    """Ask for everything back as defective, which goes to review."""
    request = whole_order(order)
    lines = tuple(replace(line, reason="DEFECTIVE") for line in request.lines)
    return replace(request, lines=lines, ground=Ground.NON_CONFORMITY)


def with_pickup(request: ReturnRequest) -> ReturnRequest:
    """Wish for a courier tomorrow."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    window = PickupWindow(tomorrow, tomorrow + timedelta(hours=4), "Europe/Berlin")
    return replace(request, handover=HandoverMethod.PICKUP, pickup_window=window)


def counted(order: dict[str, Any], **quantities: int) -> tuple[CountedEntry, ...]:
    """Count every line whole, or as ``quantities`` says by SKU."""
    if quantities:
        return tuple(CountedEntry(sku, quantity) for sku, quantity in quantities.items())
    return tuple(CountedEntry(line["sku"], line["quantity"]) for line in order["lines"])


def received(
    entries: tuple[CountedEntry, ...], *, receipt_id: str = "R-1", command_id: str | None = None
) -> Receive:
    return Receive(info(WAREHOUSE, command_id), receipt_id, "parcel-1", entries)


def graded(lot_id: str, grade: Any, **fields: Any) -> RecordInspection:
    return RecordInspection(info(WAREHOUSE), lot_id, grade, **fields)


def scanned(delivery_id: str, *milestones: Milestone, at: Any) -> CarrierMilestones:
    return CarrierMilestones(
        delivery_id, tuple(Reached(milestone, at) for milestone in milestones), uuid.uuid4().hex
    )


def refund_news(intent_id: str, state: str, failure: str | None = None) -> RefundNews:
    return RefundNews(intent_id, state, "re_told", failure, uuid.uuid4().hex)


def shipped(reference: str, status: str) -> ReplacementNews:
    return ReplacementNews(reference, status, "TRACK1", uuid.uuid4().hex)


def refusal_code(error: WorkflowUpdateFailedError) -> str | None:
    assert isinstance(error.cause, ApplicationError)
    return error.cause.type
