"""When the law wants money back, how much of it, and who pays the way."""

from decimal import Decimal

import pytest

from domain.law.schema import Payer
from packs.cases import Case
from tests.support.worked_cases import case, codes, decide, inspected, promise, refund

SENT = {"return_leg__dispatch_proof_at": "2026-09-12T10:00:00"}
BACK = {"return_leg__received_at": "2026-09-15T10:00:00"}
LATE = {"return_leg__received_at": "2026-10-05T10:00:00"}
COLLECTED = {"seller__offers_collection": True}


def due(one: Case) -> str | None:
    found = refund(one)
    assert found is not None
    return str(found.due_by) if found.due_by is not None else None


@pytest.mark.parametrize(
    ("place", "leg", "day"),
    [
        ("CN", {}, None),
        ("CN", SENT, None),
        ("CN", BACK, "2026-09-22"),
        ("EU-DE", {}, None),
        ("EU-DE", SENT, "2026-09-24"),
        ("EU-DE", LATE, "2026-10-05"),
        ("EU-DE", COLLECTED, "2026-09-24"),
        ("UK", {}, None),
        ("UK", SENT, "2026-09-26"),
        ("UK", SENT | LATE, "2026-09-26"),
        ("UK", COLLECTED, "2026-09-24"),
        ("JP", BACK, None),
    ],
)
def test_each_law_has_its_own_date(place: str, leg: dict[str, object], day: str | None) -> None:
    """China waits for the goods; the Union counts from the notice, the UK from the sending."""
    assert due(case(place, **leg)) == day


def test_a_promise_that_is_sooner_is_kept() -> None:
    """Three days after receipt beat China's seven; the date says that it was promised."""
    found = refund(case("CN", **BACK, promises=[promise(30, refund_days_after_receipt=3)]))

    assert found is not None
    assert (str(found.due_by), found.due_kind) == ("2026-09-18", "PROMISE")


def test_a_promise_that_is_later_delays_nothing() -> None:
    """The law's date stands, and its name."""
    found = refund(case("CN", **BACK, promises=[promise(30, refund_days_after_receipt=30)]))

    assert found is not None
    assert (str(found.due_by), found.due_kind) == ("2026-09-22", "STATUTORY")


def test_use_is_deducted_only_from_who_was_told_of_the_right() -> None:
    """Worn beyond trying it on; the buyer who knew of nothing owes nothing."""
    worn = {"inspection": inspected("USED_BEYOND_HANDLING", diminished=30), **BACK}
    told = case("EU-DE", **worn)
    untold = case("EU-DE", **worn, disclosures__withdrawal_right_informed=False)

    paid, free = refund(told), refund(untold)

    assert paid is not None
    assert free is not None
    assert [paid.amount, free.amount] == [Decimal(70), Decimal(100)]
    assert "T_NO_DEDUCTION_NOT_INFORMED" in codes(untold)


def test_more_than_the_price_is_never_deducted() -> None:
    """Goods worth less than nothing cost the buyer nothing."""
    found = refund(case("EU-DE", inspection=inspected("STAINED", diminished=500)))

    assert found is not None
    assert found.amount == 0


def test_express_is_given_back_as_far_as_standard_went() -> None:
    """The surcharge was the buyer's choice."""
    express = {
        "order__outbound_shipping_paid": 12.9,
        "order__outbound_shipping_standard": 4.9,
        "order__tenders": [{"type": "CARD", "amount": 112.9}],
    }
    found = refund(case("UK", **express))

    assert found is not None
    assert str(found.amount) == "104.90"
    assert "T_EXPRESS_SURCHARGE_NOT_REFUNDED" in codes(case("UK", **express))


def test_freight_above_a_free_standard_is_kept_and_said_to_be() -> None:
    """Nothing comes back of it, and the buyer learns why."""
    express = {
        "order__outbound_shipping_paid": 5,
        "order__outbound_shipping_standard": 0,
        "order__tenders": [{"type": "CARD", "amount": 105}],
    }
    found = codes(case("EU-DE", **express))

    assert "T_EXPRESS_SURCHARGE_NOT_REFUNDED" in found
    assert "T_OUTBOUND_STANDARD_REFUNDED" not in found


def test_each_means_of_payment_gets_its_part_to_the_cent() -> None:
    """Two thirds by card and one by points, of a price that a gift made smaller."""
    mixed = {
        "order__tenders": [{"type": "CARD", "amount": 66.67}, {"type": "POINTS", "amount": 33.33}],
        "inspection": inspected(gifts=10),
    }
    found = refund(case("CN", **mixed))

    assert found is not None
    assert found.by_tender is not None
    assert sum(found.by_tender.values()) == found.amount == 90


@pytest.mark.parametrize(
    ("place", "changes", "payer"),
    [
        ("CN", {}, Payer.CONSUMER),
        ("EU-DE", {}, Payer.CONSUMER),
        ("EU-DE", {"disclosures__return_cost_informed": False}, Payer.TRADER),
        ("EU-DE", COLLECTED, Payer.TRADER),
        ("CN", {"promises": [promise(7, free_return_shipping=True)]}, Payer.TRADER),
        ("CN", {"request__ground": "NON_CONFORMITY"}, Payer.TRADER),
        (
            "CN",
            {"request__ground": "NON_CONFORMITY", "item__traits": ["PERISHABLE"]},
            Payer.NONE,
        ),
    ],
)
def test_the_way_back_is_paid_by_whom_the_law_or_a_promise_names(
    place: str, changes: dict[str, object], payer: Payer
) -> None:
    """Whatever is better for the consumer; spoiled food is not sent at all."""
    terms = decide(case(place, **changes)).terms

    assert terms is not None
    assert terms.return_shipping_payer == payer


def test_a_fee_is_taken_only_where_nothing_but_the_promise_grants() -> None:
    """A law bears no restocking fee."""
    shop = [promise(30, restocking_fee_pct=15)]
    by_law = refund(case("EU-DE", promises=shop))
    by_promise = refund(case("US-TX", promises=shop))

    assert by_law is not None
    assert by_promise is not None
    assert [by_law.amount, by_promise.amount] == [Decimal(100), Decimal(85)]


def test_what_is_asked_instead_of_money_has_no_refund() -> None:
    """A repair costs the seller his work."""
    repair = case("EU-DE", request__ground="NON_CONFORMITY", request__remedy="REPAIR")

    assert refund(repair) is None
    assert decide(repair).granted


@pytest.mark.parametrize(
    ("place", "price", "fee", "left"),
    [("JP", "1010", 5, "960"), ("US-TX", "99.99", 50, "50.00"), ("US-TX", "99.98", 25, "74.99")],
)
def test_half_of_the_smallest_coin_is_the_consumer_s(
    place: str, price: str, fee: int, left: str
) -> None:
    """What is paid is rounded half up, once; what is kept back is the rest."""
    shown = {
        "disclosures__return_terms_in_ad": True,
        "disclosures__return_terms_on_final_screen": True,
    }
    paid = {
        "item__price_paid": price,
        "order__items_total": price,
        "order__tenders": [{"type": "CARD", "amount": price}],
    }
    found = refund(case(place, **shown, **paid, promises=[promise(30, restocking_fee_pct=fee)]))

    assert found is not None
    assert found.amount == Decimal(left)


def test_nobody_has_to_say_who_was_told_of_a_cost_that_the_seller_bears() -> None:
    """Who fetches the goods himself pays their way, whatever he told."""
    found = decide(case("EU-DE", **COLLECTED, disclosures__return_cost_informed=None))

    assert found.terms is not None
    assert found.terms.return_shipping_payer == Payer.TRADER
