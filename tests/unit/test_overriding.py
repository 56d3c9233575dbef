"""A person decides otherwise than the rule: with a reason, and both stay to be read."""

from dataclasses import replace

import pytest

from domain.codes import RefusedError
from domain.eligibility import Verdict
from domain.granting import grant
from domain.overriding import is_overridden
from domain.requests import RequestedLine, Resolution
from domain.returns import Return
from domain.reviewing import LineReason, check_approval, decided_by_clock
from domain.view import document
from tests.support.builders import after, decided, order, order_line
from tests.support.reviewing import RITA, in_review


def credit_wished() -> Return:
    """Shoes for which credit is wished that no rule gives, beside socks that are granted."""
    bought = order(order_line("shoes"), order_line("socks"))
    wished = RequestedLine("shoes", 3, Resolution.STORE_CREDIT)
    return decided(wished, RequestedLine("socks", 1), of=bought)


@pytest.mark.parametrize(
    ("verdict", "codes", "granted", "overrides"),
    [
        (Verdict.APPROVE, (), False, True),
        (Verdict.APPROVE, (), True, False),
        (Verdict.APPROVE_ALTERNATIVE, (), True, True),
        (Verdict.APPROVE_ALTERNATIVE, (), False, False),
        (Verdict.REJECT, ("X_WINDOW_EXPIRED",), True, True),
        (Verdict.REJECT, ("X_WINDOW_EXPIRED",), False, False),
        (Verdict.MANUAL_REVIEW, ("M_EVIDENCE_REQUIRED",), True, False),
        (Verdict.MANUAL_REVIEW, ("M_EVIDENCE_REQUIRED",), False, False),
        (Verdict.MANUAL_REVIEW, ("X_WINDOW_EXPIRED",), True, False),
    ],
)
def test_which_decisions_override(
    verdict: Verdict, codes: tuple[str, ...], *, granted: bool, overrides: bool
) -> None:
    """What the rules left to a person with a right is no override, whatever one layer excludes."""
    decision = replace(in_review().lines[0].decision, verdict=verdict, reason_codes=codes)

    assert is_overridden(decision, granted=granted) is overrides


@pytest.mark.parametrize("granted", [True, False])
def test_what_the_rules_found_no_right_for_is_granted_against_them(*, granted: bool) -> None:
    """It came to a person, for the goods are here already; denying it follows the rule."""
    codes = ("X_WINDOW_EXPIRED",)
    decision = replace(in_review().lines[0].decision, reason_codes=codes, terms=None)

    assert is_overridden(decision, granted=granted) is granted


def test_a_grant_against_the_rule_needs_a_reason() -> None:
    """The field is named."""
    with pytest.raises(RefusedError) as refused:
        check_approval(credit_wished(), ["shoes", "socks"], "", [])

    assert (refused.value.code, refused.value.field) == ("invalid_request", "reason")


@pytest.mark.parametrize(
    ("reason", "reasons"), [("a good customer", ()), ("", (LineReason("shoes", "goodwill"),))]
)
def test_its_own_or_the_common_reason_is_enough(
    reason: str, reasons: tuple[LineReason, ...]
) -> None:
    check_approval(credit_wished(), ["shoes", "socks"], reason, reasons)


def test_what_follows_the_rule_needs_none() -> None:
    """The complaint's rule leaves it to a person."""
    check_approval(in_review(), ["shoes"], "", [])


def test_both_are_kept() -> None:
    """The rule's result stays in the line; the decision is marked, with its reason."""
    ret, facts = grant(
        credit_wished(),
        ["shoes", "socks"],
        by="human",
        at=after(hours=1),
        reason="a good customer",
        actor=RITA,
    )

    lines = facts[0].data["lines"]
    assert isinstance(lines, list)
    assert facts[0].data["overrides"] is True
    assert [isinstance(line, dict) and line.get("overrides", False) for line in lines] == [
        True,
        False,
    ]
    shown = document(ret)["lines"]
    assert isinstance(shown, list)
    assert isinstance(shown[0], dict)
    assert isinstance(shown[0]["decision"], dict)
    assert isinstance(shown[0]["authorization"], dict)
    assert shown[0]["decision"]["verdict"] == "APPROVE_ALTERNATIVE"
    assert (shown[0]["authorization"]["overrides"], shown[0]["authorization"]["reason"]) == (
        True,
        "a good customer",
    )


def test_a_line_that_is_granted_in_part_keeps_why() -> None:
    """Of a grant that follows the rule, the reason is the declined lines' alone."""
    ret = credit_wished()

    ret = grant(ret, ["shoes"], by="human", at=after(hours=1), reason="shoes only", actor=RITA)[0]

    kept = [line.authorization for line in ret.lines]
    assert [(one.granted, one.overrides, one.reason) for one in kept if one] == [
        (True, True, "shoes only"),
        (False, True, "shoes only"),
    ]


def test_the_clock_overrides_nothing() -> None:
    """Its decision is the policy's own."""
    ret, facts = decided_by_clock(credit_wished(), approve=True, reason="late", at=after(hours=24))

    assert "overrides" not in facts[0].data
    assert not any(line.authorization and line.authorization.overrides for line in ret.lines)
