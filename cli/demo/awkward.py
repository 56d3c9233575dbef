"""Returns that meet trouble, and how each comes to its end all the same."""

from functools import partial
from typing import Any

from backhaul_client import (
    ApproveCommand,
    BackhaulError,
    CorrectCommand,
    DenyCommand,
    LineReason,
    PickupOutcomeCommand,
    RestartCommand,
    RetryCommand,
    ReturnView,
)
from cli.demo.actors import patiently
from cli.demo.arriving import arrive_and_be_graded
from cli.demo.checks import (
    check_money,
    check_one_effect_each,
    is_done,
    is_ready,
    until_mailed,
)
from cli.demo.story import Story
from domain.ids import workflow_id_for

_LOST = "workflow_missing"


async def no_show(story: Story) -> str:
    """(g) One courier stays away, the next finds nobody: the parcel is dropped off instead."""
    await story.ask(handover="PICKUP")
    for attempt, outcome in ((1, "courier_no_show"), (2, "customer_absent")):
        ret = await story.until(f"visit {attempt} is booked", partial(_has_visits, number=attempt))
        pickup = ret.deliveries[0].pickups[attempt - 1]
        story.tell(f"visit {attempt}: {outcome.replace('_', ' ')}")
        await story.outside(partial(story.actors.world.courier_fails, pickup.pickup_ref, outcome))
        report = PickupOutcomeCommand.model_validate(
            {"delivery_id": "d1", "attempt": attempt, "outcome": outcome}
        )
        if pickup.outcome is None:
            await patiently(
                partial(
                    story.actors.shop.report_pickup_outcome,
                    story.ret.return_id,
                    report,
                    idempotency_key=f"{story.order_id}-visit-{attempt}",
                )
            )
    await story.until("only the drop-off is left", _is_to_be_dropped_off)
    faults = [pickup.fault for pickup in story.ret.deliveries[0].pickups]
    story.check("each visit says whose fault it was", faults == ["CARRIER", "CUSTOMER"])
    await _bring_home(story)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 45600)
    check_one_effect_each(story, ledger)
    standing = [p for p in ledger["pickups"] if p["status"] == "scheduled" and not p["outcome"]]
    story.check("two couriers were ordered, and none still comes", len(ledger["pickups"]) == 2)
    story.check("no courier is on his way", not standing)
    return "2 visits, dropped off"


async def in_part(story: Story) -> str:
    """(h) A reviewer grants one line of three, and says of each other line why not."""
    await story.ask(ground="NON_CONFORMITY", reason="DEFECTIVE")
    reasons = {"line-2": "worn for a year", "line-3": "no defect on the photos"}
    if story.ret.headline == "IN_REVIEW":
        story.tell("the reviewer grants one line of three")
        command = ApproveCommand(
            line_ids=("line-1",),
            reasons=tuple(LineReason(line_id=k, reason=v) for k, v in reasons.items()),
        )
        await patiently(
            lambda: story.actors.reviewer.approve(
                story.ret.return_id, command, idempotency_key=f"{story.order_id}-review"
            )
        )
    await story.until("it is granted in part", lambda ret: ret.headline != "IN_REVIEW")
    told = {
        line.line_id: line.authorization.reason
        for line in story.ret.lines
        if line.authorization and not line.authorization.granted
    }
    story.check("each declined line has the reviewer's reason", told == reasons)
    await _bring_home(story, story.order["lines"][0])
    ledger = await story.ledger()
    # Two shirts: 69.62 EUR, and their share of 4.90 for shipping.
    check_money(story, ledger["refunds"], 7239)
    check_one_effect_each(story, ledger)
    await until_mailed(story, *reasons.values())
    return "one line of three"


async def outage(story: Story) -> str:
    """(i) The payment provider is down: the refund parks, resumes, and is paid once."""
    tender, fault = story.order["tenders"][0], f"{story.order_id}-down"
    await story.ask()
    if not is_done(story.ret):
        await story.outside(
            lambda: story.actors.world.break_down(
                fault,
                system="stripe",
                kind="http_503",
                times=100_000,
                containing=tender["payment_ref"],
            )
        )
    await arrive_and_be_graded(story)
    parked = await story.until(
        "the refund stands parked", lambda ret: _waits_for(ret, "provider_unavailable")
    )
    explained = await patiently(lambda: story.actors.ops.explain(story.ret.return_id))
    wait = next(w for w in explained.waiting_on if w.code == "provider_unavailable")
    story.check(
        "explain names owner, deadline and error", bool(wait.owner == "ops" and wait.detail)
    )
    story.check("and what moves it", "retry" in wait.exits and bool(parked.next_step))
    await story.outside(lambda: story.actors.world.mend(fault))
    await patiently(
        lambda: story.actors.ops.retry(
            story.ret.return_id, RetryCommand(), idempotency_key=f"{story.order_id}-retry"
        )
    )
    await story.until("the money went back", is_done)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 37570)
    check_one_effect_each(story, ledger)
    story.check("one refund, although it was tried often", len(ledger["refunds"]) == 1)
    return "parked, then paid once"


async def unanswered_review(story: Story) -> str:
    """(j) Nobody answers the review: at its deadline the policy's default decides."""
    await story.ask(ground="NON_CONFORMITY", reason="DAMAGED")
    ret = await story.until("a day passes without an answer", lambda r: r.headline != "IN_REVIEW")
    decided = ret.lines[0].authorization
    story.check(
        "the system decided, and says so",
        decided is not None and (decided.by, decided.decided_by) == ("timeout", "system:timeout"),
    )
    await _bring_home(story)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 11899)
    check_one_effect_each(story, ledger)
    return "granted by default"


async def warranty(story: Story) -> str:
    """(k) A claim under warranty: no rule decides it, a person does."""
    await story.ask(ground="WARRANTY", reason="DEFECTIVE")
    codes = story.ret.lines[0].decision.reason_codes
    story.check("no rule covers it, so a person is asked", "M_NO_RULE" in codes)
    why = "the maker repairs it: see the card in the box"
    if story.ret.headline == "IN_REVIEW":
        story.tell("the reviewer decides")
        await patiently(
            lambda: story.actors.reviewer.deny(
                story.ret.return_id,
                DenyCommand(reason=why),
                idempotency_key=f"{story.order_id}-review",
            )
        )
    ret = await story.until("the person's word stands", lambda view: view.headline == "DENIED")
    decided = ret.lines[0].authorization
    story.check("it names who decided", decided is not None and decided.by == "human")

    await until_mailed(story, why)
    check_money(story, (await story.ledger())["refunds"], 0)
    return "decided by a person"


async def lost_run(story: Story) -> str:
    """(l) The run is gone: the sweep finds it, and it goes on from what was written."""
    await story.ask()
    await story.until("the label is ready", is_ready)
    if not await _was_restarted(story):
        if not _waits_for(story.ret, _LOST):
            story.tell("somebody terminates the run")
            await _terminate(story)
        await story.until("the sweep finds it", lambda ret: _waits_for(ret, _LOST))
        explained = await patiently(lambda: story.actors.ops.explain(story.ret.return_id))
        named = "restart-from-projection" in explained.allowed_commands
        story.check("explain says what brings it back", named)
        command = RestartCommand(reason="its run was terminated")
        await patiently(
            lambda: story.actors.ops.restart_from_projection(
                story.ret.return_id, command, idempotency_key=f"{story.order_id}-restart"
            )
        )
    await _bring_home(story)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 10450)
    check_one_effect_each(story, ledger)
    story.check("one label, bought by the run that was lost", len(ledger["labels"]) == 1)
    return "found, restarted, paid"


async def bad_data(story: Story) -> str:
    """(m) The shop's order makes no sense: the start parks, is corrected, and goes on."""
    fault, field = f"{story.order_id}-nonsense", "ship_to.time_zone"
    await story.outside(
        lambda: story.actors.world.break_down(
            fault,
            system="commerce",
            operation="GET /orders/{order_id}",
            kind="nonsense",
            times=100_000,
            containing=story.order_id,
            set={"path": field, "value": "Mars/Olympus_Mons"},
        )
    )
    parked = await story.ask(patient=False)
    if parked is not None:
        await _correct(story, parked.return_id, field)
        await story.ask()
    await _bring_home(story)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 45600)
    check_one_effect_each(story, ledger)
    await story.outside(lambda: story.actors.world.mend(fault))
    return "corrected, then paid"


async def _correct(story: Story, return_id: str, field: str) -> None:
    async def is_parked() -> bool:
        try:
            story.view = await patiently(lambda: story.actors.shop.get_return(return_id))
        except BackhaulError as error:
            # Accepted is a promise: it is registered, or parked, when a worker comes to it.
            if error.code != "return_not_found":
                raise
            return False
        return story.ret.headline != "DRAFT" or _waits_for(story.ret, "bad_upstream_data")

    await story.until_seen("the start stands parked", is_parked)
    if story.ret.headline != "DRAFT":
        return
    story.check("the wait names the field", story.ret.waiting_on[0].field == field)
    story.tell("ops correct the field")
    command = CorrectCommand(
        field=field, value=story.order["ship_to"]["time_zone"], reason="a typing error"
    )
    await patiently(
        lambda: story.actors.ops.correct(
            return_id, command, idempotency_key=f"{story.order_id}-correct"
        )
    )


async def _bring_home(story: Story, *lines: dict[str, Any]) -> None:
    """The parcel travels, is counted and graded as new, and the money goes back."""
    await arrive_and_be_graded(story, *lines)
    await story.until("the money went back", is_done)


def _has_visits(ret: ReturnView, *, number: int) -> bool:
    return bool(ret.deliveries) and len(ret.deliveries[0].pickups) >= number


def _is_to_be_dropped_off(ret: ReturnView) -> bool:
    (delivery, *_) = ret.deliveries
    return delivery.state != "PICKUP_SCHEDULED" and all(p.outcome for p in delivery.pickups)


def _waits_for(ret: ReturnView, code: str) -> bool:
    return any(wait.code == code for wait in ret.waiting_on)


async def _was_restarted(story: Story) -> bool:
    events = await patiently(lambda: story.actors.ops.timeline(story.ret.return_id))
    return any(event.data.get("kind") == "restart-from-projection" for event in events)


async def _terminate(story: Story) -> None:
    handle = story.actors.engine.get_workflow_handle(workflow_id_for(story.ret.return_id))
    await patiently(lambda: handle.terminate(reason="the demo loses a run"))
