"""A customer's bank takes a payment back while we give it back: never both without an alert."""

from typing import Any

import structlog

from backhaul_client import ApproveCommand, NewReturn, ReturnView
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.journey import Journey

REFUNDS = {"system": "stripe", "operation": "POST /v1/refunds"}


def charge_back(journey: Journey, order: dict[str, Any], **how: Any) -> dict[str, Any]:
    """Let the bank dispute the order's one payment."""
    (tender,) = order["tenders"]
    opened: dict[str, Any] = journey.sandbox.post(f"payments/{tender['payment_ref']}/dispute", how)
    return opened


def decide(journey: Journey, dispute: dict[str, Any], outcome: str) -> None:
    journey.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": outcome})


def paid(journey: Journey, order: dict[str, Any]) -> list[tuple[int, str]]:
    made = journey.sandbox.ledger(order_id=order["order_id"])["refunds"]
    return [(refund["amount_minor"], refund["status"]) for refund in made]


def read_dispute(journey: Journey, dispute: dict[str, Any]) -> dict[str, Any]:
    answer = journey.sandbox.http.get(
        f"/stripe/v1/disputes/{dispute['id']}", headers={"Authorization": "Bearer sk_test_1"}
    )
    read: dict[str, Any] = answer.raise_for_status().json()
    return read


async def begun(journey: Journey, order: dict[str, Any]) -> str:
    view = await journey.client().start_return(units_of(order), idempotency_key=new_key())
    assert isinstance(view, ReturnView)
    return view.return_id


async def until_waiting(journey: Journey, return_id: str, code: str) -> ReturnView:
    return await journey.client().wait_until(
        return_id, lambda seen: code in [wait.code for wait in seen.waiting_on], timeout=PATIENCE
    )


async def until_refund(journey: Journey, return_id: str, state: str) -> ReturnView:
    return await journey.client().wait_until(
        return_id,
        lambda seen: [r.state for s in seen.settlements for r in s.refunds] == [state],
        timeout=PATIENCE,
    )


async def held(journey: Journey, order: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A return whose refund waits for the customer when the bank takes the payment back."""
    return_id = await begun(journey, order)
    with journey.sandbox.fault(**REFUNDS, kind="pending_refund"):
        await take_in(journey, return_id, "LAMP-DESK-WHITE")
        view = await until_refund(journey, return_id, "pending")
    journey.sandbox.post(f"refunds/{view.settlements[0].refunds[0].refund_ref}/ask-customer")
    dispute = charge_back(journey, order)
    await until_waiting(journey, return_id, "charged_back")
    return return_id, dispute


async def test_edge_77_a_refund_that_can_be_stopped_is_held_and_goes_on_when_won(
    journey: Journey,
) -> None:
    """The pending refund is cancelled, the wait named; the bank decides for us: one refund."""
    order = journey.sandbox.order("three-units")
    return_id, dispute = await held(journey, order)
    waiting = await journey.client("finance").get_return(return_id)
    (wait,) = [one for one in waiting.waiting_on if one.code == "charged_back"]
    owed = waiting.settlements[0].refunds[0].amount_minor
    stopped = paid(journey, order)

    decide(journey, dispute, "won")
    ended = await until_refund(journey, return_id, "succeeded")

    assert stopped == [(owed, "canceled")]
    assert wait.owner == "finance"
    assert wait.deadline is not None
    assert wait.deadline.timestamp() == dispute["evidence_details"]["due_by"]
    assert waiting.on_hold
    assert not ended.on_hold
    assert paid(journey, order) == [(owed, "canceled"), (owed, "succeeded")]


async def test_edge_77_a_lost_chargeback_covers_the_refund(journey: Journey) -> None:
    """All of the payment went back by the bank: nothing is sent, and the return ends."""
    order = journey.sandbox.order("three-units")
    return_id, dispute = await held(journey, order)

    decide(journey, dispute, "lost")
    ended = await until_refund(journey, return_id, "covered")

    refund = ended.settlements[0].refunds[0]
    assert refund.covered_minor == refund.amount_minor
    assert "succeeded" not in [status for _, status in paid(journey, order)]
    done = await journey.client().wait_until(
        return_id, lambda seen: seen.headline == "COMPLETED", timeout=PATIENCE
    )
    assert done.settlement_state == "SETTLED"
    types = [event.type for event in await journey.client().timeline(return_id)]
    assert [types.count(f"chargeback.{name}") for name in ("opened", "lost")] == [1, 1]
    assert types.count("refund.covered") == 1


async def test_edge_77_a_refund_that_cannot_be_stopped_is_contested(journey: Journey) -> None:
    """The money is out already: finance is told until when, with our refund laid at the bank's."""
    order = journey.sandbox.order("three-units")
    return_id = await begun(journey, order)
    with journey.sandbox.fault(**REFUNDS, kind="pending_refund"):
        await take_in(journey, return_id, "LAMP-DESK-WHITE")
        pending = await until_refund(journey, return_id, "pending")
    refund_ref = pending.settlements[0].refunds[0].refund_ref
    assert refund_ref is not None

    with structlog.testing.capture_logs() as logs:
        dispute = charge_back(journey, order)
        view = await until_waiting(journey, return_id, "chargeback_open")

    assert [log["event"] for log in logs if log["log_level"] == "error"] == [
        "refund.charged_back_too"
    ]
    (wait,) = [one for one in view.waiting_on if one.code == "chargeback_open"]
    assert refund_ref in str(wait.detail)
    read = read_dispute(journey, dispute)
    assert refund_ref in read["evidence"]["uncategorized_text"]
    assert read["evidence_details"]["submission_count"] == 0
    assert [status for _, status in paid(journey, order)] == ["pending"]


async def test_edge_23_what_is_charged_back_in_review_is_on_hold(journey: Journey) -> None:
    """The goods may still be asked for; the money part ends as given back by the bank."""
    order = journey.sandbox.order("three-units")
    (asked,) = units_of(order).lines
    wanted = NewReturn(
        order_id=order["order_id"],
        lines=(asked.model_copy(update={"reason": "DEFECTIVE"}),),
        ground="NON_CONFORMITY",
    )
    started = await journey.client().start_return(wanted, idempotency_key=new_key())
    return_id = started.return_id
    dispute = charge_back(journey, order)
    on_hold = await until_waiting(journey, return_id, "chargeback_open")
    assert on_hold.headline == "IN_REVIEW"
    decide(journey, dispute, "lost")
    await journey.client().wait_until(return_id, lambda seen: not seen.on_hold, timeout=PATIENCE)
    grant = ApproveCommand(line_ids=("line-1",))
    await journey.client("reviewer").approve(return_id, grant, idempotency_key=new_key())

    await take_in(journey, return_id, "LAMP-DESK-WHITE")
    ended = await until_refund(journey, return_id, "covered")

    assert on_hold.on_hold
    assert on_hold.next_step is not None
    assert ended.lots[0].state == "REFUNDED"
    assert paid(journey, order) == []


async def test_what_a_bank_kept_in_part_is_not_sent_again(journey: Journey) -> None:
    """Of a refund that does not fit into what the bank left, only the rest is sent."""
    order = journey.sandbox.order("three-units")
    captured = order["tenders"][0]["captured_minor"]
    return_id = await begun(journey, order)
    dispute = charge_back(journey, order, amount_minor=captured - 100)
    await until_waiting(journey, return_id, "chargeback_open")
    decide(journey, dispute, "lost")
    await journey.client().wait_until(return_id, lambda seen: not seen.on_hold, timeout=PATIENCE)

    await take_in(journey, return_id, "LAMP-DESK-WHITE")
    ended = await until_refund(journey, return_id, "succeeded")

    (refund,) = ended.settlements[0].refunds
    assert paid(journey, order) == [(100, "succeeded")]
    assert refund.covered_minor == refund.amount_minor - 100


async def test_an_inquiry_holds_nothing_until_it_becomes_a_chargeback(journey: Journey) -> None:
    """A bank that only asks has taken no money."""
    order = journey.sandbox.order("three-units")
    return_id = await begun(journey, order)
    dispute = charge_back(journey, order, status="warning_needs_response")
    asked = await journey.client().get_return(return_id)

    journey.sandbox.post(f"disputes/{dispute['id']}/escalate")
    view = await until_waiting(journey, return_id, "chargeback_open")

    assert not asked.on_hold
    assert [one.state for one in view.chargebacks] == ["open"]


async def test_a_chargeback_that_is_told_again_changes_nothing(journey: Journey) -> None:
    """Duplicate and late webhooks: one opening, and what was decided stays."""
    order = journey.sandbox.order("three-units")
    return_id = await begun(journey, order)
    webhooks = {"system": "stripe", "operation": "*", "kind": "duplicate_webhooks"}
    with journey.sandbox.fault(**webhooks):
        dispute = charge_back(journey, order)
        await until_waiting(journey, return_id, "chargeback_open")
        decide(journey, dispute, "won")
        await journey.client().wait_until(
            return_id, lambda seen: not seen.on_hold, timeout=PATIENCE
        )

    types = [event.type for event in await journey.client().timeline(return_id)]
    assert [name for name in types if name.startswith("chargeback.")] == [
        "chargeback.opened",
        "chargeback.won",
    ]
