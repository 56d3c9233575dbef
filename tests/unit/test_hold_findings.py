"""A hold on both sides: what agrees, and what somebody has to look at."""

import pytest

from domain.hold_findings import HoldVerdict, judge
from domain.holds import HoldState

_S, _V = HoldState, HoldVerdict


@pytest.mark.parametrize(
    ("here", "there", "ended", "verdict"),
    [
        (_S.AUTHORIZED, _S.AUTHORIZED, False, _V.AGREES),
        (_S.AUTHORIZED, _S.AUTHORIZED, True, _V.LEFT_OPEN),
        (_S.VOIDING, _S.AUTHORIZED, False, _V.AGREES),
        (_S.VOIDED, _S.AUTHORIZED, False, _V.LEFT_OPEN),
        (_S.REJECTED, _S.AUTHORIZED, False, _V.LEFT_OPEN),
        (_S.CAPTURED, _S.CAPTURED, True, _V.AGREES),
        (_S.CAPTURING, _S.CAPTURED, False, _V.AGREES),
        (_S.AUTHORIZED, _S.CAPTURED, False, _V.TAKEN_PAST_US),
        (_S.VOIDED, _S.CAPTURED, True, _V.TAKEN_PAST_US),
        (_S.AUTHORIZED, _S.EXPIRED, False, _V.GONE),
        (_S.AUTHORIZED, _S.VOIDED, False, _V.GONE),
        (_S.CAPTURED, _S.VOIDED, True, _V.GONE),
        (_S.CAPTURED, _S.EXPIRED, False, _V.GONE),
        (_S.VOIDED, _S.VOIDED, True, _V.AGREES),
        (_S.EXPIRED, _S.EXPIRED, True, _V.AGREES),
        (_S.UNKNOWN, None, False, _V.UNKNOWN),
        (_S.SENDING, None, False, _V.UNKNOWN),
        (_S.REJECTED, None, True, _V.AGREES),
    ],
)
def test_judges_a_hold_by_both_sides(
    here: HoldState, there: HoldState | None, ended: bool, verdict: HoldVerdict
) -> None:
    """Money that is held for nothing, taken by nobody, or no longer held is found."""
    assert judge(here, there, return_has_ended=ended) is verdict
