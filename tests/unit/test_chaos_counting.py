"""A difference between what was asked and what happened is seen, whatever it is."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos.counting import Asked, Case, Found, count, standing
from chaos.journal import Journal, OtherRunError
from chaos.report import Report, report_of

ASKED = (Asked("a", "100 EUR"), Asked("b", "5 JPY"), Asked("c", wanted=False))
FOUND = (Found("a", "100 EUR"), Found("b", "5 JPY"))
ENDED = Case("r1", "CLOSED", ended=True, waits=())
OPEN = Case("r2", "RESOLVING", ended=False, waits=("refund_unknown",), unpaid=1)


def test_what_was_asked_and_happened_once_is_no_difference() -> None:
    """Also not what was refused and did not happen."""
    counted = count("refund", ASKED, FOUND)

    assert (counted.asked, counted.found, counted.double, counted.missing) == (2, 2, 0, 0)
    assert counted.differences == ()


@pytest.mark.parametrize(
    ("found", "double", "missing", "said"),
    [
        ((*FOUND, FOUND[0]), 1, 0, "refund a: asked for once, found 2 times"),
        (FOUND[1:], 0, 1, "refund a: asked for, not found"),
        ((*FOUND, Found("x")), 1, 0, "refund x: 1 that nobody asked for"),
        ((*FOUND, Found("c")), 1, 0, "refund c: 1 that nobody asked for"),
        (
            (replace(FOUND[0], says="99 EUR"), FOUND[1]),
            *(0, 0),
            "refund a: asked for 100 EUR, found 99 EUR",
        ),
    ],
    ids=["twice", "not at all", "unknown", "refused and paid", "another amount"],
)
def test_every_difference_is_told(
    found: tuple[Found, ...], double: int, missing: int, said: str
) -> None:
    counted = count("refund", ASKED, found)

    assert (counted.double, counted.missing) == (double, missing)
    assert counted.differences == (said,)


def test_an_uncertain_effect_may_have_happened_once() -> None:
    """Nobody says that it did, or that it did not; twice is twice all the same."""
    asked = (Asked("a", certain=False),)

    assert count("refund", asked, ()).differences == ()
    assert count("refund", asked, (Found("a"),)).differences == ()
    assert count("refund", asked, (Found("a"), Found("a"))).double == 1


def test_a_return_that_ended_or_waits_by_name_is_not_stuck() -> None:
    """What is parked is counted by its blocker."""
    stand = standing((ENDED, OPEN))

    assert (stand.returns, stand.ended, stand.stuck) == (2, 1, ())
    assert stand.parked == (("refund_unknown", 1),)


@pytest.mark.parametrize(
    "case",
    [
        replace(OPEN, waits=()),
        replace(ENDED, unpaid=1),
        replace(OPEN, late=("refund_unknown",)),
    ],
    ids=["open without a wait", "ended with an open refund", "a deadline nobody minds"],
)
def test_a_return_that_nothing_moves_is_stuck(case: Case) -> None:
    assert len(standing((case,)).stuck) == 1


def test_a_broken_rule_is_told() -> None:
    assert standing((replace(ENDED, broken=("4: too much",)),)).broken == (
        "return r1: 4: too much",
    )


def journal(path: Path, **known: int) -> Journal:
    return Journal(
        path=path / "chaos.json",
        seed=7,
        returns=2,
        time_scale=2500,
        whole_matrix=False,
        pack="standard",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        **known,  # type: ignore[arg-type]  # counts by name
    )


def report(journal: Journal, *, mails: int = 1, stuck: bool = False) -> Report:
    return report_of(
        journal,
        scheduled_strikes=1,
        counts=(
            count("refund", ASKED, FOUND),
            count("mail", (Asked("m"),), (Found("m"),) * mails, may_repeat=True),
        ),
        standing=standing((replace(OPEN, waits=()),) if stuck else (ENDED,)),
        value_ahead=0,
        engine_file_errors=0,
    )


def test_mail_may_come_twice_for_each_answer_that_was_lost(tmp_path: Path) -> None:
    """A fault loses one, and so does killing the worker; one more is a difference."""
    run = journal(tmp_path)
    run.faults_struck["chaos-0-17-smtp-lost_reply"] = 1
    run.kills["worker"] = 1
    run.kills["temporal"] = 5

    assert report(run, mails=3).differences == ()
    (told,) = report(run, mails=4).differences
    assert told == "mail: 3 came twice, 2 answers were lost"


def test_what_differs_stands_in_the_text_and_the_row(tmp_path: Path) -> None:
    """Whoever reads the end of a run sees what is wrong, and so does the table of many."""
    found = report(journal(tmp_path), stuck=True)

    assert "DIFFERENCE: return r2 is RESOLVING and waits for nothing" in found.as_text()
    assert "1 differences" in found.as_text()
    assert found.to_json()["stuck"] == 1
    assert "no difference" in report(journal(tmp_path)).as_text()


def open_journal(path: Path, *, seed: int = 7) -> Journal:
    return Journal.open(
        path / "chaos.json",
        seed=seed,
        returns=2,
        time_scale=2500,
        whole_matrix=False,
        pack="standard",
    )


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """Strikes that are over are not made again."""
    began = open_journal(tmp_path)
    began.strike("settlement", "sealed/worker", "worker")

    again = open_journal(tmp_path)

    assert again == began
    assert (again.struck, again.kills) == ({"settlement": 1}, {"worker": 1})


def test_another_seed_needs_another_folder(tmp_path: Path) -> None:
    """The message says what differs."""
    open_journal(tmp_path)

    with pytest.raises(OtherRunError, match="seed 7, asked for 8"):
        open_journal(tmp_path, seed=8)
