"""Where a settlement's parts go that do not go back to where they came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.diverting import Credit, Diversion
from domain.money import Money
from domain.orders import Destination, TenderKind
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from domain.value_ledger import Account, AccountKind, Shortfall, changes, refund_in_kind, reversal
from tests.support.builders import pack

PARTS = st.lists(st.tuples(st.sampled_from(TenderKind), st.integers(1, 10**12)), max_size=6)
PERCENTS = st.integers(0, 100)
CREDIT = Account(AccountKind.STORE_CREDIT, "customer-1", "EUR")


@given(parts=PARTS, percent=PERCENTS)
def test_the_bonus_is_of_the_money_alone_and_whole(
    parts: list[tuple[TenderKind, int]], percent: int
) -> None:
    """Shared over the tenders it adds up to the percentage, half a minor unit off at most."""
    diversion = Diversion(Credit("customer-1", percent))
    in_money = sum(minor for kind, minor in parts if not kind.is_in_kind)

    ways = diversion.of(parts)

    bonus = sum(way.bonus_minor for way in ways if way is not None)
    assert abs(bonus * 100 - in_money * percent) <= 50
    for (kind, _), way in zip(parts, ways, strict=True):
        assert (way is None) is kind.is_in_kind
        assert way is None or way.bonus_minor >= 0
        assert way is None or (way.destination, way.reference) == (
            Destination.STORE_CREDIT,
            "customer-1",
        )


@given(parts=PARTS)
def test_without_a_choice_all_goes_back(parts: list[tuple[TenderKind, int]]) -> None:
    assert set(Diversion().of(parts)) <= {None}


@given(parts=PARTS, percent=st.none() | PERCENTS)
def test_of_what_lapses_nothing_goes_anywhere(
    parts: list[tuple[TenderKind, int]], percent: int | None
) -> None:
    """Coupons alone, whatever else was chosen."""
    credit = None if percent is None else Credit("customer-1", percent)

    ways = Diversion(credit, coupons_lapse=True).of(parts)

    lapsed = [way is not None and way.destination is Destination.LAPSED for way in ways]
    assert lapsed == [kind is TenderKind.COUPON for kind, _ in parts]


@given(
    minor=st.integers(1, 10**12),
    bonus=st.integers(0, 10**12),
    left=st.integers(0, 10**13),
    shortfall=st.sampled_from(Shortfall),
)
def test_edge_66_a_reversal_takes_back_the_bonus_too(
    minor: int, bonus: int, left: int, shortfall: Shortfall
) -> None:
    """Both sides are alike; what was spent of either is owed, and no account is below zero."""
    amount = Money(minor, "EUR")
    given_back = refund_in_kind(
        TenderKind.STORE_CREDIT, CREDIT.owner_ref, amount, "i1", bonus_minor=bonus
    )
    held = min(left, minor + bonus)

    back = reversal(CREDIT, amount, "i1", held_minor=held, shortfall=shortfall, bonus_minor=bonus)

    assert changes(given_back.postings) == {CREDIT: minor + bonus}
    assert changes(back.postings) == ({CREDIT: -held} if held else {})
    by_kind = {
        kind: sum(
            p.change_minor for t in (given_back, back) for p in t.postings if p.account.kind is kind
        )
        for kind in (AccountKind.REFUNDS, AccountKind.BONUS, AccountKind(shortfall))
    }
    assert by_kind[AccountKind.REFUNDS] == by_kind[AccountKind.BONUS] == 0
    assert -by_kind[AccountKind(shortfall)] == minor + bonus - held


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"store_credit": {"bonus_percent": 101}}, "store_credit.bonus_percent: wanted 0 to 100"),
        ({"store_credit": {"bonus": 10}}, "store_credit.bonus: wanted one of bonus_percent"),
        ({"store_credit": {}}, "store_credit.bonus_percent: is missing"),
        ({"store_credit": 10}, "store_credit: wanted"),
        ({"coupons_lapse": "yes"}, "coupons_lapse: wanted true or false"),
        ({"fallback_tenders": ["lapsed"]}, "fallback_tenders: wanted store_credit, by_hand"),
    ],
)
def test_a_pack_that_is_wrong_says_where(changed: dict[str, object], problem: str) -> None:
    with pytest.raises(PolicyError, match=problem):
        parse_policy(pack() | changed)


def test_a_pack_offers_credit_or_does_not() -> None:
    """No percent is another thing than none of it."""
    assert parse_policy(pack()).credit_bonus_percent is None
    assert parse_policy(pack() | {"store_credit": {"bonus_percent": 0}}).credit_bonus_percent == 0
