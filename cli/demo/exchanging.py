"""Goods for goods: as dear, cheaper and dearer."""

from functools import partial

from backhaul_client import ReturnView
from cli.demo.arriving import arrive_and_be_graded
from cli.demo.checks import check_money, check_one_effect_each, is_done
from cli.demo.story import Story

NEXT_SIZE = "SNEAKER-BLUE-25-5"


async def even(story: Story) -> str:
    """(c) Shoes a size too small, exchanged for the next size at the same price."""
    await _ask_and_send(story, NEXT_SIZE)
    await _travel(story, "shipped", "delivered")
    await _check(story, refunded_minor=0, due_minor=0)
    return "replacement delivered"


async def cheaper(story: Story) -> str:
    """Last season's model costs 2000 yen less: they come back when it is sent."""
    await _ask_and_send(story, "SNEAKER-BLUE-25-OLD")
    await _travel(story, "shipped", "delivered")
    await _check(story, refunded_minor=2000, due_minor=0)
    return "difference paid back"


async def dearer(story: Story) -> str:
    """The leather model costs 3000 yen more: it is sent once the shopper has paid them."""
    await _ask_and_send(story, "SNEAKER-LEATHER-25-5")
    lot = story.ret.lots[0]
    story.check("the shopper is asked for 3000 JPY", lot.replacement_due_minor == 3000)
    story.check("and told where to pay them", bool(lot.replacement_payment_url))
    story.tell("the shopper pays the difference to the shop")
    await _travel(story, "created", "shipped", "delivered")
    await _check(story, refunded_minor=0, due_minor=3000)
    return "difference paid, sent"


async def _ask_and_send(story: Story, wanted: str) -> None:
    await story.ask(exchange_sku=wanted, reason="FIT")
    await arrive_and_be_graded(story)
    await story.until("the replacement is ordered", _is_ordered)


def _is_ordered(ret: ReturnView) -> bool:
    return bool(ret.lots[0].replacement_order_id)


async def _travel(story: Story, *statuses: str) -> None:
    replacement = str(story.ret.lots[0].replacement_order_id)
    for status in statuses:
        story.tell(f"the replacement is {status}")
        await story.outside(partial(story.actors.world.advance_replacement, replacement, status))
    await story.until("the exchange is complete", is_done)


async def _check(story: Story, *, refunded_minor: int, due_minor: int) -> None:
    ledger = await story.ledger()
    check_money(story, ledger["refunds"], refunded_minor)
    found = [(row["status"], row["due_minor"]) for row in ledger["replacements"]]
    story.check("one replacement, delivered", found == [("delivered", due_minor)])
    check_one_effect_each(story, ledger)
