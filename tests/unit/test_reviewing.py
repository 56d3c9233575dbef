"""A reviewer's decision: what it must say, and where it stands afterwards."""

from datetime import timedelta

import pytest

from domain.codes import RefusedError
from domain.commands import Actor
from domain.deadlines import pass_deadlines
from domain.eligibility import Verdict
from domain.granting import grant
from domain.reasons import Ground
from domain.requests import RequestedLine
from domain.returns import Return
from domain.reviewing import LineReason, check_approval
from tests.support.builders import DELIVERED, NOW, after, decided, order, order_line

RITA = Actor("reviewer", "rita")
OLD = DELIVERED - timedelta(days=1500)


def in_review(*, old_hat: bool = False) -> Return:
    """A complaint about shoes, socks and a hat, which a person is to decide."""
    bought = order(
        order_line("shoes"),
        order_line("socks"),
        order_line("hat", delivered_at=OLD if old_hat else DELIVERED),
    )
    lines = [RequestedLine(name, 1, reason="DEFECTIVE") for name in ("shoes", "socks", "hat")]
    return decided(*lines, of=bought, ground=Ground.NON_CONFORMITY)


@pytest.mark.parametrize(
    ("granted", "reason", "reasons", "code", "field"),
    [
        ((), "no", (), "invalid_request", "line_ids"),
        (("shoes",), "", (), "invalid_request", "reason"),
        (("shoes",), "", (LineReason("hat", "worn"),), "invalid_request", "reason"),
        (("shoes",), "no", (LineReason("boots", "worn"),), "line_not_found", "reasons[0].line_id"),
        (("shoes",), "no", (LineReason("shoes", "worn"),), "invalid_request", "reasons[0].line_id"),
        (
            ("shoes",),
            "no",
            (LineReason("hat", "worn"), LineReason("hat", "torn")),
            "invalid_request",
            "reasons[1].line_id",
        ),
        (("shoes",), "no", (LineReason("hat", ""),), "invalid_request", "reasons[0].reason"),
        (("boots",), "no", (), "line_not_found", "line_ids"),
    ],
)
def test_a_reason_belongs_to_each_declined_line(
    granted: tuple[str, ...],
    reason: str,
    reasons: tuple[LineReason, ...],
    code: str,
    field: str,
) -> None:
    """One for an unknown or granted line, two for one line, or none: refused by its field."""
    with pytest.raises(RefusedError) as refused:
        check_approval(in_review(), granted, reason, reasons)

    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("granted", "reason", "reasons"),
    [
        (("shoes", "socks", "hat"), "", ()),
        (("shoes",), "no defect", ()),
        (("shoes",), "", (LineReason("hat", "worn"), LineReason("socks", "washed"))),
        (("shoes",), "no defect", (LineReason("hat", "worn"),)),
    ],
)
def test_own_or_common_reasons_are_enough(
    granted: tuple[str, ...], reason: str, reasons: tuple[LineReason, ...]
) -> None:
    """All granted needs none; otherwise each declined line finds one."""
    check_approval(in_review(), granted, reason, reasons)


def test_a_persons_decision_stands_beside_the_rules() -> None:
    """Who, when and why is kept per line; what the rule said is not overwritten."""
    ret, _ = grant(
        in_review(),
        ["shoes"],
        by="human",
        at=after(hours=1),
        reason="no defect",
        reasons={"hat": "worn"},
        actor=RITA,
    )

    kept = [line.authorization for line in ret.lines]
    assert [(one.granted, one.reason) for one in kept if one] == [
        (True, ""),
        (False, "no defect"),
        (False, "worn"),
    ]
    assert {(one.by, one.decided_by, one.decided_at) for one in kept if one} == {
        ("human", "reviewer:rita", after(hours=1))
    }
    assert {line.decision.verdict for line in ret.lines} == {Verdict.MANUAL_REVIEW}


def test_a_rules_decision_is_kept_as_the_rules() -> None:
    """Without a person the rule decides, in its own words."""
    (line,) = decided().lines

    assert line.authorization is not None
    assert (line.authorization.by, line.authorization.decided_by) == ("rule", "rule")
    assert (line.authorization.granted, line.authorization.reason) == (True, "")
    assert line.authorization.decided_at == NOW


def test_silence_declines_only_what_the_rule_denied_and_says_so() -> None:
    """The timeout grants the rest; the hat's reason is the rule's, not that nobody answered."""
    ret, _ = pass_deadlines(in_review(old_hat=True), at=after(hours=24))

    shoes, _socks, hat = ret.lines
    assert shoes.authorization is not None
    assert hat.authorization is not None
    assert (shoes.authorization.granted, hat.authorization.granted) == (True, False)
    assert (hat.authorization.by, hat.authorization.reason) == ("timeout", hat.decision.explanation)
