"""Four eyes on money: above the policy's limit nothing is paid that finance did not approve."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.restarting import Restarter
from api.starting import Patience
from domain.commands import Actor
from domain.inspection import Grade
from domain.policies import Policy
from domain.policy_reading import parse_policy
from storage.settlements import Settlements
from tests.flow.test_continue_as_new import forgetful_house
from tests.flow.test_fees import with_promotion
from tests.support.builders import pack
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.settling import pack_with
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    OPS,
    REVIEWER,
    WAREHOUSE,
    complaint,
    counted,
    graded,
    info,
    received,
    some_of,
    waiting_codes,
    whole_order,
)
from workflows.messages import (
    Approve,
    ApproveSettlement,
    CommandInfo,
    DeclineSettlement,
    ExtendDeadline,
    RestartFromProjection,
)

__all__ = ["forgetful_house"]
LAMP = "LAMP-DESK-WHITE"
Limited = Callable[..., Awaitable[House]]


def limit(minor: int, **fees: Any) -> Policy:
    """Return the standard policy with approval above so much CNY."""
    data = pack_with(fees, clawback=True) if fees else pack()
    return parse_policy(data | {"approval_above": {"CNY": minor}})


@pytest.fixture
async def limited(house: House) -> AsyncIterator[Limited]:
    """The house under a policy with a limit."""
    before = house.needs

    async def under(minor: int, **fees: Any) -> House:
        await house.stop_work()
        house.needs = replace(before, policy=limit(minor, **fees))
        await house.open_for_work()
        return house

    yield under
    if house.needs is not before:
        await house.stop_work()
        house.needs = before
        await house.open_for_work()


async def arrived(house: House, order: dict[str, Any], quantity: int, key: str = "1") -> OpenReturn:
    """Some units of an order's lamps, received and graded as new."""
    opened = await house.open(some_of(order, quantity))
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{LAMP: quantity}), receipt_id=f"R-{key}"))
    await opened.do(graded("line-1/1", Grade.A))
    return opened


async def asked(opened: OpenReturn) -> dict[str, Any]:
    """Wait until the return waits for finance, and return what would be sealed."""
    await opened.until_waiting("awaiting_settlement_approval")
    proposal: dict[str, Any] = (await opened.view())["proposed_settlement"]
    return proposal


def approval(
    proposal: dict[str, Any], by: Actor = FINANCE, *, known_as: tuple[str, ...] = ()
) -> ApproveSettlement:
    command = replace(info(by), known_as=known_as)
    return ApproveSettlement(command, proposal["number"], proposal["settlement_hash"])


def declining(proposal: dict[str, Any], reason: str = "ask for the invoice") -> DeclineSettlement:
    hashed = proposal["settlement_hash"]
    return DeclineSettlement(info(FINANCE), proposal["number"], hashed, reason)


def refunds(opened: OpenReturn) -> list[int]:
    return [row["amount_minor"] for row in opened.ledger()["refunds"]]


async def why_refused(opened: OpenReturn, command: Any) -> tuple[str | None, str]:
    """Return the code of a refusal and what it says."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await opened.do(command)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause.type, caught.value.cause.message


async def test_above_the_limit_nothing_is_paid_before_finance_approved(limited: Limited) -> None:
    """What waits shows breakdown, tenders and hash; approved, the very same is sealed and paid."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)
    before = refunds(opened)

    await opened.do(approval(proposal))

    await opened.until_lot("line-1/1", "REFUNDED")
    view = await opened.view()
    (settlement,) = view["settlements"]
    assert before == []
    assert refunds(opened) == [settlement["amount_minor"]] == [37_570]
    assert settlement["settlement_hash"] == proposal["settlement_hash"]
    assert settlement["breakdown"] == proposal["breakdown"]
    assert proposal["by_tender"] == [
        {"tender_id": row["tender_id"], "amount_minor": row["amount_minor"]}
        for row in settlement["refunds"]
    ]
    assert view["proposed_settlement"] is None
    (approved,) = await opened.events("settlement.approved")
    assert approved.actor == str(FINANCE)
    assert (await opened.ends()).headline == "CLOSED"


async def test_at_or_below_the_limit_nobody_is_asked(limited: Limited) -> None:
    """The limit itself is not above it."""
    house = await limited(37_570)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)

    await opened.until_lot("line-1/1", "REFUNDED")

    assert await opened.events("settlement.proposed") == []


async def test_parcels_do_not_get_round_the_limit(limited: Limited) -> None:
    """The second parcel is small by itself; with the first it is above."""
    house = await limited(20_000)
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{LAMP: 1}), receipt_id="R-1"))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_lot("line-1/1", "REFUNDED")
    await opened.do(received(counted(order, **{LAMP: 2}), receipt_id="R-2"))
    await opened.do(graded("line-1/2", Grade.A))

    proposal = await asked(opened)

    assert proposal["number"] == 2
    assert len(refunds(opened)) == 1
    await opened.do(approval(proposal))
    await opened.until_lot("line-1/2", "REFUNDED")
    assert sum(refunds(opened)) == 37_570


@pytest.mark.parametrize("person", [CUSTOMER_SIDE, WAREHOUSE, REVIEWER], ids=lambda who: who.role)
async def test_whoever_had_a_hand_in_the_return_cannot_approve(
    limited: Limited, person: Actor
) -> None:
    """Not under the same key, nor with another one of the same person; somebody else can."""
    house = await limited(10_000)
    order = house.sandbox.order("three-units")
    opened = await house.open(complaint(order))
    await opened.until_waiting("awaiting_review")
    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    proposal = await asked(opened)

    code, _ = await why_refused(opened, approval(proposal, Actor("finance", person.actor_id)))
    other_key = await opened.refused(approval(proposal, known_as=("k-7", person.actor_id)))

    assert (code, other_key) == ("four_eyes", "four_eyes")
    assert refunds(opened) == []
    await opened.do(approval(proposal))
    await opened.until_lot("line-1/1", "REFUNDED")


async def test_only_finance_approves_or_declines(limited: Limited) -> None:
    """Ops may move the deadline, and no more."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)

    assert await opened.refused(approval(proposal, OPS)) == "forbidden"
    assert await opened.refused(replace(declining(proposal), info=info(OPS))) == "forbidden"


async def test_another_hash_or_number_is_refused_and_says_what_it_is_now(limited: Limited) -> None:
    """Nobody approves what is not there."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)

    other = await why_refused(opened, approval(proposal | {"settlement_hash": "sha256:0"}))
    number = await opened.refused(approval(proposal | {"number": 2}))

    assert other[0] == number == "settlement_changed"
    assert proposal["settlement_hash"] in other[1]
    assert "375.70 CNY" in other[1]


async def test_declined_it_waits_with_the_reason_and_can_still_be_approved(
    limited: Limited,
) -> None:
    """Ops own it then; nothing is paid before finance changes its mind."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)

    no_reason = await opened.refused(declining(proposal, " "))
    await opened.do(declining(proposal))

    wait = await opened.until_waiting("settlement_declined")
    declined = (await opened.view())["proposed_settlement"]["declined"]
    assert no_reason == "invalid_request"
    assert (wait["owner"], declined["reason"]) == ("ops", "ask for the invoice")
    assert "ask for the invoice" in wait["detail"]
    assert "approve-settlement" in wait["exits"]
    assert refunds(opened) == []
    await opened.do(approval(proposal))
    await opened.until_lot("line-1/1", "REFUNDED")


async def test_a_late_approval_is_escalated_again_and_again(limited: Limited) -> None:
    """Ops own it from the deadline on, and money is paid once it is approved after all."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)
    first = await opened.until_waiting("awaiting_settlement_approval")

    await house.pass_time(days=15)
    late = await opened.until_waiting("settlement_approval_overdue")

    assert (first["owner"], late["owner"]) == ("finance", "ops")
    breaches = [row.data["clock"] for row in await opened.events("sla.breached")]
    assert breaches[0] == "awaiting_settlement_approval"
    assert len(breaches) > 1
    assert refunds(opened) == []
    await opened.do(approval(proposal))
    await opened.until_lot("line-1/1", "REFUNDED")


async def test_the_last_day_for_the_refund_warns_however_far_the_deadline_was_moved(
    limited: Limited,
) -> None:
    """A promise of the law is no deadline of ours."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)
    wait = await opened.until_waiting("awaiting_settlement_approval")
    now = await house.env.get_current_time()
    far = now + timedelta(days=365)

    await opened.do(ExtendDeadline(info(OPS), wait["key"], far))

    moved = await opened.until(
        lambda view: any(
            row["key"] == wait["key"] and row["deadline"] != wait["deadline"]
            for row in view["waiting_on"]
        )
    )
    (deadline,) = [row["deadline"] for row in moved["waiting_on"] if row["key"] == wait["key"]]
    assert proposal["due_on"] is not None
    assert deadline[:10] <= proposal["due_on"]


async def test_goods_that_come_while_it_waits_are_asked_for_together(limited: Limited) -> None:
    """Another parcel changes what would be sealed: the old hash is refused with the difference."""
    house = await limited(10_000)
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{LAMP: 2}), receipt_id="R-1"))
    await opened.do(graded("line-1/1", Grade.A))
    first = await asked(opened)
    await opened.do(received(counted(order, **{LAMP: 1}), receipt_id="R-2"))
    await opened.do(graded("line-1/2", Grade.A))
    await opened.until(
        lambda view: view["proposed_settlement"]["settlement_hash"] != first["settlement_hash"]
    )
    second = await asked(opened)

    code, message = await why_refused(opened, approval(first))

    assert code == "settlement_changed"
    assert f"amount {first['amount_minor'] / 100:.2f} CNY is 375.70 CNY" in message
    assert second["replaced_hash"] == first["settlement_hash"]
    assert second["amount_minor"] == 37_570
    await opened.do(approval(second))
    await opened.until_lot("line-1/2", "REFUNDED")
    assert refunds(opened) == [37_570]


async def test_an_approval_is_void_when_the_order_changed_before_it_was_sealed(
    limited: Limited,
) -> None:
    """Another return took of the same card: nothing is sealed, and finance is asked again.

    Two cards paid the order half and half. The other return's refund, booked behind this one's
    back, leaves them with another share of what is left.
    """
    house = await limited(10_000)
    order = house.sandbox.order("three-units")
    card = {"kind": "CARD", "provider": "stripe", "payment_ref": None}
    tenders = [
        {**card, "tender_id": "card-1", "captured_minor": 18_785},
        {**card, "tender_id": "card-2", "captured_minor": 18_785},
    ]
    order = dict(house.sandbox.put(f"orders/{order['order_id']}", order | {"tenders": tenders}))
    other = await house.open(some_of(order, 1))
    await other.ready_for_handover()
    opened = await arrived(house, order, 2)
    first = await asked(opened)
    await Settlements(house.needs.database).seal(
        TENANT,
        other.return_id,
        order_id=order["order_id"],
        number=1,
        amount_minor=9_000,
        currency="CNY",
        split=lambda _balances, minor: (minor, 0),
        lot_ids=("line-1/1",),
    )

    await opened.do(approval(first))

    await opened.until_event("settlement.approval_voided")
    second = await asked(opened)
    assert refunds(opened) == []
    assert (await opened.view())["settlements"] == []
    assert first["amount_minor"] == second["amount_minor"]
    assert [row["what"] for row in second["differences"]] == ["tender card-1", "tender card-2"]
    code, message = await why_refused(opened, approval(first))
    assert code == "settlement_changed"
    assert "tender card-1" in message
    await opened.do(approval(second))
    await opened.until_lot("line-1/1", "REFUNDED")
    assert sorted(refunds(opened)) == sorted(row["amount_minor"] for row in second["by_tender"])


async def test_an_approval_is_void_when_a_promotion_was_lost_elsewhere(limited: Limited) -> None:
    """The other return broke the promotion first, so this one keeps back less of it than shown."""
    house = await limited(12_000, taxable=False)
    order = with_promotion(house)
    opened = await arrived(house, order, 2, "1")
    first = await asked(opened)
    other = await arrived(house, order, 1, "2")
    await other.until_lot("line-1/1", "REFUNDED")

    await opened.do(approval(first))

    await opened.until_event("settlement.approval_voided")
    second = await asked(opened)
    assert refunds(opened) == []
    named = [row["what"] for row in second["differences"]]
    assert "lot line-1/1 clawback" in named
    await opened.do(approval(second))
    await opened.until_lot("line-1/1", "REFUNDED")
    assert refunds(opened) == [second["amount_minor"]]
    # All of the order came back, so nothing is left to keep back.
    assert sum(refunds(opened) + refunds(other)) == order["tenders"][0]["captured_minor"]


async def test_it_is_found_by_its_code_and_shown_to_the_customer_with_a_date(
    limited: Limited,
) -> None:
    """Lists find it, search attributes have it, and the customer sees a next step."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    await asked(opened)

    page = await house.returns.page(TENANT, limit=9, blocker="awaiting_settlement_approval")
    view = await opened.view()

    assert [row.return_id for row in page.rows] == [opened.return_id]
    assert {"approve-settlement", "decline-settlement"} <= set(view["allowed_commands"])
    step = view["next_step"]
    assert step["by"]
    assert step["waiting_for"]


async def test_a_restarted_run_waits_for_the_same_approval(limited: Limited) -> None:
    """The run is gone; the one that follows takes the approval of what was shown before."""
    house = await limited(10_000)
    opened = await arrived(house, house.sandbox.order("three-units"), 3)
    proposal = await asked(opened)
    await opened.handle.terminate("lost")
    restarter = Restarter(
        house.client, house.returns, task_queue=house.needs.task_queue, patience=Patience()
    )
    command = RestartFromProjection(CommandInfo("restart-1", OPS), "terminated by mistake")

    await restarter.restart(await opened.row(), command)

    opened = replace(opened, handle=house.latest_run(opened.handle.id))
    assert waiting_codes(await opened.view())[0] == "awaiting_settlement_approval"
    await opened.do(approval(proposal))
    await opened.until_lot("line-1/1", "REFUNDED")
    assert refunds(opened) == [37_570]


async def test_a_run_that_goes_on_anew_keeps_what_waits(forgetful_house: House) -> None:
    """A new run every fifteen events: the approval is asked for once, and given once."""
    house = forgetful_house
    await house.stop_work()
    house.needs = replace(house.needs, policy=limit(10_000))
    await house.open_for_work()
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 3))
    opened = replace(opened, handle=house.latest_run(opened.handle.id))
    first_run = (await opened.handle.describe()).run_id
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{LAMP: 3})))
    await opened.do(graded("line-1/1", Grade.A))
    proposal = await eventually(
        opened.view, lambda view: view.get("proposed_settlement") is not None
    )

    await opened.do(approval(proposal["proposed_settlement"]))

    await opened.until_lot("line-1/1", "REFUNDED")
    assert (await opened.handle.describe()).run_id != first_run
    assert len(await opened.events("settlement.proposed")) == 1
    assert refunds(opened) == [37_570]
