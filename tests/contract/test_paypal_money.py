"""Amounts on their way to PayPal and back stay exactly what they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, exponent
from integrations.payments.amounts import NotRepresentableError
from integrations.payments.paypal.money import CURRENCIES, WITHOUT_DECIMALS, from_wire, to_wire


class TestToWire:
    @pytest.mark.parametrize(
        ("amount", "value"),
        [
            (Money(1_050, "EUR"), "10.50"),
            (Money(5, "USD"), "0.05"),
            (Money(100_000_000, "CNY"), "1000000.00"),
            (Money(-250, "GBP"), "-2.50"),
            (Money(500, "JPY"), "500"),
            (Money(7_200, "HUF"), "72"),
            (Money(990_000, "TWD"), "9900"),
        ],
        ids=str,
    )
    def test_writes_the_decimals_of_the_currency(self, amount: Money, value: str) -> None:
        """Two decimals, and none for yen, forint and Taiwan dollar."""
        assert to_wire(amount) == value
        assert from_wire(value, amount.currency) == amount

    @pytest.mark.parametrize(
        "amount",
        [Money(7_250, "HUF"), Money(1, "TWD"), Money(1_000, "KWD"), Money(5, "XXX")],
        ids=str,
    )
    def test_refuses_what_it_would_have_to_round_or_does_not_have(self, amount: Money) -> None:
        """Half a forint and a dinar cannot be paid: nobody rounds money quietly."""
        with pytest.raises(NotRepresentableError):
            to_wire(amount)

    @given(minor=st.integers(min_value=-(10**13), max_value=10**13), data=st.data())
    def test_comes_back_as_it_went(self, minor: int, data: st.DataObject) -> None:
        """Any amount that can be written at all is read back unchanged."""
        amount = Money(minor, data.draw(st.sampled_from(sorted(CURRENCIES))))
        try:
            value = to_wire(amount)
        except NotRepresentableError:
            assert amount.currency in {"HUF", "TWD"}
            assert minor % 100
        else:
            assert from_wire(value, amount.currency) == amount
            assert ("." in value) is (amount.currency not in WITHOUT_DECIMALS)

    @given(units=st.integers(min_value=0, max_value=10**10), data=st.data())
    def test_writes_every_whole_unit(self, units: int, data: st.DataObject) -> None:
        """Whole units of every currency can be refunded."""
        currency = data.draw(st.sampled_from(sorted(CURRENCIES)))

        value = to_wire(Money(units * 10 ** exponent(currency), currency))

        assert value.partition(".")[0] == str(units)


class TestFromWire:
    @pytest.mark.parametrize(
        ("value", "minor"),
        [
            ("10", 1_000),
            ("10.5", 1_050),
            ("10.500", 1_050),
            ("0.00", 0),
            ("1" * 29 + ".23", int("1" * 29 + "23")),
        ],
    )
    def test_reads_decimals_however_many(self, value: str, minor: int) -> None:
        """Zeros at the end say nothing."""
        assert from_wire(value, "EUR") == Money(minor, "EUR")

    @pytest.mark.parametrize(
        ("value", "currency"),
        [
            ("10.005", "EUR"),
            ("0.5", "JPY"),
            ("", "EUR"),
            ("1,000.00", "EUR"),
            ("1e3", "EUR"),
            (" 1", "EUR"),
            ("١", "EUR"),
            ("1" * 33, "EUR"),
            ("10", "eur"),
            ("10", "KWD"),
        ],
    )
    def test_refuses_what_is_no_exact_amount(self, value: str, currency: str) -> None:
        """A part of a cent, another notation or an unknown currency breaks the contract."""
        with pytest.raises(NotRepresentableError):
            from_wire(value, currency)
