"""Dates that a law or a promise gives are seen, warned of, and told when they were missed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.clocks import ClockKind, clocks, end_of
from domain.deadlines import pass_deadlines
from domain.law.places import place_of
from domain.law.schema import Due, DueFrom, DueKind
from domain.lifecycle import AuthorizationState
from domain.reasons import Ground
from domain.requests import RequestedLine
from domain.returns import Return
from domain.tiers import Tier, tier_of
from domain.view import document
from domain.waiting import first_deadline, next_step, waits
from tests.support.builders import NOW, decided, granted, handed_over, received

NOTICE_14 = Due(14, DueFrom.NOTICE, withhold=True, if_collected=DueFrom.NOTICE)
RECEIVED_7 = Due(7, DueFrom.RECEIVED)
LIMIT_15 = Due(15, DueFrom.RECEIVED, DueKind.PENALTY_LIMIT)


def under(ret: Return, due: Due, **terms: Any) -> Return:
    """Give every line the terms of a law with this date, and no date of the shop's own."""
    lines = []
    for line in ret.lines:
        assert line.terms is not None
        changed = replace(line.terms, dues=(due,), refund_due_days=None, **terms)
        lines.append(replace(line, decision=replace(line.decision, terms=changed)))
    return replace(ret, lines=tuple(lines))


def days(ret: Return) -> list[date]:
    return [clock.due_on for clock in clocks(ret)]


def test_a_refund_after_receipt_has_no_date_before_it() -> None:
    """China's seven days begin with the goods."""
    assert days(under(handed_over(), RECEIVED_7)) == []
    assert days(under(received(), RECEIVED_7)) == [date(2026, 3, 13)]


def test_who_may_withhold_waits_for_goods_or_proof() -> None:
    """The Union counts from the notice, once anything is on its way back."""
    assert days(under(granted(), NOTICE_14)) == []
    assert days(under(received(), NOTICE_14)) == [date(2026, 3, 16)]


def test_who_offered_to_collect_withholds_nothing() -> None:
    """Fourteen days after the notice, wherever the goods are."""
    assert days(under(granted(), NOTICE_14, collection_offered=True)) == [date(2026, 3, 16)]


def test_a_date_is_warned_of_then_missed_then_beyond_the_second_line() -> None:
    """Each is told once, at its own moment; the tier follows."""
    ret = under(received(), RECEIVED_7, hard_limit=LIMIT_15)
    told: list[tuple[str, str]] = []
    tiers = [tier_of(ret)]
    for _ in range(3):
        clock = next(w for w in waits(ret) if w.key.startswith("clock/"))
        at = clock.deadline
        ret, facts = pass_deadlines(_without_others(ret, at), at=at)
        told += [
            (f.type, str(f.data["wait"])) for f in facts if "clock/" in str(f.data.get("wait"))
        ]
        tiers.append(tier_of(ret))

    assert told == [
        ("sla.warned", "clock/refund/2026-03-13/warning"),
        ("sla.breached", "clock/refund/2026-03-13"),
        ("sla.breached", "clock/refund/2026-03-13/limit"),
    ]
    assert tiers == [Tier.GREEN, Tier.YELLOW, Tier.RED, Tier.RED]


def _without_others(ret: Return, at: datetime) -> Return:
    """Move every other deadline out of the way."""
    others = [w.key for w in waits(ret) if not w.key.startswith("clock/")]
    later = at + timedelta(days=365)
    return replace(ret, extended=tuple((key, later) for key in others))


def test_the_last_day_counts_as_a_whole_where_the_goods_were_delivered() -> None:
    """Also in the night in which the clocks change."""
    assert end_of(date(2026, 3, 13), "Europe/Berlin") == datetime(2026, 3, 13, 23, tzinfo=UTC)
    assert end_of(date(2026, 3, 29), "Europe/Berlin") == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert end_of(date(2026, 3, 13), "Asia/Shanghai") == datetime(2026, 3, 13, 16, tzinfo=UTC)


def test_a_running_date_is_nobody_s_step_and_moves_no_deadline() -> None:
    """It stands beside what the return waits for, and is shown as a clock."""
    plain = received()
    ret = under(plain, RECEIVED_7)
    shown: Any = document(ret)

    assert next_step(waits(ret)) == next_step(waits(replace(ret, lines=plain.lines)))
    assert first_deadline(waits(ret)) == first_deadline(waits(replace(ret, lines=plain.lines)))
    assert [clock["due_on"] for clock in shown["clocks"]] == ["2026-03-13"]
    assert "refund_due" not in [wait["code"] for wait in shown["waiting_on"]]


def test_a_missed_date_is_shown_with_what_return_waits_for() -> None:
    ret = under(received(), RECEIVED_7)
    (clock,) = clocks(ret)
    late = replace(ret, overdue=((clock.key, NOW),))
    shown: Any = document(late)

    assert "refund_past_due" in [wait["code"] for wait in shown["waiting_on"]]
    assert shown["tier"] == "RED"


def test_an_answer_is_owed_where_the_law_says_until_when() -> None:
    """While a person decides; once it is granted the date has done its work."""
    waiting = decided(RequestedLine("shoes", 1, reason="DEFECTIVE"), ground=Ground.NON_CONFORMITY)
    lines = tuple(
        replace(line, decision=replace(line.decision, answer_by=date(2026, 3, 17)))
        for line in waiting.lines
    )
    asked = replace(waiting, lines=lines)
    answered = replace(asked, authorization=AuthorizationState.APPROVED)

    (clock,) = clocks(asked)
    assert (clock.kind, clock.due_on) == (ClockKind.ANSWER, date(2026, 3, 17))
    assert all(one.kind is not ClockKind.ANSWER for one in clocks(answered))


@pytest.mark.parametrize(
    ("country", "region", "place"),
    [
        ("CN", "", "CN"),
        ("GB", "", "UK"),
        ("DE", "Bayern", "EU-DE"),
        ("US", "NY", "US-NY"),
        ("US", "us-tx", "US-TX"),
        ("US", "California", "US-CA"),
        ("US", "WA", "US"),
        ("KW", "", "KW"),
    ],
)
def test_an_address_is_under_the_law_of_its_place(country: str, region: str, place: str) -> None:
    assert place_of(country, region) == place
