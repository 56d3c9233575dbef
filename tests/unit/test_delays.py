"""A delay is told once, of a parcel under way, before its promise breaks."""

from dataclasses import replace

import pytest

from domain.delays import delay_expected
from domain.parcels import Delivery
from domain.returns import Return
from domain.tracking import Milestone
from tests.support.builders import after, granted, scanned

PROMISED, EXPECTED = after(days=6), after(days=9)


def under_way(*milestones: Milestone) -> Return:
    ret = scanned(granted(), *milestones)
    return ret.with_delivery(replace(ret.delivery("d1"), promised_at=PROMISED))


def with_parcel(ret: Return, **changes: object) -> Return:
    delivery: Delivery = replace(ret.delivery("d1"), **changes)  # type: ignore[arg-type]
    return ret.with_delivery(delivery)


@pytest.mark.parametrize("milestones", [(), (Milestone.FIRST_SCAN, Milestone.EXCEPTION)])
def test_a_delay_is_told_with_both_dates(milestones: tuple[Milestone, ...]) -> None:
    """Also of a parcel that its carrier has trouble with."""
    ret, (fact,) = delay_expected(under_way(*milestones), "d1", EXPECTED, at=after(days=5))

    assert ret.delivery("d1").expected_at == EXPECTED
    assert (fact.type, fact.data["promised_at"], fact.data["expected_at"]) == (
        "delivery.delay_expected",
        PROMISED.isoformat(),
        EXPECTED.isoformat(),
    )


@pytest.mark.parametrize(
    "ret",
    [
        with_parcel(granted(), promised_at=PROMISED),
        scanned(under_way(), Milestone.DELIVERED),
        with_parcel(under_way(), promised_at=None),
        with_parcel(under_way(), promised_at=after(days=5)),
        with_parcel(under_way(), expected_at=after(days=8)),
        with_parcel(under_way(), ship_back_of="shoes/1"),
    ],
    ids=[
        *("not handed over", "delivered", "without a promise", "its promise is broken"),
        *("told before", "on its way to the customer"),
    ],
)
def test_nothing_is_told_of_a_parcel(ret: Return) -> None:
    assert delay_expected(ret, "d1", EXPECTED, at=after(days=5)) == (ret, ())
