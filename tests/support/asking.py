"""Requests and keys that journeys use."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from backhaul_client import Accepted, NewPickupWindow, NewReturn, NewReturnLine, ReturnView
from tests.support.journey import Journey

PATIENCE = 120.0
"""Seconds: tests are about what comes, not how fast on a busy machine."""


def new_key() -> str:
    return f"key-{uuid.uuid4().hex}"


def units_of(order: dict[str, Any], quantity: int = 1) -> NewReturn:
    """Ask for some units of an order's first line."""
    line = NewReturnLine(line_id=order["lines"][0]["line_id"], quantity=quantity)
    return NewReturn(order_id=order["order_id"], lines=(line,))


async def labelled(journey: Journey, example: str = "three-units", quantity: int = 1) -> ReturnView:
    """Start a return and wait until its label is there."""
    client = journey.client()
    wanted = units_of(journey.sandbox.order(example), quantity)
    started = await client.start_return(wanted, idempotency_key=new_key())
    assert not isinstance(started, Accepted)
    return await client.wait_until(
        started.return_id,
        lambda view: bool(view.deliveries and view.deliveries[0].tracking_code),
        timeout=PATIENCE,
    )


async def courier_ordered(journey: Journey) -> ReturnView:
    """Start a return with a courier for tomorrow, and wait until he is ordered."""
    client, tomorrow = journey.client(), datetime.now(UTC) + timedelta(days=1)
    window = NewPickupWindow(
        not_before=tomorrow,
        not_after=tomorrow + timedelta(hours=4),
        time_zone="Europe/Berlin",
    )
    wanted = units_of(journey.sandbox.order("three-units")).model_copy(
        update={"handover": "PICKUP", "pickup_window": window}
    )
    started = await client.start_return(wanted, idempotency_key=new_key())
    return await client.wait_until(
        started.return_id,
        lambda view: "report-pickup-outcome" in view.allowed_commands,
        timeout=PATIENCE,
    )


async def complained(journey: Journey) -> ReturnView:
    """Start a complaint about three lines, which goes to review."""
    order = journey.sandbox.order("no-reason-return")
    lines = tuple(
        NewReturnLine(line_id=line["line_id"], quantity=1, reason="DEFECTIVE")
        for line in order["lines"]
    )
    wanted = NewReturn(order_id=order["order_id"], lines=lines, ground="NON_CONFORMITY")
    view = await journey.client().start_return(wanted, idempotency_key=new_key())
    assert isinstance(view, ReturnView)
    assert view.headline == "IN_REVIEW"
    return view
