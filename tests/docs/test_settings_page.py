"""docs/settings.md tells of every setting, in the words of the code."""

from runtime.settings import Settings, StackSettings, known_variables
from tests.support.settings_page import PAGE, render


def test_the_page_is_current() -> None:
    """`make docs` writes it; it is checked in so that it can be read without running anything."""
    assert PAGE.read_text() == render()


def test_every_setting_is_explained() -> None:
    """Each has its line, and each line says something."""
    page = PAGE.read_text()

    assert [name for name in known_variables() if f"`{name}`" not in page] == []
    for model in (Settings, StackSettings):
        assert all(field.description for field in model.model_fields.values())
