"""Edge 39: whatever order a carrier tells its scans in, one parcel has one history."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.handover import change_handover
from domain.lifecycle import DeliveryState
from domain.requests import HandoverMethod
from domain.returns import Return
from domain.tracking import Milestone, Reached, Scan, ScanStatus, milestones
from domain.transport import cancelled, expire, reached, withdraw
from tests.support.builders import NOW, after, granted, scanned

TOLD_AT = after(days=9)


def replaced() -> Return:
    """A return whose label was given back, as the parcel was to be brought to a store."""
    changed, _ = change_handover(granted(), HandoverMethod.IN_STORE, None, at=NOW)
    return cancelled(changed, "d1", at=NOW, pickup_cancelled=False, label_voided=True)[0]


BEFORE = {
    "dropped off": granted(),
    "with a courier": granted(pickup=True),
    "being withdrawn": withdraw(granted(pickup=True), at=NOW)[0],
    "expiring": expire(granted(), at=NOW)[0],
    "replaced": replaced(),
}

scans = st.builds(
    Scan,
    st.sampled_from(ScanStatus),
    st.integers(0, 6).map(lambda hour: after(days=2, hours=hour)),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Scan], list[list[Scan]]]:
    """A parcel's scans, and what is told of them: batches that may repeat, in any order."""
    happened = draw(st.lists(scans, min_size=1, max_size=8))
    told = draw(st.permutations([*happened, *draw(st.lists(st.sampled_from(happened)))]))
    cuts = sorted(draw(st.lists(st.integers(0, len(told)), max_size=4)))
    edges = [0, *cuts, len(told)]
    batches = [list(told[one:other]) for one, other in pairwise(edges)]
    return happened, batches


def news_of(batches: Sequence[Sequence[Scan]]) -> list[tuple[Reached, ...]]:
    """Return what the scan table proves after each batch: it keeps all there ever were."""
    table: list[Scan] = []
    proven = []
    for batch in batches:
        table += batch
        proven.append(milestones(table))
    return proven


def tell(ret: Return, news: Sequence[Sequence[Reached]], at: datetime = TOLD_AT) -> Return:
    for told in news:
        ret, _ = reached(ret, "d1", told, at=at)
    return ret


@pytest.mark.parametrize("before", BEFORE)
@given(history=histories(), data=st.data())
def test_edge_39_any_order_gives_the_same_return(
    before: str, history: tuple[list[Scan], list[list[Scan]]], data: st.DataObject
) -> None:
    """The scans in any batches, their news in any order and twice: state, times, trouble, lots."""
    happened, batches = history
    news = news_of(batches)
    mixed = data.draw(st.permutations([*news, *news]))

    at_once = tell(BEFORE[before], [milestones(happened)])

    assert tell(BEFORE[before], mixed) == at_once


@pytest.mark.parametrize("before", BEFORE)
@given(history=histories())
def test_edge_39_what_was_delivered_is_never_under_way_again(
    before: str, history: tuple[list[Scan], list[list[Scan]]]
) -> None:
    """Nor is what was handed over ever to be handed over again."""
    ret = BEFORE[before]
    states = [ret.delivery("d1").state]

    for told in news_of(history[1]):
        ret, _ = reached(ret, "d1", told, at=TOLD_AT)
        states.append(ret.delivery("d1").state)

    arrived = [state is DeliveryState.DELIVERED for state in states]
    assert arrived == sorted(arrived)
    handed_over = [state is not states[0] for state in states]
    assert handed_over == sorted(handed_over)


@given(history=histories())
def test_edge_39_the_earliest_time_of_each_scan_is_kept(
    history: tuple[list[Scan], list[list[Scan]]],
) -> None:
    """A time is evidence: when goods were handed over and arrived, not when somebody said so."""
    happened, batches = history
    wanted = {news.milestone: news.occurred_at for news in milestones(happened)}

    delivery = tell(granted(), news_of(batches)).delivery("d1")

    assert delivery.first_scan_at == wanted.get(Milestone.FIRST_SCAN)
    assert delivery.delivered_at == wanted.get(Milestone.DELIVERED)


def test_edge_39_an_earlier_delivery_told_late_is_the_evidence() -> None:
    """It changes the time and nothing else, is no second delivery, and the log says so once."""
    ret = scanned(granted(), Milestone.FIRST_SCAN, Milestone.DELIVERED)
    early = Reached(Milestone.DELIVERED, after(days=2) - timedelta(hours=3))

    moved, (fact,) = reached(ret, "d1", [early], at=TOLD_AT)

    assert moved.delivery("d1").delivered_at == early.occurred_at
    assert moved.delivery("d1").since == ret.delivery("d1").since
    assert (fact.type, fact.data["milestone"], fact.data["before"]) == (
        "delivery.time_corrected",
        "delivered",
        after(days=2).isoformat(),
    )
    assert reached(moved, "d1", [early], at=TOLD_AT) == (moved, ())
