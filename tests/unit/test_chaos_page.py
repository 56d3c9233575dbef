"""The page of many runs adds up what each of them counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from chaos.page import read_rows, render, tables


def row(seed: int, **changes: Any) -> dict[str, Any]:
    return {
        "seed": seed,
        "scheduled_returns": 10,
        "returns": 12,
        "cells": ["sealed/worker"],
        "kills": {"worker": 1},
        "faults": {"stripe 409": 2},
        "counts": {"refund": [5, 5, 0, 0], "mail": [9, 10, 1, 0]},
        "parked": {},
        "stuck": 0,
        "broken": 0,
        "mails_may_repeat": 1,
        "lost_runs": 0,
        "engine_file_errors": 0,
        "differences": [],
        "seconds": 60,
        **changes,
    }


def test_rows_are_added_up() -> None:
    """All returns, deaths, faults and effects, and the matrix of what was struck."""
    text = tables([row(1), row(2, cells=["sealed/worker", "logged/api"])])

    assert "2 runs, 24 returns, 2 processes killed, 4 faults struck, 0 differences." in text
    assert "| refund | 10 | 10 | 0 | 0 |" in text
    assert "| seal committed | 2 | 0 | 0 | 0 | 0 |" in text
    assert "| event log written | 0 | 1 | 0 | 0 | 0 |" in text


def test_a_kind_that_only_later_runs_count_is_added_up() -> None:
    """An older run has none of it."""
    text = tables([row(1), row(2, counts={**row(2)["counts"], "hold": [3, 3, 0, 0]})])

    assert "| hold | 3 | 3 | 0 | 0 |" in text


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({}, "| 1 | standard | 12 | 1 | 2 | 5 | 0 | 0 | 0 | 0 | 1, 1 | - | 0 | 60 |"),
        (
            {"counts": {"refund": [5, 6, 2, 1], "mail": [9, 10, 1, 0]}, "stuck": 3},
            "| 1 | standard | 12 | 1 | 2 | 6 | 2 | 1 | 3 | 0 | 1, 1 | - | 0 | 60 |",
        ),
        (
            {"parked": {"refund_unknown": 1}, "lost_runs": 2},
            (
                "| 1 | standard | 12 | 1 | 2 | 5 | 0 | 0 | 0 | 0 | 1, 1 |"
                " 1 `refund_unknown` | 2 | 60 |"
            ),
        ),
    ],
    ids=["as it should be", "with differences", "with something open"],
)
def test_each_run_has_its_line(changes: dict[str, Any], cells: str) -> None:
    """What is wrong in it stands there, and what is open by its name."""
    assert cells in tables([row(1, **changes)])


def test_of_a_run_made_again_the_last_one_counts(tmp_path: Path) -> None:
    """Rows come by seed, however they were appended."""
    results = tmp_path / "rows.jsonl"
    rows = [row(2), row(1), row(2, seconds=99)]
    results.write_text("".join(json.dumps(one) + "\n" for one in rows))

    read = read_rows(results)

    assert [(one["seed"], one["seconds"]) for one in read] == [(1, 60), (2, 99)]
    assert read_rows(tmp_path / "none.jsonl") == []


def test_only_the_tables_of_a_page_change() -> None:
    """What people wrote around them stays; writing again changes nothing."""
    page = (
        "# Title\n\n<!-- from reliability.jsonl, by `make docs` -->\nbefore\n<!-- end -->\n\nend\n"
    )

    once = render(page, [row(1)])

    assert once.startswith("# Title\n\n<!-- from")
    assert once.endswith("<!-- end -->\n\nend\n")
    assert "before\n" not in once
    assert render(once, [row(1)]) == once
