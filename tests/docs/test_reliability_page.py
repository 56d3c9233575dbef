"""docs/reliability.md shows every run that was kept, as it was counted."""

from chaos.page import PAGE, RESULTS, read_rows, render
from domain.arriving import WARN_AT
from lanes import page as lanes_page


def test_the_page_is_current() -> None:
    """`make docs` writes its tables from the rows beside it."""
    page = PAGE.read_text()

    assert page == render(page, read_rows(RESULTS))


def test_no_kept_run_differs() -> None:
    """A run that found a difference is mended and run again before it is told of."""
    assert [row["seed"] for row in read_rows(RESULTS) if row["differences"]] == []


def test_the_part_on_delays_is_current() -> None:
    """`make docs` writes it from the trial beside it."""
    page = PAGE.read_text()

    assert page == lanes_page.render(page, lanes_page.read_trial(lanes_page.RESULTS))


def test_warnings_are_given_at_the_threshold_that_was_chosen() -> None:
    """And only because the kept trial says that they are better than a threshold on time."""
    kept = lanes_page.read_trial(lanes_page.RESULTS)

    assert round(kept["chosen"], 2) == WARN_AT
    assert kept["beats"]
