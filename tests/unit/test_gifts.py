"""A free gift goes back with its goods, or its stated value is kept back where the pack says so."""

from dataclasses import replace

import pytest

from activities.notifications import render
from domain.gifts import GiftOwed, freeze_gifts, gifts_owed
from domain.granting import apply_policy
from domain.orders import Gift, Order, OrderFactsError, check_order
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from domain.requests import RequestedLine
from domain.returns import Return
from integrations.commerce.port import Contact
from tests.support.builders import NOW, exchange, opened, order, order_line, pack, policy
from tests.support.settling import Till, accepted

DEDUCTING = parse_policy(pack() | {"missing_gift": "deduct"})
DRESS, TOTE = RequestedLine("dress", 1), RequestedLine("tote", 1)


def bought(*, dresses: int = 1, totes: int = 1, value: int = 3_900) -> Order:
    """Dresses at 399.00 with their totes, for which a price is marked."""
    dress = order_line("dress", quantity=dresses, gross=39_900 * dresses, taxes=())
    tote = order_line("tote", quantity=totes, gross=0, taxes=())
    gift = Gift("tote", "dress", value)
    return check_order(replace(order(dress, tote, shipping=0), gifts=(gift,)))


def returned(*lines: RequestedLine, of: Order | None = None) -> Return:
    return accepted(opened(*lines, of=of or bought(), under=DEDUCTING))


class TestMoney:
    def test_edge_12_a_gift_that_is_kept_is_deducted(self) -> None:
        """The dress comes back alone: its price less what was stated for the tote."""
        till = Till(bought())

        till.settle(returned(DRESS), "dress/1")

        (row,) = till.rows
        assert (row.clawback_minor, row.refund_minor) == (3_900, 36_000)
        assert row.adds_up

    def test_edge_12_a_gift_that_comes_too_costs_nothing(self) -> None:
        """Both in one parcel: all that was paid is paid back."""
        till = Till(bought())

        till.settle(returned(DRESS, TOTE), "dress/1", "tote/1")

        assert till.paid_back == 39_900

    @pytest.mark.parametrize("first", [DRESS, TOTE])
    def test_edge_12_a_gift_that_comes_later_gives_back_what_was_kept(
        self, first: RequestedLine
    ) -> None:
        """In whichever order they come, in returns of their own."""
        till = Till(bought())
        for line in (first, TOTE if first is DRESS else DRESS):
            till.settle(returned(line), f"{line.line_id}/1")

        assert till.paid_back == 39_900

    def test_edge_12_no_more_is_kept_than_there_is_to_refund(self) -> None:
        """A gift that is worth more than its goods leaves nothing, and nothing is charged."""
        dear = bought(value=50_000)
        till = Till(dear)

        till.settle(returned(DRESS, of=dear), "dress/1")

        assert till.rows[0].refund_minor == 0

    def test_edge_12_a_pack_that_says_nothing_lets_gifts_be_kept(self) -> None:
        """The shipped pack deducts no gift, and a return under it does not look at any."""
        till, ret = Till(bought()), accepted(opened(DRESS, of=bought(), under=policy()))

        till.settle(ret, "dress/1")

        assert till.paid_back == 39_900
        assert not ret.looks_at_order

    def test_what_is_exchanged_keeps_its_gift(self) -> None:
        """The customer has the goods in another form."""
        asked = opened(exchange("dress", 1), of=bought(), under=DEDUCTING)

        _, (granted, *_) = apply_policy(asked, at=NOW)

        assert "gifts" not in granted.data


class TestShares:
    @pytest.mark.parametrize(
        ("dresses", "totes", "back", "missing"),
        [(2, 1, 1, 0), (2, 1, 2, 1), (2, 2, 1, 1), (2, 2, 2, 2), (3, 2, 1, 0), (3, 2, 2, 1)],
    )
    def test_a_gift_goes_with_its_share_of_the_goods(
        self, dresses: int, totes: int, back: int, missing: int
    ) -> None:
        """Of what cannot be divided the customer keeps the gift."""
        gifts = freeze_gifts(bought(dresses=dresses, totes=totes, value=1_000 * totes))

        owed = gifts_owed(gifts, (("dress", tuple(range(back))),))

        expected = GiftOwed("tote", "A pair of tote", missing, 1_000 * missing)
        assert owed == ((expected,) if missing else ())

    def test_a_gift_of_kept_goods_is_the_customers(self) -> None:
        """Sending back another line of the order costs no gift."""
        assert gifts_owed(freeze_gifts(bought()), (("hat", (0,)),)) == ()


class TestAsking:
    def test_edge_12_the_customer_is_asked_for_it_with_the_grant(self) -> None:
        """By its name and value, before the parcel is packed."""
        ret, (granted, *_) = apply_policy(opened(DRESS, of=bought(), under=DEDUCTING), at=NOW)
        facts = {"rma_no": ret.rma_no, "currency": "EUR", **granted.data}

        mail = render(
            "n1",
            "request_received",
            facts,
            contact=Contact("kim@example.com", "Kim", "en"),
            return_id=ret.return_id,
            survey_link="",
        )

        gifts = [{"title": "A pair of tote", "quantity": 1, "value_minor": 3_900}]
        assert granted.data["gifts"] == gifts
        assert "deducted from your refund: 1 × A pair of tote (39.00 EUR)." in mail.text

    def test_a_gift_that_is_asked_back_is_not_asked_for_again(self) -> None:
        """Whoever sends both hears of no deduction."""
        asked = opened(DRESS, TOTE, of=bought(), under=DEDUCTING)

        _, (granted, *_) = apply_policy(asked, at=NOW)

        assert "gifts" not in granted.data


@pytest.mark.parametrize("of", ["boots", "tote"])
def test_a_gift_of_nothing_is_refused(of: str) -> None:
    """The platform is told which of its fields makes no sense."""
    wrong = replace(bought(), gifts=(Gift("tote", of, 3_900),))

    with pytest.raises(OrderFactsError) as refused:
        check_order(wrong)

    assert refused.value.field == "lines[1].gift_of"


def test_an_unknown_treatment_of_gifts_is_refused() -> None:
    """With its path, when the pack is read."""
    with pytest.raises(PolicyError, match="missing_gift: wanted one of deduct, leave"):
        parse_policy(pack() | {"missing_gift": "ask nicely"})
