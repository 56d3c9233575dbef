"""Amounts of one currency, and how totals are shared over units."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    CurrencyMismatchError,
    Money,
    allocated,
    exponent,
    half_up,
    split,
    taken_from,
)

totals = st.integers(0, 10**9)


class TestMoney:
    def test_adds_and_subtracts_in_one_currency(self) -> None:
        """Two amounts in euro add up and take away to the cent."""
        price, tax = Money(4999, "EUR"), Money(950, "EUR")

        assert price + tax == Money(5949, "EUR")
        assert price - tax == Money(4049, "EUR")

    def test_compares_in_one_currency(self) -> None:
        """The smaller amount is less than the larger one."""
        assert Money(1, "EUR") < Money(2, "EUR")
        assert Money(2, "EUR") > Money(1, "EUR")
        assert Money(2, "EUR") <= Money(2, "EUR")

    @pytest.mark.parametrize("operator", ["__add__", "__sub__", "__lt__", "__le__"])
    def test_refuses_to_mix_currencies(self, operator: str) -> None:
        """Euro and yen never meet in one computation."""
        with pytest.raises(CurrencyMismatchError, match="expected EUR, found JPY"):
            getattr(Money(1, "EUR"), operator)(Money(1, "JPY"))

    @pytest.mark.parametrize("currency", ["", "eur", "EURO", "EU1", "ÄÖÜ", "E R"])
    def test_refuses_what_is_no_currency_code(self, currency: str) -> None:
        """A currency is three capital letters."""
        with pytest.raises(ValueError, match="three capital letters"):
            Money(1, currency)

    @pytest.mark.parametrize(
        ("amount", "shown"),
        [
            (Money(4999, "EUR"), "49.99 EUR"),
            (Money(5, "EUR"), "0.05 EUR"),
            (Money(-5, "EUR"), "-0.05 EUR"),
            (Money(4999, "JPY"), "4999 JPY"),
            (Money(4999, "KWD"), "4.999 KWD"),
            (Money(-1, "KWD"), "-0.001 KWD"),
        ],
    )
    def test_is_written_with_the_decimals_of_its_currency(self, amount: Money, shown: str) -> None:
        """Yen have no decimals, euro two, dinars three."""
        assert str(amount) == shown

    @pytest.mark.parametrize(("currency", "places"), [("CNY", 2), ("KRW", 0), ("BHD", 3)])
    def test_knows_the_decimals_of_currencies(self, currency: str, places: int) -> None:
        """The minor unit follows ISO 4217."""
        assert exponent(currency) == places

    def test_a_share_is_rounded_once(self) -> None:
        """Half of five cents is three cents, not two."""
        assert Money(5, "EUR").share(Fraction(1, 2)) == Money(3, "EUR")

    def test_only_zero_is_nothing(self) -> None:
        """An amount counts as something unless it is zero."""
        assert not Money.zero("EUR")
        assert Money(-1, "EUR")


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(5, 2), 3),
        (Fraction(-5, 2), -3),
        (Fraction(49, 100), 0),
        (Fraction(-51, 100), -1),
        (Fraction(7), 7),
        (Fraction(0), 0),
    ],
)
def test_halves_round_away_from_zero(amount: Fraction, rounded: int) -> None:
    """A half is rounded up in size, for debts as for credits."""
    assert half_up(amount) == rounded


@pytest.mark.parametrize(
    ("amount", "part", "taken"),
    [
        (9999, Fraction(1, 2), 4999),
        (1010, Fraction(5, 100), 50),
        (100, Fraction(1, 3), 33),
        (100, Fraction(2, 3), 67),
        (100, Fraction(1), 100),
        (100, Fraction(0), 0),
    ],
)
def test_half_of_a_unit_is_not_taken(amount: int, part: Fraction, taken: int) -> None:
    """What is left is what is paid, and that is rounded half up."""
    assert taken_from(amount, part) == taken


@given(totals, st.integers(1, 60))
def test_units_one_by_one_get_the_whole_total(total: int, units: int) -> None:
    """What the first n units get grows with n, from nothing to the total."""
    shares = [allocated(total, units=n, of_units=units) for n in range(units + 1)]

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, total)


@pytest.mark.parametrize(("units", "of_units"), [(-1, 3), (4, 3), (0, 0)])
def test_no_more_units_than_there_are(units: int, of_units: int) -> None:
    """Asking for the share of four of three units is refused."""
    with pytest.raises(ValueError, match="units must be within"):
        allocated(100, units=units, of_units=of_units)


@given(totals, st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_leaves_no_residue(total: int, weights: list[int]) -> None:
    """The shares add up to the total, and who weighs nothing gets nothing."""
    shares = split(total, weights)

    assert sum(shares) == total
    assert all(share >= 0 for share in shares)
    if any(weights):
        assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if not weight)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.data())
def test_no_share_exceeds_its_weight(weights: list[int], data: st.DataObject) -> None:
    """Splitting at most what the weights add up to gives nobody more than his weight."""
    total = data.draw(st.integers(0, sum(weights)))

    assert all(s <= w for s, w in zip(split(total, weights), weights, strict=True)) or total == 0


def test_without_any_weight_the_last_one_gets_all() -> None:
    """Shipping of an order of gifts goes to its last line."""
    assert split(490, [0, 0]) == (0, 490)


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_refuses_weights_that_cannot_share(weights: list[int]) -> None:
    """No weight at all, or a negative one, is refused."""
    with pytest.raises(ValueError, match="non-negative"):
        split(100, weights)
