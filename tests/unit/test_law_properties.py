"""What holds of every decision, whatever the facts: policy.md §3.7, and more of the same kind."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.law.facts import ConditionFinding
from domain.law.verdicts import Verdict
from packs.cases import Case
from tests.support.worked_cases import case, decide, inspected, promise, refund

PLACES = ["CN", "EU-DE", "EU-FR", "EU-IT", "EU-NL", "UK", "US-NY", "US-NJ", "US-TX", "JP"]
TRAITS = [
    "CUSTOM_MADE",
    "PERISHABLE",
    "DIGITAL_DOWNLOADED",
    "HYGIENE_SEAL_BROKEN",
    "ACTIVATION_DEVALUES",
]
FLAGS = [
    "exclusion_confirmed",
    "withdrawal_right_informed",
    "return_cost_informed",
    "return_terms_in_ad",
    "return_terms_on_final_screen",
    "refund_policy_posted",
]
GIVES = (Verdict.APPROVE, Verdict.APPROVE_ALTERNATIVE, Verdict.MANUAL_REVIEW)
DELIVERED = datetime.fromisoformat("2026-09-07T10:00:00")
WEEKS_BEFORE_A_LEAP_DAY = 24
"""So long after ``DELIVERED`` the year that begins has no 29 February yet."""


@st.composite
def facts(draw: st.DrawFn, *, places: list[str] = PLACES, whole_days: bool = False) -> Any:
    """Draw the changes of a case: when it was asked, what for, and what everybody was told."""
    asked_at = DELIVERED + timedelta(
        days=draw(st.integers(0, 800)), minutes=0 if whole_days else draw(st.integers(0, 800))
    )
    changes: dict[str, object] = {
        "request__requested_at": asked_at.isoformat(),
        "evaluated_at": asked_at.isoformat(),
        "request__ground": draw(st.sampled_from(["WITHDRAWAL", "NON_CONFORMITY"])),
        "request__remedy": draw(st.sampled_from(["REFUND", "REPLACE", "REPAIR"])),
        "channel": draw(st.sampled_from(["DISTANCE", "STORE"])),
        "item__traits": draw(st.lists(st.sampled_from(TRAITS), max_size=2, unique=True)),
        "history__failed_repairs": draw(st.integers(0, 2)),
        "history__repair_days": draw(st.integers(0, 40)),
        "seller__offers_collection": draw(st.booleans()),
    }
    changes |= {f"disclosures__{flag}": draw(st.booleans()) for flag in FLAGS}
    if draw(st.booleans()):
        goods = {"validity_months": 12, "daily_depreciation": 0.001}
        changes["item__sanbao"] = goods
    if draw(st.booleans()):
        back = asked_at + timedelta(days=draw(st.integers(1, 40)))
        changes["return_leg__received_at"] = back.isoformat()
    if draw(st.booleans()):
        seen = draw(st.lists(st.sampled_from([*ConditionFinding]), max_size=2, unique=True))
        changes["inspection"] = inspected(
            *seen, diminished=draw(st.integers(0, 150)), gifts=draw(st.integers(0, 150))
        )
    return draw(st.sampled_from(places)), changes


def of(drawn: Any, **more: object) -> Case:
    place, changes = drawn
    return case(place, **{**changes, **more})


def rank(verdict: Verdict) -> int:
    return (
        [Verdict.REJECT, Verdict.MANUAL_REVIEW, Verdict.APPROVE_ALTERNATIVE].index(verdict)
        if verdict is not Verdict.APPROVE
        else 3
    )


@given(facts())
def test_the_same_facts_decide_alike_to_the_byte(drawn: Any) -> None:
    assert repr(decide(of(drawn))).encode() == repr(decide(of(drawn))).encode()


@given(facts(), st.integers(0, 40), st.integers(1, 400))
def test_a_longer_promise_never_refuses_what_a_shorter_one_granted(
    drawn: Any, days: int, longer: int
) -> None:
    short = decide(of(drawn, promises=[promise(days)]))
    long = decide(of(drawn, promises=[promise(days + longer)]))

    assert rank(long.verdict) >= rank(short.verdict)
    assert not (short.verdict in GIVES and long.verdict is Verdict.REJECT)


@given(facts())
def test_a_signal_of_abuse_changes_nobody_s_right(drawn: Any) -> None:
    """What would be given is the same, to the date; only a person comes between."""
    plain = decide(of(drawn))
    signalled = decide(of(drawn, history__abuse_signal=True))

    assert (plain.verdict is Verdict.REJECT) == (signalled.verdict is Verdict.REJECT)
    assert (plain.terms, plain.remedies) == (signalled.terms, signalled.remedies)
    assert plain.window_end == signalled.window_end


@given(facts())
def test_a_business_never_gets_a_consumer_s_right(drawn: Any) -> None:
    found = decide(of(drawn, buyer_type="BUSINESS"))

    assert found.terms is None


GROUNDS = st.sampled_from(["WITHDRAWAL", "NON_CONFORMITY"])


@given(facts(), GROUNDS, st.integers(0, 400), st.booleans(), st.integers(0, 100))
def test_a_promise_never_worsens_what_the_law_gives(
    drawn: Any, ground: str, days: int, free: bool, fee: int
) -> None:
    """Every term is the law's own or better, also where the promise alone gives what is asked."""
    terms = {"ground": ground, "free_return_shipping": free, "restocking_fee_pct": fee}
    promised = [promise(days, **terms)]
    law, both = decide(of(drawn)), decide(of(drawn, promises=promised))
    if law.terms is None or both.terms is None:
        assert law.terms is None
        return
    alone, together = refund(of(drawn)), refund(of(drawn, promises=promised))

    assert set(law.remedies) <= set(both.remedies)
    assert law.window_end is None or (both.window_end or law.window_end) >= law.window_end
    if law.terms.return_shipping_payer != "CONSUMER":
        assert both.terms.return_shipping_payer == law.terms.return_shipping_payer
    # What only a person could have given is not the law's yet: the promise may have its fee.
    if alone is not None and together is not None and law.verdict is Verdict.APPROVE:
        assert together.amount >= alone.amount
    if law.terms.due_on is not None:
        assert both.terms.due_on is not None
        assert both.terms.due_on <= law.terms.due_on


@given(facts(places=["CN"], whole_days=True), st.integers(1, 60))
def test_whole_weeks_move_a_chinese_case_and_change_nothing(drawn: Any, weeks: int) -> None:
    """China rolls no day: only the dates move, all by the same."""
    place, changes = drawn
    if "item__sanbao" in changes:
        # A validity of twelve months is a day longer over a leap day, wherever it is moved.
        weeks = min(weeks, WEEKS_BEFORE_A_LEAP_DAY)
    moved = {**changes}
    base: dict[str, object] = {
        "order__contract_at": "2026-09-01T10:00:00",
        "delivery__delivered_at": "2026-09-07T10:00:00",
    }
    for name, value in (base | changes).items():
        if name.endswith("_at"):
            later = datetime.fromisoformat(str(value)) + timedelta(weeks=weeks)
            moved[name] = later.isoformat()

    here, there = decide(case(place, **(base | changes))), decide(case(place, **moved))

    assert here.verdict is there.verdict
    assert set(here.reason_codes) == set(there.reason_codes)
    assert _later(here.window_end, weeks) == there.window_end


def _later(day: Any, weeks: int) -> Any:
    return None if day is None else day + timedelta(weeks=weeks)


@given(facts(), st.lists(st.integers(1, 1000), min_size=1, max_size=3))
def test_no_refund_is_more_than_was_paid_and_its_parts_add_up(
    drawn: Any, weights: list[int]
) -> None:
    cents = [weight * 100 for weight in weights]
    total = sum(cents)
    kinds = ["CARD", "POINTS", "COUPON"]
    tenders = [
        {"type": kind, "amount": str(Decimal(cent).scaleb(-2))}
        for kind, cent in zip(kinds, cents, strict=False)
    ]
    paid = str(Decimal(total).scaleb(-2))
    one = of(drawn, order__tenders=tenders, order__items_total=paid, item__price_paid=paid)

    found = refund(one)

    if found is not None:
        assert 0 <= found.amount <= Decimal(paid)
        assert found.by_tender is None or sum(found.by_tender.values()) == found.amount


@given(facts())
def test_who_asks_earlier_is_never_worse_off(drawn: Any) -> None:
    """A day sooner, a right is there that is there today; a repair in vain takes its time."""
    place, changes = drawn
    asked_at = datetime.fromisoformat(str(changes["request__requested_at"]))
    sooner = (asked_at - timedelta(days=1)).isoformat()
    today = decide(of(drawn))
    if asked_at - timedelta(days=1) < DELIVERED:
        return

    before = decide(case(place, **{**changes, "request__requested_at": sooner}))

    assert not (today.terms is not None and before.verdict is Verdict.REJECT)


@given(facts())
def test_every_refusal_has_its_reason_and_every_grant_its_source(drawn: Any) -> None:
    found = decide(of(drawn))

    assert found.reason_codes
    assert found.explanation
    if found.verdict is Verdict.REJECT:
        assert any(code.startswith("X_") for code in found.reason_codes)
    if found.terms is not None:
        assert found.sources
        assert found.rule_id is not None
