"""A gift's recipient returns it over HTTP: what is shown, who is written to, and who is paid."""

from typing import Any

import pytest

from backhaul_client import BackhaulError, ReturnView
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.journey import Journey

FRIEND = {
    "customer_ref": "friend-1",
    "email": "friend@example.com",
    "name": "Bo Friend",
    "locale": "en",
}


def given(journey: Journey) -> dict[str, Any]:
    order = journey.sandbox.order("three-units") | {"gift_recipient": FRIEND}
    return dict(journey.sandbox.put(f"orders/{order['order_id']}", order))


async def test_edge_16_the_recipient_sees_no_money_and_the_purchaser_gets_it(
    journey: Journey,
) -> None:
    """From the preview to the refund: the goods are the recipient's matter, the money is not."""
    client, order = journey.client(), given(journey)
    (tender,) = order["tenders"]
    wanted = units_of(order).model_copy(update={"by": "recipient"})

    preview = await client.preview(wanted)
    started = await client.start_return(wanted, idempotency_key=new_key())
    assert isinstance(started, ReturnView)
    await take_in(journey, started.return_id, "LAMP-DESK-WHITE")
    staff = await client.wait_until(
        started.return_id,
        lambda view: bool(view.settlements) and view.settlements[0].refunds[0].state == "succeeded",
        timeout=PATIENCE,
    )
    theirs = await client.get_return_for_recipient(started.return_id)

    assert (preview.authorization_state, preview.money_hidden) == ("APPROVED", True)
    assert (preview.refund_minor, preview.by_tender) == (0, ())
    assert {line.gross_minor for line in preview.lines} == {0}
    assert started.money_hidden
    assert [refund.tender_id for refund in staff.settlements[0].refunds] == [tender["tender_id"]]
    assert theirs.settlements == ()
    assert theirs.headline == staff.headline
    assert len(journey.sandbox.ledger(order_id=order["order_id"])["refunds"]) == 1


async def test_edge_16_only_who_was_given_it_may_ask_as_its_recipient(journey: Journey) -> None:
    """An order that names nobody is no gift, and nothing is written."""
    order = journey.sandbox.order("three-units")
    wanted = units_of(order).model_copy(update={"by": "recipient"})

    with pytest.raises(BackhaulError) as refused:
        await journey.client().start_return(wanted, idempotency_key=new_key())

    assert (refused.value.status, refused.value.code, refused.value.field) == (
        422,
        "not_a_gift",
        "by",
    )
