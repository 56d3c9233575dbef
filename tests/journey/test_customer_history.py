"""A customer's other returns beside the one under review, over HTTP and on the command line."""

import uuid
from typing import Any

import pytest

from backhaul_client import NewReturn, NewReturnLine, ReturnView, WithdrawCommand
from tests.support.asking import PATIENCE, complained, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


def bought(journey: Journey, customer_ref: str) -> dict[str, Any]:
    """An order of three lamps, by this customer."""
    order: dict[str, Any] = journey.sandbox.order("three-units")
    order["customer"]["customer_ref"] = customer_ref
    journey.sandbox.put(f"orders/{order['order_id']}", order)
    return order


async def returned(journey: Journey, order: dict[str, Any], quantity: int, **terms: Any) -> str:
    line = NewReturnLine(line_id="line-1", quantity=quantity, reason=terms.pop("reason", None))
    wanted = NewReturn(order_id=order["order_id"], lines=(line,), **terms)
    view = await journey.client().start_return(wanted, idempotency_key=new_key())
    assert isinstance(view, ReturnView)
    return view.return_id


async def test_a_reviewer_reads_what_became_of_the_others(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all orders: units and value by outcome; not the one that is looked at, nor others'."""
    customer, shop = f"customer-{uuid.uuid4().hex}", journey.client()
    await returned(journey, bought(journey, "somebody-else"), 1)
    gone = await returned(journey, bought(journey, customer), 2)
    await shop.withdraw(gone, WithdrawCommand(), idempotency_key=new_key())
    await shop.wait_until(gone, lambda seen: seen.headline == "WITHDRAWN", timeout=PATIENCE)
    looked_at = await returned(
        journey, bought(journey, customer), 3, ground="NON_CONFORMITY", reason="DEFECTIVE"
    )
    sign_in(journey, monkeypatch, "reviewer")

    found = await shop.customer_history(looked_at)
    explained = await journey.client("reviewer").explain(looked_at)
    typed = await terminal.type("ops", "explain", looked_at)
    asked = await terminal.type("returns", "history", gone)

    (past,) = found.counts
    assert (found.is_known, past.outcome, past.returns, past.units) == (True, "withdrawn", 1, 2)
    assert past.value_minor > 0
    assert explained.customer_history is not None
    assert explained.customer_history.counts == found.counts
    assert "withdrawn: 1, 2 units" in typed[1]
    assert "open: 1, 3 units" in asked[1]
    assert (await shop.explain(gone)).customer_history is None


async def test_where_the_shop_names_nobody_nothing_is_counted(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guests' returns are not taken for one customer's."""
    order = journey.sandbox.order("three-units")
    del order["customer"]["customer_ref"]
    journey.sandbox.put(f"orders/{order['order_id']}", order)
    view = await returned(journey, order, 1)
    sign_in(journey, monkeypatch, "reviewer")

    found = await journey.client().customer_history(view)
    typed = await terminal.type("returns", "history", view)

    assert (found.is_known, found.counts) == (False, ())
    assert "the shop names none" in typed[1]


async def test_a_warehouse_reads_nobodys_history(journey: Journey) -> None:
    """It is for those who may ask why a return waits."""
    view = await complained(journey)

    response = await journey.http[TENANT, "warehouse"].get(
        f"/v1/returns/{view.return_id}/customer-history"
    )

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
