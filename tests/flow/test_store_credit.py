"""Store credit chosen over money: a bonus on top, no provider asked; coupons that lapse."""

import asyncio
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from activities.payments import PaymentActivities, Settle
from domain.inspection import Grade
from domain.money import Money, half_up
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.requests import RequestedLine, Resolution
from domain.value_ledger import Account, AccountKind, Shortfall, spend
from storage import value_ledger
from storage.reversals import Reversals
from tests.flow.conftest import Ruled
from tests.flow.test_chargebacks import hear
from tests.flow.test_fees import paid_in, refunds, until_mailed
from tests.flow.test_lost_runs import lose, restart
from tests.support import builders
from tests.support.house import TENANT, House, OpenReturn
from tests.support.releasing import releasing_pack
from tests.support.told import (
    CUSTOMER_SIDE,
    counted,
    for_exchange,
    graded,
    info,
    received,
    whole_order,
)
from workflows.messages import ChooseResolution, CountedEntry

LINE, LOT = "line-1", "line-1/1"
WHOLE = 37_570
"""What the three lamps cost, in fen."""


def offering(*, bonus: int = 10, **more: Any) -> Policy:
    return parse_policy(builders.pack() | {"store_credit": {"bonus_percent": bonus}} | more)


async def sent_back(house: House, order: dict[str, Any], grade: Grade = Grade.A) -> OpenReturn:
    """All of an order, wanted as credit, arrived and graded alike."""
    lines = tuple(
        RequestedLine(line["line_id"], line["quantity"], Resolution.STORE_CREDIT)
        for line in order["lines"]
    )
    opened = await house.open(whole_order(order, lines=lines))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, grade, checklist=("scratched",)))
    return opened


async def balance(house: House, order: dict[str, Any], kind: AccountKind, ref: str) -> int:
    account = Account(kind, ref, order["currency"])
    async with house.needs.database.tenant(TENANT) as connection:
        return await value_ledger.balance(connection, TENANT, account) or 0


async def credit(house: House, order: dict[str, Any]) -> int:
    ref = order["customer"]["customer_ref"]
    return await balance(house, order, AccountKind.STORE_CREDIT, ref)


async def paid(opened: OpenReturn) -> list[tuple[str, str, int, int]]:
    """Return tender, destination, amount and bonus of each refund that is settled."""
    return [
        (r["tender_id"], r["destination"], r["amount_minor"], r["bonus_minor"])
        for s in (await opened.view())["settlements"]
        for r in s["refunds"]
        if r["state"] == "succeeded"
    ]


async def test_credit_comes_with_its_bonus_and_no_provider_is_asked(ruled: Ruled) -> None:
    """What was paid by card is the customer's credit, and a tenth more."""
    house = await ruled(offering())
    order = house.sandbox.order("three-units")

    opened = await sent_back(house, order)
    await opened.until_lot(LOT, "REFUNDED")

    assert await paid(opened) == [("tender-1", "store_credit", WHOLE, 3_757)]
    assert await credit(house, order) == WHOLE + 3_757
    assert refunds(opened) == []
    text = (await until_mailed(opened, "Refund for"))["text"]
    assert "to your store credit" in text
    assert "a bonus of 37.57 CNY" in text
    assert (await opened.ends()).headline == "CLOSED"


async def test_what_was_paid_in_kind_goes_back_in_kind_without_a_bonus(ruled: Ruled) -> None:
    """The gift card is filled again; only the card's part becomes credit."""
    house = await ruled(offering())
    order = paid_in(house, ("card", "CARD", 30_000), ("gift", "GIFT_CARD", 7_570))

    opened = await sent_back(house, order)
    await opened.until_lot(LOT, "REFUNDED")

    assert sorted(await paid(opened)) == [
        ("card", "store_credit", 30_000, 3_000),
        ("gift", "original", 7_570, 0),
    ]
    assert await credit(house, order) == 33_000


async def test_a_deduction_leaves_the_choice_as_it_was(ruled: Ruled) -> None:
    """Accepted in part, it is credit still, and the bonus is of what is left."""
    house = await ruled(offering())
    order = house.sandbox.order("three-units")

    opened = await sent_back(house, order, Grade.C)
    await opened.until_lot(LOT, "REFUNDED")

    ((_, destination, amount, bonus),) = await paid(opened)
    assert destination == "store_credit"
    assert amount < WHOLE
    assert bonus == half_up(Fraction(amount, 10))


async def test_money_and_credit_of_one_return_are_two_settlements(ruled: Ruled) -> None:
    """Each of two lines goes its own way, and each has its credit note."""
    house = await ruled(offering())
    order = house.sandbox.order("three-units")
    (first,) = order["lines"]
    order["lines"].append(first | {"line_id": "line-2", "sku": "LAMP-2"})
    order["tenders"] = [{**order["tenders"][0], "payment_ref": None, "captured_minor": 2 * WHOLE}]
    order = house.sandbox.put(f"orders/{order['order_id']}", order)
    lines = (RequestedLine(LINE, 3), RequestedLine("line-2", 3, Resolution.STORE_CREDIT))
    opened = await house.open(whole_order(order, lines=lines))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))

    await opened.do(graded(LOT, Grade.A))
    await opened.do(graded("line-2/1", Grade.A))
    await opened.until_lot("line-2/1", "REFUNDED")

    view = await opened.view()
    lots = [(s["number"], [row["lot_id"] for row in s["breakdown"]]) for s in view["settlements"]]
    assert lots == [(1, [LOT]), (2, ["line-2/1"])]
    assert len({s["credit_note_no"] for s in view["settlements"]} - {None}) == 2
    money, chosen = await paid(opened)
    assert (money[1], money[3], chosen[1]) == ("original", 0, "store_credit")
    assert refunds(opened) == [money[2]]
    assert await credit(house, order) == chosen[2] + chosen[3]
    assert view["broken_invariants"] == []


@pytest.mark.parametrize(("spent", "owed"), [(0, 0), (40_000, 40_000)])
async def test_edge_66_credit_and_bonus_are_reversed_as_one(
    ruled: Ruled, spent: int, owed: int
) -> None:
    """Up to what is there; what was spent of either is owed."""
    house = await ruled(offering())
    order = house.sandbox.order("three-units")
    opened = await sent_back(house, order)
    await opened.until_lot(LOT, "REFUNDED")
    account = Account(
        AccountKind.STORE_CREDIT, order["customer"]["customer_ref"], order["currency"]
    )
    if spent:
        async with house.needs.database.tenant(TENANT) as connection:
            bought = spend(account, Money(spent, order["currency"]), opened.return_id)
            await value_ledger.post(connection, TENANT, bought)

    done = await Reversals(house.needs.database).reverse(
        TENANT,
        opened.return_id,
        1,
        shortfall=Shortfall.RECEIVABLE,
        command_id="c1",
        actor="finance:fay",
    )

    assert (done.taken_minor, done.shortfall_minor) == (WHOLE + 3_757 - spent, owed)
    assert await credit(house, order) == 0


async def test_out_of_stock_is_answered_by_credit_too(ruled: Ruled) -> None:
    """The goods that were wanted are not there: the customer takes the bonus."""
    house = await ruled(offering())
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 0}
    house.sandbox.put("products/SNEAKER-GONE", product)
    opened = await house.open(for_exchange(order, "SNEAKER-GONE"))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_lot(LOT, "OUT_OF_STOCK")

    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), LOT, Resolution.STORE_CREDIT))
    await opened.until_lot(LOT, "REFUNDED")

    ((_, destination, amount, bonus),) = await paid(opened)
    assert (destination, bonus) == ("store_credit", half_up(Fraction(amount, 10)))


@pytest.mark.parametrize(
    ("policy", "customer_ref"),
    [(builders.policy(), "customer-1"), (offering(), "")],
    ids=["no policy for it", "nobody's account"],
)
async def test_credit_that_nobody_offers_is_refused(
    ruled: Ruled, policy: Policy, customer_ref: str
) -> None:
    """Before anything is written, and the refusal names the line."""
    house = await ruled(policy)
    order = house.sandbox.order("three-units")
    wrong = {"path": "customer.customer_ref", "value": customer_ref}
    asked = (RequestedLine(LINE, 1, Resolution.STORE_CREDIT),)

    with house.sandbox.fault(
        system="commerce", operation="GET /orders/{order_id}", kind="nonsense", set=wrong
    ):
        _, answer = await house.start(whole_order(order, lines=asked))

    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.field) == (
        "store_credit_not_offered",
        "lines[0].resolution",
    )
    assert await house.returns.get(TENANT, answer.return_id) is None


@pytest.mark.parametrize("lapse", [True, False])
async def test_a_coupon_lapses_where_the_policy_says_so(ruled: Ruled, lapse: bool) -> None:
    """Its part goes to nobody, and the customer is told; otherwise it is given back."""
    house = await ruled(parse_policy(builders.pack() | {"coupons_lapse": lapse}))
    order = paid_in(house, ("card", "CARD", 30_000), ("coupon", "COUPON", 7_570))
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    await opened.until_lot(LOT, "REFUNDED")

    way = "lapsed" if lapse else "original"
    assert sorted(await paid(opened)) == [
        ("card", "original", 30_000, 0),
        ("coupon", way, 7_570, 0),
    ]
    ref = next(t["payment_ref"] for t in order["tenders"] if t["tender_id"] == "coupon")
    held = await balance(house, order, AccountKind.COUPON, ref)
    assert held == (0 if lapse else 7_570)
    notices = [event.data["type"] for event in await opened.events("notice.due")]
    assert ("coupon_lapsed" in notices) is lapse
    assert (await opened.ends()).headline == "CLOSED"


EARLY = releasing_pack(refund="approval", recovery="ask", hours=120)


async def asked_back(house: House, opened: OpenReturn) -> int:
    """Let the time for the goods pass, and return what finance is to ask back."""
    await house.pass_time(hours=200)
    await opened.until_waiting("recovery_due")
    view = await opened.view()
    due: int = view["lots"][0]["advance"]["recovery"]["due_minor"]
    return due


async def test_a_bonus_that_went_out_early_is_asked_back_too(ruled: Ruled) -> None:
    """Whoever keeps the goods gains nothing by it."""
    offered = {"store_credit": {"bonus_percent": 10}}
    house = await ruled(parse_policy(EARLY | offered))
    order = house.sandbox.order("three-units")
    lines = (RequestedLine(LINE, 1, Resolution.STORE_CREDIT),)
    opened = await house.open(whole_order(order, lines=lines))
    await opened.until_event("refund.settled")
    given = await credit(house, order)

    assert await asked_back(house, opened) == given > 0


async def test_a_coupon_that_lapsed_is_not_asked_back(ruled: Ruled) -> None:
    """Nobody got it."""
    house = await ruled(parse_policy(EARLY | {"coupons_lapse": True}))
    order = paid_in(house, ("card", "CARD", 30_000), ("coupon", "COUPON", 7_570))
    opened = await house.open(whole_order(order, lines=(RequestedLine(LINE, 1),)))
    await opened.until(lambda view: view["settlement_state"] != "NONE")
    await opened.until_event("refund.settled")

    due = await asked_back(house, opened)

    assert due == sum(refunds(opened)) > 0


async def given_by_the_bank(
    house: House, order: dict[str, Any], disputed: dict[str, int], **wanted: Any
) -> OpenReturn:
    """The customer's bank took back what of the card was ``disputed``, and decided for him."""
    opened = await house.open(whole_order(order, **wanted))
    await opened.ready_for_handover()
    card = order["tenders"][0]["payment_ref"]
    dispute = house.sandbox.post(f"payments/{card}/dispute", disputed)
    await hear(house, dispute)
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_waiting("charged_back")
    house.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": "lost"})
    await hear(house, dispute)
    await opened.until_headline("COMPLETED")
    return opened


async def test_a_bonus_is_only_of_what_the_bank_did_not_give(ruled: Ruled) -> None:
    """A lost chargeback is money, not credit."""
    house = await ruled(offering())
    order = house.sandbox.order("three-units")
    lines = (RequestedLine(LINE, 3, Resolution.STORE_CREDIT),)

    opened = await given_by_the_bank(house, order, {"amount_minor": 30_000}, lines=lines)

    assert await credit(house, order) == 7_570 + 757
    assert [bonus for *_, bonus in await paid(opened)] == [757]


async def test_edge_66_credit_beside_what_a_bank_gave_is_reversed(ruled: Ruled) -> None:
    """The covered card refund has nothing of it."""
    house = await ruled(offering())
    order = paid_in(house, ("card", "CARD", 30_000), ("gift", "GIFT_CARD", 7_570))
    opened = await given_by_the_bank(house, order, {})

    done = await Reversals(house.needs.database).reverse(
        TENANT,
        opened.return_id,
        1,
        shortfall=Shortfall.RECEIVABLE,
        command_id="c1",
        actor="finance:fay",
    )

    assert done.taken_minor == 7_570


async def out_of_stock(house: House) -> OpenReturn:
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 0}
    house.sandbox.put("products/SNEAKER-GONE", product)
    order = house.sandbox.order("exchange")
    opened = await house.open(for_exchange(order, "SNEAKER-GONE"))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_lot(LOT, "OUT_OF_STOCK")
    return opened


async def test_what_was_chosen_is_not_chosen_again(ruled: Ruled) -> None:
    """Nor past an approval: what finance saw is what is sealed."""
    house = await ruled(offering(approval_above={"JPY": 100}))
    opened = await out_of_stock(house)
    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), LOT, Resolution.REFUND))
    await opened.until_waiting("awaiting_settlement_approval")

    again = ChooseResolution(info(CUSTOMER_SIDE), LOT, Resolution.STORE_CREDIT)

    assert await opened.refused(again) == "command_not_allowed"


async def test_a_bonus_counts_against_finances_limit(ruled: Ruled) -> None:
    """Just below it with money, above it with what comes on top."""
    house = await ruled(offering(approval_above={"CNY": WHOLE + 1_000}))

    opened = await sent_back(house, house.sandbox.order("three-units"))
    await opened.until_waiting("awaiting_settlement_approval")

    assert (await opened.view())["proposed_settlement"]["bonus_minor"] == 3_757


async def test_who_chose_credit_reads_of_credit(ruled: Ruled) -> None:
    """The dearer goods are called off, and nobody says that money comes."""
    house = await ruled(offering())
    product = {"price_minor": 12_000, "currency": "JPY", "in_stock": 5}
    house.sandbox.put("products/SNEAKER-GOLD", product)
    order = house.sandbox.order("exchange")
    opened = await house.open(for_exchange(order, "SNEAKER-GOLD"))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_waiting("awaiting_difference")

    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), LOT, Resolution.STORE_CREDIT))
    await opened.until_lot(LOT, "REFUNDED")

    mail = await until_mailed(opened, "Your exchange for")
    assert "store credit, as you chose" in mail["text"]


def is_graded(lot_id: str, view: dict[str, Any]) -> bool:
    return any(lot["lot_id"] == lot_id and lot["grade"] == "A" for lot in view["lots"])


async def test_a_run_that_is_lost_after_credit_was_sealed_goes_on(
    steady_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where money became due beside it: each is paid once."""
    house = steady_house
    await house.stop_work()
    house.needs = replace(house.needs, policy=offering())
    await house.open_for_work()
    order = house.sandbox.order("three-units")
    (first,) = order["lines"]
    order["lines"].append(first | {"line_id": "line-2", "sku": "LAMP-2"})
    order["tenders"] = [order["tenders"][0] | {"payment_ref": None, "captured_minor": 2 * WHOLE}]
    order = house.sandbox.put(f"orders/{order['order_id']}", order)
    lines = (RequestedLine(LINE, 3), RequestedLine("line-2", 3, Resolution.STORE_CREDIT))
    opened = await house.open(whole_order(order, lines=lines))
    opened = replace(opened, handle=house.latest_run(opened.handle.id))
    await opened.ready_for_handover()
    await opened.do(received((CountedEntry("LAMP-2", 3),), receipt_id="R-1"))
    await opened.do(received((CountedEntry(first["sku"], 3),), receipt_id="R-2"))
    seal, goes_on = PaymentActivities._seal, asyncio.Event()

    async def slow(self: PaymentActivities, asked: Settle) -> Any:
        rows = await seal(self, asked)
        if asked.number == 1:
            await goes_on.wait()
        return rows

    monkeypatch.setattr(PaymentActivities, "_seal", slow)
    for lot_id in ("line-2/1", LOT):
        await opened.do(graded(lot_id, Grade.A))
        await opened.until(partial(is_graded, lot_id))
    await lose(opened)
    goes_on.set()
    await restart(opened)

    await opened.until_headline("COMPLETED")
    assert sorted(way for _, way, *_ in await paid(opened)) == ["original", "store_credit"]
    assert len(refunds(opened)) == 1
