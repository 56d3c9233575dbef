"""A refund that was sent and is not found: the same key, a new one, later, or a person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intents import Ruling
from domain.refunding import Sent, Trust, Way, believed_from, is_about, way_on

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT_ONCE = Trust(key_window=23 * HOUR, finds_again=True, settle_time=timedelta())
SLOW = Trust(key_window=23 * HOUR, finds_again=True, settle_time=2 * HOUR)
BLIND = Trust(key_window=23 * HOUR, finds_again=False, settle_time=timedelta())


def sent(*, ago: timedelta, last: timedelta | None = None, stored: bool = False) -> Sent:
    return Sent(NOON - ago, NOON - (ago if last is None else last), stored)


@pytest.mark.parametrize(
    ("trust", "known", "way"),
    [
        (AT_ONCE, sent(ago=HOUR), Way.SEND_AGAIN),
        (BLIND, sent(ago=HOUR), Way.SEND_AGAIN),
        (AT_ONCE, sent(ago=HOUR, stored=True), Way.NEXT_GENERATION),
        (AT_ONCE, sent(ago=23 * HOUR), Way.NEXT_GENERATION),
        (SLOW, sent(ago=HOUR, stored=True), Way.WAIT),
        (SLOW, sent(ago=2 * HOUR, stored=True), Way.NEXT_GENERATION),
        (SLOW, sent(ago=30 * HOUR, last=HOUR), Way.WAIT),
        (BLIND, sent(ago=HOUR, stored=True), Way.ASK_A_PERSON),
        (BLIND, sent(ago=23 * HOUR), Way.ASK_A_PERSON),
    ],
)
def test_the_way_on_follows_from_what_the_provider_promises(
    trust: Trust, known: Sent, way: Way
) -> None:
    """A key is good for its window, a look-up after its settle time, a stored error for nothing."""
    assert way_on(known, trust, now=NOON) is way


@pytest.mark.parametrize(
    ("ruled", "used", "counts"),
    [(HOUR, None, True), (HOUR, "another", True), (HOUR, "r1", False), (-HOUR, None, False)],
)
def test_a_ruling_is_of_what_was_sent_before_it(
    ruled: timedelta, used: str | None, counts: bool
) -> None:
    """It sends once, and says nothing of a try that went out after it."""
    ruling = Ruling(paid=False, ruling_id="r1", ruled_at=NOON + ruled)

    assert is_about(ruling, Sent(NOON - HOUR, NOON), used=used) is counts


_SPANS = st.timedeltas(timedelta(), timedelta(days=40))


@given(trust=st.builds(Trust, _SPANS, st.booleans(), _SPANS), first=_SPANS, last=_SPANS, stored=...)
def test_no_way_pays_twice(trust: Trust, first: timedelta, last: timedelta, stored: bool) -> None:
    """The old key is used only while it lives, a new one only once a look-up can be believed."""
    known = Sent(NOON - first, NOON - min(last, first), stored)

    way = way_on(known, trust, now=NOON)

    assert way is not Way.SEND_AGAIN or (known.first_at + trust.key_window > NOON and not stored)
    settled = trust.finds_again and believed_from(known, trust) <= NOON
    assert way is not Way.NEXT_GENERATION or settled
    assert way is not Way.WAIT or believed_from(known, trust) > NOON
