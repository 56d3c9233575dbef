"""Returns that a person decides, or that nobody decides in time."""

import pytest

from domain.reviewing import LineReason
from tests.flow.conftest import Ruled
from tests.support.house import House, OpenReturn, eventually
from tests.support.ruling import ruled_by
from tests.support.told import REVIEWER, complaint, info, lot_states
from workflows.messages import Approve, Deny

LINES = ("line-1", "line-2", "line-3")


@pytest.fixture
async def reviewed(house: House) -> OpenReturn:
    """A complaint about three lines, which goes to review."""
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.until_waiting("awaiting_review")
    return opened


async def held(opened: OpenReturn) -> int:
    order_id = (await opened.row()).order_id
    return await opened.house.held(order_id)


async def test_grants_all(reviewed: OpenReturn) -> None:
    """A reviewer grants every line: the label is bought."""
    await reviewed.do(Approve(info(REVIEWER), LINES))

    assert (await reviewed.ready_for_handover())["owner"] == "customer"
    assert (await reviewed.view())["authorization_state"] == "APPROVED"


async def test_grants_a_part_with_a_reason(reviewed: OpenReturn) -> None:
    """A part needs a reason; units of the other lines are free again."""
    assert await reviewed.refused(Approve(info(REVIEWER), ("line-1",))) == "invalid_request"
    twice = Approve(info(REVIEWER), ("line-1", "line-1", "line-1"))
    assert await reviewed.refused(twice) == "invalid_request"

    await reviewed.do(Approve(info(REVIEWER), ("line-1",), reason="the rest is fine"))

    await reviewed.ready_for_handover()
    assert lot_states(await reviewed.view())["line-2/1"] == "DECLINED"
    assert await held(reviewed) == 2


async def test_each_declined_line_has_its_own_reason(reviewed: OpenReturn) -> None:
    """Who decided, and why, stands beside what the rule said; the common reason fills in."""
    worn = LineReason("line-2", "worn by a dog")

    await reviewed.do(
        Approve(info(REVIEWER), ("line-1",), reason="the rest is fine", reasons=(worn,))
    )
    await reviewed.ready_for_handover()

    lines = (await reviewed.view())["lines"]
    assert [line["decision"]["verdict"] for line in lines] == ["MANUAL_REVIEW"] * 3
    decided = [line["authorization"] for line in lines]
    assert [(one["granted"], one["reason"]) for one in decided] == [
        (True, ""),
        (False, "worn by a dog"),
        (False, "the rest is fine"),
    ]
    assert {(one["by"], one["decided_by"]) for one in decided} == {("human", "reviewer:rita")}
    (event,) = await reviewed.events("return.decided")
    assert [line["reason"] for line in event.data["lines"]] == [one["reason"] for one in decided]


async def test_the_customer_reads_which_lines_are_declined(reviewed: OpenReturn) -> None:
    """The mail names each declined piece and the reviewer's reason for it."""
    titles = [line["title"] for line in (await reviewed.view())["lines"]]
    reasons = (LineReason("line-2", "worn by a dog"), LineReason("line-3", "not ours"))

    await reviewed.do(Approve(info(REVIEWER), ("line-1",), reasons=reasons))

    text = await mail_of(reviewed, "1 of 3 lines are granted")
    assert f"- {titles[1]}: worn by a dog" in text
    assert f"- {titles[2]}: not ours" in text
    assert f"- {titles[0]}" not in text


async def test_denies_all(reviewed: OpenReturn) -> None:
    """A denial ends the return and frees its units; the mail says why."""
    await reviewed.do(Deny(info(REVIEWER), reason="no defect"))

    assert (await reviewed.ends()).headline == "DENIED"
    assert await held(reviewed) == 0
    lines = (await reviewed.view())["lines"]
    assert {line["authorization"]["reason"] for line in lines} == {"no defect"}
    text = await mail_of(reviewed, "We cannot take this return")
    assert text.count(": no defect") == 3


async def mail_of(opened: OpenReturn, words: str) -> str:
    """Return the customer's mail with these words, once it is sent."""

    async def texts() -> list[str]:
        await opened.house.relay.once()
        return [mail["text"] for mail in opened.ledger()["mails"]]

    sent = await eventually(texts, lambda texts: any(words in text for text in texts))
    return next(text for text in sent if words in text)


async def test_edge_20_decides_by_default_when_nobody_does(reviewed: OpenReturn) -> None:
    """At the deadline the policy's default counts, taken by the system."""
    await reviewed.house.pass_time(hours=25)

    await reviewed.ready_for_handover()
    decided = (await reviewed.events("return.decided"))[0]
    assert decided.actor == "system:timeout"
    assert decided.data["by"] == "timeout"
    lines = (await reviewed.view())["lines"]
    assert {line["authorization"]["decided_by"] for line in lines} == {"system:timeout"}


async def test_edge_20_a_late_review_is_warned_of_before(ruled: Ruled) -> None:
    """At the parts of the time that the pack names; the reviewer still decides."""
    house = await ruled(ruled_by(review_warnings=[50, 80]))
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    wait = await opened.until_waiting("awaiting_review")

    await house.pass_time(hours=13)
    await opened.until_event("sla.warned")
    await house.pass_time(hours=7)
    await eventually(lambda: opened.events("sla.warned"), lambda found: len(found) == 2)

    row = await opened.row()
    told = [(event.actor, event.data["percent"]) for event in await opened.events("sla.warned")]
    assert told == [("system:timeout", 50), ("system:timeout", 80)]
    assert row.next_deadline is not None
    assert (row.headline, row.next_deadline.isoformat()) == ("IN_REVIEW", wait["deadline"])
    await opened.do(Approve(info(REVIEWER), LINES))
    assert (await opened.ready_for_handover())["owner"] == "customer"


async def test_refuses_to_grant_what_the_rules_denied(house: House) -> None:
    """A line whose units were never locked cannot be granted; the return goes on."""
    order = house.sandbox.order("no-reason-return")
    for parcel in order["lines"][1]["parcels"]:
        parcel["delivered_at"] = parcel["fulfilled_at"] = "2020-01-01T00:00:00+00:00"
    house.sandbox.put(f"orders/{order['order_id']}", order)
    opened = await house.open(complaint(order))
    await opened.until_waiting("awaiting_review")

    code = await opened.refused(Approve(info(REVIEWER), LINES))
    await opened.do(Approve(info(REVIEWER), ("line-1", "line-3"), reason="line 2 is too old"))

    assert code == "units_not_available"
    await opened.ready_for_handover()
