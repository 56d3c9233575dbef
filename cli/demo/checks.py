"""What scenarios look for in a return, and what must hold in the world outside."""

from backhaul_client import DeliveryView, ReturnView
from cli.demo.story import Story

_READY = ("AWAITING_HANDOVER", "PICKUP_SCHEDULED", "IN_TRANSIT", "DELIVERED", "RECEIVED")


def check_money(story: Story, refunds: list[dict[str, object]], expected_minor: int) -> None:
    paid = sum(int(str(row["amount_minor"])) for row in refunds if row["status"] == "succeeded")
    story.check(f"the provider paid {expected_minor} minor units back", paid == expected_minor)
    told = sum(settlement.amount_minor for settlement in story.ret.settlements)
    story.check("we say the same", told == paid)


def check_one_effect_each(story: Story, ledger: dict[str, list[dict[str, object]]]) -> None:
    intents = [row["intent_id"] for row in ledger["refunds"]]
    story.check("one refund per intent", len(intents) == len(set(intents)))
    references = [row["reference"] for row in (*ledger["labels"], *ledger["pickups"])]
    story.check("one booking per intent", len(references) == len(set(references)))


async def until_mailed(story: Story, *reasons: str) -> None:
    """Wait for the mails that give the shopper each reason; they go out after the decision."""

    async def mailed() -> bool:
        text = " ".join(mail["text"] for mail in (await story.ledger())["mails"])
        return all(reason in text for reason in reasons)

    await story.until_seen("the shopper is told why", mailed)


def states(ledger: dict[str, list[dict[str, object]]], kind: str) -> list[object]:
    return [row["status"] for row in ledger[kind]]


def moved(ledger: dict[str, list[dict[str, object]]]) -> list[object]:
    return [row["disposition"] for row in ledger["stock_moves"]]


def has_pickup(ret: ReturnView) -> bool:
    return bool(ret.deliveries and ret.deliveries[0].pickups)


def is_ready(ret: ReturnView) -> bool:
    return bool(ret.deliveries) and _first(ret).state in _READY


def has_arrived(ret: ReturnView) -> bool:
    return _first(ret).state in ("DELIVERED", "RECEIVED")


def _first(ret: ReturnView) -> DeliveryView:
    return ret.deliveries[0]


def settlements_paid(ret: ReturnView) -> int:
    return sum(
        all(refund.state == "succeeded" for refund in settlement.refunds)
        for settlement in ret.settlements
    )


def is_done(ret: ReturnView) -> bool:
    return ret.headline in ("COMPLETED", "CLOSED")
