"""A reviewer's authority: up to a limit alone, above it with a second person, never their own."""

from dataclasses import replace

from domain.commands import Actor
from tests.flow.conftest import Ruled
from tests.support.house import House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import CUSTOMER_SIDE, FINANCE, OPS, REVIEWER, complaint, info
from workflows.messages import Approve, Deny

LIMITS = {"reviewer": {"CNY": 20_000}}
"""The three lamps were paid with 375.70 CNY."""


async def above(ruled: Ruled) -> OpenReturn:
    """A complaint above a reviewer's limit, who approved it."""
    house = await ruled(ruled_by(review_limits=LIMITS))
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    await opened.until_waiting("awaiting_second_approval")
    return opened


async def test_edge_19_above_authority_it_needs_a_second_approver(ruled: Ruled) -> None:
    """The reviewer alone grants nothing; finance approves the same, and the label is bought."""
    opened = await above(ruled)
    before = await opened.row()

    again = await opened.do(Approve(info(REVIEWER), ("line-1",)))
    await opened.do(Approve(info(FINANCE), ("line-1",)))
    await opened.ready_for_handover()

    (decided,) = await opened.events("return.decided")
    assert (before.headline, before.owner_role, again.headline) == (
        "IN_REVIEW",
        "finance",
        "IN_REVIEW",
    )
    assert decided.actor == "finance:fay"
    assert decided.data["approved_first_by"] == "reviewer:rita"


async def test_edge_19_a_second_approver_is_somebody_else(ruled: Ruled) -> None:
    """Nor another key of the same person; who has no first approval before them decides nothing."""
    opened = await above(ruled)
    same = replace(info(FINANCE), known_as=("rita",))

    assert await opened.refused(Approve(same, ("line-1",))) == "four_eyes"
    assert await opened.refused(Approve(info(Actor("ops", "rita")), ("line-1",))) == "four_eyes"
    assert (await opened.row()).headline == "IN_REVIEW"
    await opened.do(Deny(info(OPS), reason="too worn"))
    assert (await opened.ends()).headline == "DENIED"


async def test_edge_19_nobody_approves_their_own_request(house: House) -> None:
    """Whoever asked is refused under every key of theirs; another reviewer grants it."""
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")
    own = replace(info(REVIEWER), known_as=(CUSTOMER_SIDE.actor_id,))

    assert await opened.refused(Approve(own, ("line-1",))) == "four_eyes"
    assert await opened.refused(Approve(info(FINANCE), ("line-1",))) == "forbidden"
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    assert (await opened.ready_for_handover())["owner"] == "customer"
