"""Which rights there are: who has them, what is left out of them, and what a person has to say."""

import pytest

from activities.policies import load_policy
from domain.law.verdicts import Verdict
from packs.cases import Case, read_cases
from packs.library import shipped
from packs.trying import differences
from tests.contract.shared_data import shared_data
from tests.support.worked_cases import case, codes, decide, inspected, promise

FAULTY = {"request__ground": "NON_CONFORMITY"}
TELEVISION = {"item__sanbao": {"validity_months": 12, "daily_depreciation": 0.001}, **FAULTY}


def remedies(place: str, **changes: object) -> list[str]:
    return [*decide(case(place, **changes)).remedies]


def asked_on(day: str) -> dict[str, object]:
    return {"request__requested_at": f"{day}T10:00:00", "evaluated_at": f"{day}T10:00:00"}


def test_every_worked_case_of_the_research_comes_out_as_written() -> None:
    """Thirty cases of five jurisdictions, by evaluation and settlement."""
    library, policy = shipped(), load_policy()
    cases = read_cases(shared_data("policy-cases.json"))

    found = {c.case_id: differences(c, library, policy) for c in cases if isinstance(c, Case)}

    assert len(found) == len(cases) >= 30
    assert {case_id: diffs for case_id, diffs in found.items() if diffs} == {}


@pytest.mark.parametrize("place", ["CN", "EU-DE", "UK", "JP", "US-NY"])
@pytest.mark.parametrize("ground", ["WITHDRAWAL", "NON_CONFORMITY"])
def test_a_business_has_no_right_of_consumers(place: str, ground: str) -> None:
    """Nor has it a state's default."""
    found = decide(case(place, buyer_type="BUSINESS", request__ground=ground))

    assert found.verdict in (Verdict.REJECT, Verdict.MANUAL_REVIEW)
    assert not any(code.startswith("R_") for code in found.reason_codes)


@pytest.mark.parametrize("place", ["CN", "EU-FR", "UK", "JP"])
def test_a_sale_in_a_shop_is_not_taken_back_without_a_reason(place: str) -> None:
    """A fault is one wherever the goods were bought."""
    assert codes(case(place, channel="STORE")) == {"X_NO_STATUTORY_RIGHT"}
    assert decide(case(place, channel="STORE", **FAULTY)).terms is not None


@pytest.mark.parametrize(
    ("place", "channel", "posted", "code"),
    [
        ("US-NY", "DISTANCE", False, "R_STATE_DEFAULT_POLICY_NOT_POSTED"),
        ("US-NY", "DISTANCE", True, "X_NO_STATUTORY_RIGHT"),
        ("US-NJ", "STORE", False, "R_STATE_DEFAULT_POLICY_NOT_POSTED"),
        ("US-NJ", "DISTANCE", False, "X_NO_STATUTORY_RIGHT"),
        ("US-TX", "STORE", False, "X_NO_STATUTORY_RIGHT"),
    ],
)
def test_a_state_has_a_default_where_no_policy_was_posted(
    place: str, channel: str, posted: bool, code: str
) -> None:
    """New York online too, others in shops alone, Texas not at all."""
    found = case(place, channel=channel, disclosures__refund_policy_posted=posted)

    assert codes(found) == {code}


def test_faulty_goods_in_the_united_states_are_for_a_person() -> None:
    """The law counts no days."""
    found = decide(case("US-CA", **FAULTY))

    assert (found.verdict, found.reason_codes) == (Verdict.MANUAL_REVIEW, ("M_LAW_UNCERTAIN",))


def test_an_exclusion_of_the_law_leaves_what_a_shop_promises() -> None:
    """Only the law's own right is gone."""
    engraved = {"item__traits": ["CUSTOM_MADE"], "disclosures__exclusion_confirmed": True}

    assert codes(case("CN", **engraved)) == {"X_EXCLUDED_CUSTOM_MADE"}
    assert "R_PROMISE_APPLIES" in codes(case("CN", **engraved, promises=[promise(15)]))


def test_an_exclusion_says_nothing_of_faults() -> None:
    """A pendant that breaks is taken back, engraved or not."""
    assert "R_NONCONFORMITY_IN_WINDOW" in codes(case("CN", item__traits=["CUSTOM_MADE"], **FAULTY))


def test_what_the_buyer_did_not_confirm_takes_no_right_away() -> None:
    """Unless he did: then it does."""
    opened = {"item__traits": ["ACTIVATION_DEVALUES"]}

    assert "T_EXCLUSION_NOT_CONFIRMED_IGNORED" in codes(case("CN", **opened))
    assert codes(case("CN", **opened, disclosures__exclusion_confirmed=True)) == {
        "X_EXCLUDED_CONFIRMED_BY_BUYER"
    }


def test_before_the_tightening_of_2024_a_class_was_excluded_unconfirmed() -> None:
    """The version of the contract's date decides, not today's."""
    flowers = {"item__traits": ["PERISHABLE"]}
    then = {
        "order__contract_at": "2024-06-30T23:59:59",
        "delivery__delivered_at": "2024-07-02T10:00:00",
        **asked_on("2024-07-03"),
    }

    before = decide(case("CN", **flowers, **then))
    after = decide(case("CN", **flowers, **then | {"order__contract_at": "2024-07-01T00:00:00"}))

    assert (before.policy_ref, before.reason_codes) == (
        "CN-CORE@2020-10-23",
        ("X_EXCLUDED_PERISHABLE",),
    )
    assert after.reason_codes == ("M_EXCLUSION_UNCONFIRMED_STATUTORY_CLASS",)


def test_a_contract_before_the_first_version_is_for_a_person() -> None:
    """Never the newest, and never the oldest either."""
    old = decide(case("JP", order__contract_at="2009-11-30T10:00:00"))

    assert (old.verdict, old.reason_codes) == (Verdict.MANUAL_REVIEW, ("M_PACK_MISSING",))


def test_a_fact_that_decides_and_is_missing_is_named() -> None:
    """Nothing is decided without it; a fact that decides nothing may be missing."""
    found = decide(case("EU-DE", disclosures__withdrawal_right_informed=None))

    assert found.verdict is Verdict.NEED_INFO
    assert "disclosures.withdrawal_right_informed" in found.explanation
    assert decide(case("CN", disclosures__withdrawal_right_informed=None)).granted


def test_japanese_terms_count_only_if_shown_twice() -> None:
    """In the advertisement alone they bind nobody."""
    once = codes(case("JP", disclosures__return_terms_in_ad=True))
    twice = case(
        "JP", disclosures__return_terms_in_ad=True, disclosures__return_terms_on_final_screen=True
    )

    assert {"R_WITHDRAWAL_IN_WINDOW", "T_SPECIAL_TERMS_NOT_VALIDLY_SHOWN"} <= once
    assert codes(twice) == {"X_EXCLUDED_SPECIAL_TERMS"}


def test_one_place_that_lacks_japanese_terms_decides_alone() -> None:
    """Whether they stood in the other is asked of nobody, unless they stood in this one."""
    other = {"disclosures__return_terms_on_final_screen": None}
    lacking = decide(case("JP", **other, disclosures__return_terms_in_ad=False))
    shown = decide(case("JP", **other, disclosures__return_terms_in_ad=True))

    assert lacking.verdict is Verdict.APPROVE
    assert shown.verdict is Verdict.NEED_INFO
    assert "disclosures.return_terms_on_final_screen" in shown.explanation


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-09-14", ["REFUND", "REPLACE", "REPAIR"]),
        ("2026-09-15", ["REPLACE", "REPAIR"]),
        ("2026-09-22", ["REPLACE", "REPAIR"]),
        ("2026-09-23", ["REPAIR"]),
    ],
)
def test_three_guarantees_give_less_with_time(day: str, found: list[str]) -> None:
    """Seven days money, fifteen the same goods anew, then repair."""
    assert remedies("CN", **TELEVISION, **asked_on(day)) == found


def test_two_repairs_in_vain_bring_the_money_back() -> None:
    """Less what the use cost, unless the same model cannot be had."""
    twice = TELEVISION | {"history__failed_repairs": 2} | asked_on("2027-03-01")

    assert remedies("CN", **twice) == ["REPLACE", "REFUND"]
    assert "T_DEDUCT_DEPRECIATION" in codes(case("CN", **twice))
    assert "T_DEDUCT_DEPRECIATION" not in codes(
        case("CN", **twice, seller__same_model_in_stock=False)
    )


def test_the_burden_moves_after_the_first_year() -> None:
    """The right stands; a person looks whether the goods were faulty from the start."""
    found = decide(case("EU-DE", **FAULTY, **asked_on("2027-09-08")))

    assert found.verdict is Verdict.MANUAL_REVIEW
    assert "M_BURDEN_ON_CONSUMER" in found.reason_codes
    assert found.terms is not None


def test_a_defect_that_was_found_in_the_first_year_is_presumed() -> None:
    """When it is told of is another matter."""
    found = case(
        "EU-DE",
        **FAULTY,
        **asked_on("2027-09-08"),
        request__defect_discovered_at="2027-09-01T10:00:00",
    )

    assert "R_NONCONFORMITY_IN_WINDOW" in codes(found)


@pytest.mark.parametrize(("place", "first"), [("EU-DE", "REPAIR"), ("JP", "REPAIR")])
def test_a_cure_comes_before_the_money(place: str, first: str) -> None:
    """After one repair in vain the money is there."""
    early = decide(case(place, **FAULTY))
    later = decide(case(place, **FAULTY, history__failed_repairs=1))

    assert (early.verdict, early.remedies[0]) == (Verdict.APPROVE_ALTERNATIVE, first)
    assert "T_REPAIR_OR_REPLACE_FIRST" in early.reason_codes
    assert later.verdict is Verdict.APPROVE


def test_after_thirty_days_the_british_right_to_reject_is_over() -> None:
    """What is left is repair or replacement."""
    found = decide(case("UK", **FAULTY, **asked_on("2026-10-08")))

    assert found.verdict is Verdict.APPROVE_ALTERNATIVE
    assert {"X_SHORT_TERM_REJECT_EXPIRED", "T_REPAIR_OR_REPLACE_FIRST"} <= {*found.reason_codes}
    assert found.window_end is None


def test_goods_that_are_not_intact_end_the_chinese_right_alone() -> None:
    """In the Union the right stays, and use is deducted."""
    worn = {"inspection": inspected("TAG_REMOVED")}

    assert codes(case("CN", **worn)) == {"X_NOT_INTACT"}
    assert decide(case("EU-DE", **worn)).granted


def test_a_promise_wants_goods_as_the_law_of_the_place_does() -> None:
    """Unless it says otherwise."""
    worn = {"inspection": inspected("TAG_REMOVED"), **asked_on("2026-09-20")}

    assert codes(case("CN", **worn, promises=[promise(30)])) == {"X_NOT_INTACT"}
    assert decide(case("CN", **worn, promises=[promise(30, condition="NONE")])).granted


def test_the_longest_window_is_told() -> None:
    """Inside the law's, a longer promise is the better term."""
    found = decide(case("CN", promises=[promise(30)]))

    assert (str(found.window_end), found.policy_ref) == ("2026-10-07", "CN-CORE@2024-07-01")
    assert "R_WITHDRAWAL_IN_WINDOW" in found.reason_codes


def test_of_rights_that_are_over_the_last_one_is_named() -> None:
    """Its version too, where it was a promise."""
    found = decide(case("CN", promises=[promise(15)], **asked_on("2026-10-01")))

    assert (found.reason_codes, str(found.window_end)) == (("X_WINDOW_EXPIRED",), "2026-09-22")
    assert found.policy_ref == "SHOP@v1"


def test_a_signal_of_abuse_sends_a_grant_to_a_person_and_refuses_nobody() -> None:
    """What is refused anyway is refused for its own reason."""
    granted = decide(case("CN", history__abuse_signal=True))
    late = case("CN", history__abuse_signal=True, **asked_on("2026-10-01"))

    assert granted.verdict is Verdict.MANUAL_REVIEW
    assert granted.terms is not None
    assert codes(late) == {"X_WINDOW_EXPIRED"}


def test_a_decision_says_what_was_weighed() -> None:
    """Each right with its dates and what it came to."""
    found = decide(case("CN", **TELEVISION, **asked_on("2026-09-18")))

    weighed = {one.rule_id: (one.finding, str(one.last_day)) for one in found.considered}
    assert weighed["CN-QUALITY-7D"] == ("window_over", "2026-09-14")
    assert weighed["CN-SANBAO-15D"] == ("grants", "2026-09-22")
    assert "CN-SANBAO-15D: delivered 2026-09-07, 15 days" in found.explanation
    assert found.sources[0].key == "CN-SANBAO"
