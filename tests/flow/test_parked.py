"""Every trouble that parks work is entered for real, and left by each of its exits.

``WALKS`` at the end names the test of each code and exit.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
import pytest
from temporalio.exceptions import ApplicationError

import activities.refund_books
import domain.invariants
from activities.holding import Holder
from domain.blockers import WAITS, Kind
from domain.requests import HandoverMethod
from domain.returns import Return
from integrations.carriers.capabilities import BookingLookUp
from integrations.carriers.easypost.adapter import EasyPostCarrier
from storage.bookings import Bookings
from storage.hold_rows import HoldRow
from storage.holds import HeldOtherwiseError, Holds
from storage.rows import TenderBalance
from storage.settlements import Settlements
from tests.flow import (
    test_chargebacks,
    test_drafts,
    test_late_scans,
    test_locations,
    test_lost_runs,
    test_other_tender,
    test_provider_limits,
    test_refund_edges,
    test_settlement,
)
from tests.flow.conftest import Ruled
from tests.flow.test_advance_exchange import asked, secured
from tests.flow.test_settlement import REFUNDS, accepted, intents_of, paid
from tests.support.house import TENANT, House, OpenReturn
from tests.support.postgres import Database
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    OPS,
    info,
    refund_news,
    some_of,
    waiting_codes,
    whole_order,
)
from workflows.messages import ChangeHandover, Retry
from workflows.return_workflow import ReturnWorkflow

BUY_LABEL = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy"}
Patch = pytest.MonkeyPatch
Trouble = Callable[[House, Patch], AbstractAsyncContextManager[None]]
ALWAYS = 10_000


async def stands(opened: OpenReturn, code: str) -> dict[str, Any]:
    """Wait until work stands parked, and see that everybody is told what they need to know."""
    wait = await opened.until_waiting(code)
    now = await opened.house.env.get_current_time()
    assert wait["owner"] == WAITS[code].owner
    assert datetime.fromisoformat(wait["deadline"]) > now
    assert wait["detail"]
    assert "retry" in wait["exits"]
    assert set(wait["exits"]) <= set(WAITS[code].exits)
    assert code in (await opened.row()).blocker_codes
    return wait


async def troubles(opened: OpenReturn) -> list[str]:
    """Return the codes of all work that stands parked."""
    codes = (await opened.row()).blocker_codes
    return [code for code in codes if WAITS[code].kind is Kind.PARKED]


@asynccontextmanager
async def wrong_key(house: House, kind: str) -> AsyncIterator[None]:
    """Let an outside system refuse the tenant's key."""
    right = next(c for c in await house.tenants.connections(TENANT) if c.kind == kind)
    await house.tenants.put_connection(replace(right, secrets={**right.secrets, "api_key": "no"}))
    yield
    await house.tenants.put_connection(right)


def breaks(*args: object, **more: object) -> Any:
    raise RuntimeError("the shelf is not where it was")


@asynccontextmanager
async def carrier_down(house: House, _patch: Patch) -> AsyncIterator[None]:
    with house.sandbox.fault(**BUY_LABEL, kind="http_503", times=ALWAYS):
        yield


@asynccontextmanager
async def carrier_refuses(house: House, _patch: Patch) -> AsyncIterator[None]:
    async with wrong_key(house, "carrier"):
        yield


@asynccontextmanager
async def warehouse_is_nonsense(house: House, _patch: Patch) -> AsyncIterator[None]:
    plan = {"system": "commerce", "operation": "GET /locations/{id}", "kind": "nonsense"}
    with house.sandbox.fault(**plan, times=ALWAYS, set={"path": "time_zone", "value": "Mars"}):
        yield


@asynccontextmanager
async def booking_is_broken(_house: House, patch: Patch) -> AsyncIterator[None]:
    """A mistake of ours; taking it back is what deploying the mend does."""
    with patch.context() as broken:
        broken.setattr(Bookings, "plan", breaks)
        yield


@asynccontextmanager
async def platform_down(house: House, _patch: Patch) -> AsyncIterator[None]:
    plan = {"system": "commerce", "operation": "GET /locations/{id}", "kind": "http_503"}
    with house.sandbox.fault(**plan, times=ALWAYS):
        yield


@asynccontextmanager
async def carrier_forgets(house: House, patch: Patch) -> AsyncIterator[None]:
    """A label is sold, its answer is lost, and this carrier has no way to look it up."""
    blind = replace(EasyPostCarrier.capabilities, label_lookup=BookingLookUp.NONE)
    with patch.context() as forgetful, house.sandbox.fault(**BUY_LABEL, kind="lost_reply"):
        forgetful.setattr(EasyPostCarrier, "capabilities", blind)
        yield


BOOKINGS: dict[str, Trouble] = {
    "provider_unavailable": platform_down,
    "courier_unavailable": carrier_down,
    "booking_unknown": carrier_forgets,
    "provider_refused": carrier_refuses,
    "bad_upstream_data": warehouse_is_nonsense,
    "internal_error": booking_is_broken,
}


@pytest.mark.parametrize("code", BOOKINGS)
async def test_a_parked_booking_is_tried_again(house: House, monkeypatch: Patch, code: str) -> None:
    """What kept the label from being bought is mended: one label, and the parcel can go."""
    async with BOOKINGS[code](house, monkeypatch):
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        await opened.until_given_up(code)
        wait = await stands(opened, code)

    await opened.do(Retry(info(OPS), wait["key"].removeprefix("work/")))
    await opened.ready_for_handover()

    assert wait["key"] == "work/book/d1"
    assert len(opened.ledger()["labels"]) == 1


@pytest.mark.parametrize("code", BOOKINGS)
async def test_a_parked_booking_is_withdrawn(house: House, monkeypatch: Patch, code: str) -> None:
    """The customer keeps the goods: nothing is bought, and no trouble is left."""
    async with BOOKINGS[code](house, monkeypatch):
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        await opened.until_given_up(code)
        wait = await stands(opened, code)

        await opened.withdraw()
        await opened.until(lambda view: view["headline"] == "WITHDRAWN")
    outcome = await opened.ends()

    assert "withdraw" in wait["exits"]
    assert outcome.headline == "WITHDRAWN"
    assert not await troubles(opened)
    assert "bought" not in [label["status"] for label in opened.ledger()["labels"]]


@pytest.mark.parametrize("code", ["courier_unavailable", "booking_unknown"])
async def test_a_parked_booking_gives_way_to_the_store(
    house: House, monkeypatch: Patch, code: str
) -> None:
    """The customer brings it to a store instead: whatever was sold of the label is given back."""
    async with BOOKINGS[code](house, monkeypatch):
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        await opened.until_given_up(code)
        wait = await stands(opened, code)

        await opened.do(ChangeHandover(info(CUSTOMER_SIDE), HandoverMethod.IN_STORE))
        await opened.until_event("handover.ready")
    await opened.until(lambda view: not waits_for_carrier(view))

    assert "change-handover" in wait["exits"]
    assert "bought" not in [label["status"] for label in opened.ledger()["labels"]]


def waits_for_carrier(view: dict[str, Any]) -> bool:
    return bool({"cancelling_delivery", *BOOKINGS} & set(waiting_codes(view)))


@asynccontextmanager
async def provider_down(house: House, _patch: Patch) -> AsyncIterator[None]:
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=ALWAYS):
        yield


@asynccontextmanager
async def provider_refuses(house: House, _patch: Patch) -> AsyncIterator[None]:
    async with wrong_key(house, "payments"):
        yield


@asynccontextmanager
async def list_is_nonsense(house: House, _patch: Patch) -> AsyncIterator[None]:
    """The first try fails, and where the refund is looked up the answer makes no sense."""
    look_up = {"system": "stripe", "operation": "GET /v1/refunds", "kind": "nonsense"}
    with (
        house.sandbox.fault(**REFUNDS, kind="http_503"),
        house.sandbox.fault(**look_up, times=ALWAYS, set={"path": "has_more", "value": "maybe"}),
    ):
        yield


@asynccontextmanager
async def look_up_is_broken(house: House, patch: Patch) -> AsyncIterator[None]:
    """The first try fails, and our own look-up has a mistake."""
    with house.sandbox.fault(**REFUNDS, kind="http_503"), patch.context() as broken:
        broken.setattr(activities.refund_books, "find_refund", breaks)
        yield


@asynccontextmanager
async def outcome_is_unknown(house: House, _patch: Patch) -> AsyncIterator[None]:
    """An error may hide that it was paid, and the provider's list is out of reach."""
    look_up = {"system": "stripe", "operation": "GET /v1/refunds", "kind": "http_503"}
    with (
        house.sandbox.fault(**REFUNDS, kind="http_500"),
        house.sandbox.fault(**look_up, times=ALWAYS),
    ):
        yield


REFUNDING: dict[str, Trouble] = {
    "provider_unavailable": provider_down,
    "provider_refused": provider_refuses,
    "bad_upstream_data": list_is_nonsense,
    "internal_error": look_up_is_broken,
    "refund_unknown": outcome_is_unknown,
}


async def parked_refund(house: House, code: str) -> tuple[OpenReturn, dict[str, Any]]:
    """A return of all units, accepted, whose refund stands parked."""
    opened = await accepted(house)
    await opened.until_event("settlement.sealed")
    await opened.until_given_up(code)
    return opened, await stands(opened, code)


@pytest.mark.parametrize("code", REFUNDING)
async def test_a_parked_refund_is_tried_again(house: House, monkeypatch: Patch, code: str) -> None:
    """What kept the money is mended: it goes once."""
    async with REFUNDING[code](house, monkeypatch):
        opened, wait = await parked_refund(house, code)
        before = paid(opened)

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert before == []
    assert len(paid(opened)) == 1
    assert not await troubles(opened)


@pytest.mark.parametrize("code", REFUNDING)
async def test_a_parked_refund_turns_out_to_be_paid(
    house: House, monkeypatch: Patch, code: str
) -> None:
    """The provider tells that it paid after all: nobody needs to do anything, nothing is sent."""
    async with REFUNDING[code](house, monkeypatch):
        opened, wait = await parked_refund(house, code)

        await told_paid(opened)
        await opened.until_lot("line-1/1", "REFUNDED")
        await opened.until(lambda view: code not in waiting_codes(view))

    assert "refund.settled" in wait["exits"]
    assert paid(opened) == []


async def told_paid(opened: OpenReturn) -> None:
    """Let the provider, read again, say that the one refund is paid."""
    (intent,) = intents_of(await opened.view())
    news = refund_news(intent["intent_id"], "succeeded")
    await opened.handle.signal(ReturnWorkflow.refund_news, news)


async def test_a_refused_refund_is_tried_again(house: House) -> None:
    """A charge refunded by hand, which comes back: the next generation is paid, once."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    (tender,) = order["tenders"]
    by_hand = house.sandbox.refund_by_hand(tender["payment_ref"], tender["captured_minor"])
    await opened.arrive_and_grade(order)
    wait = await stands(opened, "refund_refused")
    house.sandbox.post(f"refunds/{by_hand}/fail")

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert wait["exits"] == ["retry", "change-tender", "refund.settled"]
    assert len(paid(opened)) == 1


async def test_a_refused_refund_is_tried_again_later_each_time(house: House) -> None:
    """A provider that says no is not asked every ten minutes."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    (tender,) = order["tenders"]
    house.sandbox.refund_by_hand(tender["payment_ref"], tender["captured_minor"])
    await opened.arrive_and_grade(order)
    await stands(opened, "refund_refused")

    await house.pass_time(hours=3)
    await stands(opened, "refund_refused")

    raised = await opened.events("blocker.raised")
    assert [event.data["tries"] for event in raised] == [1, 2, 3, 4, 5]
    assert await opened.events("blocker.cleared") == []


async def test_a_refund_of_another_amount_is_not_believed(house: House) -> None:
    """The provider says that it paid a cent: that is no end, and the right answer is waited for."""
    look_up = {"system": "stripe", "operation": "GET /v1/refunds"}
    wrong = {"kind": "nonsense", "times": ALWAYS}
    with (
        house.sandbox.fault(**REFUNDS, **wrong, set={"path": "amount", "value": 1}),
        house.sandbox.fault(**look_up, **wrong, set={"path": "data[0].amount", "value": 1}),
    ):
        opened, wait = await parked_refund(house, "bad_upstream_data")

    await opened.do(Retry(info(FINANCE)))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert wait["field"] == "amount"
    assert len(paid(opened)) == 1


async def test_prices_in_two_currencies_buy_no_label(house: House) -> None:
    """Which offer is the cheapest cannot be said: nothing is bought until it can."""
    plan = {"system": "easypost", "operation": "GET /v2/shipments/{id}", "kind": "nonsense"}
    yen = {"path": "rates[0].currency", "value": "JPY"}
    with house.sandbox.fault(**plan, times=ALWAYS, set=yen):
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        wait = await stands(opened, "provider_refused")
        before = opened.ledger()["labels"]

    await opened.do(Retry(info(OPS)))
    await opened.ready_for_handover()

    assert "several currencies" in wait["detail"]
    assert before == []
    assert len(opened.ledger()["labels"]) == 1


async def test_a_settlement_without_money_is_tried_again(house: House) -> None:
    """The order was refunded elsewhere, as its next start tells; given back, it is paid once."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    await start_of_a_refunded_order(house, order)
    await opened.arrive_and_grade_one()
    wait = await stands(opened, "nothing_left_to_refund")
    await house.open(some_of(order, 1))

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert wait["key"] == "work/settle/1"
    assert len(paid(opened)) == 1


async def start_of_a_refunded_order(house: House, order: dict[str, Any]) -> None:
    """Start another return of an order that the platform calls refunded by now."""
    captured = order["tenders"][0]["captured_minor"]
    with house.sandbox.nonsense(order, "tenders[0].refunded_minor", captured):
        await house.open(some_of(order, 1))


async def test_a_refund_without_money_turns_out_to_be_paid(house: House) -> None:
    """Refused and then left without money, it is found paid: the trouble is over."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    (tender,) = order["tenders"]
    house.sandbox.refund_by_hand(tender["payment_ref"], tender["captured_minor"])
    await opened.arrive_and_grade_one()
    await stands(opened, "refund_refused")
    await start_of_a_refunded_order(house, order)
    await opened.do(Retry(info(FINANCE)))
    wait = await stands(opened, "nothing_left_to_refund")

    await told_paid(opened)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert wait["exits"] == ["retry", "refund.settled"]
    assert not await troubles(opened)


async def test_a_conflicting_settlement_is_tried_again(house: House, database: Database) -> None:
    """The number was sealed for another amount; taken away by hand, the right one is paid once."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await seal_otherwise(house, opened, order)
    await opened.arrive_and_grade(order)
    wait = await stands(opened, "settlement_conflict")
    before = paid(opened)
    with psycopg.connect(database.owner_url.replace("+psycopg", "")) as connection:
        # The owner sees no tenant's rows either, unless he says whose.
        connection.execute("SELECT set_config('backhaul.tenant_id', %s, false)", [TENANT])
        connection.execute("DELETE FROM refund_intents")
        connection.execute("DELETE FROM settlements")

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert before == []
    assert paid(opened) == [order["tenders"][0]["captured_minor"]]


async def seal_otherwise(house: House, opened: OpenReturn, order: dict[str, Any]) -> None:
    def all_on_one(_balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
        return (amount_minor,)

    await Settlements(house.needs.database).seal(
        TENANT,
        opened.return_id,
        order_id=order["order_id"],
        number=1,
        amount_minor=1,
        currency=order["currency"],
        split=all_on_one,
        lot_ids=(),
    )


def contradict(_ret: Return) -> list[str]:
    return ["counters of line line-1 are out of order"]


async def test_a_contradiction_stops_everything_until_it_is_mended(
    house: House, monkeypatch: Patch
) -> None:
    """Nothing is booked while the numbers contradict; once they add up, all goes on."""
    with monkeypatch.context() as mistaken:
        mistaken.setattr(domain.invariants, "_counters_add_up", contradict)
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        wait = await stands(opened, "invariant_broken")
        await opened.do(Retry(info(OPS)))
        await opened.until(lambda view: view["version"] > 2)
        again = await stands(opened, "invariant_broken")
        before = opened.ledger()["labels"]

    await opened.do(Retry(info(OPS), wait["key"].removeprefix("work/")))
    await opened.ready_for_handover()

    assert before == []
    assert again["detail"] == wait["detail"] == "counters of line line-1 are out of order"
    assert len(opened.ledger()["labels"]) == 1


async def test_a_contradiction_is_told_again_later_each_time(
    house: House, monkeypatch: Patch
) -> None:
    """Numbers do not mend themselves: who looks after them is not called every ten minutes."""
    monkeypatch.setattr(domain.invariants, "_counters_add_up", contradict)
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await stands(opened, "invariant_broken")

    await house.pass_time(hours=3)
    await stands(opened, "invariant_broken")

    raised = await opened.events("blocker.raised")
    assert [event.data["tries"] for event in raised] == [1, 2, 3, 4, 5]
    assert await opened.events("blocker.cleared") == []


async def test_a_hold_of_unknown_end_is_looked_up_again(ruled: Ruled, monkeypatch: Patch) -> None:
    """Nobody knows whether money is held, so nothing goes out; once it is known, it does."""
    house = await ruled(secured())
    place = Holder.place

    async def nobody_knows(self: Holder, row: HoldRow) -> HoldRow:
        raise ApplicationError("no answer", type="OutcomeUnknown", non_retryable=True)

    monkeypatch.setattr(Holder, "place", nobody_knows)
    _, opened = await asked(house)
    await stands(opened, "hold_unknown")
    before = opened.ledger()["replacements"]
    monkeypatch.setattr(Holder, "place", place)

    await opened.do(Retry(info(FINANCE)))
    await opened.until_event("replacement.created")

    assert before == []
    assert "hold_unknown" not in await troubles(opened)


async def test_a_conflicting_hold_is_tried_again(ruled: Ruled, monkeypatch: Patch) -> None:
    """The lot has a hold of another amount: nothing goes out before somebody has seen why."""
    house = await ruled(secured())
    plan = Holds.plan

    async def otherwise(self: Holds, *args: Any, **of: Any) -> HoldRow:
        raise HeldOtherwiseError("hold 1 of line-1/1 was planned as 1 JPY")

    monkeypatch.setattr(Holds, "plan", otherwise)
    _, opened = await asked(house)
    await stands(opened, "hold_conflict")
    monkeypatch.setattr(Holds, "plan", plan)

    await opened.do(Retry(info(FINANCE)))
    await opened.until_event("replacement.created")

    assert len(opened.ledger()["replacements"]) == 1


WALKS: dict[str, dict[str, Callable[..., object]]] = {
    "provider_unavailable": {
        "retry": test_a_parked_booking_is_tried_again,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "refund.settled": test_a_parked_refund_turns_out_to_be_paid,
    },
    "units_used_elsewhere": {
        "retry": test_late_scans.test_edge_32_used_by_another_return_it_parks_with_both,
        "leave-expired": test_late_scans.test_edge_32_ops_leave_it_expired,
        "delivery.label_swapped": (
            test_late_scans.test_edge_32_the_warehouse_finds_whose_goods_they_are
        ),
    },
    "no_receiving_location": {
        "retry": test_locations.test_goods_that_nobody_takes_from_there_are_parked,
        "correct": test_locations.test_edge_24_goods_that_a_place_refuses_go_to_another_or_wait,
        "withdraw": test_locations.test_goods_that_nobody_takes_are_kept_by_who_withdraws,
    },
    "courier_unavailable": {
        "retry": test_a_parked_booking_is_tried_again,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "change-handover": test_a_parked_booking_gives_way_to_the_store,
    },
    "booking_unknown": {
        "retry": test_a_parked_booking_is_tried_again,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "change-handover": test_a_parked_booking_gives_way_to_the_store,
    },
    "provider_refused": {
        "retry": test_a_parked_booking_is_tried_again,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "refund.settled": test_a_parked_refund_turns_out_to_be_paid,
    },
    "refund_refused": {
        "retry": test_a_refused_refund_is_tried_again,
        "change-tender": test_other_tender.test_edge_64_a_refused_refund_goes_to_store_credit,
        "refund.settled": test_settlement.test_edge_63_reopens_money_that_comes_back,
    },
    "refund_unknown": {
        "retry": test_a_parked_refund_is_tried_again,
        "reconcile-refund": test_refund_edges.test_finance_rules_that_it_was_paid,
        "refund.settled": test_a_parked_refund_turns_out_to_be_paid,
    },
    "charged_back": {
        "retry": test_chargebacks.test_a_refusal_for_a_chargeback_is_tried_again,
        "chargeback.won": test_chargebacks.test_a_chargeback_that_is_won_lets_the_refund_go,
        "chargeback.lost": test_chargebacks.test_a_chargeback_that_is_lost_covers_the_refund,
        "refund.settled": test_chargebacks.test_a_held_refund_turns_out_to_be_paid,
    },
    "refund_spacing": {
        "retry": test_provider_limits.test_a_pause_is_asked_about_again,
        "refund.settled": test_provider_limits.test_a_pause_turns_out_to_be_needless,
    },
    "refund_limit_reached": {
        "retry": (
            test_provider_limits.test_a_payment_takes_no_more_refunds_than_its_provider_allows
        ),
        "change-tender": (
            test_provider_limits.test_edge_64_a_payment_older_than_the_limit_is_not_asked_for
        ),
        "refund.settled": test_provider_limits.test_a_refund_beyond_a_limit_turns_out_to_be_paid,
    },
    "refund_gated": {
        "reconcile-refund": test_provider_limits.test_above_the_gate_a_person_allows_the_next_key,
        "refund.settled": test_provider_limits.test_above_the_gate_it_turns_out_to_be_paid,
    },
    "nothing_left_to_refund": {
        "retry": test_a_settlement_without_money_is_tried_again,
        "refund.settled": test_a_refund_without_money_turns_out_to_be_paid,
    },
    "hold_unknown": {"retry": test_a_hold_of_unknown_end_is_looked_up_again},
    "hold_conflict": {"retry": test_a_conflicting_hold_is_tried_again},
    "settlement_conflict": {"retry": test_a_conflicting_settlement_is_tried_again},
    "bad_upstream_data": {
        "retry": test_a_parked_booking_is_tried_again,
        "correct": test_drafts.test_a_correction_stands_in_for_the_platform,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "refund.settled": test_a_parked_refund_turns_out_to_be_paid,
    },
    "internal_error": {
        "retry": test_a_parked_booking_is_tried_again,
        "withdraw": test_a_parked_booking_is_withdrawn,
        "refund.settled": test_a_parked_refund_turns_out_to_be_paid,
    },
    "invariant_broken": {"retry": test_a_contradiction_stops_everything_until_it_is_mended},
    "workflow_missing": {
        "restart-from-projection": test_lost_runs.test_goes_on_after_the_restart,
    },
}


def test_no_trouble_and_no_exit_is_left_out() -> None:
    """The catalogue's parked codes and their exits are the ones that are walked."""
    promised = {row.code: set(row.exits) for row in WAITS.values() if row.kind is Kind.PARKED}

    assert {code: set(exits) for code, exits in WALKS.items()} == promised


@pytest.mark.parametrize(
    ("walked", "by"),
    [
        (BOOKINGS, test_a_parked_booking_is_tried_again),
        (BOOKINGS, test_a_parked_booking_is_withdrawn),
        (REFUNDING, test_a_parked_refund_turns_out_to_be_paid),
    ],
)
def test_a_walk_of_many_walks_what_the_table_says(
    walked: dict[str, Trouble], by: Callable[..., object]
) -> None:
    """A code that names one of the shared walks is among the troubles that it goes through."""
    named = {code for code, exits in WALKS.items() if by in exits.values()}

    assert named <= set(walked)
