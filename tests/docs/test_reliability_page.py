"""docs/reliability.md shows every run that was kept, as it was counted."""

from chaos.page import PAGE, RESULTS, read_rows, render


def test_the_page_is_current() -> None:
    """`make docs` writes its tables from the rows beside it."""
    page = PAGE.read_text()

    assert page == render(page, read_rows(RESULTS))


def test_no_kept_run_differs() -> None:
    """A run that found a difference is mended and run again before it is told of."""
    assert [row["seed"] for row in read_rows(RESULTS) if row["differences"]] == []
