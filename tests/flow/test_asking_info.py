"""A reviewer asks the customer: mail, reminder, answer, and what silence leads to."""

from datetime import datetime, timedelta

from domain.inspection import Photo
from tests.flow.conftest import Ruled
from tests.flow.test_handover import mailed
from tests.flow.test_review import mail_of
from tests.support.house import House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import CUSTOMER_SIDE, REVIEWER, complaint, info
from workflows.messages import Approve
from workflows.review_messages import AnswerInfo, AskInfo

PHOTO = Photo("https://example.com/1.jpg", "a" * 64)


async def questioned(house: House) -> OpenReturn:
    """A complaint of which the reviewer has asked where it is broken."""
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")
    await opened.do(AskInfo(info(REVIEWER), "Where is it broken?"))
    await opened.until_headline("AWAITING_INFO")
    return opened


async def test_an_answer_lets_the_review_go_on(house: House) -> None:
    """The customer reads the question; the reviewer reads the answer beside the rules, decides."""
    opened = await questioned(house)
    mail = await mail_of(opened, "Where is it broken?")
    before = await opened.until_waiting("awaiting_info")

    await opened.do(AnswerInfo(info(CUSTOMER_SIDE), "At the foot.", (PHOTO,)))
    await opened.until_waiting("awaiting_review")

    (question,) = (await opened.view())["review"]["questions"]
    assert (question["answer"], question["evidence"]) == (
        "At the foot.",
        [{"url": PHOTO.url, "sha256": PHOTO.sha256}],
    )
    assert (before["owner"], before["detail"]) == ("customer", "Where is it broken?")
    assert "Without an answer by then we decide on what you told us." in mail
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    assert (await opened.ready_for_handover())["owner"] == "customer"


async def test_edge_21_silence_brings_a_reminder_and_then_the_default(ruled: Ruled) -> None:
    """One reminder after half of the time; then the pack's word counts, as system:timeout."""
    house = await ruled(ruled_by(info_default="deny"))
    opened = await questioned(house)

    await house.pass_time(hours=61)
    await mailed(opened, "We asked you, and have no answer yet")
    await house.pass_time(hours=60)
    await opened.until_headline("DENIED")

    types = [type_ for type_ in await opened.event_types() if type_.startswith("return.")]
    assert types[-5:] == [
        "return.info_requested",
        "return.info_reminded",
        "return.info_unanswered",
        "return.decided",
        "return.first_response",
    ]
    (decided,) = await opened.events("return.decided")
    assert (decided.actor, decided.data["by"]) == ("system:timeout", "timeout")
    await mailed(opened, "our question was not answered in time")
    assert await house.held((await opened.row()).order_id) == 0


async def test_edge_21_the_sellers_clock_was_paused_meanwhile(house: House) -> None:
    """After five days of silence it is the reviewer's turn, with nearly the whole day left."""
    opened = await questioned(house)

    await house.pass_time(hours=121)
    wait = await opened.until_waiting("awaiting_review")

    left = datetime.fromisoformat(wait["deadline"]) - datetime.fromisoformat(wait["since"])
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert (await opened.row()).headline == "IN_REVIEW"
    (told,) = await opened.events("return.info_unanswered")
    assert (told.actor, told.data["default"]) == ("system:timeout", "review")


async def test_only_the_customers_side_answers_and_only_reviewers_ask(house: House) -> None:
    """Whoever is not named by the catalogue is refused, and the question stays open."""
    opened = await questioned(house)

    assert await opened.refused(AnswerInfo(info(REVIEWER), "At the foot.")) == "forbidden"
    assert await opened.refused(AskInfo(info(CUSTOMER_SIDE), "And?")) == "forbidden"
    assert await opened.refused(AskInfo(info(REVIEWER), "And?")) == "command_not_allowed"
    assert (await opened.row()).headline == "AWAITING_INFO"
