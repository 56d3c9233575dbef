"""Dates that a law or a promise gives are seen, warned of, and told when they were missed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.allowed import allowed_commands
from domain.asking_info import ask
from domain.blockers import WAITS, Turn
from domain.clocks import ClockKind, clocks, end_of
from domain.commands import COMMANDS
from domain.deadlines import pass_deadlines
from domain.events import Fact
from domain.law.places import place_of
from domain.law.schema import Due, DueFrom, DueKind
from domain.lifecycle import AuthorizationState, LogisticsState
from domain.losing import new_label
from domain.offers import offer
from domain.returns import Return
from domain.review_terms import Silence
from domain.reviewing import approved
from domain.tiers import Tier, tier_of
from domain.view import document
from domain.waiting import first_deadline, next_step, waits
from tests.support.builders import NOW, after, granted, handed_over, received, with_label
from tests.support.reviewing import QUESTION, RITA
from tests.unit.test_waiting import owing_an_answer, owing_the_address

NOTICE_14 = Due(14, DueFrom.NOTICE, withhold=True, if_collected=DueFrom.NOTICE)
RECEIVED_7 = Due(7, DueFrom.RECEIVED)
LIMIT_15 = Due(15, DueFrom.RECEIVED, DueKind.PENALTY_LIMIT)


LAST_DAYS = after(days=14)


def asked_late() -> Return:
    """Asked on the last day but one that the law gives for an answer."""
    return ask(owing_an_answer(), QUESTION, by=RITA, at=LAST_DAYS)[0]


def offered_late() -> Return:
    return offer(owing_an_answer(), 30, None, "Keep them.", by=RITA, at=LAST_DAYS)[0]


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
    """Granted in time, the customer is to be told in time where the goods go: on the label."""
    untold = owing_the_address()

    (answer,), (address,) = clocks(owing_an_answer()), clocks(untold)
    assert (answer.kind, answer.due_on) == (ClockKind.ANSWER, after(days=15).date())
    assert (address.kind, address.due_on) == (ClockKind.ADDRESS, answer.due_on)
    assert clocks(with_label(untold)) == ()


def test_the_address_is_told_once() -> None:
    """Another label, after the day or before it, is no other answer."""
    told = with_label(owing_the_address())
    again, _ = new_label(told, "d1", reason="torn", at=after(days=30))

    assert again.logistics is LogisticsState.LABEL_PENDING
    assert clocks(again) == ()


def test_a_grant_that_came_too_late_has_missed_its_day_already() -> None:
    """It is not told a second time that the address is late as well."""
    late = approved(owing_an_answer(), ["shoes"], by=RITA, at=after(days=16))[0]

    assert late.logistics is LogisticsState.LABEL_PENDING
    assert clocks(late) == ()


def test_a_date_for_the_address_is_warned_of_and_missed() -> None:
    """The carrier sells no label: ops hear of it before the day is over, and after."""
    ret, facts = owing_the_address(), list[Fact]()
    for day in (14, 17):
        ret, told = pass_deadlines(ret, at=after(days=day))
        facts += told

    of_law = [fact.type for fact in facts if fact.data.get("clock") == "address_due"]
    assert of_law == ["sla.warned", "sla.breached"]
    assert tier_of(ret) is Tier.RED


@pytest.mark.parametrize("turn", [asked_late, offered_late, owing_the_address, owing_an_answer])
def test_what_is_said_to_bring_an_answer_on_is_allowed(turn: Callable[[], Return]) -> None:
    """Whoever has to act meanwhile: the reviewer, the customer, or the carrier."""
    ret = turn()
    (clock,) = clocks(ret)
    late = replace(ret, overdue=((clock.key, end_of(clock.due_on, ret.time_zone)),))
    (wait,) = [wait for wait in waits(late) if wait.code.endswith("_past_due")]
    asked_for = {name for name in wait.exits if name in COMMANDS}

    assert asked_for
    assert asked_for <= set(allowed_commands(late))


@pytest.mark.parametrize("turn", [asked_late, offered_late])
def test_of_what_the_law_leaves_the_reviewer_has_half(turn: Callable[[], Return]) -> None:
    """A question or an offer of the last days; silence is then no reason to deny anything."""
    ret = turn()
    review = replace(ret.policy.review, info_default=Silence.DENY, offer_default=Silence.DENY)
    ret = replace(ret, policy=replace(ret.policy, review=review))
    (clock,) = clocks(ret)
    left = end_of(clock.due_on, ret.time_zone) - LAST_DAYS
    (wait,) = [wait for wait in waits(ret) if wait.code in ("awaiting_info", "offer_open")]

    after_it, _ = pass_deadlines(ret, at=wait.deadline)

    assert wait.deadline == LAST_DAYS + left / 2
    assert "the reviewer decides" in wait.at_deadline
    assert after_it.authorization is AuthorizationState.IN_REVIEW
    assert clock.key not in dict(after_it.overdue)


def test_after_the_laws_day_a_question_has_its_whole_time() -> None:
    """What is late already is not made worse by hurry."""
    asked_at = after(days=20)
    late = ask(owing_an_answer(), QUESTION, by=RITA, at=asked_at)[0]
    (wait,) = [wait for wait in waits(late) if wait.code == "awaiting_info"]

    assert wait.deadline == asked_at + late.policy.handling.info_answer


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


def test_each_kind_of_clock_runs_quietly_and_is_nobody_s_step_once_it_is_missed() -> None:
    """So the catalogue has it; a kind that is new is filed there, too."""
    clock = {code for code, kind in WAITS.items() if kind.turn is Turn.CLOCK}
    missed = {WAITS[f"{kind}_past_due"].turn for kind in ClockKind}

    assert clock == {f"{kind}_due" for kind in ClockKind}
    assert missed == {Turn.ASIDE}
