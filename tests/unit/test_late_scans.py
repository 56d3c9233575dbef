"""A parcel that is scanned after its return expired."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.invariants import broken
from domain.late_scans import (
    check_leave_expired,
    leave_expired,
    may_revive,
    revived_late,
    told_by_carrier,
    units_wanted,
)
from domain.lifecycle import DeliveryState, Headline, LotState
from domain.parcel_links import told_of
from domain.parcels import LabelOwner, LinkKind
from domain.policies import Policy
from domain.returns import Return
from domain.tracking import Milestone, Reached
from domain.transport import cancelled, expire, withdraw
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import after, granted
from tests.support.ruling import ruled_by

EXPIRED_AT = after(days=30)
SCANNED = Reached(Milestone.FIRST_SCAN, after(days=31))
ARRIVED = Reached(Milestone.DELIVERED, after(days=33))
GRACE = ruled_by(hours={"late_scan": 240})


def ended(ret: Return) -> Return:
    """The carrier has cancelled all that was booked: the units are free, the run is over."""
    return cancelled(ret, "d1", at=EXPIRED_AT, pickup_cancelled=False, label_voided=True)[0]


def expired(policy: Policy = GRACE) -> Return:
    ret = replace(granted(), policy=policy)
    return ended(expire(ret, at=EXPIRED_AT)[0])


def hears(ret: Return, *news: Reached, days: float = 31) -> Return:
    return told_by_carrier(ret, "d1", news or (SCANNED,), at=after(days=days))[0]


def test_edge_32_a_late_scan_asks_for_the_units_first() -> None:
    """It stays expired until they are had, by name and with a date."""
    ret = hears(expired())

    assert ret.headline is Headline.EXPIRED
    assert [work.key for work in due_work(ret)] == ["relock/units"]
    assert [wait.code for wait in waits(ret)] == ["relocking_units"]
    assert units_wanted(ret) == (("shoes", (0, 1, 2), 3),)


def test_edge_32_with_its_units_it_is_on_its_way() -> None:
    """As a parcel that was scanned in time, with the times that the carrier says."""
    ret, facts = revived_late(hears(expired()), {"shoes": (0, 1, 2)}, at=after(days=31))

    assert ret.headline is Headline.IN_TRANSIT
    assert [lot.state for lot in ret.lots] == [LotState.IN_TRANSIT]
    assert ret.delivery("d1").first_scan_at == SCANNED.occurred_at
    assert [fact.type for fact in facts] == ["return.revived", "delivery.first_scan"]
    assert (due_work(ret), broken(ret)) == ((), ())


def test_edge_32_it_may_have_other_units_of_the_same_line() -> None:
    """They are as good; lines and lots name them alike, so amounts follow them."""
    ret = expired()
    (line,), (lot,) = ret.lines, ret.lots
    line = replace(line, units=(0,), requested=1)
    ret = replace(ret, lines=(line,), lots=(replace(lot, units=(0,)),))

    ret, _ = revived_late(hears(ret), {"shoes": (2,)}, at=after(days=31))

    assert (ret.lines[0].units, ret.lots[0].units) == ((2,), (2,))
    assert broken(ret) == ()


def test_edge_32_what_comes_meanwhile_counts_too() -> None:
    """Delivered while it waited for its units, it is delivered."""
    ret = hears(hears(expired()), SCANNED, ARRIVED, days=33)

    ret, _ = revived_late(ret, {"shoes": (0, 1, 2)}, at=after(days=34))

    assert ret.delivery("d1").state is DeliveryState.DELIVERED
    assert ret.delivery("d1").delivered_at == ARRIVED.occurred_at


@pytest.mark.parametrize(("days", "revives"), [(30, True), (39.9, True), (40, False), (90, False)])
def test_edge_32_the_grace_counts_from_the_expiry(days: float, revives: bool) -> None:  # a table
    """Ten days of it; the end itself is too late."""
    assert may_revive(expired(), "d1", [SCANNED], at=after(days=days)) is revives


def test_edge_32_without_a_grace_it_stays_expired() -> None:
    """A pack that says nothing of it, or zero, wants it so."""
    ret = hears(expired(ruled_by(hours={"late_scan": 0})))

    assert (ret.headline, due_work(ret), ret.late_scan) == (Headline.EXPIRED, (), None)


def test_edge_32_trouble_alone_revives_nothing() -> None:
    """A carrier that complains of a label does not have the parcel."""
    ret = hears(expired(), Reached(Milestone.EXCEPTION, after(days=31)))

    assert ret.late_scan is None


def test_edge_32_a_withdrawn_return_is_not_revived() -> None:
    """Its customer took it back: who sends the goods all the same asks for a new one."""
    withdrawn = replace(granted(), policy=GRACE)

    ret = hears(ended(withdraw(withdrawn, at=EXPIRED_AT)[0]))

    assert (ret.headline, due_work(ret)) == (Headline.WITHDRAWN, ())


def test_edge_32_what_is_still_being_cancelled_needs_no_grace() -> None:
    """It has its units yet, and goes on at once."""
    ret = expire(replace(granted(), policy=ruled_by()), at=EXPIRED_AT)[0]

    assert hears(ret).headline is Headline.IN_TRANSIT


def test_edge_32_counted_for_another_return_it_stays_expired() -> None:
    """The warehouse found whose goods were in the parcel: nothing is left to do."""
    other = LabelOwner("5d2c7a9e-0d1f-5b8e-8f59-1a2b3c4d5e6f", "RMA-0000-02-9")

    ret, _ = told_of(hears(expired()), "EZ-d1", other, LinkKind.SWAPPED, at=after(days=32))

    assert (ret.headline, due_work(ret), waits(ret)) == (Headline.EXPIRED, (), ())


def test_edge_32_ops_may_leave_it_expired() -> None:
    """Only while it stands parked, for otherwise its units may be locked this moment."""
    ret = hears(expired())

    with pytest.raises(RefusedError, match="no late parcel"):
        check_leave_expired(ret, "sent back by hand", stands=False)
    with pytest.raises(RefusedError, match="what became"):
        check_leave_expired(ret, "", stands=True)
    check_leave_expired(ret, "sent back by hand", stands=True)
    left, facts = leave_expired(ret)

    assert (left, [fact.type for fact in facts]) == (expired(), ["return.left_expired"])
    assert "leave-expired" not in allowed_commands(left)


def test_the_same_news_asks_once() -> None:
    """Told again, nothing changes."""
    ret = hears(expired())

    again, facts = told_by_carrier(ret, "d1", [SCANNED], at=after(days=31) + timedelta(hours=1))

    assert (again, facts) == (ret, ())
