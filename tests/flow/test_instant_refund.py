"""Money before goods: paid once at its trigger, and answered for until the goods are accepted."""

from typing import Any

from domain.inspection import Grade
from domain.tracking import Milestone
from tests.flow.conftest import Ruled, under
from tests.support.house import House, OpenReturn
from tests.support.releasing import LONGEST, releasing
from tests.support.stepping import each_trigger, steps
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    graded,
    info,
    lot_states,
    received,
    some_of,
    waiting_codes,
)
from workflows.messages import CountedEntry, ResolveRecovery, Withdraw

LAMP, SKU = "line-1/1", "LAMP-DESK-WHITE"


async def scanned(house: House) -> OpenReturn:
    """A lamp that the carrier has, under a policy that pays at the first scan."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    await opened.scan(Milestone.FIRST_SCAN)
    return opened


async def arrives(opened: OpenReturn, grade: Grade = Grade.A) -> None:
    """The warehouse counts the lamp and grades it."""
    await opened.do(received((CountedEntry(SKU, 1),)))
    await opened.do(graded(LAMP, grade, checklist=("worn",)))


def recovery(view: dict[str, Any], lot_id: str = LAMP) -> dict[str, Any]:
    lot = next(lot for lot in view["lots"] if lot["lot_id"] == lot_id)
    found: dict[str, Any] = lot["advance"]["recovery"]
    return found


def decides(outcome: str, proof: str = "") -> ResolveRecovery:
    return ResolveRecovery(info(FINANCE), LAMP, outcome, "asked twice", proof)


async def is_paid(opened: OpenReturn) -> dict[str, Any]:
    return await opened.until(
        lambda view: (
            [r["state"] for s in view["settlements"] for r in s["refunds"]] == ["succeeded"]
        )
    )


async def test_pays_at_the_first_scan_and_never_again(ruled: Ruled) -> None:
    """The money is there while the parcel is under way; accepting the goods only ends the duty."""
    house = await ruled(releasing(refund="first_scan"))
    opened = await scanned(house)
    early = await is_paid(opened)

    await arrives(opened)

    assert (await opened.ends()).headline == "CLOSED"
    assert lot_states(early) == {LAMP: "IN_TRANSIT"}
    assert (early["headline"], recovery(early)["state"]) == ("IN_TRANSIT", "open")
    assert "awaiting_goods" in waiting_codes(early)
    refunds = opened.ledger()["refunds"]
    assert [row["amount_minor"] for row in refunds] == [early["settlements"][0]["amount_minor"]]
    view = await opened.view()
    assert (lot_states(view), recovery(view)["state"]) == ({LAMP: "REFUNDED"}, "discharged")
    types = await opened.event_types()
    assert types.index("recovery.opened") < types.index("parcel.received")


@each_trigger
async def test_each_trigger_pays_when_it_comes(ruled: Ruled, trigger: str, step: int) -> None:
    """Not before and not after: approval, first scan, delivery, receipt or acceptance."""
    house = await ruled(releasing(refund=trigger) if step < 4 else releasing())
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    sealed = []

    async for done in steps(opened, (CountedEntry(SKU, 1),)):
        if done == step:
            await is_paid(opened)
        sealed.append(len(opened.ledger()["refunds"]))

    assert sealed == [int(done >= step) for done in range(5)]


async def test_a_withdrawal_is_refused_once_money_is_out(ruled: Ruled) -> None:
    """From there the only way is forward: the goods come, or their value is owed."""
    house = await ruled(releasing(refund="approval"))
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))

    refused = await opened.refused(Withdraw(info(CUSTOMER_SIDE)))
    view = await is_paid(opened)

    assert refused == "command_not_allowed"
    assert "withdraw" not in view["allowed_commands"]


async def test_what_stays_away_is_asked_back_by_finance(ruled: Ruled) -> None:
    """Nobody hands it over: at the deadline finance decides, and the charge has its proof."""
    house = await ruled(releasing(refund="approval"))
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await is_paid(opened)
    await opened.until(lambda view: waiting_codes(view) == ["awaiting_goods"])

    await house.pass_time(hours=241)
    wait = await opened.until_waiting("recovery_due")
    unproved = await opened.refused(decides("charged"))
    await opened.do(decides("charged", "invoice 7"))

    assert (wait["owner"], unproved) == ("finance", "invalid_request")
    assert (await opened.ends()).headline == "CLOSED"
    view = await opened.view()
    assert lot_states(view) == {LAMP: "NOT_RETURNED"}
    assert (recovery(view)["way"], recovery(view)["state"]) == ("consent", "collected")


async def test_a_policy_writes_small_things_off(ruled: Ruled) -> None:
    """At the deadline nobody is asked."""
    house = await ruled(releasing(refund="approval", recovery="write_off"))
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await is_paid(opened)

    assert (await opened.ends()).headline == "CLOSED"
    assert recovery(await opened.view())["state"] == "written_off"
    assert "recovery.due" in await opened.event_types()


async def test_edge_37_what_the_carrier_lost_is_not_asked_back(ruled: Ruled) -> None:
    """The parcel was handed over with our label and never came: the customer did his part."""
    house = await ruled(releasing(refund="first_scan"))
    opened = await scanned(house)
    await is_paid(opened)

    await house.pass_time(hours=241)

    view = await opened.until(lambda view: recovery(view)["state"] == "written_off")
    assert recovery(view)["reason"] == "lost_with_our_label"
    assert "recovery.due" not in await opened.event_types()


async def test_edge_47_an_empty_box_starts_the_recovery(ruled: Ruled) -> None:
    """Paid at the scan, and a brick in the box: what was paid is due."""
    house = await ruled(releasing(refund="first_scan"))
    opened = await scanned(house)
    await is_paid(opened)

    await opened.do(received((CountedEntry("BRICK", 1),)))
    await house.pass_time(hours=337)

    await opened.until_waiting("recovery_due")
    view = await opened.view()
    assert (lot_states(view), recovery(view)["reason"]) == ({LAMP: "NOT_RETURNED"}, "deadline")


async def test_edge_47_a_wrong_item_is_never_paid_silently(ruled: Ruled) -> None:
    """Rejected after it was paid: the goods go back, and the money is due once nobody objects."""
    house = await ruled(releasing(refund="first_scan"))
    opened = await scanned(house)
    await is_paid(opened)

    await arrives(opened, Grade.X)
    before = await opened.until_waiting("awaiting_dispute")
    still_open = recovery(await opened.view())
    await house.pass_time(hours=25)
    await opened.until_waiting("recovery_due")

    assert before["owner"] == "customer"
    assert still_open["state"] == "open"
    after = recovery(await opened.view())
    assert (after["reason"], after["due_minor"]) == ("rejected", after["value_minor"])


async def test_a_deduction_is_due_and_nothing_more(ruled: Ruled) -> None:
    """The goods come back worn: 20 % of the price, with its tax, was paid too much."""
    house = await ruled(releasing(refund="first_scan"))
    opened = await scanned(house)
    paid = await is_paid(opened)

    await arrives(opened, Grade.C)
    await opened.until_waiting("recovery_due")
    await opened.do(decides("written_off"))

    assert (await opened.ends()).headline == "CLOSED"
    (row,) = paid["settlements"][0]["breakdown"]
    fifth = (row["gross_minor"] - row["discount_minor"] + row["tax_minor"]) // 5
    assert abs(recovery(await opened.view())["due_minor"] - fifth) <= 1
    assert len(opened.ledger()["refunds"]) == 1


async def test_edge_73_goods_after_a_charge_by_hand_ask_for_its_way_back(ruled: Ruled) -> None:
    """We did not make the charge, so a person gives it back, and says where that stands."""
    house = await ruled(releasing(refund="approval"))
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await is_paid(opened)
    await house.pass_time(hours=241)
    await opened.until_waiting("recovery_due")
    await opened.do(decides("charged", "invoice 7"))

    await arrives(opened)
    await opened.until_waiting("charge_to_give_back")
    await opened.do(decides("given_back", "credit note 8"))

    assert (await opened.ends()).headline == "CLOSED"
    view = await opened.view()
    assert (lot_states(view), recovery(view)["state"]) == ({LAMP: "REFUNDED"}, "given_back")


async def test_a_forgotten_run_still_knows_what_is_owed(uncached_house: House) -> None:
    """Every task of it is done by a worker that remembers nothing: it pays once all the same."""
    house = await under(uncached_house, releasing(refund="first_scan", hours=LONGEST))
    opened = await scanned(house)
    await is_paid(opened)

    await arrives(opened)

    assert (await opened.handle.result()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1
