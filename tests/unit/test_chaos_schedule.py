"""A seed of the chaos run means the same faults and deaths for ever, and seeds cover the matrix."""

from pathlib import Path

import pytest

from activities.policies import load_policy
from chaos.packs import PACKS, write_pack
from chaos.points import BOOKING, ELSEWHERE, HOLDING, POINTS, SETTLEMENT, Process
from chaos.schedule import schedule_for
from chaos.sending_ahead import AHEAD
from cli.demo.scenarios import SCENARIOS
from domain.triggers import AT_ACCEPTANCE
from sandbox.faults import FaultKind, FaultPlan

CELLS = {f"{point.name}/{process}" for point in SETTLEMENT for process in Process}
HOLDS = {FaultKind.HOLD_BEFORE, FaultKind.HOLD_AFTER}


def cells_of(*schedules: object) -> set[str]:
    return {f"{s.point}/{s.process}" for one in schedules for s in one.settlement}  # type: ignore[attr-defined]  # schedules


def test_the_same_seed_gives_the_same_schedule() -> None:
    """What a seed found can be run again."""
    assert schedule_for(7, 20) == schedule_for(7, 20)
    assert schedule_for(7, 20) != schedule_for(8, 20)


@pytest.mark.parametrize("pack", PACKS)
def test_a_schedule_has_as_many_stories_as_returns(pack: str) -> None:
    """Each is one that can be told."""
    known = {scenario.name for scenario in (*SCENARIOS, *AHEAD)}

    assert set(PACKS[pack].extra) <= known
    for returns in (1, 9, 10, 37):
        stories = schedule_for(3, returns, pack=pack).stories
        assert len(stories) == returns
        assert set(stories) <= known


def test_a_long_run_strikes_every_boundary_with_every_process() -> None:
    """Two hundred returns, or the matrix on its own, leave no cell out."""
    assert cells_of(schedule_for(7, 200)) == CELLS
    assert cells_of(schedule_for(7, 10, whole_matrix=True)) == CELLS
    assert len(CELLS) == 35


@pytest.mark.parametrize("first", [1, 4, 50])
def test_short_runs_strike_all_of_it_together(first: int) -> None:
    """Seven seeds of ten returns in a row, wherever they begin, cover the matrix."""
    assert cells_of(*(schedule_for(first + n, 10) for n in range(7))) == CELLS


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("returns", [10, 50])
def test_every_fault_is_one_that_the_sandbox_takes(returns: int, pack: str) -> None:
    """Each has a name of its own; together they are of every kind but those that hold a strike."""
    faults = schedule_for(7, returns, pack=pack).faults

    kinds = {FaultPlan.model_validate(fault.plan).kind for fault in faults}

    assert len({fault.name for fault in faults}) == len(faults)
    assert kinds == set(FaultKind) - HOLDS - {FaultKind.NONSENSE}


def test_faults_are_counted_and_never_timed() -> None:
    """Each strikes the n-th request, and sets of a longer run follow each other."""
    first, second = schedule_for(7, 20).faults[:24], schedule_for(7, 20).faults[24:]

    assert [fault.plan["kind"] for fault in first] == [fault.plan["kind"] for fault in second]
    for early, late in zip(first, second, strict=True):
        assert early.plan["after"] < late.plan["after"]


@pytest.mark.parametrize(("seed", "returns"), [(0, 5), (5, 0)])
def test_a_schedule_of_nothing_is_refused(seed: int, returns: int) -> None:
    with pytest.raises(ValueError, match="start at 1"):
        schedule_for(seed, returns)


def test_points_have_names_of_their_own() -> None:
    """A strike names its point alone; in the database it is a part of a setting's name."""
    assert len(POINTS) == len(SETTLEMENT) + len(ELSEWHERE) + len(HOLDING) + len(BOOKING)
    assert all(name.isidentifier() for name in POINTS)


def test_sending_ahead_strikes_every_boundary_of_a_hold() -> None:
    """Seven seeds of ten returns in a row cover each with each process."""
    dealt = [strike for n in range(7) for strike in schedule_for(4 + n, 10, pack="ahead").elsewhere]

    struck = {(strike.point, strike.process) for strike in dealt}

    assert struck == {(point.name, process) for point in HOLDING for process in Process}


@pytest.mark.parametrize("pack", [name for name, pack in PACKS.items() if pack.changes])
def test_a_pack_of_a_run_is_one_that_can_be_loaded(pack: str, tmp_path: Path) -> None:
    """It lets value out before the goods, and says how long those may stay away."""
    path = write_pack(pack, tmp_path)

    policy = load_policy(path)

    assert policy.release != AT_ACCEPTANCE
    assert policy.handling.recovery


@pytest.mark.parametrize("pack", [name for name, pack in PACKS.items() if not pack.changes])
def test_the_shipped_pack_needs_no_file(pack: str, tmp_path: Path) -> None:
    assert write_pack(pack, tmp_path) is None
    assert list(tmp_path.iterdir()) == []
