"""A partial return that breaks a promotion pays back what the rest would have cost without it."""

from dataclasses import replace

import pytest

from domain.intents import LotAmount
from domain.orders import (
    Order,
    OrderFactsError,
    Promotion,
    PromotionKind,
    PromotionLine,
    check_order,
)
from domain.promotions import Standing, discount_lost, freeze_promotions
from domain.requests import RequestedLine
from domain.returns import Return
from domain.settlement import settle
from tests.support.builders import opened, order, order_line
from tests.support.settling import Till, accepted, by_unit, charging

WITH_CLAWBACK = charging(clawback=True)


def spend_hundred(*, cap: int = 6_000, taxes: tuple[int, int] = (0, 0)) -> Order:
    """A coat for 90.00 and a cap, 20.00 off from 100.00 on; tax as given."""
    off_coat = 2_000 * 9_000 // (9_000 + cap)
    coat = order_line("coat", quantity=1, gross=9_000, discount=off_coat, taxes=taxes[:1])
    hat = order_line("cap", quantity=1, gross=cap, discount=2_000 - off_coat, taxes=taxes[1:])
    promotion = Promotion(
        "spend-100",
        PromotionKind.THRESHOLD,
        (PromotionLine("coat", off_coat), PromotionLine("cap", 2_000 - off_coat)),
        threshold_minor=10_000,
    )
    return check_order(replace(order(coat, hat, shipping=0), promotions=(promotion,)))


def three_for_two(quantity: int = 3) -> Order:
    """Of every three pairs at 10.00 one is free."""
    free = quantity // 3 * 1_000
    shoes = order_line(quantity=quantity, gross=quantity * 1_000, discount=free, taxes=())
    promotion = Promotion("3-for-2", PromotionKind.BUNDLE, (PromotionLine("shoes", free, 3),))
    return check_order(replace(order(shoes, shipping=0), promotions=(promotion,)))


def returned(bought: Order, line_id: str) -> Return:
    return accepted(opened(RequestedLine(line_id, 1), of=bought, under=WITH_CLAWBACK))


def after_both(bought: Order, *line_ids: str) -> list[LotAmount]:
    """Return lines one after the other, each in a return of its own."""
    till = Till(bought)
    for line_id in line_ids:
        till.settle(returned(bought, line_id), f"{line_id}/1")
    return till.rows


def test_what_no_longer_holds_is_kept_back() -> None:
    """The cap goes back for 60.00 less its discount and that of the coat, which costs 90.00 now."""
    (row,) = after_both(spend_hundred(), "cap")

    assert (row.gross_minor, row.discount_minor, row.clawback_minor) == (6_000, 800, 1_200)
    assert row.refund_minor == 4_000
    assert row.adds_up


@pytest.mark.parametrize("order_of_return", [("cap", "coat"), ("coat", "cap")])
def test_the_rest_coming_back_too_pays_all_of_it(order_of_return: tuple[str, str]) -> None:
    """Nothing is left to have a discount, so what was kept back is given back."""
    rows = after_both(spend_hundred(), *order_of_return)

    assert sum(row.refund_minor for row in rows) == 13_000
    assert sum(row.clawback_minor for row in rows) == 0


def test_edge_11_a_promotion_that_still_holds_keeps_nothing() -> None:
    """Five of six pairs are kept: one bundle holds, and half of the discount of the other."""
    bought = three_for_two(6)
    ret = by_unit(opened(RequestedLine("shoes", 3), of=bought, under=WITH_CLAWBACK))
    till = Till(bought)

    till.settle(ret, "shoes/1", "shoes/2", "shoes/3")

    assert sum(row.clawback_minor for row in till.rows) == 0
    assert till.paid_back == 2_000


def test_edge_11_one_of_three_for_two_is_worth_nothing() -> None:
    """Two pairs at 10.00 were paid and two are kept, whichever of the three comes back."""
    bought = three_for_two()
    ret = by_unit(opened(RequestedLine("shoes", 3), of=bought, under=WITH_CLAWBACK))
    till = Till(bought)

    ret = till.settle(ret, "shoes/2")
    assert till.paid_back == 0
    ret = till.settle(ret, "shoes/1")
    assert till.paid_back == 1_000
    till.settle(ret, "shoes/3")
    assert till.paid_back == 2_000


def test_edge_11_a_part_of_a_kit_is_worth_its_own_frozen_share() -> None:
    """A camera and its lens, 30.00 off as a kit: the lens back alone leaves the camera's price."""
    camera = order_line("camera", quantity=1, gross=20_000, discount=2_000, taxes=())
    lens = order_line("lens", quantity=1, gross=10_000, discount=1_000, taxes=())
    parts = (PromotionLine("camera", 2_000, 1), PromotionLine("lens", 1_000, 1))
    kit = Promotion("kit", PromotionKind.BUNDLE, parts)
    bought = check_order(replace(order(camera, lens, shipping=0), promotions=(kit,)))

    (alone,) = after_both(bought, "lens")
    both = after_both(bought, "lens", "camera")

    assert (alone.gross_minor, alone.discount_minor, alone.clawback_minor) == (10_000, 1_000, 2_000)
    assert alone.refund_minor == 7_000
    assert sum(row.refund_minor for row in both) == 27_000


def test_the_tax_of_a_lost_discount_is_at_the_rate_of_what_is_kept() -> None:
    """A cap without tax is returned; the coat's discount no longer holds, nor its tax."""
    bought = spend_hundred(taxes=(1_482, 0))

    (row,) = after_both(bought, "cap")

    assert row.clawback_minor == 1_200 + 228
    assert row.tax_minor == 0
    assert sum(r.refund_minor for r in after_both(bought, "cap", "coat")) == 13_000 + 1_482


def test_edge_13_a_clawback_takes_no_more_than_there_is() -> None:
    """A cap for 15.00 cannot bear the coat's discount: nothing back, and nothing charged."""
    bought = spend_hundred(cap=1_500)
    cheap, dear = after_both(bought, "cap", "coat")

    assert (cheap.refund_minor, cheap.clawback_minor) == (0, 1_500 - cheap.discount_minor)
    assert dear.clawback_minor == -cheap.clawback_minor
    assert cheap.refund_minor + dear.refund_minor == 10_500 - 2_000


def test_what_found_no_room_is_kept_back_of_the_next() -> None:
    """A tag for 1.00 breaks the promotion; the cap that follows bears the rest."""
    tag = order_line("tag", quantity=1, gross=100, taxes=())
    coat = order_line("coat", quantity=1, gross=9_900, discount=2_000, taxes=())
    cap = order_line("cap", quantity=1, gross=5_000, taxes=())
    promotion = Promotion(
        "spend-100",
        PromotionKind.THRESHOLD,
        (PromotionLine("coat", 2_000), PromotionLine("tag", 0)),
        threshold_minor=10_000,
    )
    bought = check_order(replace(order(tag, coat, cap, shipping=0), promotions=(promotion,)))

    first, second = after_both(bought, "tag", "cap")

    assert (first.clawback_minor, first.refund_minor) == (100, 0)
    assert (second.clawback_minor, second.refund_minor) == (1_900, 3_100)


def test_without_the_policy_nothing_is_kept_back() -> None:
    """A promotion's end costs nothing where the pack does not say so."""
    bought = spend_hundred()
    ret = accepted(opened(RequestedLine("cap", 1), of=bought))
    till = Till(bought)

    till.settle(ret, "cap/1")

    assert ret.promotions == ()
    assert till.paid_back == 5_200


def test_what_another_policy_kept_back_is_not_given_back() -> None:
    """A return whose pack looks at no promotion does not touch what another return kept."""
    bought = spend_hundred()
    ret = accepted(opened(RequestedLine("coat", 1), of=bought))

    (row,) = settle(ret, ret.lots, Standing((("cap", (0,)),), 1_200))

    assert (row.clawback_minor, row.refund_minor) == (0, 7_800)


def test_no_more_is_lost_than_was_given() -> None:
    """Whatever comes back, what no longer holds is within the discount, and none of all of it."""
    bought = spend_hundred()
    promotions = freeze_promotions(bought)
    parts = [(), (("cap", (0,)),), (("coat", (0,)),), (("cap", (0,)), ("coat", (0,)))]

    lost = [discount_lost(promotions, units) for units in parts]

    assert lost == [0, 1_200, 800, 0]


@pytest.mark.parametrize(
    ("promotion", "field"),
    [
        (Promotion("p", PromotionKind.THRESHOLD, (), 1), "promotions[0].lines"),
        (
            Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("hat", 0),), 1),
            "promotions[0].lines[0].line_id",
        ),
        (
            Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("shoes", 501),), 1),
            "promotions[0].lines[0].discount_minor",
        ),
        (
            Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("shoes", -1),), 1),
            "promotions[0].lines[0].discount_minor",
        ),
        (
            Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("shoes", 1),), 3_001),
            "promotions[0].threshold_minor",
        ),
        (
            Promotion("p", PromotionKind.BUNDLE, (PromotionLine("shoes", 1, 4),)),
            "promotions[0].lines[0].bundle_quantity",
        ),
        (
            Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("shoes", 1),) * 2, 1),
            "promotions[0].lines",
        ),
    ],
)
def test_a_promotion_that_cannot_be_is_refused(promotion: Promotion, field: str) -> None:
    """The platform is told which of its fields contradicts the order."""
    bought = replace(order(order_line(discount=500)), promotions=(promotion,))

    with pytest.raises(OrderFactsError) as refused:
        check_order(bought)

    assert refused.value.field == field


def test_a_promotion_stands_once() -> None:
    """Twice the same would lose its discount twice."""
    promotion = Promotion("p", PromotionKind.THRESHOLD, (PromotionLine("shoes", 100),), 1)
    bought = replace(order(order_line(discount=500)), promotions=(promotion, promotion))

    with pytest.raises(OrderFactsError, match="promotions: a promotion id stands twice"):
        check_order(bought)
