"""The catalogue of reason codes, against what the engine says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from domain.reason_codes import EXCLUSIONS, REASON_CODES
from domain.reasons import Ground
from tests.support.builders import policy

_DOMAIN = Path(__file__).parents[2] / "domain"
_CODE = re.compile(r"[RXTM]_[A-Z0-9]+(_[A-Z0-9]+)*")
_BEGINNING = re.compile(r"[RXTM]_([A-Z0-9]+_)*")


def test_every_code_that_the_domain_spells_out_is_in_the_catalogue() -> None:
    """A code that is new in the engine and unknown here would reach a shopper without words."""
    spelt = {text for text in _texts() if _CODE.fullmatch(text)}

    assert {"M_NO_RULE", "X_WINDOW_EXPIRED"} <= spelt
    assert spelt <= set(REASON_CODES)


def test_every_code_that_is_put_together_is_in_the_catalogue() -> None:
    """Of a ground, of an exclusion and of a payer the engine makes codes, and of nothing else.

    By ``X_`` alone refusals are told from other codes.
    """
    assert {text for text in _texts() if _BEGINNING.fullmatch(text)} <= {
        "R_",
        "X_",
        "X_EXCLUDED_",
        "T_RETURN_SHIPPING_",
    }
    assert {f"R_{ground}" for ground in Ground} <= set(REASON_CODES)
    payers = ("CONSUMER", "TRADER", "NONE")
    assert {f"T_RETURN_SHIPPING_{payer}" for payer in payers} <= set(REASON_CODES)


def test_the_shipped_pack_excludes_nothing_without_a_code() -> None:
    excluded = {name for rule in policy().rules for name in rule.exclusions}

    assert "PERISHABLE" in excluded
    assert excluded <= EXCLUSIONS


def test_codes_have_one_of_the_four_forms_and_a_meaning() -> None:
    for code, meaning in REASON_CODES.items():
        assert _CODE.fullmatch(code), code
        assert meaning, code


def _texts() -> Iterator[str]:
    for path in _DOMAIN.rglob("*.py"):
        if path.name == "reason_codes.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
