"""Stories under a pack that sends the replacement first: a hold on the card answers for the old.

They need that pack, and so are no part of the demo.
"""

from functools import partial

from backhaul_client import LotView, ReturnView
from cli.demo.arriving import arrive_and_be_graded
from cli.demo.checks import check_money, check_one_effect_each, is_done
from cli.demo.exchanging import NEXT_SIZE
from cli.demo.scenarios import Scenario
from cli.demo.story import Story

_VALUE = 10450
"""What the shoes of ``examples/exchange.json`` and their way to the customer cost, in yen."""


async def sent_ahead(story: Story) -> str:
    """The next size leaves at once, the old pair comes in time: the hold is let go."""
    await _send_ahead(story)
    await arrive_and_be_graded(story)
    await story.until("the exchange is complete", is_done)
    await _check(story, "voided", taken_minor=0, given_back_minor=0)
    return "hold released"


async def kept(story: Story) -> str:
    """The old pair stays away: the hold is taken."""
    await _send_ahead(story)
    await story.until("the hold is taken", _is_taken)
    await _check(story, "captured", taken_minor=_VALUE, given_back_minor=0)
    return "hold taken"


async def late(story: Story) -> str:
    """The old pair comes after the hold was taken: that is given back."""
    await _send_ahead(story)
    await story.until("the hold is taken", _is_taken)
    await arrive_and_be_graded(story)
    await story.until("the charge is given back", _is_given_back)
    await _check(story, "captured", taken_minor=_VALUE, given_back_minor=_VALUE)
    return "charge given back"


AHEAD = (
    Scenario("sent-ahead", "hold → exchange", "exchange", sent_ahead),
    Scenario("kept", "hold → charge", "exchange", kept),
    Scenario("late", "hold → charge → refund", "exchange", late),
)


async def _send_ahead(story: Story) -> None:
    await story.ask(exchange_sku=NEXT_SIZE, reason="FIT")
    await story.until("the replacement is ordered", _is_ordered)
    replacement = str(_lot(story.ret).replacement_order_id)
    for status in ("shipped", "delivered"):
        story.tell(f"the replacement is {status}")
        await story.outside(partial(story.actors.world.advance_replacement, replacement, status))


async def _check(story: Story, status: str, *, taken_minor: int, given_back_minor: int) -> None:
    ledger = await story.ledger()
    holds = [(row["status"], row["captured_minor"]) for row in ledger["holds"]]
    story.check(f"one hold, {status}", holds == [(status, taken_minor)])
    check_money(story, ledger["refunds"], given_back_minor)
    check_one_effect_each(story, ledger)


def _lot(ret: ReturnView) -> LotView:
    return ret.lots[0]


def _is_ordered(ret: ReturnView) -> bool:
    return bool(_lot(ret).replacement_order_id)


def _recovery(ret: ReturnView) -> str | None:
    advance = _lot(ret).advance
    return advance.recovery.state if advance and advance.recovery else None


def _is_taken(ret: ReturnView) -> bool:
    return _recovery(ret) == "collected"


def _is_given_back(ret: ReturnView) -> bool:
    return _recovery(ret) == "given_back"
