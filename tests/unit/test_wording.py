"""What a shopper reads: each code has its text, in whole languages and in begun ones."""

import re
from pathlib import Path

import pytest

from domain.considered import Finding
from domain.eligibility import Verdict
from domain.reason_codes import REASON_CODES
from domain.reasons import Ground
from domain.requests import Resolution
from domain.wording import (
    COMPLETE,
    Language,
    catalogue,
    language_of,
    placeholders,
    text,
)
from tests.support.builders import policy

ENGLISH = catalogue(Language.ENGLISH).texts
# Beyond what today's rules give, and in the order of policy.md §3.1.
_SECTIONS: dict[str, set[str]] = {
    "verdict": {*Verdict, "UNDECIDED"},
    "meaning": {*Verdict, "UNDECIDED"},
    "finding": {*Finding},
    "ground": {*Ground},
    "remedy": {*Resolution, "REPLACE", "REPAIR", "PRICE_REDUCTION"},
    "due_kind": {"STATUTORY", "PENALTY_LIMIT", "PROMISE"},
    "due_from": {"NOTICE", "RECEIVED", "RECEIVED_OR_PROOF", "AGREED"},
    "payer": {"CONSUMER", "TRADER", "NONE"},
    "layer": {"LAW", "SECTOR_LAW", "PLATFORM", "MERCHANT", "ORDER", "GOODWILL"},
    "certainty": {"HIGH", "MEDIUM", "LOW", "OWN"},
    "by": {"rule", "human", "timeout"},
}
WANTED = set(REASON_CODES) | {f"{name}.{key}" for name, keys in _SECTIONS.items() for key in keys}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OPTIONAL = re.compile(r"\[[^][]*\]")


def of_a_decision(language: Language) -> set[str]:
    """Return what a catalogue has, but for the words of the page around it."""
    return {code for code in catalogue(language).texts if not code.startswith("page.")}


@pytest.mark.parametrize("language", COMPLETE)
def test_every_reason_code_and_every_name_has_its_text(language: Language) -> None:
    assert of_a_decision(language) == WANTED


def test_what_the_shipped_pack_says_has_its_texts() -> None:
    shipped = policy()

    assert {rule.layer for rule in shipped.rules} <= _SECTIONS["layer"]
    assert {rule.refund.due_kind for rule in shipped.rules} <= _SECTIONS["due_kind"]
    assert {rule.return_shipping_payer for rule in shipped.rules} <= _SECTIONS["payer"]
    assert {source.certainty for source in shipped.sources} <= _SECTIONS["certainty"]


@pytest.mark.parametrize("language", COMPLETE)
def test_every_word_of_the_page_is_there(language: Language) -> None:
    page = set(catalogue(language).texts) - of_a_decision(language)

    assert page == set(ENGLISH) - of_a_decision(Language.ENGLISH)


def test_every_word_of_the_page_is_used_and_none_is_asked_for_that_is_not_there() -> None:
    told_by = (Path(__file__).parents[2] / "api").glob("*.py")
    asked = {
        key for path in told_by for key in re.findall(r'"(page\.\w+)"', path.read_text("utf-8"))
    }

    assert asked == set(ENGLISH) - of_a_decision(Language.ENGLISH)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "section", ["layer", "finding", "ground", "remedy", "certainty", "verdict", "due_from"]
)
def test_a_name_that_stands_within_a_sentence_is_in_every_language(
    section: str, language: Language
) -> None:
    names = {f"{section}.{key}" for key in _SECTIONS[section]}

    assert names <= set(catalogue(language).texts)


@pytest.mark.parametrize("language", Language)
def test_no_catalogue_has_a_code_that_nobody_knows(language: Language) -> None:
    assert set(catalogue(language).texts) <= set(ENGLISH)


@pytest.mark.parametrize("language", Language)
def test_every_language_names_the_same_dates_and_amounts(language: Language) -> None:
    """Also of those that a text cannot do without: nobody reads less than another."""
    for code, said in catalogue(language).texts.items():
        assert placeholders(said) == placeholders(ENGLISH[code]), code
        assert _needed(said) == _needed(ENGLISH[code]), code


@pytest.mark.parametrize("language", Language)
def test_a_text_has_no_bracket_that_is_not_closed(language: Language) -> None:
    for code, said in catalogue(language).texts.items():
        rest = _OPTIONAL.sub("", said)
        assert not set("[]") & set(rest), code
        assert not set("{}") & set(re.sub(r"\{[a-z_]+\}", "", said)), code


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("known", [{}, {"last_day": "2026-03-09"}])
def test_a_reason_is_a_whole_sentence_with_its_dates_and_without(
    language: Language, known: dict[str, str]
) -> None:
    for code in REASON_CODES:
        said = text(code, language, **known)

        assert said[-1] in ".。", said
        assert not set("[]{}") & set(said), said


def test_the_last_day_stands_in_the_reader_s_language() -> None:
    assert (
        text("X_WINDOW_EXPIRED", Language.CHINESE, last_day="2026-03-09")
        == "退货期限已过，最后一天是 2026-03-09。"
    )


def test_chinese_is_not_english_under_another_name() -> None:
    for code in of_a_decision(Language.CHINESE):
        assert _CHINESE.search(text(code, Language.CHINESE)), code


def test_what_is_not_translated_is_english_and_says_so() -> None:
    code = "R_SANBAO_15D"

    assert text(code, Language.GERMAN) == text(code, Language.ENGLISH)
    assert language_of(code, Language.GERMAN) is Language.ENGLISH
    assert language_of("X_WINDOW_EXPIRED", Language.GERMAN) is Language.GERMAN


def test_a_code_of_an_older_engine_is_shown_as_it_stands() -> None:
    assert text("X_OF_OLD", Language.CHINESE) == "X_OF_OLD"
    assert text("remedy.OF_OLD", Language.CHINESE) == "OF_OLD"


def test_a_value_is_never_read_as_a_text_of_ours() -> None:
    said = text("page.reason", Language.ENGLISH, reason="[wanted] {last_day}")

    assert said == "Reason given: [wanted] {last_day}"


def _needed(said: str) -> frozenset[str]:
    return placeholders(_OPTIONAL.sub("", said))
