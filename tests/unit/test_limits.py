"""What a provider's capability sheet refuses, before anything is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.limits import LimitReached, Limits, Payment, limit_reached

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WECHAT_PAY = Limits(50, timedelta(minutes=1), timedelta(days=365))


def reached(
    *, refunds: int = 0, sent: timedelta | None = None, made: timedelta | None = None
) -> LimitReached | None:
    """What WeChat Pay's limits say of a payment; times are how long ago."""
    last_sent_at = None if sent is None else NOW - sent
    captured_at = None if made is None else NOW - made
    return limit_reached(WECHAT_PAY, Payment(refunds, last_sent_at, captured_at), now=NOW)


@pytest.mark.parametrize(
    "payment",
    [
        {},
        {"refunds": 49},
        {"sent": timedelta(minutes=1)},
        {"made": timedelta(days=365) - timedelta(seconds=1)},
    ],
    ids=["new", "one left", "after the pause", "on its last day"],
)
def test_within_every_limit_nothing_is_refused(payment: dict[str, timedelta]) -> None:
    """Up to the limit itself."""
    assert reached(**payment) is None  # type: ignore[arg-type]  # each row fits its names


def test_a_pause_ends_by_itself() -> None:
    """It says when."""
    found = reached(sent=timedelta(seconds=20))

    assert found is not None
    assert found.until == NOW + timedelta(seconds=40)


@pytest.mark.parametrize(
    "payment",
    [{"refunds": 50}, {"made": timedelta(days=365)}],
    ids=["the fifty-first", "after a year"],
)
def test_what_does_not_pass_has_no_end(payment: dict[str, timedelta]) -> None:
    """Also beside a pause that would: waiting for that is in vain."""
    found = reached(sent=timedelta(seconds=20), **payment)  # type: ignore[arg-type]  # as above

    assert found is not None
    assert found.until is None


def test_without_limits_nothing_is_looked_at() -> None:
    """A provider that tells of none costs no statement."""
    assert not Limits().are_any
    assert WECHAT_PAY.are_any
    assert Limits(max_age=timedelta(days=1)).are_any
