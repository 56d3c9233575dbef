"""What a return costs the customer by policy: each fee once, and never more than there is."""

from dataclasses import replace

import pytest

from domain.charging import lot_amount
from domain.ids import content_hash
from domain.inspection import Fault
from domain.invariants import broken
from domain.lifecycle import DeliveryState, LotState
from domain.orders import Order
from domain.parcels import Delivery, PickupAttempt
from domain.reasons import Ground
from domain.requests import HandoverMethod, RequestedLine
from domain.returns import Return
from domain.settlement import settle, settlement_hash
from tests.support.builders import NOW, WINDOW, finding, opened, order, order_line
from tests.support.settling import Till, accepted, by_unit, charging


def one_line(gross: int = 10_000, tax: int = 1_900, shipping: int = 0) -> Order:
    return order(order_line(gross=gross, taxes=(tax,)), shipping=shipping)


def test_without_fees_nothing_is_kept() -> None:
    """The shipped pack names no fee, so none is taken."""
    (row,) = settle(accepted(opened()), accepted(opened()).lots)

    assert row.refund_minor == 4060
    assert row.restocking_fee_minor + row.handling_fee_minor + row.return_shipping_fee_minor == 0


def test_amounts_follow_in_the_order_of_the_rules() -> None:
    """Discount, then deduction, then fees on what it left, and the tax of what remains then."""
    rules = charging(
        taxable=True,
        restocking={"percent": 10, "per_unit_minor": {"EUR": 50}},
        handling={"per_return_minor": {"EUR": 200}},
        return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}},
    )
    bought = order(order_line(gross=12_000, discount=2_000, taxes=(1_900,)), shipping=490)
    ret = accepted(opened(of=bought, under=rules))
    ret = ret.with_lots(replace(ret.lots[0], deduction_percent=20))

    (row,) = settle(ret, ret.lots)

    assert (row.gross_minor, row.discount_minor, row.deduction_minor) == (12_000, 2_000, 2_000)
    assert row.restocking_fee_minor == 800 + 150
    assert (row.handling_fee_minor, row.return_shipping_fee_minor) == (200, 300)
    remains = 10_000 - 2_000 - 950 - 500
    assert row.tax_minor == remains * 19 // 100 + 1  # 1244.5, half up
    assert row.refund_minor == remains + row.tax_minor + 490
    assert row.adds_up


def test_a_fee_that_is_not_taxable_leaves_the_tax_alone() -> None:
    """Where the pack says what the customer bears in the end, all of the tax goes back."""
    rules = charging(restocking={"percent": 15})
    ret = accepted(opened(of=one_line(), under=rules))

    (row,) = settle(ret, ret.lots)

    assert (row.restocking_fee_minor, row.tax_minor) == (1_500, 1_900)
    assert row.refund_minor == 10_400


def test_a_disclosed_restocking_fee_of_fifteen_percent() -> None:
    """200.00 without tax, 15 % restocking: 170.00 go back (worked case US-02)."""
    rules = charging(restocking={"percent": 15})
    ret = accepted(opened(of=one_line(gross=20_000, tax=0), under=rules))

    assert settle(ret, ret.lots)[0].refund_minor == 17_000


@pytest.mark.parametrize("order_of_parcels", [(1, 2, 3), (3, 1, 2)])
def test_a_fee_of_the_return_is_taken_once(order_of_parcels: tuple[int, ...]) -> None:
    """Three parcels, settled one by one: the handling fee once, the way back per parcel."""
    rules = charging(
        handling={"per_return_minor": {"EUR": 200}},
        restocking={"per_return_minor": {"EUR": 100}, "per_unit_minor": {"EUR": 10}},
        return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}},
    )
    ret, till = by_unit(opened(of=one_line(), under=rules)), Till(one_line())

    for number in order_of_parcels:
        ret = till.settle(ret, f"shoes/{number}")

    rows = till.rows
    assert sum(row.handling_fee_minor for row in rows) == 200
    assert sum(row.restocking_fee_minor for row in rows) == 100 + 3 * 10
    assert sum(row.return_shipping_fee_minor for row in rows) == 900
    assert broken(ret) == ()


def test_lots_of_one_parcel_share_its_way_back() -> None:
    """The return-shipping fee is of the parcel, not of what lies in it."""
    rules = charging(return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}})
    ret = by_unit(opened(of=one_line(), under=rules))
    together = accepted(ret, *(replace(lot, receipt_id="r1") for lot in ret.lots))

    rows = settle(together, together.lots)

    assert sum(row.return_shipping_fee_minor for row in rows) == 300


def test_the_way_back_may_cost_once_for_all_parcels() -> None:
    """A pack may take it per return instead."""
    rules = charging(return_shipping={"per": "RETURN", "amount_minor": {"EUR": 300}})
    ret, till = by_unit(opened(of=one_line(), under=rules)), Till(one_line())

    for number in (1, 2, 3):
        ret = till.settle(ret, f"shoes/{number}")

    assert [row.return_shipping_fee_minor for row in till.rows] == [300, 0, 0]


def test_the_seller_who_pays_the_way_back_takes_nothing_for_it() -> None:
    """The rule's payer decides, whatever the pack's fee is."""
    rules = charging(payer="TRADER", return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 1}})
    ret = accepted(opened(of=one_line(), under=rules))

    assert settle(ret, ret.lots)[0].return_shipping_fee_minor == 0


def test_goods_without_a_parcel_pay_no_way_back() -> None:
    """What was lost, or is kept by the customer, came in no parcel."""
    rules = charging(return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}})
    ret = opened(of=one_line(), under=rules)

    assert settle(ret, ret.lots)[0].return_shipping_fee_minor == 0


def test_a_ground_excuses_from_all_fees() -> None:
    """Faulty goods cost the customer nothing where the pack says so."""
    rules = charging(restocking={"percent": 15}, excused_grounds=["NON_CONFORMITY"])
    faulty = opened(of=one_line(), under=rules, ground=Ground.NON_CONFORMITY)

    (row,) = settle(accepted(faulty), accepted(faulty).lots)

    assert (row.restocking_fee_minor, row.refund_minor) == (0, 11_900)


def test_a_fault_excuses_its_lot_alone() -> None:
    """Of two parcels, the one that the carrier damaged is excused."""
    rules = charging(
        restocking={"percent": 10},
        return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}},
        excused_faults=["CARRIER"],
    )
    ret = by_unit(opened(of=one_line(), under=rules))
    damaged = replace(ret.lots[0], finding=finding(fault=Fault.CARRIER))
    ret = ret.with_lots(damaged)

    rows = settle(ret, ret.lots)

    assert [row.restocking_fee_minor > 0 for row in rows] == [False, True, True]
    assert sum(row.return_shipping_fee_minor for row in rows) == 600


def test_edge_68_fees_above_the_value_end_at_zero() -> None:
    """Fees of 500.00 on goods of 119.00 and shipping of 4.90: nothing back, nothing charged."""
    rules = charging(
        restocking={"percent": 100},
        handling={"per_return_minor": {"EUR": 50_000}},
    )
    ret = accepted(opened(of=one_line(shipping=490), under=rules))

    (row,) = settle(ret, ret.lots)

    assert row.refund_minor == 0
    assert row.restocking_fee_minor == 10_000
    assert row.handling_fee_minor == 1_900 + 490
    assert row.adds_up


def test_what_one_lot_cannot_bear_the_next_one_does() -> None:
    """A fee of the return goes on to the next parcel, and no further than itself."""
    rules = charging(handling={"per_return_minor": {"EUR": 5_000}})
    ret, till = by_unit(opened(of=one_line(tax=0), under=rules)), Till(one_line(tax=0))

    for number in (1, 2, 3):
        ret = till.settle(ret, f"shoes/{number}")

    assert [row.handling_fee_minor for row in till.rows] == [3_333, 1_667, 0]
    assert [s.amount_minor for s in ret.settlements] == [0, 1_667, 3_333]
    assert ret.lot("shoes/1").state is LotState.REFUNDED


def test_a_taxable_fee_of_the_return_has_the_average_rate() -> None:
    """Of lines at 19 % and at nothing, a fee of 10.00 keeps half of 19 % of it beside."""
    rules = charging(taxable=True, handling={"per_return_minor": {"EUR": 1_000}})
    bought = order(
        order_line("shoes", gross=10_000, taxes=(1_900,)),
        order_line("book", gross=10_000, taxes=()),
        shipping=0,
    )
    asked = [RequestedLine("shoes", 3), RequestedLine("book", 3)]
    ret = accepted(opened(*asked, of=bought, under=rules))

    both = settle(ret, ret.lots)
    book_first = settle(ret, ret.lots[::-1])

    assert sum(row.refund_minor for row in both) == 21_900 - 1_000 - 95
    assert sum(row.refund_minor for row in book_first) == 21_900 - 1_000 - 95


def test_a_currency_without_a_fee_pays_none() -> None:
    """Fixed fees are named per currency, and nothing is converted."""
    rules = charging(handling={"per_return_minor": {"EUR": 200}})
    yen = order(order_line(gross=3_000, taxes=()), shipping=0, currency="JPY")
    ret = accepted(opened(of=yen, under=rules))

    assert settle(ret, ret.lots)[0].refund_minor == 3_000


def test_a_line_that_no_rule_covers_pays_no_fee() -> None:
    """What a person granted beyond the rules was promised to nobody at a price."""
    rules = charging(handling={"per_return_minor": {"EUR": 200}})
    ret = accepted(opened(under=rules, ground=Ground.WARRANTY))

    (row,) = settle(ret, ret.lots)

    assert row.handling_fee_minor == 0
    assert row.refund_minor == lot_amount(ret.lines[0], ret.lots[0]).refund_minor == 3_570


def after_visits(ret: Return, *faults: Fault) -> Return:
    """Let one courier's visit for each of these faults have been in vain, and the goods be here."""
    visits = tuple(
        PickupAttempt(number, WINDOW, f"p{number}", outcome="over", fault=fault)
        for number, fault in enumerate(faults, start=1)
    )
    parcel = Delivery("d1", HandoverMethod.PICKUP, DeliveryState.RECEIVED, NOW, attempts=visits)
    return replace(accepted(ret), deliveries=(parcel,))


@pytest.mark.parametrize(
    ("faults", "fee"),
    [
        ([], 0),
        ([Fault.CUSTOMER], 300),
        ([Fault.CARRIER], 0),
        ([Fault.NONE], 0),
        ([Fault.CUSTOMER, Fault.CARRIER, Fault.CUSTOMER], 600),
    ],
)
def test_edge_27_a_visit_in_vain_costs_who_was_not_there(faults: list[Fault], fee: int) -> None:
    """A courier who did not come, and a visit whose end nobody told, cost the customer nothing."""
    rules = charging(missed_visit={"per_visit_minor": {"EUR": 300}})
    ret = after_visits(opened(under=rules, pickup=True), *faults)

    (row,) = settle(ret, ret.lots)

    assert (row.missed_visit_fee_minor, row.refund_minor) == (fee, 4_060 - fee)
    assert row.adds_up


def test_edge_27_a_pack_that_names_no_fee_takes_none() -> None:
    ret = after_visits(opened(under=charging(), pickup=True), Fault.CUSTOMER)

    assert settle(ret, ret.lots)[0].missed_visit_fee_minor == 0


def test_edge_27_each_visit_is_charged_once_over_all_parcels() -> None:
    """Also where the goods come in several parcels, and in other settlements."""
    rules = charging(missed_visit={"per_visit_minor": {"EUR": 300}})
    ret = after_visits(opened(under=rules, pickup=True), Fault.CUSTOMER)
    ret, till = replace(by_unit(ret), deliveries=ret.deliveries), Till(order())

    for lot in ret.lots:
        ret = till.settle(ret, lot.lot_id)

    assert [row.missed_visit_fee_minor for row in till.rows] == [300, 0, 0]
    assert broken(ret) == ()


def test_edge_27_visits_to_a_parcel_that_was_replaced_count_too() -> None:
    """A courier who brings the label is another parcel each time."""
    rules = charging(missed_visit={"per_visit_minor": {"EUR": 300}})
    ret = after_visits(opened(under=rules, pickup=True), Fault.CUSTOMER)
    (first,) = ret.deliveries
    second = replace(first, delivery_id="d2", replaces="d1")
    ret = replace(ret, deliveries=(replace(first, state=DeliveryState.CANCELLED), second))

    assert settle(ret, ret.lots)[0].missed_visit_fee_minor == 600


def test_edge_27_defective_goods_pay_for_no_visit() -> None:
    """Whoever is excused from fees is excused from this one."""
    rules = charging(missed_visit={"per_visit_minor": {"EUR": 300}}, excused_grounds=["WITHDRAWAL"])
    ret = after_visits(opened(under=rules, pickup=True), Fault.CUSTOMER)

    assert settle(ret, ret.lots)[0].missed_visit_fee_minor == 0


def test_a_hash_of_before_the_fee_is_still_the_same() -> None:
    """What was shown before there were such fees is what is sealed after."""
    ret = accepted(opened())
    rows = settle(ret, ret.lots)
    without = [row.as_data() for row in rows]
    for row in without:
        del row["missed_visit_fee_minor"]

    named = {"currency": "EUR", "breakdown": without, "by_tender": [["t1", 4060]]}

    assert settlement_hash("EUR", rows, [("t1", 4060)]) == content_hash(named)
