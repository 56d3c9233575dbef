"""A gift that its recipient returns: who gets what was paid for it, and who is written to."""

from dataclasses import replace
from typing import Any

import pytest

from domain.policies import GiftReturns, Policy
from domain.requests import Requester
from domain.value_ledger import AccountKind
from tests.flow.conftest import Ruled
from tests.flow.test_store_credit import balance, paid
from tests.support.builders import policy
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import some_of

FRIEND = {
    "customer_ref": "friend-1",
    "email": "friend@example.com",
    "name": "Bo Friend",
    "locale": "en",
}
IN_CREDIT = replace(policy(), gift_returns=GiftReturns.RECIPIENT_CREDIT)


async def mails_about(opened: OpenReturn, subject: str) -> list[str]:
    """Wait for a message with this in its subject, and say to whom each such one went."""

    async def found() -> list[str]:
        await opened.house.relay.once()
        mails = opened.ledger()["mails"]
        return [to for mail in mails if subject in mail["subject"] for to in mail["to"]]

    return await eventually(found, bool)


def given(house: House) -> dict[str, Any]:
    order = house.sandbox.order("three-units") | {"gift_recipient": FRIEND}
    return dict(house.sandbox.put(f"orders/{order['order_id']}", order))


@pytest.mark.parametrize(
    ("under", "destination", "told_of_it"),
    [(policy(), "original", "lin@example.com"), (IN_CREDIT, "store_credit", "friend@example.com")],
    ids=["the purchaser's tender", "the recipient's credit"],
)
async def test_edge_16_the_policy_says_who_gets_what_a_gift_cost(
    ruled: Ruled, under: Policy, destination: str, told_of_it: str
) -> None:
    """The recipient is written to about the goods, and about money only if it is his."""
    house = await ruled(under)
    order = given(house)

    opened = await house.open(replace(some_of(order, 1), by=Requester.RECIPIENT))
    await opened.arrive_and_grade_one()
    await opened.until_lot("line-1/1", "REFUNDED")

    ((_, went_to, amount, bonus),) = await paid(opened)
    credit = await balance(house, order, AccountKind.STORE_CREDIT, "friend-1")
    assert (went_to, bonus) == (destination, 0)
    assert credit == (amount if destination == "store_credit" else 0)
    assert len(opened.ledger()["refunds"]) == (0 if credit else 1)
    assert await mails_about(opened, "We have your parcel") == ["friend@example.com"]
    assert await mails_about(opened, "Refund for") == [told_of_it]
