"""Returns as most of them go. Expected money is worked out by hand from the order."""

from backhaul_client import NewReturn, NewReturnLine, NewSurveyAnswer, WithdrawCommand
from cli.demo.actors import patiently
from cli.demo.arriving import arrive, arrive_and_be_graded
from cli.demo.checks import (
    check_money,
    check_one_effect_each,
    has_arrived,
    has_pickup,
    is_done,
    moved,
    settlements_paid,
    states,
)
from cli.demo.story import Story


async def no_reason(story: Story) -> str:
    """(a) No reason, by courier, as good as new: paid back to both tenders, survey answered."""
    await story.ask(handover="PICKUP")
    ret = await story.until("a courier is booked", has_pickup)
    pickup = ret.deliveries[0].pickups[-1]
    story.tell("the courier collects the parcel")
    await story.outside(lambda: story.actors.world.courier_collects(pickup.pickup_ref))
    await story.travel(ret.deliveries[0])
    await story.until("the carrier delivered", has_arrived)
    skus = {line["sku"]: line["quantity"] for line in story.order["lines"]}
    await story.receive("R-1", **skus)
    for lot in story.lots("RECEIVED"):
        await story.inspect(lot, "A")
    ret = await story.until("the money went back", is_done)
    ledger = await story.ledger()
    # 129.02 EUR were paid, 1.00 of it for express instead of standard shipping.
    check_money(story, ledger["refunds"], 12802)
    captured = {t["payment_ref"]: t["captured_minor"] for t in story.order["tenders"]}
    back = {r["payment_ref"]: r["amount_minor"] for r in ledger["refunds"]}
    story.check("both tenders got money back", set(back) == set(captured))
    story.check("no tender got more than it paid", all(back[t] <= captured[t] for t in back))
    check_one_effect_each(story, ledger)
    story.check("the goods are in stock again", moved(ledger) == ["RESTOCK"] * 3)
    await _answer_survey(story)
    return "paid, survey answered"


async def three_units(story: Story) -> str:
    """(b) Of three units two arrive, one of them damaged; the third later: settled twice."""
    await story.ask()
    await arrive(story)
    sku = story.order["lines"][0]["sku"]
    await story.receive("R-1", **{sku: 2})
    received = story.lots("RECEIVED")
    if received and received[0].quantity == 2:
        await story.inspect(received[0], "A", quantity=1)
    for lot in story.lots("RECEIVED"):
        if not any(row.receipt_id == "R-2" for row in story.ret.receipts):
            await story.inspect(lot, "D", fault="CUSTOMER", checklist=["shade is dented"])
    await story.until("the first settlement is paid", lambda view: settlements_paid(view) >= 1)
    await story.receive("R-2", **{sku: 1})
    await story.until("the third unit is counted", lambda view: len(view.receipts) == 2)
    for lot in story.lots("RECEIVED"):
        await story.inspect(lot, "A")
    ret = await story.until("the second settlement is paid", is_done)
    ledger = await story.ledger()
    story.check("settled twice", len(ret.settlements) == 2)
    # 375.70 CNY for three: two whole ones of 125.24, and the damaged one at half its price and tax.
    check_money(story, ledger["refunds"], 12524 + 6261 + 12524)
    check_one_effect_each(story, ledger)
    return "settled twice"


async def out_of_window(story: Story) -> str:
    """(d) Asked for forty days after delivery: denied, with the rule and its source."""
    await story.ask()
    ret = await story.until("the request is decided", lambda view: view.headline == "DENIED")
    decision = ret.lines[0].decision
    story.check("the reason is named", "X_WINDOW_EXPIRED" in decision.reason_codes)
    named = decision.rule_id and decision.sources and decision.window_end
    story.check("the rule, its window and its source are named", bool(named))
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 0)
    story.check("nothing was booked", not ledger["labels"] and not ledger["pickups"])
    story.note = f"{decision.explanation} ({decision.sources[0].title})"
    return f"window ended {decision.window_end:%b %d}"


async def withdrawn(story: Story) -> str:
    """(e) Withdrawn with a courier booked: visit cancelled, label voided, units free again."""
    await story.ask(handover="PICKUP")
    await story.until("a courier is booked", has_pickup)
    if story.ret.headline != "WITHDRAWN":
        story.tell("the shopper changes their mind")
        await patiently(
            lambda: story.actors.shop.withdraw(
                story.ret.return_id,
                WithdrawCommand(reason="keeps them after all"),
                idempotency_key=f"{story.order_id}-withdraw",
            )
        )
    await story.until(
        "courier and label are given back",
        lambda view: view.headline == "WITHDRAWN" and view.deliveries[0].state == "CANCELLED",
    )
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 0)
    story.check("the courier is cancelled", states(ledger, "pickups") == ["canceled"])
    voided = ("refund_submitted", "refunded")
    labels = states(ledger, "labels")
    story.check("the label is voided", len(labels) == 1 and labels[0] in voided)
    line = story.order["lines"][0]
    preview = await patiently(
        lambda: story.actors.shop.preview(
            NewReturn(
                order_id=story.order_id,
                lines=(NewReturnLine(line_id=line["line_id"], quantity=line["quantity"]),),
            )
        )
    )
    story.check("the units can be returned again", preview.lines[0].verdict == "APPROVE")
    return "courier, label undone"


async def rejected(story: Story) -> str:
    """(f) The warehouse finds another thing than was sold: rejected, and sent back."""
    await story.ask()
    await arrive_and_be_graded(
        story, grade="X", fault="CUSTOMER", checklist=["another make in the box"]
    )
    ret = await story.until(
        "a day to object passes, then a label to the customer",
        lambda view: any(d.ship_back_of and d.tracking_code for d in view.deliveries),
    )
    await story.travel(next(d for d in ret.deliveries if d.ship_back_of))
    ret = await story.until("the customer has it again", is_done)
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], 0)
    story.check("two labels: here and back", len(ledger["labels"]) == 2)
    story.check("the lot ended with the customer", ret.lots[0].state == "CLOSED_RETURNED")
    return "rejected, sent back"


async def _answer_survey(story: Story) -> None:
    return_id = story.ret.return_id
    token: str | None = None

    async def mailed() -> bool:
        nonlocal token
        token = await story.outside(lambda: story.actors.world.survey_token(return_id))
        return token is not None

    await story.until_seen("the survey mail comes", mailed)
    answer = NewSurveyAnswer(csat=5, nps=10, comment="quick and clear")
    await patiently(lambda: story.actors.shop.answer_survey(str(token), answer))
    types: list[str] = []

    async def logged() -> bool:
        events = await patiently(lambda: story.actors.shop.timeline(return_id))
        types[:] = [event.type for event in events]
        return "survey.answered" in types

    await story.until_seen("the survey's answer is logged", logged)
    story.check("the survey's answer is in the log, once", types.count("survey.answered") == 1)
