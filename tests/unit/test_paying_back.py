"""Whatever comes back in whatever order, exactly what was paid goes back, tender by tender."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.charging import lot_amount
from domain.inspection import Grade
from domain.money import share_of_units, split
from domain.orders import Order, TenderKind, check_order
from domain.policies import TENDER_ORDER
from domain.requests import RequestedLine
from domain.returns import Lot, Return
from domain.settlement import freeze_basis, settle
from domain.tenders import NothingLeftError, TenderLeft, TenderOrder, split_over_tenders
from tests.support.builders import graded, opened, order, order_line

amounts = st.integers(0, 100_000)


@given(amounts, st.integers(1, 20), st.randoms(use_true_random=False))
def test_any_grouping_of_units_gets_the_total(total: int, units: int, chance: Random) -> None:
    """Units that come back in any order and any groups get the line's total to the minor unit."""
    order_of_return = chance.sample(range(units), units)
    cuts = sorted(chance.sample(range(units + 1), min(3, units)))
    groups = [
        order_of_return[start:end] for start, end in zip([0, *cuts], [*cuts, units], strict=True)
    ]

    shares = [share_of_units(total, group, of_units=units) for group in groups]

    assert sum(shares) == total
    assert all(share >= 0 for share in shares)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Draw an order of up to four lines with discounts, taxes and shipping, on several tenders."""
    lines = []
    for number in range(draw(st.integers(1, 4))):
        gross = draw(amounts)
        lines.append(
            order_line(
                f"line-{number}",
                quantity=draw(st.integers(1, 6)),
                gross=gross,
                discount=draw(st.integers(0, gross)),
                taxes=draw(st.lists(st.integers(0, 20_000), max_size=3)),
            )
        )
    shipping = draw(st.integers(0, 2_000))
    total = sum(line.paid_minor for line in lines) + shipping
    weights = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    return check_order(order(*lines, shipping=shipping, tenders=split(total, weights)))


def parcels_of(bought: Order, chance: Random) -> list[Return]:
    """Cut all units of an order into returns: each unit travels in one of up to four."""
    travels: dict[tuple[int, str], list[int]] = {}
    for line in bought.lines:
        for unit in range(line.quantity):
            travels.setdefault((chance.randrange(4), line.line_id), []).append(unit)
    cases = []
    for number in range(4):
        units = {line_id: tuple(held) for (n, line_id), held in travels.items() if n == number}
        asked = [RequestedLine(line_id, len(held)) for line_id, held in units.items()]
        if asked:
            cases.append(opened(*asked, of=bought, units=units))
    chance.shuffle(cases)
    return cases


def lots_one_by_one(ret: Return, chance: Random) -> list[Lot]:
    """Cut the lots of a return further, down to random groups of units, in random order."""
    cut = []
    for lot in ret.lots:
        units = list(lot.units)
        chance.shuffle(units)
        middle = chance.randrange(len(units) + 1)
        cut += [
            replace(lot, units=tuple(half)) for half in (units[:middle], units[middle:]) if half
        ]
    chance.shuffle(cut)
    return cut


@given(orders(), st.randoms(use_true_random=False))
def test_returning_a_whole_order_pays_all_of_it_back(bought: Order, chance: Random) -> None:
    """However an order is cut into returns and lots, all of it comes to exactly what was paid."""
    given_back = [0] * len(bought.tenders)
    total = taxes = 0

    for ret in parcels_of(bought, chance):
        for lot in lots_one_by_one(ret, chance):
            (row,) = settle(ret, [lot])
            tenders = [
                TenderLeft(tender.tender_id, tender.captured_minor, back)
                for tender, back in zip(bought.tenders, given_back, strict=True)
            ]
            parts = split_over_tenders(tenders, row.refund_minor)
            assert sum(parts) == row.refund_minor
            assert all(part >= 0 for part in parts)
            given_back = [back + part for back, part in zip(given_back, parts, strict=True)]
            assert all(
                back <= tender.captured_minor
                for back, tender in zip(given_back, bought.tenders, strict=True)
            )
            total += row.refund_minor
            taxes += row.tax_minor

    assert given_back == [tender.captured_minor for tender in bought.tenders]
    assert total == sum(line.paid_minor for line in bought.lines) + bought.shipping.paid_minor
    assert taxes == sum(tax.amount_minor for line in bought.lines for tax in line.taxes)


def test_a_nearly_free_line_pays_back_what_it_cost() -> None:
    """Four units for one cent in sum are one cent, whichever come back."""
    nearly_free = order_line(quantity=4, gross=363, discount=362, taxes=())
    bought = order(nearly_free, shipping=0)

    for chance in map(Random, range(8)):
        owed = [
            row.refund_minor
            for ret in parcels_of(bought, chance)
            for lot in lots_one_by_one(ret, chance)
            for row in settle(ret, [lot])
        ]
        assert sum(owed) == 1
        assert min(owed) >= 0


def left(*rows: tuple[int, int]) -> list[TenderLeft]:
    return [TenderLeft(f"t{n}", captured, back) for n, (captured, back) in enumerate(rows)]


@pytest.mark.parametrize(
    ("tenders", "amount", "parts"),
    [
        (left((700, 0), (300, 0)), 100, (70, 30)),
        (left((700, 0), (300, 0)), 1000, (700, 300)),
        (left((700, 700), (300, 0)), 100, (0, 100)),
        (left((700, 0), (300, 200)), 100, (100, 0)),
        (left((700, 0), (300, 300)), 650, (650, 0)),
        (left((0, 0), (300, 0)), 30, (0, 30)),
        (left((700, 0)), 0, (0,)),
    ],
)
def test_a_refund_goes_back_as_it_was_paid(
    tenders: Sequence[TenderLeft], amount: int, parts: tuple[int, ...]
) -> None:
    """In proportion to what each tender paid, catching up what it got before, within its rest."""
    assert split_over_tenders(tenders, amount) == parts


GIFT_CARD_AND_CARDS = [
    TenderLeft("a", 700, 0),
    TenderLeft("b", 300, 0),
    TenderLeft("gift", 200, 0, TenderKind.GIFT_CARD),
    TenderLeft("coupon", 100, 0, TenderKind.COUPON),
]
COUPON_LAST = ((TenderKind.GIFT_CARD,), (TenderKind.CARD,), (TenderKind.COUPON,))


@pytest.mark.parametrize(
    ("amount", "order", "parts"),
    [
        (150, TENDER_ORDER, (0, 0, 150, 0)),
        (250, TENDER_ORDER, (0, 0, 200, 50)),
        (400, TENDER_ORDER, (70, 30, 200, 100)),
        (1300, TENDER_ORDER, (700, 300, 200, 100)),
        (400, COUPON_LAST, (140, 60, 200, 0)),
        (1250, COUPON_LAST, (700, 300, 200, 50)),
    ],
)
def test_what_was_paid_in_kind_goes_back_first(
    amount: int, order: TenderOrder, parts: tuple[int, ...]
) -> None:
    """Gift card first, the coupon where the policy puts it, the cards in proportion."""
    assert split_over_tenders(GIFT_CARD_AND_CARDS, amount, order) == parts


def test_later_refunds_go_on_where_earlier_ones_ended() -> None:
    """A hundred and fifty, then two hundred and fifty, are as four hundred at once."""
    first = split_over_tenders(GIFT_CARD_AND_CARDS, 150)
    left_over = [
        replace(tender, refunded_minor=part)
        for tender, part in zip(GIFT_CARD_AND_CARDS, first, strict=True)
    ]

    second = split_over_tenders(left_over, 250)

    assert second == (70, 30, 50, 100)


def test_a_gift_card_that_has_less_left_leaves_the_rest_to_the_next() -> None:
    """What the issuer gave back elsewhere is not given twice."""
    spent = [TenderLeft("gift", 200, 120, TenderKind.GIFT_CARD), TenderLeft("card", 800, 0)]

    assert split_over_tenders(spent, 500) == (80, 420)


def test_no_more_is_given_back_than_was_paid() -> None:
    """Owing more than all tenders have left is refused, not spread."""
    with pytest.raises(NothingLeftError, match="101 is owed, 100 is left"):
        split_over_tenders(left((700, 700), (300, 200)), 101)


class TestWhatIsLeft:
    def test_edge_14_a_line_refunded_elsewhere_is_owed_nothing(self) -> None:
        """A line whose price and tax went back as goodwill gives nothing again."""
        basis = freeze_basis(order(order_line(refunded=3570), shipping=0))["shoes"]

        assert basis.gross_minor - basis.discount_minor == 0
        assert [tax.amount_minor for tax in basis.taxes] == [0]

    def test_edge_14_a_price_adjustment_lowers_price_and_tax_alike(self) -> None:
        """Half of the paid amount given back leaves half of the price and half of the tax."""
        basis = freeze_basis(order(order_line(refunded=1785), shipping=0))["shoes"]

        assert basis.gross_minor - basis.discount_minor == 1500
        assert [tax.amount_minor for tax in basis.taxes] == [285]

    def test_shipping_refunded_elsewhere_is_not_shared_again(self) -> None:
        """Of 4.90 shipping, 3.00 of it already back, 1.90 is left to share."""
        basis = freeze_basis(order(shipping_refunded=300))["shoes"]

        assert basis.shipping_minor == 190

    def test_express_shipping_is_refunded_as_standard(self) -> None:
        """What a faster way cost on top stays with the trader."""
        bought = order()
        dear = replace(bought, shipping=replace(bought.shipping, standard_minor=290))

        assert freeze_basis(dear)["shoes"].shipping_minor == 290


class TestOneLot:
    def test_a_new_lot_gets_price_tax_and_shipping(self) -> None:
        """Three shoes as new pay back 30.00 + 5.70 + 4.90."""
        ret = graded()

        (row,) = settle(ret, ret.lots)

        assert row.refund_minor == 3000 + 570 + 490

    def test_a_deduction_lowers_price_and_tax_but_not_shipping(self) -> None:
        """Used goods lose a fifth of price and tax, and none of the shipping."""
        ret = graded(Grade.C)

        (row,) = settle(ret, ret.lots)

        assert (row.deduction_minor, row.tax_minor, row.shipping_minor) == (600, 456, 490)
        assert row.refund_minor == 2400 + 456 + 490

    def test_a_grant_without_a_rule_gives_back_price_and_tax(self) -> None:
        """Where a person granted what no rule covers, the tax is not kept."""
        ret = graded()
        line = replace(ret.lines[0], decision=replace(ret.lines[0].decision, terms=None))

        row = lot_amount(line, ret.lots[0])

        assert (row.tax_minor, row.shipping_minor) == (570, 0)
        assert row.refund_minor == 3570
