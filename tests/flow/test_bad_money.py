"""What a refund cannot be paid for: each ends in a named state, with who must act and how."""

from datetime import timedelta
from typing import Any

import pytest

import domain.refunding
from activities.refund_books import take_word
from domain.ids import part_id, refund_key
from domain.intents import Ruling
from storage.ledger import OtherCurrencyError
from storage.rows import TenderBalance
from storage.settlements import Settlements
from tests.flow.test_settlement import REFUNDS, intents_of, paid
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import FINANCE, info, refund_news, some_of, whole_order
from workflows.messages import ReconcileRefund, Retry


async def one_unit(house: House, order: dict[str, Any]) -> OpenReturn:
    """A return of one of an order's units, arrived and graded as new."""
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    await opened.arrive_and_grade_one()
    return opened


def stored(house: House, **changes: Any) -> dict[str, Any]:
    """Store an order that was paid otherwise."""
    order = house.sandbox.order("three-units")
    tenders = [tender | {"payment_ref": None} for tender in order["tenders"]]
    order |= {"order_id": f"{order['order_id']}-2", "tenders": tenders, **changes}
    changed: dict[str, Any] = house.sandbox.put(f"orders/{order['order_id']}", order)
    return changed


def asked(house: House) -> int:
    """Count the refunds that were asked for."""
    return sum(
        (request["method"], request["path"]) == ("POST", "/stripe/v1/refunds")
        for request in house.sandbox.requests("stripe")
    )


async def test_too_many_decimals_are_not_sent_rounded(house: House) -> None:
    """Stripe pays dinars to ten fils: a share of 12.524 is refused by name, and nobody rounds."""
    order = stored(house, currency="KWD")
    before = asked(house)

    opened = await one_unit(house, order)
    wait = await opened.until_waiting("refund_refused")

    assert (wait["owner"], wait["detail"]) == ("finance", "not_representable")
    assert "retry" in wait["exits"]
    assert asked(house) == before


@pytest.mark.parametrize(
    ("payment_ref", "why"),
    [("pi_nobody_made", "resource_missing"), ("transfer-7", "unknown_payment_kind")],
)
async def test_an_unknown_tender_is_named(house: House, payment_ref: str, why: str) -> None:
    """The shop names a payment that its provider does not have: finance mends it."""
    order = house.sandbox.order("three-units")
    tenders = [tender | {"payment_ref": payment_ref} for tender in order["tenders"]]
    order = house.sandbox.put(f"orders/{order['order_id']}", order | {"tenders": tenders})

    opened = await one_unit(house, order)
    wait = await opened.until_waiting("refund_refused")

    assert (wait["owner"], wait["detail"]) == ("finance", why)
    assert "retry" in wait["exits"]
    assert paid(opened) == []


async def test_a_closed_account_sends_the_money_back(house: House) -> None:
    """The provider ends a pending refund: it is owed by name, and the next try is another one."""
    with house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        opened = await one_unit(house, house.sandbox.order("three-units"))
        await opened.until_waiting("awaiting_refund")
    (intent,) = intents_of(await opened.view())
    house.sandbox.post(f"refunds/{intent['refund_ref']}/fail")
    failed = refund_news(intent["intent_id"], "rejected", "expired_or_canceled_card")
    await opened.handle.signal("refund_news", failed)
    wait = await opened.until_waiting("refund_refused")

    # The ledger hears of it by the look-up that comes before another key.
    await settle_ledger(house, intent)
    await opened.do(Retry(info(FINANCE)))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert (wait["owner"], wait["detail"]) == ("finance", "expired_or_canceled_card")
    assert len(paid(opened)) == 1


async def settle_ledger(house: House, intent: dict[str, Any]) -> None:
    """Note the failure where the webhook would have."""
    ledger = Settlements(house.needs.database)
    row = await ledger.get(TENANT, intent["intent_id"])
    assert row is not None
    gateway = await house.needs.connections.payments(TENANT)
    await take_word(ledger, TENANT, row, await gateway.get_refund(intent["refund_ref"]))


async def test_a_key_that_was_used_otherwise_is_for_a_person(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under our key the provider has something else: nobody guesses what it was."""
    monkeypatch.setattr(domain.refunding, "STILL_ON_ITS_WAY", timedelta())
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    (tender,) = order["tenders"]
    intent_id = part_id(opened.return_id, "settlement", 1, tender["tender_id"])
    use(house, refund_key(intent_id, 0), tender["payment_ref"])

    await opened.arrive_and_grade_one()
    wait = await opened.until_given_up("refund_unknown")
    ruling = Ruling(paid=False)
    await opened.do(ReconcileRefund(info(FINANCE), intent_id, ruling, "the key is of another"))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert wait["owner"] == "finance"
    assert "reconcile-refund" in wait["exits"]
    assert len(paid(opened)) == 1


def use(house: House, key: str, payment_ref: str) -> None:
    """Let somebody else send one fen under a key of ours."""
    house.sandbox.http.post(
        "/stripe/v1/refunds",
        data={"charge": payment_ref, "amount": "1"},
        headers={"Authorization": "Bearer sk_test_1", "Idempotency-Key": key},
    ).raise_for_status()


async def test_an_answer_that_cannot_be_read_is_looked_up(house: House) -> None:
    """A 200 that is no refund proves nothing: the refund is found by our id, and made once."""
    nonsense = {"kind": "nonsense", "set": {"path": "object", "value": "banana"}}
    with house.sandbox.fault(**REFUNDS, **nonsense):
        opened = await one_unit(house, house.sandbox.order("three-units"))
        await opened.until_event("settlement.sealed")
        await house.pass_time(minutes=3)
        await opened.until_lot("line-1/1", "REFUNDED")

    assert len(paid(opened)) == 1


async def test_edge_69_a_refund_is_in_the_currency_that_was_captured(house: House) -> None:
    """Yen were paid and yen go back, to the yen; nothing is converted on the way."""
    order = stored(house, currency="JPY")

    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    await opened.until_lot("line-1/1", "REFUNDED")

    (refund,) = opened.ledger()["refunds"]
    captured = order["tenders"][0]["captured_minor"]
    assert (refund["amount_minor"], refund["currency"]) == (captured, "JPY")


async def test_edge_69_a_settlement_in_another_currency_is_refused(house: House) -> None:
    """The order's ledger is in the currency it was paid in, and seals nothing else."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))

    def all_on_one(_balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
        return (amount_minor,)

    with pytest.raises(OtherCurrencyError, match="paid in CNY, found USD"):
        await Settlements(house.needs.database).seal(
            TENANT,
            opened.return_id,
            order_id=order["order_id"],
            number=1,
            amount_minor=100,
            currency="USD",
            split=all_on_one,
            lot_ids=("line-1/1",),
        )

    assert await Settlements(house.needs.database).of_return(TENANT, opened.return_id) == ()
