"""A capability sheet says where each of its values comes from."""

from dataclasses import fields

import pytest

from integrations.payments.paypal.adapter import PayPalGateway
from integrations.payments.port import PaymentCapabilities
from integrations.payments.stripe.adapter import StripeGateway

SHEETS = (StripeGateway.capabilities, PayPalGateway.capabilities)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.provider)
def test_every_value_has_a_source(sheet: PaymentCapabilities) -> None:
    """Whoever relies on a limit can look up who said so."""
    values = {field.name for field in fields(sheet)} - {"sources"}

    assert values == set(sheet.sources)
    assert all(sheet.sources.values())
