"""How warnings are judged: shares, notice and lead time, thresholds, and what the page says."""

import json
from collections.abc import Sequence

import pytest

from lanes.__main__ import main
from lanes.judging import (
    Arrivals,
    Figures,
    Judged,
    arrivals,
    figures_of,
    judge,
    threshold_at_least,
    threshold_at_most,
)
from lanes.report import tables, to_json
from lanes.simulator import simulate
from lanes.trial import Plan, Trial, run
from lanes.watching import Rise, Watched, watch

SMALL = Plan(validation=(11,), held_out=(21,), shifted=(41,), per_day=3)


def one(
    *rises: tuple[float, float],
    late: bool = False,
    month: int = 1,
    days_off: tuple[int, int] | None = None,
) -> Watched:
    """Return a parcel of which every rule said the same: scores, and the hours before."""
    said = tuple(Rise(*rise) for rise in rises)
    return Watched((1, 2026, month), late, (said, said, said), days_off)


def test_shares_are_of_those_whom_they_are_about() -> None:
    """Three are late: one warned in time, one an hour before, one never; one alarm is false."""
    watched = [
        one((0.2, 50), (0.9, 30), late=True),
        one((0.9, 1), late=True),
        one((0.5, 40), late=True),
        one((0.9, 60)),
        *[one((0.1, 60))] * 6,
    ]

    figures = figures_of(watched, 0, 0.9)

    assert (figures.warned, figures.late, figures.in_time) == (3, 3, 7)
    assert figures.precision == pytest.approx(2 / 3)
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.notice == pytest.approx(1 / 3)
    assert figures.false_alarms == pytest.approx(1 / 7)
    assert figures.lead_hours == 15.5


def test_nobody_warned_is_no_precision_at_all() -> None:
    """And a set without late parcels has nothing to recall."""
    figures = figures_of([one((0.1, 60))], 0, 0.9)

    assert (figures.warned, figures.precision, figures.recall, figures.lead_hours) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("false_alarms", "warned"), [(0.0, 0), (0.1, 1), (0.25, 2), (0.29, 2), (0.5, 5)]
)
def test_a_threshold_keeps_false_alarms_below_their_share(false_alarms: float, warned: int) -> None:
    """It is the lowest that does; parcels with the same score are warned of together or not."""
    scores = [0.9, 0.8, 0.7, 0.6, 0.6, 0.3, 0.2, 0.1, 0.05, 0.01]
    watched = [one((score, 10)) for score in scores]

    threshold = threshold_at_most(watched, 0, false_alarms)

    assert sum(score >= threshold for score in scores) <= false_alarms * len(scores)
    assert figures_of(watched, 0, threshold).warned == warned


@pytest.mark.parametrize(("alarms", "warned"), [(1, 1), (3, 3), (4, 5), (5, 5), (10, 10)])
def test_a_matched_threshold_has_no_fewer_false_alarms(alarms: int, warned: int) -> None:
    """The rule beside ours is given at least as many."""
    scores = [0.9, 0.8, 0.7, 0.6, 0.6, 0.3, 0.2, 0.1, 0.05, 0.01]
    watched = [one((score, 10)) for score in scores]

    threshold = threshold_at_least(watched, 1, alarms)

    assert sum(score >= threshold for score in scores) == warned


def months(*, ahead: float) -> list[Watched]:
    """Return twelve months with late parcels that are warned of so many hours before."""
    return [
        parcel
        for month in range(1, 13)
        for parcel in (
            one((0.9, ahead), late=True, month=month),
            one((0.9, 5), late=True, month=month),
            *[one((0.1, 60), month=month)] * (10 + month),
        )
    ]


def test_intervals_hold_the_figure_and_the_same_rule_gains_nothing() -> None:
    """Resamples are the same for all rules, so that only their difference is left."""
    ours, same = judge(months(ahead=30), [("a", 0, 0.5), ("b", 1, 0.5)], seed="s")

    assert ours.intervals["notice"].low <= ours.figures.notice <= ours.intervals["notice"].high
    assert same.gain is not None
    assert (same.gain["notice"].low, same.gain["notice"].high) == (0, 0)
    assert ours.gain is None


def test_days_of_arrival_are_compared_by_the_day() -> None:
    """Of parcels that never came nothing can be said."""
    watched = [one(days_off=off) for off in ((0, 2), (1, 1), (-1, 3), (2, 0), None)]

    assert arrivals(watched, 0) == Arrivals(on_the_day=0.25, within_a_day=0.75)
    assert arrivals(watched, 1) == Arrivals(on_the_day=0.25, within_a_day=0.5)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return run(SMALL, processes=1, tell=lambda _: None)


def test_all_of_the_second_year_is_watched_until_its_promises() -> None:
    """Each parcel of the second year is looked at before its promise breaks, and never after."""
    world = simulate(11, per_day=2)

    found = watch(11, per_day=2)

    assert len(found) == sum(p.handed_over_at >= world.watched_from for p in world.parcels)
    for parcel in found:
        for rises in parcel.rises:
            assert all(rise.hours_before > 0 for rise in rises)
            assert [*rises] == sorted(rises, key=lambda rise: -rise.hours_before)


def test_the_model_warns_earlier_than_time_alone_at_as_many_false_alarms(trial: Trial) -> None:
    """On held-out parcels and where everything is worse, even in a short trial."""
    for part in trial.parts:
        model, elapsed = (judged(part.judged, name) for name in ("model", "elapsed, matched"))
        assert elapsed.false_alarms >= model.false_alarms
        assert model.notice > elapsed.notice
        assert model.lead_hours >= elapsed.lead_hours
        assert part.foretold.within_a_day > part.promised.within_a_day


def judged(rows: Sequence[Judged], name: str) -> Figures:
    (found,) = (row for row in rows if row.rule == name)
    return found.figures


def test_the_thresholds_are_those_of_the_validation_seeds(trial: Trial) -> None:
    """No other set is allowed to choose; there they have their share of false alarms."""
    validation = trial.parts[0].judged[0].figures

    assert 0 < validation.false_alarms <= 0.02
    assert {part.judged[0].threshold for part in trial.parts} == {trial.chosen}


def test_a_model_that_is_no_better_is_switched_off(trial: Trial) -> None:
    """The page says so, in the words of the finding."""
    kept = json.loads(json.dumps(to_json(trial)))

    on, off = tables({**kept, "beats": True}), tables({**kept, "beats": False})

    assert "the model **beats** both thresholds" in on
    assert "switched on." in on
    assert "the model **does not beat** both thresholds" in off
    assert "switched off." in off


def test_bad_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--processes", "0"])
    assert "--processes must be at least 1" in capsys.readouterr().err
