"""Where several rights give something, the one that gives what is asked counts."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.eligibility import evaluate, facts_of
from domain.granting import apply_policy
from domain.law.promises import Promise
from domain.law.schema import Layer, Payer, Remedy
from domain.law.verdicts import Verdict
from domain.lifecycle import LotState
from domain.orders import Parcel
from domain.reasons import Ground
from domain.requests import Resolution
from domain.settlement import settle
from domain.view import refund_due
from packs.library import shipped
from packs.trying import facts_of_case
from tests.support.builders import DELIVERED, NOW, opened, order, order_line, policy
from tests.support.worked_cases import case, codes, decide, inspected, promise, refund

FAULTY = {"request__ground": "NON_CONFORMITY"}
TELEVISION = {"item__sanbao": {"validity_months": 12, "daily_depreciation": 0.001}, **FAULTY}


def asked_on(day: str) -> dict[str, object]:
    return {"request__requested_at": f"{day}T10:00:00", "evaluated_at": f"{day}T10:00:00"}


def test_two_repairs_in_vain_give_money_in_the_second_week_too() -> None:
    """The fifteen days of exchange take nothing from it."""
    found = decide(case("CN", **TELEVISION, history__failed_repairs=2, **asked_on("2026-09-19")))

    assert found.verdict is Verdict.APPROVE
    assert found.rule_id == "CN-SANBAO-TWO-REPAIRS"


@pytest.mark.parametrize("place", ["EU-DE", "JP", "UK"])
def test_a_repair_in_vain_leaves_the_right_to_another_cure(place: str) -> None:
    changes = {"history__failed_repairs": 1, "request__remedy": "REPLACE"}
    found = decide(case(place, **FAULTY, **changes, **asked_on("2026-11-06")))

    assert found.verdict is Verdict.APPROVE
    assert "REPLACE" in found.remedies


def test_a_promise_that_grants_without_a_person_needs_none() -> None:
    """Where the law alone would have somebody look for a proof."""
    promised = [promise(900, ground="NON_CONFORMITY")]
    found = decide(case("EU-DE", **FAULTY, **asked_on("2027-10-20"), promises=promised))

    assert (found.verdict, found.policy_ref) == (Verdict.APPROVE, "SHOP@v1")


def test_a_decision_names_the_right_that_gives_what_was_granted() -> None:
    """Money by a promise, where the law gives no more than a repair."""
    promised = [promise(60, ground="NON_CONFORMITY")]
    found = decide(case("UK", **FAULTY, **asked_on("2026-10-20"), promises=promised))

    assert found.verdict is Verdict.APPROVE
    assert "R_PROMISE_APPLIES" in found.reason_codes
    assert {"REPAIR", "REPLACE"} <= {*found.remedies}


@pytest.mark.parametrize(
    ("place", "day", "changes", "payer", "last_day"),
    [
        ("EU-DE", "2026-09-20", {}, "TRADER", "2028-09-07"),
        ("UK", "2026-10-20", {}, "TRADER", "2026-11-06"),
        ("CN", "2026-09-18", TELEVISION, "TRADER", "2026-11-06"),
        ("CN", "2026-09-20", {"item__traits": ["PERISHABLE"]}, "NONE", "2026-11-06"),
    ],
)
def test_a_promise_that_gives_more_takes_no_term_of_the_law_away(
    place: str, day: str, changes: dict[str, Any], payer: str, last_day: str
) -> None:
    """The law gives a cure, the promise money: at the law's cost, for its time, less its fee."""
    promised = [promise(60, ground="NON_CONFORMITY", restocking_fee_pct=10)]
    one = case(place, **{**FAULTY, **changes}, **asked_on(day), promises=promised)
    found, paid = decide(one), refund(one)

    assert found.terms is not None
    assert paid is not None
    assert found.policy_ref == "SHOP@v1"
    assert (found.terms.return_shipping_payer, str(found.window_end)) == (payer, last_day)
    assert paid.amount == 90


@pytest.mark.parametrize(
    ("fee", "verdict", "code"),
    [
        (0, Verdict.APPROVE, "R_PROMISE_APPLIES"),
        (10, Verdict.MANUAL_REVIEW, "M_BURDEN_ON_CONSUMER"),
    ],
)
def test_no_fee_is_taken_where_a_person_may_find_that_the_law_gives_all(
    fee: int, verdict: Verdict, code: str
) -> None:
    """After a year the consumer has to prove the fault: who can is paid in full."""
    failed = {"history__failed_repairs": 1, **asked_on("2027-10-20")}
    promised = [promise(900, ground="NON_CONFORMITY", restocking_fee_pct=fee)]
    one = case("EU-DE", **FAULTY, **failed, promises=promised)
    found, paid = decide(one), refund(one)

    assert found.verdict is verdict
    assert code in found.reason_codes
    assert paid is not None
    assert paid.amount == 100


def test_a_promise_with_a_fee_leaves_an_unclear_day_to_a_person() -> None:
    """New York may roll its last day, a Sunday: a better promise must not cost a tenth."""
    unposted = {
        "order__contract_at": "2026-05-08T10:00:00",
        "delivery__delivered_at": "2026-05-10T10:00:00",
        "disclosures__refund_policy_posted": False,
    }
    promised = [promise(60, restocking_fee_pct=10)]
    one = case("US-NY", **unposted, **asked_on("2026-06-08"), promises=promised)
    found, paid = decide(one), refund(one)

    assert found.verdict is Verdict.MANUAL_REVIEW
    assert "M_LAW_UNCERTAIN" in found.reason_codes
    assert paid is not None
    assert paid.amount == 100


@pytest.mark.parametrize(
    ("place", "changes", "code"),
    [
        ("UK", {"history__failed_repairs": 1}, "X_SHORT_TERM_REJECT_EXPIRED"),
        ("CN", {"history__failed_repairs": 2, **TELEVISION}, "X_REFUND_WINDOW_EXPIRED"),
    ],
    ids=["UK", "CN"],
)
def test_money_is_not_said_to_be_over_where_another_right_gives_it(
    place: str, changes: dict[str, object], code: str
) -> None:
    """Who asks for one more repair after those in vain could have money all the same."""
    asked = {**FAULTY, **changes, "request__remedy": "REPAIR", **asked_on("2026-11-20")}
    found = decide(case(place, **asked))

    assert found.verdict is Verdict.APPROVE
    assert code not in found.reason_codes


def test_two_repairs_in_vain_come_before_the_fifteen_days_of_exchange() -> None:
    """Both give another television; one of them gives money too, and for longer."""
    asked = {**TELEVISION, "request__remedy": "REPLACE", "history__failed_repairs": 2}
    found = decide(case("CN", **asked, **asked_on("2026-09-19")))

    assert "R_SANBAO_TWO_FAILED_REPAIRS" in found.reason_codes
    assert "REFUND" in found.remedies


@pytest.mark.parametrize(
    ("promised", "days", "kind"), [(30, 7, "STATUTORY"), (3, 3, "PROMISE")], ids=["law", "promise"]
)
def test_a_right_beside_a_promise_gives_its_date_and_leaves_goods_to_the_shop_s_scale(
    promised: int, days: int, kind: str
) -> None:
    """Credit by promise, money by law: use and gifts are judged as the shop does."""
    credit = Promise(
        id="SHOP",
        version="v1",
        layer=Layer.MERCHANT,
        ground=Ground.WITHDRAWAL,
        first=date(2026, 1, 1),
        last=None,
        window_days=60,
        payer=Payer.CONSUMER,
        remedies=(Remedy.STORE_CREDIT,),
        refund_days=promised,
    )
    asked = case("CN", request__remedy="STORE_CREDIT").input
    law = shipped().governing("CN", asked.order.contract_at)
    rules = replace(policy(), rules=())
    found = evaluate(facts_of_case(asked, shipped()), rules, law, more=(credit,))
    terms = found.terms

    assert terms is not None
    assert (found.policy_ref, terms.by_law) == ("SHOP@v1", False)
    assert (terms.may_keep, terms.not_intact_if, terms.survives_use) == ((), (), False)
    assert [due.days for due in terms.dues] == [7]
    assert refund_due(found)["refund_due"] == {
        "days": days,
        "counts_from": "RECEIVED",
        "kind": kind,
        "on": None,
    }


def test_a_law_that_is_unclear_leaves_what_a_promise_gives_to_a_person() -> None:
    """He sees what it comes to; without the promise there is nothing to see."""
    promised = [promise(90, ground="NON_CONFORMITY")]
    found = decide(case("US-TX", **FAULTY, promises=promised))

    assert found.verdict is Verdict.MANUAL_REVIEW
    assert {"M_LAW_UNCERTAIN", "R_PROMISE_APPLIES"} <= {*found.reason_codes}
    assert found.terms is not None
    assert decide(case("US-TX", **FAULTY)).terms is None


def test_nothing_is_withheld_where_a_promise_pays_sooner_still() -> None:
    collected = {
        "seller__offers_collection": True,
        "return_leg__received_at": "2026-09-11T10:00:00",
    }
    found = decide(case("EU-NL", **collected, promises=[promise(30, refund_days_after_receipt=2)]))

    assert found.terms is not None
    assert str(found.terms.due_on) == "2026-09-13"
    assert "T_NO_WITHHOLDING_COLLECTION_OFFERED" in found.reason_codes


def test_a_promise_that_takes_any_condition_deducts_nothing() -> None:
    worn = {"inspection": inspected("STAINED", diminished=40)}
    found = refund(case("EU-DE", **worn, promises=[promise(30, condition="NONE")]))

    assert found is not None
    assert found.amount == 100


def test_the_year_of_who_was_not_told_ends_on_a_working_day() -> None:
    """The nineteenth of September 2027 is a Sunday."""
    untold = {
        "disclosures__withdrawal_right_informed": False,
        "delivery__delivered_at": "2026-09-05T10:00:00",
    }
    found = decide(case("EU-DE", **untold, **asked_on("2027-09-20")))

    assert str(found.window_end) == "2027-09-20"
    assert {"R_WITHDRAWAL_EXTENDED_NOT_INFORMED", "T_DEADLINE_ROLLED"} <= {*found.reason_codes}


def test_a_repair_that_becomes_money_pays_price_and_tax() -> None:
    """Nothing of what was paid is lost because the right named no money."""
    bought, rules = order(), replace(policy(), rules=())
    law = shipped().governing("EU-DE", bought.contract_at)
    facts = facts_of(
        bought,
        "shoes",
        ground=Ground.NON_CONFORMITY,
        resolution=Resolution.REFUND,
        requested_at=NOW,
    )

    decision = evaluate(facts, rules, law)

    assert decision.terms is not None
    assert {*decision.terms.refund_scope} == {"PRICE", "TAX"}


def test_edge_7_a_window_of_the_union_waits_for_the_last_of_the_order() -> None:
    """Also for what is still on its way; China counts a line by its own last parcel."""
    long_ago, lately = DELIVERED - timedelta(days=30), NOW - timedelta(days=1)
    asked: dict[str, Any] = {
        "ground": Ground.WITHDRAWAL,
        "resolution": Resolution.REFUND,
        "requested_at": NOW,
    }
    early = order_line("shoes", delivered_at=long_ago)
    late = order_line("hat", delivered_at=lately)
    awaited = order_line("hat", delivered_at=None)

    both = facts_of(order(early, late), "shoes", **asked)
    pending = facts_of(order(early, awaited), "shoes", **asked)

    assert (both.delivered_at, both.last_delivered_at) == (long_ago, lately)
    assert pending.last_delivered_at == NOW


def test_goods_that_need_not_come_are_left_with_the_customer() -> None:
    """Rotten fruit is paid for, and nobody fetches it."""
    ret = opened()
    lines = tuple(
        replace(
            line,
            decision=replace(
                line.decision,
                terms=replace(line.terms, return_shipping_payer="NONE"),
            ),
        )
        for line in ret.lines
        if line.terms is not None
    )

    granted, _ = apply_policy(replace(ret, lines=lines), at=NOW)

    assert granted.deliveries == ()
    assert [lot.state for lot in granted.lots] == [LotState.KEPT]
    assert settle(granted, granted.lots)[0].refund_minor > 0


def test_a_code_of_the_money_that_is_over_stands_beside_a_repair() -> None:
    assert "X_REFUND_WINDOW_EXPIRED" in codes(case("CN", **FAULTY, **asked_on("2026-09-20")))


@pytest.mark.parametrize(
    ("sent_days_ago", "verdict"),
    [(3, "NEED_INFO"), (10, "APPROVE"), (90, "MANUAL_REVIEW")],
    ids=["may be on its way", "will have come", "too late by a guess"],
)
def test_edge_8_a_delivery_that_nobody_told_is_counted_from_the_sending(
    sent_days_ago: int, verdict: str
) -> None:
    """With the shop's buffer; by a guessed day nobody is refused."""
    sent = Parcel("p1", 3, NOW - timedelta(days=sent_days_ago), None)
    bought = order(order_line(parcels=(sent,)))
    facts = facts_of(
        bought,
        "shoes",
        ground=Ground.WITHDRAWAL,
        resolution=Resolution.REFUND,
        requested_at=NOW,
        delivered_after_days=5,
    )

    found = evaluate(facts, policy(), shipped().governing("EU-DE", bought.contract_at))

    assert found.verdict == verdict
    assert ("T_ANCHOR_ESTIMATED" in found.reason_codes) is facts.anchor_is_estimated


def test_edge_8_a_delivery_that_was_told_after_all_is_what_counts() -> None:
    asked: dict[str, Any] = {
        "ground": Ground.WITHDRAWAL,
        "resolution": Resolution.REFUND,
        "requested_at": NOW,
        "delivered_after_days": 1,
    }

    facts = facts_of(order(), "shoes", **asked)

    assert (facts.delivered_at, facts.anchor_is_estimated) == (DELIVERED, False)
