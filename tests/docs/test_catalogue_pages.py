"""What is made from the catalogues is checked in, and says what the code says."""

from pathlib import Path

import pytest

from domain.codes import PROBLEMS
from tests.support.catalogue_pages import pages

PAGES = pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_current(page: Path) -> None:
    """`make docs` writes it; it is checked in so that it can be read without running anything."""
    assert page.read_text() == PAGES[page]


def test_every_refusal_is_on_its_page() -> None:
    """A program's author finds each code that the API may answer."""
    page = next(content for path, content in PAGES.items() if path.name == "errors.md")

    assert [code for code in PROBLEMS if f"`{code}`" not in page] == []
