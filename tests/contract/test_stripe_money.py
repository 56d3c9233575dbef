"""Amounts on their way to Stripe and back stay exactly what they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, exponent
from integrations.payments.amounts import NotRepresentableError
from integrations.payments.stripe.money import from_wire, to_wire

TWO_DECIMALS = {"USD", "EUR", "CNY", "GBP", "CHF", "TWD", "HUF", "MXN"}
NO_DECIMALS = {"JPY", "KRW", "CLP", "VND", "XAF", "XOF", "XPF", "PYG", "RWF", "VUV"}
ODD_ONES = {"ISK", "UGX", "MGA", "KWD", "BHD", "JOD", "OMR", "TND"}
CURRENCIES = sorted(TWO_DECIMALS | NO_DECIMALS | ODD_ONES)


class TestToWire:
    @pytest.mark.parametrize(
        ("amount", "wire"),
        [
            (Money(1050, "EUR"), 1050),
            (Money(500, "JPY"), 500),
            (Money(5_120, "KWD"), 5_120),
            (Money(700, "ISK"), 70_000),
            (Money(1_500, "UGX"), 150_000),
            (Money(900, "MGA"), 9),
            (Money(4_990, "CLP"), 4_990),
        ],
        ids=str,
    )
    def test_writes_each_currency_as_stripe_does(self, amount: Money, wire: int) -> None:
        """Yen have no decimals, dinars have three, crowns of Iceland pretend to have two."""
        assert to_wire(amount) == wire
        assert from_wire(wire, amount.currency.lower()) == amount

    @pytest.mark.parametrize(
        "amount",
        [Money(5_123, "KWD"), Money(901, "MGA"), Money(1, "IQD"), Money(1, "UYI")],
        ids=str,
    )
    def test_refuses_what_it_would_have_to_round(self, amount: Money) -> None:
        """Five dinars and 123 fils cannot be written, and nobody rounds money quietly."""
        with pytest.raises(NotRepresentableError):
            to_wire(amount)

    @given(minor=st.integers(min_value=-(10**13), max_value=10**13), data=st.data())
    def test_comes_back_as_it_went(self, minor: int, data: st.DataObject) -> None:
        """Any amount that can be written at all is read back unchanged."""
        amount = Money(minor, data.draw(st.sampled_from(CURRENCIES)))
        try:
            wire = to_wire(amount)
        except NotRepresentableError:
            assert amount.currency in {"KWD", "BHD", "JOD", "OMR", "TND", "MGA"}
        else:
            assert from_wire(wire, amount.currency.lower()) == amount

    @given(units=st.integers(min_value=0, max_value=10**10), data=st.data())
    def test_writes_every_whole_unit(self, units: int, data: st.DataObject) -> None:
        """Whole units of every currency can be refunded."""
        currency = data.draw(st.sampled_from(CURRENCIES))

        wire = to_wire(Money(units * 10 ** exponent(currency), currency))

        assert wire % max(units, 1) == 0


class TestFromWire:
    @pytest.mark.parametrize(("wire", "currency"), [(70_050, "isk"), (1, "ugx")])
    def test_refuses_a_part_of_a_minor_unit(self, wire: int, currency: str) -> None:
        """An answer with half a crown breaks the contract."""
        with pytest.raises(NotRepresentableError):
            from_wire(wire, currency)

    @pytest.mark.parametrize("currency", ["", "eu", "euro", "ÄÖÜ"])
    def test_refuses_what_is_no_currency(self, currency: str) -> None:
        """A currency is three letters."""
        with pytest.raises(ValueError, match=r"currency|whole number"):
            from_wire(100, currency)
