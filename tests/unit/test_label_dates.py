"""Labels that run out: reminded of before, offered anew after, and still found by a scan."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.allowed import allowed_commands
from domain.deadlines import pass_deadlines
from domain.events import Event
from domain.lifecycle import DeliveryState
from domain.losing import check_new_label, new_label
from domain.notices import notices_for
from domain.returns import Return
from domain.transport import labelled
from domain.waiting import waits
from tests.support.builders import NOW, after, decided, policy, scanned, with_label


def with_date(days: int | None = 10, told: datetime | None = None) -> Return:
    """A parcel that waits for the customer, with a label of so many days."""
    return labelled(
        decided(under=replace(policy(), label_valid_days=days)),
        "d1",
        at=NOW,
        carrier="USPS",
        shipment_ref="shp",
        tracking_code="EZ-d1",
        tracker_ref=None,
        label_url="https://example.com/label.pdf",
        cost_minor=500,
        cost_currency="EUR",
        label_valid_until=told,
    )[0]


def passed(ret: Return, at: datetime) -> tuple[Return, list[str]]:
    """Let time pass, and return what the customer is written."""
    ret, facts = pass_deadlines(ret, at=at)
    events = [Event(n, fact.type, at, "t", data=fact.data) for n, fact in enumerate(facts, start=1)]
    return ret, [notice.kind for notice in notices_for(ret, events)]


def codes(ret: Return) -> list[str]:
    return [wait.code for wait in waits(ret)]


@pytest.mark.parametrize(
    ("days", "told", "until"),
    [(10, None, after(days=10)), (10, after(days=4), after(days=4)), (None, None, None)],
)
def test_edge_31_the_carriers_date_counts_before_the_policys(
    days: int | None, told: datetime | None, until: datetime | None
) -> None:
    """Where neither says anything, a label has no date and nobody is written."""
    ret = with_date(days, told)

    assert ret.deliveries[0].label_valid_until == until
    assert (codes(ret) == ["awaiting_handover"]) == (until is None)


def test_edge_31_the_customer_is_reminded_before_it_runs_out() -> None:
    """Once, three days before; the wait shows the date by his clock."""
    ret = with_date()
    first, handover = waits(ret)
    assert (first.code, first.deadline) == ("label_valid", after(days=7))
    assert handover.detail == "label valid until 2026-03-12 11:00 (Europe/Berlin)"

    ret, written = passed(ret, after(days=7))
    again = passed(ret, after(days=8))[1]

    assert (written, again) == (["label_running_out"], [])
    assert waits(ret)[0].deadline == after(days=10)


def test_edge_31_after_it_another_label_is_offered_and_bought() -> None:
    """One click: the old one is given back, and the new one has a date of its own."""
    ret = passed(with_date(), after(days=7))[0]

    ret, written = passed(ret, after(days=10))

    (wait,) = waits(ret)
    assert written == ["label_expired"]
    assert (wait.code, wait.exits[0], wait.deadline) == (
        "label_expired",
        "replace-label",
        after(days=30),
    )
    assert "replace-label" in allowed_commands(ret)
    check_new_label(ret, "d1")
    ret = new_label(ret, "d1", reason="it ran out", at=after(days=11))[0]
    ret = with_label(ret, "d2", at=after(days=11))
    assert ret.delivery("d1").state is DeliveryState.CANCEL_REQUESTED
    assert ret.delivery("d2").label_valid_until == after(days=21)
    assert "label_expired" not in codes(ret)


def test_edge_31_a_scan_of_a_label_that_ran_out_still_counts() -> None:
    """Its carrier took it all the same: the return is on its way, and nobody writes of labels."""
    ret = passed(passed(with_date(), after(days=7))[0], after(days=10))[0]

    ret = scanned(ret, at=after(days=12))

    assert (ret.headline, codes(ret)) == ("IN_TRANSIT", ["awaiting_arrival"])


def test_a_label_that_is_good_for_days_only_needs_no_reminder() -> None:
    """The message with the label said the date."""
    (first, _) = waits(with_date(2))

    assert (first.code, first.deadline) == ("label_running_out", after(days=2))


def test_nobody_is_reminded_of_a_parcel_that_left() -> None:
    ret = scanned(with_date(), at=after(days=1))

    assert codes(ret) == ["awaiting_arrival"]


def test_of_a_date_that_passed_nobody_is_reminded() -> None:
    """A worker that was away for days says at once that another label is needed."""
    ret, written = passed(with_date(), after(days=12))

    assert written == ["label_expired"]
    assert codes(ret) == ["label_expired"]
