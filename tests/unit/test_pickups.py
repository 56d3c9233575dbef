"""Courier visits without the parcel: told or missed, tried again another day, then given up."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from activities.notifications import render
from domain.codes import RefusedError
from domain.deadlines import extend
from domain.events import Event, JsonValue
from domain.inspection import Fault
from domain.invariants import broken
from domain.lifecycle import DeliveryState
from domain.notices import notices_for
from domain.pickups import (
    PickupOutcome,
    check_pickup_outcome,
    missed_from,
    next_window,
    pickup_failed,
    pickup_refused,
    told_window,
)
from domain.requests import PickupWindow
from domain.returns import Return
from domain.transport import withdraw
from domain.view import document
from domain.waiting import waits
from domain.work import due_work
from integrations.commerce.port import Contact
from tests.support.builders import (
    NOW,
    WINDOW,
    after,
    decided,
    granted,
    policy,
    scanned,
    window_of,
    with_label,
    with_pickup,
)

ABSENT, NO_SHOW = PickupOutcome
LATER = WINDOW.not_after + timedelta(hours=24)


def failed(ret: Return, outcome: PickupOutcome | None = None, *, at: datetime = LATER) -> Return:
    return pickup_failed(ret, "d1", outcome, at=at)[0]


def second_visit() -> Return:
    return with_pickup(failed(granted(pickup=True)), at=LATER)


class TestOutcomes:
    @pytest.mark.parametrize(
        ("outcome", "reason", "fault"),
        [
            (ABSENT, "customer_absent", Fault.CUSTOMER),
            (NO_SHOW, "courier_no_show", Fault.CARRIER),
            (None, "missed", Fault.NONE),
        ],
    )
    def test_a_visit_is_closed_with_its_fault(
        self, outcome: PickupOutcome | None, reason: str, fault: Fault
    ) -> None:
        """Who must bear the visit is noted; what nobody told is nobody's fault."""
        ret, facts = pickup_failed(granted(pickup=True), "d1", outcome, at=LATER, note="gate shut")

        (visit,) = ret.deliveries[0].attempts
        assert (visit.outcome, visit.fault, visit.note) == (reason, fault, "gate shut")
        assert [(fact.type, fact.data["ok"]) for fact in facts] == [("pickup.attempted", False)]
        assert (facts[0].data["reason"], facts[0].data["fault"]) == (reason, fault)

    def test_another_courier_is_due_for_the_next_day(self) -> None:
        """The customer keeps the hours he chose, and the label he has."""
        ret = failed(granted(pickup=True), ABSENT, at=WINDOW.not_after)

        (delivery,) = ret.deliveries
        assert delivery.pickup_window == next_window(WINDOW, after=WINDOW.not_after)
        assert [work.key for work in due_work(ret)] == ["courier/d1"]
        assert [wait.code for wait in waits(ret)] == ["booking_delivery"]
        assert delivery.label_url is not None

    def test_more_time_for_one_visit_is_not_the_next_ones(self) -> None:
        """What ops gave the first courier does not keep the second from counting as missed."""
        first = granted(pickup=True)
        (wait,) = waits(first)

        ret = with_pickup(failed(extend(first, wait.key, after(days=300))), at=LATER)

        window = ret.deliveries[0].attempts[1].window
        assert [wait.deadline for wait in waits(ret)] == [window.not_after + timedelta(hours=24)]

    def test_after_the_last_visit_the_parcel_is_dropped_off(self) -> None:
        """The hand-over has its full time from then on, and no courier is ordered any more."""
        ret = failed(second_visit(), at=after(days=40))

        (wait,) = waits(ret)
        assert (wait.code, wait.deadline) == ("awaiting_handover", after(days=40 + 30))
        assert due_work(ret) == ()
        assert [visit.number for visit in ret.deliveries[0].attempts] == [1, 2]

    def test_a_policy_may_send_one_courier_only(self) -> None:
        """How often one comes is the pack's to say."""
        ret = granted(pickup=True, under=replace(policy(), pickup_attempts=1))

        assert [wait.code for wait in waits(failed(ret))] == ["awaiting_handover"]

    def test_where_no_courier_comes_none_is_tried_again(self) -> None:
        """An address that is not served today is not served tomorrow."""
        ret = with_label(decided(pickup=True))

        ret, facts = pickup_refused(
            ret, "d1", at=NOW, pickup_ref="pickup_1", reason="no_rates", window=window_of(ret)
        )

        assert [wait.code for wait in waits(ret)] == ["awaiting_handover"]
        assert facts[0].data["next_method"] == "DROP_OFF"

    def test_a_scan_ends_the_trying(self) -> None:
        """The parcel was handed over after all: nobody comes again, and the visit stays failed."""
        ret = scanned(failed(granted(pickup=True), ABSENT))

        assert ret.deliveries[0].state is DeliveryState.IN_TRANSIT
        assert ret.deliveries[0].attempts[0].outcome == "customer_absent"
        assert (due_work(ret), broken(ret)) == ((), ())


class TestReports:
    @pytest.mark.parametrize(
        ("ret", "delivery_id", "attempt", "code", "field"),
        [
            (granted(pickup=True), "d2", 1, "delivery_not_found", "delivery_id"),
            (granted(pickup=True), "d1", 0, "pickup_not_found", "attempt"),
            (granted(pickup=True), "d1", 2, "pickup_not_found", "attempt"),
            (granted(), "d1", 1, "pickup_not_found", "attempt"),
            (second_visit(), "d1", 1, "pickup_over", "attempt"),
            (scanned(granted(pickup=True)), "d1", 1, "pickup_over", "attempt"),
            (withdraw(granted(pickup=True), at=NOW)[0], "d1", 1, "command_not_allowed", None),
        ],
    )
    def test_only_a_visit_that_is_awaited_can_fail(
        self, ret: Return, delivery_id: str, attempt: int, code: str, field: str | None
    ) -> None:
        """One that is unknown, over, collected or being cancelled is refused by its field."""
        with pytest.raises(RefusedError) as refused:
            check_pickup_outcome(ret, delivery_id, attempt)

        assert (refused.value.code, refused.value.field) == (code, field)

    def test_the_visit_that_is_awaited_may_be_told_of(self) -> None:
        """The first, and the second after it."""
        check_pickup_outcome(granted(pickup=True), "d1", 1)
        check_pickup_outcome(second_visit(), "d1", 2)


@pytest.mark.parametrize(
    ("ret", "kinds"), [(granted(pickup=True), []), (second_visit(), ["handover_ready"])]
)
def test_the_customer_is_written_to_when_there_is_something_to_do(
    ret: Return, kinds: list[str]
) -> None:
    """Of another visit he hears with its window; after the last he brings the parcel himself."""
    ret, (fact,) = pickup_failed(ret, "d1", None, at=LATER)

    event = Event(1, fact.type, LATER, "system:timeout", data=fact.data)
    assert [notice.kind for notice in notices_for(ret, [event])] == kinds


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
TURNING_DAYS = (date(2026, 3, 28), date(2026, 10, 24), date(2026, 3, 7), date(2026, 4, 4))
"""The days before clocks are turned, here and there."""


class TestNextWindow:
    @given(
        day=st.sampled_from(TURNING_DAYS) | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
        starts=st.times(),
        lasts=st.timedeltas(timedelta(minutes=1), timedelta(days=7)),
        zone=st.sampled_from(ZONES),
        waited=st.timedeltas(timedelta(0), timedelta(days=60)),
    )
    @example(date(2026, 3, 28), time(2, 30), timedelta(minutes=45), "Europe/Berlin", timedelta(0))
    @example(date(2026, 10, 25), time(2, 30), timedelta(hours=1), "Europe/Berlin", timedelta(0))
    def test_edge_30_it_has_the_same_hours_on_the_wall(
        self, day: date, starts: time, lasts: timedelta, zone: str, waited: timedelta
    ) -> None:
        """Over a night that is an hour longer or shorter, the customer still reads the same."""
        start = datetime.combine(day, starts, ZoneInfo(zone)).astimezone(UTC)
        window = PickupWindow(start, start + lasts, zone)
        now = start + waited

        found = next_window(window, after=now)

        local, was = on_the_wall(found.not_before, zone), on_the_wall(window.not_before, zone)
        assert found.not_before.tzinfo is UTC
        assert found.not_after > found.not_before > now
        assert local.date() > was.date()
        assert local.time() == was.time() or left_out(local.date(), was.time(), zone)
        if (found.not_after - found.not_before) != lasts:
            end, ended = (on_the_wall(w.not_after, zone) for w in (found, window))
            assert end.time() == ended.time() or left_out(end.date(), ended.time(), zone)

    @given(waited=st.timedeltas(timedelta(0), timedelta(days=60)), hour=st.integers(0, 23))
    def test_it_is_the_first_such_day(self, waited: timedelta, hour: int) -> None:
        """Nobody waits a day longer than the clock asks for."""
        start = datetime(2026, 3, 20, hour, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
        window = PickupWindow(start, start + timedelta(hours=2), "Europe/Berlin")

        found = next_window(window, after=start + waited)

        a_day_earlier = found.not_before - timedelta(hours=25)
        assert a_day_earlier <= max(start, start + waited)

    def test_edge_30_spring_forward_keeps_the_hour(self) -> None:
        """Ten in the morning before and after the short night: 9 and 8 o'clock in UTC."""
        saturday = datetime(2026, 3, 28, 9, tzinfo=UTC)
        window = PickupWindow(saturday, saturday + timedelta(hours=4), "Europe/Berlin")

        sunday = next_window(window, after=saturday + timedelta(hours=5))

        assert sunday.not_before == datetime(2026, 3, 29, 8, tzinfo=UTC)
        assert sunday.not_after == datetime(2026, 3, 29, 12, tzinfo=UTC)


class TestWindowsAcrossNights:
    @given(
        day=st.sampled_from(TURNING_DAYS) | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
        starts=st.times(),
        lasts=st.timedeltas(timedelta(minutes=1), timedelta(days=7)),
        zone=st.sampled_from(ZONES),
    )
    @example(date(2026, 3, 28), time(10), timedelta(hours=4), "Europe/Berlin")
    @example(date(2026, 10, 24), time(10), timedelta(hours=4), "Europe/Berlin")
    def test_edge_30_a_visit_counts_as_missed_a_day_later_on_the_wall(
        self, day: date, starts: time, lasts: timedelta, zone: str
    ) -> None:
        """In the zone of the address, whatever the zone of the order: 23, 24 or 25 hours."""
        start = datetime.combine(day, starts, ZoneInfo(zone)).astimezone(UTC)
        ret = visit_in(PickupWindow(start, start + lasts, zone), at=start - timedelta(days=1))

        (wait,) = [wait for wait in waits(ret) if wait.code == "awaiting_pickup"]

        ended, missed = (on_the_wall(at, zone) for at in (start + lasts, wait.deadline))
        # The clock of Lord Howe is turned by half an hour, Apia has left out a day.
        assert timedelta(hours=22) < wait.deadline - (start + lasts) < timedelta(hours=26)
        assert missed == ended + timedelta(days=1) or left_out(
            ended.date() + timedelta(days=1), ended.time(), zone
        )

    @given(
        day=st.sampled_from(TURNING_DAYS) | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
        starts=st.times(),
        zone=st.sampled_from(ZONES),
    )
    def test_edge_30_answer_and_mail_say_it_in_local_time_and_zone(
        self, day: date, starts: time, zone: str
    ) -> None:
        """The customer reads the hours of his own wall; a program reads the same moment."""
        start = datetime.combine(day, starts, ZoneInfo(zone)).astimezone(UTC)
        window = PickupWindow(start, start + timedelta(hours=2), zone)
        ret = visit_in(window, at=start - timedelta(days=1))

        shown_as: Any = document(ret)
        (visit,) = shown_as["deliveries"][0]["pickups"]
        text = mail_of(told_window(window))

        shown = datetime.fromisoformat(visit["not_before"])
        assert (shown, shown.utcoffset()) == (start, start.astimezone(ZoneInfo(zone)).utcoffset())
        assert visit["time_zone"] == zone
        assert f"{on_the_wall(start, zone):%Y-%m-%d %H:%M}" in text
        assert f"({zone})" in text

    def test_edge_30_the_short_night_is_an_hour_shorter(self) -> None:
        """Saturday's window until noon: missed from Sunday noon, 23 hours later."""
        saturday = datetime(2026, 3, 28, 7, tzinfo=UTC)
        window = PickupWindow(saturday, saturday + timedelta(hours=4), "Europe/Berlin")

        assert missed_from(window, since=saturday) == datetime(2026, 3, 29, 10, tzinfo=UTC)


def visit_in(window: PickupWindow, *, at: datetime) -> Return:
    """A return whose courier is ordered for this window."""
    ret = with_label(decided(pickup=True), at=at)
    wished = replace(ret.deliveries[0], pickup_window=window)
    return with_pickup(ret.with_delivery(wished), at=at)


def mail_of(window: dict[str, JsonValue]) -> str:
    data = {"rma_no": "RMA-1", "delivery_id": "d1", "window": window}
    contact = Contact("shopper@example.com", "", "en")
    return render(
        "n1", "handover_ready", data, contact=contact, return_id="r1", survey_link=""
    ).text


def on_the_wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def left_out(day: date, wall: time, zone: str) -> bool:
    """Say whether this time of day does not exist on this day."""
    local = datetime.combine(day, wall, ZoneInfo(zone))
    return local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(
        tzinfo=None
    )
