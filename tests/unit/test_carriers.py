"""Which carrier a parcel goes with."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carriers import Account, ParcelToSend, Quote, Record, ranked, why
from domain.money import Money

PLAIN = Account("a", "alpha", labels=True, couriers=True, qr_codes=True)
PARCEL = ParcelToSend("DE", 900, wants_courier=False)
CHEAP = Quote(replace(PLAIN, connection_id="c", carrier="cheap"), Money(300, "EUR"), 5)
QUICK = Quote(replace(PLAIN, connection_id="q", carrier="quick"), Money(900, "EUR"), 1)

quotes = st.lists(
    st.builds(
        Quote,
        st.builds(
            Account,
            connection_id=st.text("abc", min_size=1, max_size=3),
            carrier=st.text("abc", min_size=1, max_size=3),
            labels=st.just(True),
            couriers=st.booleans(),
        ),
        st.builds(Money, st.integers(0, 999), st.sampled_from(["EUR", "USD"])),
        st.none() | st.integers(0, 9),
        st.builds(Record, st.integers(20, 40), st.integers(0, 20)),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda quote: quote.account.carrier,
)


@pytest.mark.parametrize(
    ("account", "parcel"),
    [
        (replace(PLAIN, countries=frozenset({"CN"})), PARCEL),
        (replace(PLAIN, max_weight_grams=899), PARCEL),
        (replace(PLAIN, is_closed=True), PARCEL),
        (replace(PLAIN, labels=False, courier_brings_label=True), PARCEL),
        (replace(PLAIN, labels=False), replace(PARCEL, wants_courier=True)),
        (replace(PLAIN, qr_codes=False), replace(PARCEL, wants_code=True)),
    ],
    ids=[
        *("another country", "too heavy", "closed", "no courier wished", "no label at all"),
        "no code",
    ],
)
def test_an_account_is_not_asked_for_what_it_does_not_take(
    account: Account, parcel: ParcelToSend
) -> None:
    """Area, weight and what a carrier does at all are known before anybody is asked."""
    assert PLAIN.takes(parcel)
    assert not account.takes(parcel)


def test_a_courier_who_brings_the_label_is_asked_where_a_courier_is_wished() -> None:
    """He sells no label alone."""
    account = replace(PLAIN, labels=False, courier_brings_label=True)

    assert account.takes(replace(PARCEL, wants_courier=True))


def test_an_area_is_not_checked_before_it_is_known() -> None:
    """What goes to the customer starts at a warehouse, whose address is read later."""
    assert replace(PLAIN, countries=frozenset({"CN"})).takes(replace(PARCEL, country=None))


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (CHEAP, QUICK, "dearer"),
        (QUICK, replace(CHEAP, record=Record(20, 15)), "often_late"),
        (replace(CHEAP, record=Record(19, 0)), QUICK, "dearer"),
        (QUICK, replace(CHEAP, cost=Money(3, "USD")), "no_price"),
        (replace(QUICK, cost=CHEAP.cost), CHEAP, "slower"),
        (CHEAP, replace(QUICK, cost=CHEAP.cost, days=None), "slower"),
        (CHEAP, replace(CHEAP, account=replace(PLAIN, carrier="later")), "name"),
    ],
)
def test_the_better_quote_comes_first_and_the_other_says_why(
    first: Quote, second: Quote, reason: str
) -> None:
    """Promises kept come before the price, the price before the promised days."""
    assert ranked([second, first], wants_courier=False, currency="EUR") == (first, second)
    assert why(first, second, wants_courier=False, currency="EUR") == reason


def test_who_can_send_the_wished_courier_comes_first() -> None:
    """A cheaper label is no courier; without the wish it is the better one."""
    no_courier = replace(CHEAP, account=replace(CHEAP.account, couriers=False))

    wished = ranked([no_courier, QUICK], wants_courier=True, currency="EUR")

    assert wished == (QUICK, no_courier)
    assert why(QUICK, no_courier, wants_courier=True, currency="EUR") == "no_courier"
    assert ranked([QUICK, no_courier], wants_courier=False, currency="EUR")[0] == no_courier


@given(quotes, st.randoms(use_true_random=False), st.booleans())
def test_the_choice_does_not_depend_on_who_answers_first(
    asked: list[Quote], chance: st.DataObject, wants_courier: bool
) -> None:
    """Whatever order the answers come in, the rank is the same, and nobody is lost."""
    again = list(asked)
    chance.shuffle(again)  # type: ignore[attr-defined]  # a random.Random

    rank = ranked(asked, wants_courier=wants_courier, currency="EUR")

    assert ranked(again, wants_courier=wants_courier, currency="EUR") == rank
    assert sorted(map(id, rank)) == sorted(map(id, asked))
