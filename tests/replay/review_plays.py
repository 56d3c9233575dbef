"""Plays of a review: the talk between reviewer and customer, and what their silence leads to."""

from tests.replay.keeping import Keep
from tests.support.house import House, OpenReturn
from tests.support.told import CUSTOMER_SIDE, REVIEWER, complaint, info
from workflows.messages import Approve
from workflows.review_messages import AcceptOffer, AnswerInfo, AskInfo, MakeOffer


async def asked(house: House, keep: Keep) -> None:
    opened = await _asked(house)
    await keep("awaiting-info", opened)
    await opened.do(AnswerInfo(info(CUSTOMER_SIDE), "At the foot."))
    await opened.until_waiting("awaiting_review")
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    await opened.ready_for_handover()
    await keep("info-answered", opened)


async def offered(house: House, keep: Keep) -> None:
    opened = await _offered(house)
    await keep("counter-offered", opened)
    await opened.do(AcceptOffer(info(CUSTOMER_SIDE), 1))
    await opened.until_lot("line-1/1", "REFUNDED")
    await keep("offer-accepted", opened)


async def not_answered(house: House, keep: Keep) -> None:
    """The customer is reminded and says nothing; then the reviewer says nothing either."""
    opened = await _asked(house)
    await opened.until_event("return.info_unanswered")
    await opened.ready_for_handover()
    await keep("info-not-answered", opened)


async def offer_ran_out(house: House, keep: Keep) -> None:
    opened = await _offered(house)
    await opened.until_event("return.offer_expired")
    await opened.ready_for_handover()
    await keep("offer-ran-out", opened)


async def _in_review(house: House) -> OpenReturn:
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")
    return opened


async def _asked(house: House) -> OpenReturn:
    opened = await _in_review(house)
    await opened.do(AskInfo(info(REVIEWER), "Where is it broken?"))
    await opened.until_waiting("awaiting_info")
    return opened


async def _offered(house: House) -> OpenReturn:
    opened = await _in_review(house)
    await opened.do(MakeOffer(info(REVIEWER), "Keep them.", percent=30))
    await opened.until_waiting("offer_open")
    return opened
