"""What a policy pack may say can be read up."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from domain.policies import Handling, Policy

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = {"release": "triggers", "parcels": "settle", "credit_bonus_percent": "bonus_percent"}
"""What stands in a pack under another name than in the code."""
OPTIONAL = [
    WRITTEN.get(field.name, field.name)
    for kind in (Policy, Handling)
    for field in fields(kind)
    if field.default is not MISSING
]


@pytest.mark.parametrize("setting", OPTIONAL)
def test_every_setting_that_may_be_left_out_is_told(setting: str) -> None:
    """Whoever writes a pack finds it, beside the shipped pack or with the arithmetic of money."""
    pages = "".join((DOCS / name).read_text() for name in ("policy.md", "money.md"))

    assert re.search(rf'[`".]{setting}[`"]', pages)
