"""Which language a reader gets."""

import pytest

from api.languages import reader_language
from domain.wording import Language


@pytest.mark.parametrize(
    ("accepted", "told"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr-FR, fr;q=0.9, de-AT;q=0.8, en;q=0.7", "de"),
        ("en;q=0.5, JA;Q=0.9", "ja"),
        ("de;q=0.5, ja;q=0.5", "de"),
        ("zh;q=0, de;q=0.1", "de"),
        ("zh;q=0", "en"),
        ("fr, *;q=0.5", "en"),
        ("zh;q=high, de;q=0.2", "de"),
        ("zh;level=1, ja;q=0.3", "ja"),
        (";;,,=;q=", "en"),
        ("zh;q=٣, de", "de"),
        ("fr," * 60 + "zh", "en"),
    ],
)
def test_a_browser_s_wishes_are_met_in_their_order(accepted: str | None, told: str) -> None:
    """What nobody can read of a header is passed over, and no header is read without end."""
    assert reader_language(None, accepted) == told


def test_what_the_address_names_comes_before_the_browser() -> None:
    assert reader_language(Language.GERMAN, "zh") is Language.GERMAN
