"""What may become of a hold, and when it is renewed."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.holds import (
    ENDED,
    MOVES,
    UNPLACED,
    HoldState,
    HoldStep,
    hold_id_for,
    hold_key,
    renew_at,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
RETURN = "0b8f6a52-5f0e-5c0b-9d5e-1c2f3a4b5c6d"
DAY = timedelta(days=1)


def reachable(state: HoldState) -> set[HoldState]:
    seen: set[HoldState] = set()
    waiting = [state]
    while waiting:
        now = waiting.pop()
        fresh = MOVES[now] - seen
        seen |= fresh
        waiting += fresh
    return seen


@pytest.mark.parametrize("state", HoldState)
def test_every_hold_can_end(state: HoldState) -> None:
    """From wherever it stands, a hold comes to an end."""
    assert state in ENDED or reachable(state) & ENDED


@pytest.mark.parametrize("state", [HoldState.CAPTURED, HoldState.VOIDED, HoldState.EXPIRED])
def test_what_has_ended_at_the_provider_stays_so(state: HoldState) -> None:
    """Nobody captures a hold twice, or one that was let go."""
    assert MOVES[state] == set()


def test_nothing_is_captured_that_was_not_authorized() -> None:
    """A capture begins at a hold that stands."""
    begins = {state for state in HoldState if HoldState.CAPTURING in MOVES[state]}

    assert begins == {HoldState.AUTHORIZED}
    assert HoldState.AUTHORIZED not in UNPLACED


def test_every_step_of_every_hold_has_a_key_of_its_own() -> None:
    """No two effects share a key, and a repeat of one has the same."""
    holds = [hold_id_for(RETURN, lot, number) for lot, number in product(("a/1", "b/1"), (1, 2))]
    keys = [hold_key(*parts) for parts in product(holds, HoldStep, range(3))]

    assert len(set(keys)) == len(keys)
    assert hold_id_for(RETURN, "a/1", 1) == holds[0]


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_hold_is_renewed_while_it_stands(lasts: int, before: int) -> None:
    """After now and before its end, however short holds are."""
    expires_at = NOW + timedelta(seconds=lasts)

    at = renew_at(expires_at, before=timedelta(seconds=before), now=NOW)

    assert NOW < at < expires_at


def test_a_hold_is_renewed_a_day_before_its_end() -> None:
    """Of seven days six pass; of one that is shorter than the day, half."""
    assert renew_at(NOW + 7 * DAY, before=DAY, now=NOW) == NOW + 6 * DAY
    assert renew_at(NOW + DAY / 2, before=DAY, now=NOW) == NOW + DAY / 4
