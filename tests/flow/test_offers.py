"""Counter-offers: made, accepted, declined, superseded, run out; and two things at one instant."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.flow.conftest import Ruled
from tests.flow.test_handover import mailed
from tests.support.house import House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import CUSTOMER_SIDE, REVIEWER, complaint, info, refusal_code
from workflows.messages import Approve
from workflows.review_messages import AcceptOffer, DeclineOffer, MakeOffer

OFFER = "Keep the lamps, and have some of the money back."


async def offered(house: House) -> OpenReturn:
    """A complaint about three lamps of 375.70 CNY, which may be kept for 100.00 of it."""
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")
    await opened.do(MakeOffer(info(REVIEWER), OFFER, amount_minor=10_000))
    await opened.until_headline("COUNTER_OFFERED")
    return opened


def accepted() -> AcceptOffer:
    return AcceptOffer(info(CUSTOMER_SIDE), 1)


async def offer_states(opened: OpenReturn) -> list[str]:
    return [one["state"] for one in (await opened.view())["review"]["offers"]]


async def test_an_accepted_offer_is_paid_and_the_goods_are_kept(house: House) -> None:
    """The customer reads the offer and its end; one refund of exactly that, and no label."""
    opened = await offered(house)
    wait = await opened.until_waiting("offer_open")
    await mailed(opened, OFFER)

    await opened.do(accepted())
    await opened.until_lot("line-1/1", "REFUNDED")

    view = await opened.view()
    (settlement,) = view["settlements"]
    assert (wait["owner"], wait["at_deadline"]) == (
        "customer",
        "the offer is over, and the reviewer decides",
    )
    assert (settlement["amount_minor"], view["deliveries"]) == (10_000, [])
    assert settlement["breakdown"][0]["retained_minor"] > 0
    await mailed(opened, "You accepted our offer")
    (decided,) = await opened.events("return.decided")
    (taken,) = await opened.events("return.offer_accepted")
    assert (decided.data["decided_by"], decided.data["offer_no"]) == ("reviewer:rita", 1)
    assert taken.actor == "platform:shop"
    assert (await opened.ends()).headline == "CLOSED"
    ledger = opened.ledger()
    assert [row["amount_minor"] for row in ledger["refunds"]] == [10_000]
    assert (ledger["labels"], ledger["stock_moves"]) == ([], [])


async def test_a_declined_offer_leaves_the_decision_to_the_reviewer(house: House) -> None:
    """It cannot be accepted afterwards."""
    opened = await offered(house)

    await opened.do(DeclineOffer(info(CUSTOMER_SIDE), 1))
    await opened.until_waiting("awaiting_review")

    assert await opened.refused(accepted()) == "offer_over"
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    assert (await opened.ready_for_handover())["owner"] == "customer"


async def test_a_later_offer_supersedes_an_earlier_one(house: House) -> None:
    """Whoever accepts the first by mistake is told; the second is paid."""
    opened = await offered(house)

    await opened.do(MakeOffer(info(REVIEWER), "Half of it.", percent=50))
    await opened.until(lambda view: len(view["review"]["offers"]) == 2)
    refused = await opened.refused(accepted())
    await opened.do(AcceptOffer(info(CUSTOMER_SIDE), 2))
    await opened.until_lot("line-1/1", "REFUNDED")

    view = await opened.view()
    assert refused == "offer_over"
    assert [one["state"] for one in view["review"]["offers"]] == ["SUPERSEDED", "ACCEPTED"]
    assert view["settlements"][0]["amount_minor"] == view["review"]["offers"][1]["amount_minor"]


async def test_an_offer_that_ran_out_is_the_packs_word(ruled: Ruled) -> None:
    """Silence accepts nothing: here it denies, as system:timeout."""
    house = await ruled(ruled_by(offer_default="deny", hours={"counter_offer": 5}))
    opened = await offered(house)

    await house.pass_time(hours=6)

    await opened.until_headline("DENIED")
    (decided,) = await opened.events("return.decided")
    assert decided.actor == "system:timeout"
    assert await offer_states(opened) == ["EXPIRED"]
    assert await house.held((await opened.row()).order_id) == 0


async def test_edge_22_accepted_at_the_instant_it_expires_one_of_both_counts(house: House) -> None:
    """Whichever comes to the workflow first; the other one is refused, or finds nothing to end."""
    opened = await offered(house)
    given = asyncio.create_task(opened.do(accepted()))

    await house.pass_time(hours=72)
    try:
        await given
        code = None
    except WorkflowUpdateFailedError as error:
        code = refusal_code(error)

    types = await settled_types(opened, code)
    assert (await offer_states(opened), code) in (
        (["ACCEPTED"], None),
        (["EXPIRED"], "offer_over"),
    )
    assert ("return.offer_accepted" in types) is (code is None)
    assert ("return.offer_expired" in types) is (code is not None)


async def settled_types(opened: OpenReturn, code: str | None) -> list[str]:
    """Wait for what the workflow decided on, and return all that happened."""
    if code is None:
        await opened.until_lot("line-1/1", "REFUNDED")
    else:
        await opened.until_headline("IN_REVIEW")
    return await opened.event_types()


async def test_edge_22_the_clock_comes_first_and_the_customer_is_refused(house: House) -> None:
    """An instant later: told that the offer ran out, and nothing was kept or paid."""
    opened = await offered(house)
    await house.pass_time(hours=72)
    await opened.until_waiting("awaiting_review")

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await opened.do(accepted())

    assert refusal_code(refused.value) == "offer_over"
    assert "offer 1 is EXPIRED" in str(refused.value.cause)
    assert opened.ledger()["refunds"] == []
