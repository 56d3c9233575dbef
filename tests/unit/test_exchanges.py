"""Exchanges for goods of another price: the difference, and what becomes of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.codes import RefusedError
from domain.exchanges import (
    check_exchanges,
    difference,
    difference_given_back,
    lots_to_call_off,
    payment_asked,
    priced,
)
from domain.inspection import Grade
from domain.invariants import broken
from domain.lifecycle import Headline, LotState, SettlementState
from domain.money import Money
from domain.orders import OrderLine
from domain.replacing import choose_resolution, replacement_news, replacement_ordered
from domain.requests import Resolution
from domain.resolving import all_resolved, stock_moved
from domain.returns import Lot, Replacement, Return, ReturnLine
from domain.settlement import settle, settlement_hash
from domain.settling import lots_to_settle
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import (
    after,
    exchange,
    graded,
    opened,
    order,
    order_line,
    request,
    settled,
)

PAID = 1190
"""What each of the three shoes cost, with its tax."""
ORDERED = Replacement("ref-1", "SHOES-42", "res_1", "ro_1")
UNPAID = replace(ORDERED, due_minor=30, payment_url="https://shop.example.com/pay/1")


def accepted(price: int) -> Return:
    """Three shoes that came back as new, to be exchanged for others at ``price`` each."""
    ret = stock_moved(graded(Grade.A, exchange()), ["shoes/1"])[0]
    return replace(ret, lines=(replace(ret.lines[0], exchange_price_minor=price),))


def ordered(price: int) -> Return:
    ret = accepted(price)
    wanted = priced(ret, "shoes/1", ORDERED)
    return replacement_ordered(ret, "shoes/1", wanted, at=after(days=6))[0]


def sent(price: int) -> Return:
    return told(ordered(price), "shipped")


def unpaid() -> Return:
    return payment_asked(accepted(PAID + 10), "shoes/1", UNPAID, at=after(days=6))[0]


def told(ret: Return, status: str) -> Return:
    return replacement_news(ret, "ref-1", status, tracking_code=None, at=after(days=7))[0]


class TestTheDifference:
    @pytest.mark.parametrize(
        ("price", "minor"), [(PAID, 0), (PAID + 10, 30), (PAID - 10, -30), (0, -3 * PAID)]
    )
    def test_is_what_the_wanted_goods_cost_more(self, price: int, minor: int) -> None:
        """For all three of them, and without the outbound shipping."""
        ret = accepted(price)

        assert difference(ret.lines[0], ret.lots[0]).minor == minor

    def test_of_an_unknown_price_is_none(self) -> None:
        """A return of before has no price: it was checked to be even."""
        ret = graded(Grade.A, exchange())

        assert difference(ret.lines[0], ret.lots[0]).minor == 0

    def test_edge_14_leaves_out_what_was_given_back_before(self) -> None:
        """3.00 were given back as a price adjustment, and the shoes are worth less."""
        bought = order(order_line(refunded=300))
        prices = {"SHOES-42": Money(PAID, "EUR")}
        ret = opened(exchange(), of=bought, prices=prices)

        assert difference(ret.lines[0], ret.lots[0]).minor == 300

    @given(
        quantity=st.integers(1, 7),
        each=st.integers(0, 5000),
        tax=st.integers(0, 900),
        cuts=st.lists(st.integers(1, 6)),
    )
    def test_of_an_even_line_is_none_for_every_lot(
        self, quantity: int, each: int, tax: int, cuts: list[int]
    ) -> None:
        """However price and tax of its units are rounded apart."""
        total = each * quantity
        line = order_line(
            quantity=quantity, gross=total - min(tax, total), taxes=(min(tax, total),)
        )

        assert all(difference(*pair).minor == 0 for pair in lots_of(line, each, cuts))

    @given(
        quantity=st.integers(1, 7),
        gross=st.integers(0, 20_000),
        taxes=st.lists(st.integers(0, 900), max_size=2),
        price=st.integers(0, 4000),
        cuts=st.lists(st.integers(1, 6)),
    )
    def test_of_all_lots_is_that_of_the_line(
        self, quantity: int, gross: int, taxes: list[int], price: int, cuts: list[int]
    ) -> None:
        """Whatever lots its units come back in; and what is given back adds up in each."""
        line = order_line(quantity=quantity, gross=gross, taxes=taxes)
        pairs = lots_of(line, price, cuts)

        found = [difference(*pair).minor for pair in pairs]
        rows = [difference_given_back(*pair) for pair in pairs]

        assert sum(found) == price * quantity - line.paid_minor
        assert [row.refund_minor for row in rows] == [max(-minor, 0) for minor in found]
        assert all(row.adds_up for row in rows)


def lots_of(line: OrderLine, price: int, cuts: list[int]) -> list[tuple[ReturnLine, Lot]]:
    """Return the line with each of its lots, cut after so many units."""
    ret = opened(
        exchange(quantity=line.quantity),
        of=order(line),
        prices={"SHOES-42": Money(price, "EUR")},
    )
    for cut in cuts:
        last = ret.lots[-1]
        if last.quantity > cut:
            ret = ret.split_lot(last.lot_id, cut)
    return [(ret.lines[0], lot) for lot in ret.lots]


class TestAskingForIt:
    def test_any_price_may_be_asked_for(self) -> None:
        """A dearer or a cheaper one: the difference is settled."""
        check_exchanges(request(exchange()), order(), {"SHOES-42": Money(9, "EUR")}, uneven=True)

    def test_what_was_given_back_before_is_no_part_of_the_price(self) -> None:
        """A price adjustment made the goods worth less: as much would be another price."""
        adjusted = replace(order().lines[0], refunded_minor=100)
        bought = replace(order(), lines=(adjusted,))
        price = {"SHOES-42": Money(PAID, "EUR")}

        with pytest.raises(RefusedError):
            check_exchanges(request(exchange()), bought, price, uneven=False)

    @pytest.mark.parametrize(
        ("price", "uneven"),
        [
            (Money(PAID - 1, "EUR"), False),
            (Money(PAID + 1, "EUR"), False),
            (Money(PAID, "USD"), True),
        ],
    )
    def test_another_currency_is_refused_and_another_price_where_the_policy_says_so(
        self, price: Money, uneven: bool
    ) -> None:
        """The refusal names the line and what was compared."""
        with pytest.raises(RefusedError) as refused:
            check_exchanges(request(exchange()), order(), {"SHOES-42": price}, uneven=uneven)

        assert (refused.value.code, refused.value.field) == (
            "exchange_not_even",
            "lines[0].exchange_sku",
        )
        assert str(Money(price.minor * 3, price.currency)) in str(refused.value)


class TestCheaperGoods:
    def test_give_the_difference_back_once_they_are_sent(self) -> None:
        """Not before: until then the customer may still get the money for all of it."""
        waiting = ordered(PAID - 10)
        ret = told(waiting, "shipped")

        assert lots_to_settle(waiting) == ()
        assert [row.refund_minor for row in settle(ret, lots_to_settle(ret))] == [30]

    @pytest.mark.parametrize("price", [PAID, PAID + 10])
    def test_are_the_only_ones_that_do(self, price: int) -> None:
        assert lots_to_settle(sent(price)) == ()

    def test_keep_their_lot_a_replaced_one(self) -> None:
        """The return ends when the difference is paid and the goods have arrived."""
        arrived = told(sent(PAID - 10), "delivered")
        assert (arrived.headline, arrived.settlement) == (
            Headline.RESOLVING,
            SettlementState.IN_PROGRESS,
        )
        ret = settled(sent(PAID - 10))
        assert ret.lots[0].state is LotState.REPLACEMENT_SHIPPED
        assert not all_resolved(ret)

        ret = told(paid(ret), "delivered")

        assert ret.lots[0].state is LotState.REPLACED
        assert ret.settlements[0].due_on is None
        assert lots_to_settle(ret) == ()
        assert all_resolved(ret)
        assert broken(ret) == ()

    def test_more_than_the_difference_breaks_the_rules(self) -> None:
        """Rule 5: a lot is not replaced and paid for as well."""
        ret = settled(sent(PAID - 10))
        (settlement,) = ret.settlements
        (row,) = settlement.breakdown
        forged = replace(row, exchange_minor=0, refund_minor=row.refund_minor + row.exchange_minor)

        wrong = ret.with_settlement(replace(settlement, breakdown=(forged,)))

        assert "5: lot shoes/1 is both replaced and paid" in broken(wrong)


def paid(ret: Return) -> Return:
    settlement = ret.settlements[0]
    ends = tuple(replace(intent, state="succeeded") for intent in settlement.intents)
    return ret.with_settlement(replace(settlement, intents=ends))


class TestDearerGoods:
    def test_wait_for_the_customer_to_pay(self) -> None:
        """Until a stated time, and no money of ours moves."""
        (wait,) = waits(unpaid())

        assert (wait.code, wait.owner) == ("awaiting_difference", "customer")
        assert due_work(unpaid()) == ()

    @pytest.mark.parametrize("status", ["created", "shipped", "delivered"])
    def test_go_on_when_it_is_paid(self, status: str) -> None:
        """Also when the payment itself was never told."""
        assert told(unpaid(), status).lots[0].state in (
            LotState.REPLACEMENT_RESERVED,
            LotState.REPLACEMENT_SHIPPED,
            LotState.REPLACED,
        )

    def test_are_called_off_before_the_money_goes_back(self) -> None:
        """What the platform might still send is not paid back."""
        chosen = choose_resolution(unpaid(), "shoes/1")
        assert [work.key for work in due_work(chosen)] == ["call-off/shoes/1"]
        assert lots_to_settle(chosen) == ()

        gone = told(chosen, "cancelled")

        assert lots_to_call_off(gone) == ()
        assert [row.refund_minor for row in settle(gone, lots_to_settle(gone))] == [4060]
        assert settled(gone).lots[0].state is LotState.REFUND_PENDING
        assert told(gone, "cancelled") == gone

    def test_that_are_paid_in_the_last_moment_are_sent(self) -> None:
        """The payment wins over a call-off under way: the customer has paid for the goods."""
        ret = told(choose_resolution(unpaid(), "shoes/1"), "created")

        assert ret.lots[0].state is LotState.REPLACEMENT_RESERVED
        assert ret.lots[0].resolution is Resolution.EXCHANGE
        assert lots_to_settle(ret) == ()
        assert due_work(ret) == ()

    def test_that_the_platform_cancels_are_paid_back(self) -> None:
        """Its own time for payment may be shorter than ours."""
        assert len(lots_to_settle(told(unpaid(), "cancelled"))) == 1


def test_a_platform_that_cancels_paid_goods_asks_for_another_choice() -> None:
    """As if they had been out of stock from the start."""
    (wait,) = waits(told(ordered(PAID), "cancelled"))

    assert wait.code == "replacement_out_of_stock"


def test_a_difference_has_a_hash_of_its_own() -> None:
    """What is approved is what is paid."""
    hashes = {
        settlement_hash("EUR", settle(sent(price), lots_to_settle(sent(price))), [("t1", 1)])
        for price in (PAID - 10, PAID - 11)
    }
    assert len(hashes) == 2
