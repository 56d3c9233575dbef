"""The simulated carriers: decided by the seed, and as late as real ones are known to be."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest

from domain.tracking import ScanStatus
from lanes.climate import NORMAL, SHIFTED, Climate
from lanes.seasons import REGIONS, is_working
from lanes.simulator import Parcel, World, simulate

SEEDS = (1, 2, 3)


@cache
def world(seed: int, watched: Climate = NORMAL) -> World:
    return simulate(seed, watched=watched)


def second_year(climate: Climate) -> list[Parcel]:
    return [
        parcel
        for seed in SEEDS
        for parcel in world(seed, climate).parcels
        if parcel.handed_over_at >= world(seed, climate).watched_from
    ]


def late_share(parcels: Iterable[Parcel]) -> float:
    late = [parcel.is_late for parcel in parcels]
    return sum(late) / len(late)


def test_the_same_seed_makes_the_same_parcels() -> None:
    """And another seed makes others, on other lanes."""
    assert simulate(1, per_day=3) == simulate(1, per_day=3)
    assert simulate(1, per_day=3).parcels != simulate(2, per_day=3).parcels


@pytest.mark.parametrize(("seed", "per_day"), [(0, 20), (1, 0)])
def test_a_seed_or_number_below_one_is_refused(seed: int, per_day: int) -> None:
    with pytest.raises(ValueError, match=f"start at 1, found {seed} and {per_day}"):
        simulate(seed, per_day=per_day)


def test_the_first_year_is_the_same_whatever_the_second_is() -> None:
    """A merchant has learned the same of his lanes when the climate changes."""
    normal, shifted = world(1), world(1, SHIFTED)
    over = normal.watched_from - timedelta(days=60)

    before = [parcel for parcel in normal.parcels if parcel.handed_over_at < over]

    assert len(before) > 5000
    assert [parcel for parcel in shifted.parcels if parcel.handed_over_at < over] == before


def test_carriers_are_as_late_as_published_figures_say() -> None:
    """Of all carriers 88 to 98.7 % were in time in a December, and more in quiet months."""
    parcels = second_year(NORMAL)
    peak = [p for p in parcels if p.region == "US" and p.handed_over_at.month == 12]
    quiet = [p for p in parcels if p.handed_over_at.month in {3, 4}]

    assert 0.013 < late_share(peak) < 0.12
    assert 0.005 < late_share(quiet) < late_share(peak)


def test_the_shifted_climate_is_worse_in_all_that_it_names() -> None:
    """More parcels are late, they are later, and more scans are never made."""

    def days_late(climate: Climate) -> float:
        late = [
            p.delivered_at - p.promised_at
            for p in second_year(climate)
            if p.delivered_at and p.is_late
        ]
        return sorted(late)[len(late) * 9 // 10] / timedelta(days=1)

    def scans(climate: Climate) -> float:
        parcels = second_year(climate)
        return sum(len(parcel.sightings) for parcel in parcels) / len(parcels)

    assert late_share(second_year(SHIFTED)) > 1.5 * late_share(second_year(NORMAL))
    assert days_late(SHIFTED) > days_late(NORMAL)
    assert scans(SHIFTED) < 0.93 * scans(NORMAL)


def test_some_parcels_are_lost_without_a_word() -> None:
    """They stop being scanned, and are late for good."""
    lost = [parcel for parcel in second_year(NORMAL) if parcel.delivered_at is None]

    assert 0.001 < len(lost) / len(second_year(NORMAL)) < 0.01
    assert all(parcel.is_late for parcel in lost)
    assert not any(
        sighting.scan.status is ScanStatus.DELIVERED
        for parcel in lost
        for sighting in parcel.sightings
    )


def test_parcels_that_pass_a_facility_on_the_same_days_are_late_together() -> None:
    """A backlog is shared: beside a late parcel its neighbour on the way is late far more often."""
    ways: dict[object, list[Parcel]] = {}
    for parcel in second_year(NORMAL):
        way = (parcel.lane.carrier, parcel.lane.location_id, parcel.promised_days)
        ways.setdefault((*way, parcel.handed_over_at.date()), []).append(parcel)
    beside = [later for way in ways.values() for one, later in pairwise(way) if one.is_late]

    assert late_share(beside) > 3 * late_share(second_year(NORMAL))


def test_scans_are_told_after_they_are_made() -> None:
    """They are listed as they become known, which need not be as they were made."""
    parcels = second_year(SHIFTED)

    assert all(s.known_at >= s.scan.occurred_at for p in parcels for s in p.sightings)
    assert all(a.known_at <= b.known_at for p in parcels for a, b in pairwise(p.sightings))
    assert any(
        a.scan.occurred_at > b.scan.occurred_at for p in parcels for a, b in pairwise(p.sightings)
    )


def test_no_round_goes_out_on_a_day_off() -> None:
    """Nor is anything promised for one."""
    regions = {region.name: region for region in REGIONS}
    for parcel in second_year(NORMAL):
        region = regions[parcel.region]
        assert is_working(region, parcel.promised_at.date())
        rounds = [s.scan for s in parcel.sightings if s.scan.status is ScanStatus.OUT_FOR_DELIVERY]
        assert all(is_working(region, scan.occurred_at.date()) for scan in rounds)
