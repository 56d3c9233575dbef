"""What a credit note says: every part of its settlement as a row, to the minor unit."""

from dataclasses import replace
from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from domain.credit_notes import NoteRow, RowKind, note_rows, taxes_of
from domain.orders import Order, Promotion, PromotionKind, PromotionLine, Tax
from domain.policies import Policy
from domain.requests import RequestedLine
from domain.returns import Return
from domain.settlement import settle
from tests.support.builders import opened, order, order_line
from tests.support.settling import Till, accepted, by_unit, charging
from tests.unit.test_exchanges import PAID, sent
from tests.unit.test_settling import orders, packs, travelling

K = RowKind


def noted(ret: Return, *lot_ids: str) -> tuple[NoteRow, ...]:
    """Return the rows of the note of one settlement of these lots, or of all."""
    lots = [ret.lot(lot_id) for lot_id in lot_ids] or list(ret.lots)
    return note_rows(ret, lots, settle(ret, lots))


def said(rows: tuple[NoteRow, ...]) -> list[tuple[str, int]]:
    return [(row.kind, row.amount_minor) for row in rows]


def test_a_plain_refund_is_goods_tax_and_shipping() -> None:
    """Three pairs of shoes for 30.00 with 19 % tax and 4.90 shipping."""
    rows = noted(accepted(opened()))

    assert said(rows) == [(K.GOODS, 3000), (K.TAX, 570), (K.SHIPPING, 490)]
    assert (rows[0].title, rows[0].sku, rows[0].quantity) == ("A pair of shoes", "SHOES", 3)
    assert (rows[1].jurisdiction, rows[1].rate) == ("DE-0", "0.19")


def test_what_is_kept_back_stands_in_rows_of_its_own() -> None:
    """Condition and each fee below zero, with the tax that follows them."""
    rules = charging(
        taxable=True,
        restocking={"percent": 10},
        handling={"per_return_minor": {"EUR": 200}},
        return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}},
    )
    ret = accepted(opened(under=rules))
    worn = ret.with_lots(replace(ret.lots[0], deduction_percent=20))

    rows = noted(worn)

    assert said(rows) == [
        (K.GOODS, 3000),
        (K.DEDUCTION, -600),
        (K.RESTOCKING_FEE, -240),
        (K.HANDLING_FEE, -200),
        (K.RETURN_SHIPPING_FEE, -300),
        # 570 less 20 %, less 10 % of the rest.
        (K.TAX, 410),
        # 19 % of 2.00 and of 3.00.
        (K.FEE_TAX, -95),
        (K.SHIPPING, 490),
    ]
    assert [(row.rate, row.amount_minor) for row in taxes_of(rows)] == [("0.19", 315)]


def test_tax_is_by_rate_and_jurisdiction() -> None:
    """A book at 7 %, a lamp at 19 % and the city's tax; a fee bears its part of each."""
    lamp = order_line("lamp", quantity=1, gross=10_000, taxes=())
    lamp = replace(lamp, taxes=(Tax("DE", "0.19", 1_900), Tax("CITY", "0.01", 100)))
    book = order_line("book", quantity=1, gross=10_000, taxes=())
    book = replace(book, taxes=(Tax("DE", "0.07", 700),))
    rules = charging(taxable=True, handling={"per_return_minor": {"EUR": 1_000}})
    asked = (RequestedLine("lamp", 1), RequestedLine("book", 1))
    ret = accepted(opened(*asked, of=order(lamp, book, shipping=0), under=rules))

    rows = noted(ret)

    sums = {(row.jurisdiction, row.rate): row.amount_minor for row in taxes_of(rows)}
    # The fee of 10.00 bears 13.5 %: 9.5 % of 19 %, 0.5 % of the city's, 3.5 % of 7 %.
    assert sums == {("DE", "0.19"): 1_805, ("CITY", "0.01"): 95, ("DE", "0.07"): 665}
    assert sum(row.amount_minor for row in rows) == 22_700 - 1_000 - 135


def test_a_promotion_that_is_lost_is_kept_back_and_one_that_comes_back_is_given() -> None:
    """The first note keeps the discount of what is kept; the second gives it back."""
    shoes = order_line(gross=3000, discount=600, taxes=())
    gift = Promotion("p1", PromotionKind.THRESHOLD, (PromotionLine("shoes", 600, 1),), 3000)
    bought = replace(order(shoes, shipping=0), promotions=(gift,))
    rules = charging(clawback=True)
    ret = by_unit(opened(of=bought, under=rules))
    till, notes = Till(bought), []
    for lot in ret.lots:
        rows = settle(ret, [ret.lot(lot.lot_id)], till.standing)
        notes.append(said(note_rows(ret, [ret.lot(lot.lot_id)], rows)))
        ret = till.settle(ret, lot.lot_id)

    assert [dict(note).get(K.CLAWBACK) for note in notes] == [-400, 200, 200]
    assert [sum(minor for _, minor in note) for note in notes] == [400, 1_000, 1_000]


def test_edge_70_a_settlement_of_nothing_has_no_rows() -> None:
    """A fully discounted item: its settlement is kept, and no invoice is amended."""
    free = order(order_line(gross=3000, discount=3000, taxes=()), shipping=0)

    assert noted(accepted(opened(of=free))) == ()


@given(orders(), packs(), st.randoms(use_true_random=False))
def test_the_rows_add_up_to_the_settlement(bought: Order, rules: Policy, chance: Random) -> None:
    """In any order, currency, promotion, fee and condition; taxes by rate to the lots' tax."""
    travels = travelling(bought, rules, chance, percents=(0, 20, 50, 100))
    till, returns = Till(bought), list(travels.returns)
    for number, lot_ids in travels.parcels:
        ret = returns[number]
        lots = [ret.lot(lot_id) for lot_id in lot_ids]
        amounts = settle(ret, lots, till.standing)

        rows = note_rows(ret, lots, amounts)

        paid = sum(row.refund_minor for row in amounts)
        event(f"pays: {paid > 0}")
        assert sum(row.amount_minor for row in rows) == paid
        assert bool(rows) == (paid > 0)
        if paid:
            taxes = sum(row.amount_minor for row in taxes_of(rows))
            assert taxes == sum(row.tax_minor for row in amounts)
            assert sum(row.quantity for row in rows) == sum(lot.quantity for lot in lots)
        returns[number] = till.settle(ret, *lot_ids)


def test_cheaper_goods_sent_instead_stand_in_a_row() -> None:
    """Of what the shoes were paid with, the customer keeps the price of the others."""
    ret = sent(PAID - 10)

    rows = note_rows(ret, ret.lots, settle(ret, ret.lots))

    assert said(rows) == [(K.GOODS, 3000), (K.EXCHANGE, -3540), (K.TAX, 570)]
