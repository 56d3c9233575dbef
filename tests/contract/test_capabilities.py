"""A capability sheet says where each of its values comes from."""

from dataclasses import fields

import pytest

from integrations.directory import ADAPTERS
from integrations.payments.port import PaymentCapabilities
from tests.support.provider_page import SHEETS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.provider)
def test_every_value_has_a_source(sheet: PaymentCapabilities) -> None:
    """Whoever relies on a limit can look up who said so."""
    values = {field.name for field in fields(sheet)} - {"sources"}

    assert values == set(sheet.sources)
    assert all(sheet.sources.values())


@pytest.mark.parametrize(
    "adapter", [n for n, needs in ADAPTERS.items() if needs.kind == "payments"]
)
def test_every_payment_adapter_has_a_sheet(adapter: str) -> None:
    """Whoever connects a provider can read what it can be trusted for."""
    assert adapter in {sheet.provider for sheet in SHEETS}
