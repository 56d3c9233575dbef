"""A capability sheet says where each of its values comes from."""

from dataclasses import fields
from typing import Any

import pytest

from integrations.directory import ADAPTERS
from tests.support import carrier_page, provider_page

SHEETS: dict[str, Any] = {sheet.provider: sheet for sheet in provider_page.SHEETS}
SHEETS |= {sheet.carrier: sheet for sheet in carrier_page.SHEETS}


@pytest.mark.parametrize(("adapter", "sheet"), SHEETS.items())
def test_every_value_has_a_source(adapter: str, sheet: Any) -> None:
    """Whoever relies on a limit can look up who said so."""
    values = {field.name for field in fields(sheet)} - {"sources"}

    assert values == set(sheet.sources), adapter
    assert all(sheet.sources.values())


@pytest.mark.parametrize(
    "adapter", [n for n, needs in ADAPTERS.items() if needs.kind in ("payments", "carrier")]
)
def test_every_adapter_has_a_sheet(adapter: str) -> None:
    """Whoever connects a provider or a carrier can read what it can be trusted for."""
    assert adapter in SHEETS
