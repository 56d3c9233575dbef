"""Money: to the cent, exactly once, parked by name when it cannot be paid."""

from typing import Any

import pytest

from domain.ids import part_id
from domain.inspection import Grade
from storage.credit_notes import CreditNotes
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import (
    FINANCE,
    OPS,
    counted,
    graded,
    info,
    received,
    refund_news,
    some_of,
    waiting_codes,
    whole_order,
)
from workflows.messages import Retry
from workflows.return_workflow import ReturnWorkflow

REFUNDS = {"system": "stripe", "operation": "POST /v1/refunds"}


async def accepted(house: House, example: str = "three-units") -> OpenReturn:
    """A return of a whole order, arrived and graded as new."""
    order = house.sandbox.order(example)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    return opened


def paid(opened: OpenReturn) -> list[int]:
    """The amounts of refunds at the provider that did not fail."""
    refunds = opened.ledger()["refunds"]
    return [r["amount_minor"] for r in refunds if r["status"] != "failed"]


def intents_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [intent for settlement in view["settlements"] for intent in settlement["refunds"]]


async def test_pays_every_tender_back_to_the_cent(house: House) -> None:
    """A whole order that comes back as new is refunded to the tenders it came from."""
    opened = await accepted(house, "no-reason-return")

    outcome = await opened.ends()

    assert outcome.headline == "CLOSED"
    # All but the express surcharge: 5.90 was paid for shipping, 4.90 is the cheapest way.
    assert sorted(paid(opened)) == [2977, 9825]
    assert "settlement.sealed" in await opened.event_types()


async def test_a_paid_settlement_has_a_credit_note_of_what_was_paid(house: House) -> None:
    """The return names it; its rows and the refunds at the provider come to the same."""
    opened = await accepted(house, "no-reason-return")

    await opened.ends()

    (settlement,) = (await opened.view())["settlements"]
    (sealed,) = await opened.events("settlement.sealed")
    note = await CreditNotes(house.needs.database).get(TENANT, settlement["credit_note_no"])
    assert note is not None
    assert sealed.data["credit_note_no"] == note.number
    assert (note.return_id, note.rma_no) == (opened.return_id, (await opened.row()).rma_no)
    assert sum(row.amount_minor for row in note.rows) == note.total_minor == sum(paid(opened))


async def test_settles_each_parcel_on_its_own(house: House) -> None:
    """Two receipts are two settlements, and together they give back what was paid."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()

    await opened.do(received(counted(order, **{"LAMP-DESK-WHITE": 2})))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_lot("line-1/1", "REFUNDED")
    await opened.do(received(counted(order, **{"LAMP-DESK-WHITE": 1}), receipt_id="R-2"))
    await opened.do(graded("line-1/2", Grade.A))

    assert (await opened.ends()).headline == "CLOSED"
    assert len(paid(opened)) == 2
    assert sum(paid(opened)) == order["tenders"][0]["captured_minor"]
    noted = [s["credit_note_no"] for s in (await opened.view())["settlements"]]
    assert len(set(noted)) == 2
    assert None not in noted


async def test_parks_while_the_provider_is_down_and_resumes_at_the_deadline(house: House) -> None:
    """An outage becomes a named blocker that tries again by itself, and money goes once."""
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=1000):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        wait = await opened.until_given_up("provider_unavailable")

    assert wait["owner"]
    assert wait["detail"]
    assert paid(opened) == []
    await house.pass_time(hours=25)
    await opened.until_lot("line-1/1", "REFUNDED")
    assert len(paid(opened)) == 1
    assert (await opened.event_types()).count("blocker.raised") == 1
    assert (await opened.event_types()).count("blocker.cleared") == 1


async def test_resumes_parked_work_on_a_retry(house: House) -> None:
    """Ops need not wait for the deadline."""
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=1000):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        await opened.until_given_up("provider_unavailable")

    await opened.do(Retry(info(OPS)))

    await opened.until_lot("line-1/1", "REFUNDED")
    assert len(paid(opened)) == 1
    assert waiting_codes(await opened.view()) == ["awaiting_close"]


@pytest.mark.parametrize("fault", [{"kind": "lost_reply"}, {"kind": "stored_500", "effect": True}])
async def test_pays_once_when_the_answer_is_lost(house: House, fault: dict[str, Any]) -> None:
    """A refund that was made and not answered is found, not made again."""
    with house.sandbox.fault(**REFUNDS, **fault):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        await house.pass_time(seconds=30)

    await opened.until_lot("line-1/1", "REFUNDED")

    assert len(paid(opened)) == 1


async def test_edge_61_a_stored_error_is_got_round_under_a_new_key(house: House) -> None:
    """The old key is answered with it for a day; no money went, so a new key goes out."""
    with house.sandbox.fault(**REFUNDS, kind="stored_500"):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        await house.pass_time(seconds=30)
        await opened.until_lot("line-1/1", "REFUNDED")

    assert len(paid(opened)) == 1
    assert [intent["generation"] for intent in intents_of(await opened.view())] == [1]
    assert await opened.events("blocker.raised") == []


async def test_nobody_knows_while_the_provider_cannot_be_asked(house: House) -> None:
    """A refund whose answer was an error counts as spent, and blocks, until its list is read."""
    look_up = {"system": "stripe", "operation": "GET /v1/refunds", "kind": "http_503"}
    with (
        house.sandbox.fault(**REFUNDS, kind="lost_reply"),
        house.sandbox.fault(**look_up, times=10_000),
    ):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        wait = await opened.until_given_up("refund_unknown")
        (intent,) = intents_of(await opened.view())
    await opened.do(Retry(info(FINANCE)))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert (wait["owner"], intent["state"]) == ("finance", "unknown")
    assert len(paid(opened)) == 1


async def test_parks_a_refused_refund_for_finance(house: House) -> None:
    """A charge refunded elsewhere blocks the lot until finance says to try again."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    charge = order["tenders"][0]
    house.sandbox.refund_by_hand(charge["payment_ref"], charge["captured_minor"])

    await opened.arrive_and_grade(order)

    wait = await opened.until_waiting("refund_refused")
    assert wait["owner"] == "finance"
    assert (await opened.view())["settlement_state"] == "BLOCKED"
    before = len(await opened.events("refund.failed"))
    ledger = opened.ledger()
    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    # The blocker stays up while its work is tried again, and is raised anew by a try in vain.
    await eventually(lambda: opened.events("blocker.raised"), lambda raised: len(raised) == 2)
    assert before == 1
    assert "refund_refused" in waiting_codes(await opened.view())
    assert opened.ledger() == ledger
    assert paid(opened) == []


async def test_believes_the_provider_over_a_try_that_was_under_way(house: House) -> None:
    """Told that it is paid while it is tried again, a refund stays paid when the try is refused."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    charge = order["tenders"][0]
    house.sandbox.refund_by_hand(charge["payment_ref"], charge["captured_minor"])
    await opened.arrive_and_grade(order)
    await opened.until_waiting("refund_refused")
    (intent,) = intents_of(await opened.view())
    with house.sandbox.fault(**REFUNDS, kind="delay", delay_ms=1000):
        await opened.do(Retry(info(FINANCE)))
        news = refund_news(intent["intent_id"], "succeeded")
        await opened.handle.signal(ReturnWorkflow.refund_news, news)

        view = await opened.until(lambda view: "refund_refused" not in waiting_codes(view))

    assert intents_of(view)[0]["state"] == "succeeded"
    assert view["headline"] == "COMPLETED"
    assert len(await opened.events("refund.failed")) == 1


async def test_pays_one_tender_while_the_other_waits(house: House) -> None:
    """Edge 65: one of two refunds goes through, and only the other is parked and tried again."""
    with house.sandbox.fault(**REFUNDS, kind="http_503", after=1, times=1000):
        opened = await accepted(house, "no-reason-return")
        await opened.until(lambda view: states_of(view) == ["sending", "succeeded"])
        await opened.until_given_up("provider_unavailable")
        assert len(paid(opened)) == 1

    await opened.do(Retry(info(OPS)))

    await opened.until(lambda view: states_of(view) == ["succeeded", "succeeded"])
    assert sorted(paid(opened)) == [2977, 9825]


def states_of(view: dict[str, Any]) -> list[str]:
    return sorted(intent["state"] for intent in intents_of(view))


async def test_takes_news_that_comes_before_the_seal_is_known(house: House) -> None:
    """A provider may tell the end of a refund while we still wait for the answer to sending it."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    tender = order["tenders"][0]["tender_id"]
    intent_id = part_id(opened.return_id, "settlement", 1, tender)
    with (
        house.sandbox.fault(**REFUNDS, kind="pending_refund"),
        house.sandbox.fault(**REFUNDS, kind="delay", delay_ms=1500),
    ):
        await opened.arrive_and_grade(order)
        await opened.handle.signal(ReturnWorkflow.refund_news, refund_news(intent_id, "succeeded"))

        await opened.until_lot("line-1/1", "REFUNDED")

    assert waiting_codes(await opened.view()) == ["awaiting_close"]


async def test_takes_a_success_that_is_told_later(house: House) -> None:
    """A pending refund is waited for; the provider's word ends the wait."""
    with house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        opened = await accepted(house)
        view = await opened.until(lambda view: "awaiting_refund" in waiting_codes(view))

    intent = intents_of(view)[0]
    await opened.handle.signal(
        ReturnWorkflow.refund_news, refund_news(intent["intent_id"], "succeeded")
    )

    await opened.until_lot("line-1/1", "REFUNDED")
    assert (await opened.event_types()).count("refund.settled") == 1


async def test_ends_a_park_when_the_provider_says_it_paid(house: House) -> None:
    """A refund that is parked as unavailable and turns out paid is not tried again."""
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=1000):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        await opened.until_given_up("provider_unavailable")
        intent = intents_of(await opened.view())[0]

        await opened.handle.signal(
            ReturnWorkflow.refund_news, refund_news(intent["intent_id"], "succeeded")
        )

        await opened.until_lot("line-1/1", "REFUNDED")
        await opened.until(lambda view: waiting_codes(view) == ["awaiting_close"])


async def test_edge_63_reopens_money_that_comes_back(fast_house: House) -> None:
    """A success that fails later blocks the lot again, and asks the customer only once."""
    order = fast_house.sandbox.order("three-units")
    opened = await fast_house.open(some_of(order, 1))
    await opened.arrive_and_grade_one()
    view = await opened.until_headline("COMPLETED")
    intent = intents_of(view)[0]

    await opened.handle.signal(
        ReturnWorkflow.refund_news, refund_news(intent["intent_id"], "rejected", "closed")
    )
    await opened.until_waiting("refund_refused")
    await opened.handle.signal(
        ReturnWorkflow.refund_news, refund_news(intent["intent_id"], "succeeded")
    )

    await opened.until_headline("COMPLETED")
    outcome = await opened.handle.result()
    assert outcome.headline == "CLOSED"
    assert (await opened.event_types()).count("return.completed") == 2


async def test_never_holds_money_for_stock(house: House) -> None:
    """The customer is paid although the platform does not take the goods in."""
    plan = {"system": "commerce", "operation": "POST /stock-moves", "kind": "http_503"}
    with house.sandbox.fault(**plan, times=1000):
        opened = await accepted(house)

        await opened.until_lot("line-1/1", "REFUNDED")

        assert opened.ledger()["stock_moves"] == []
        wait = await opened.until_given_up("provider_unavailable")
    assert wait["key"].startswith("work/stock/")
    assert (await opened.ends()).headline == "CLOSED"
    assert len(opened.ledger()["stock_moves"]) == 1


async def test_settles_nothing_without_asking_a_provider(house: House) -> None:
    """Goods that cost nothing are settled at once."""
    order = house.sandbox.order("three-units")
    tender = order["tenders"][0]
    order["lines"][0] |= {"gross_minor": 0, "discount_minor": 0, "taxes": []}
    order["tenders"] = [tender | {"captured_minor": 0}]
    house.sandbox.put(f"orders/{order['order_id']}", order)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()

    await opened.arrive_and_grade(order)

    assert (await opened.ends()).headline == "CLOSED"
    assert paid(opened) == []
