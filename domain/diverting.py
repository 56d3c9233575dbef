"""What of a settlement does not go back to where it came from: store credit chosen, coupons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.codes import RefusedError
from domain.intents import LotAmount, Redirect
from domain.money import half_up, split
from domain.orders import Destination, Order, TenderKind
from domain.policies import Policy
from domain.requests import Resolution, ReturnRequest
from domain.returns import Lot, Return


@dataclass(frozen=True, slots=True)
class Credit:
    """``account_ref`` is the platform's name of the customer's account.

    The bonus is ``bonus_percent`` of what would have been money, 0 or more.
    """

    account_ref: str
    bonus_percent: int


@dataclass(frozen=True, slots=True)
class Diversion:
    """Money of one settlement goes to ``credit`` where it was chosen; coupons may lapse."""

    credit: Credit | None = None
    coupons_lapse: bool = False

    def of(self, parts: Sequence[tuple[TenderKind, int]]) -> tuple[Redirect | None, ...]:
        """Say of each part (kind of tender, minor units) where it goes; ``None``: back to it.

        What was paid in kind goes back in kind and has no bonus. The bonus is of the sum of the
        others, rounded half up to a minor unit, and shared over them by what each gives.
        """
        in_money = [0 if kind.is_in_kind else minor for kind, minor in parts]
        bonuses = self._bonuses(in_money)
        return tuple(
            self._one(kind, bonus) for (kind, _), bonus in zip(parts, bonuses, strict=True)
        )

    def _bonuses(self, in_money: Sequence[int]) -> tuple[int, ...]:
        if self.credit is None or not sum(in_money):
            return (0,) * len(in_money)
        total = half_up(Fraction(sum(in_money) * self.credit.bonus_percent, 100))
        return split(total, in_money)

    def _one(self, kind: TenderKind, bonus_minor: int) -> Redirect | None:
        if kind is TenderKind.COUPON and self.coupons_lapse:
            return Redirect(Destination.LAPSED, "")
        if self.credit is not None and not kind.is_in_kind:
            return Redirect(Destination.STORE_CREDIT, self.credit.account_ref, bonus_minor)
        return None


def bonus_of(redirect: Redirect, sent_minor: int, of_minor: int) -> int:
    """Return the bonus of what is still to be given of an intent, rounded half up.

    What a chargeback gave back of it is money, and bears none.
    """
    return half_up(Fraction(redirect.bonus_minor * sent_minor, of_minor))


def going_out_of(owed: Sequence[int], *, lapsed: int, bonus: int) -> tuple[int, ...]:
    """Return what each is given of what it is owed, in minor units: what would be asked back.

    Of a coupon that lapses nothing is, and a bonus is on top; both are shared by what is owed.
    """
    shares = zip(owed, split(lapsed, owed), split(bonus, owed), strict=True) if owed else ()
    return tuple(minor - less + more for minor, less, more in shares)


def money_then_credit(lots: Iterable[Lot]) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Return what is given back as money or goods, and what as credit: two settlements."""
    found = tuple(lots)
    in_credit = tuple(lot for lot in found if lot.resolution is Resolution.STORE_CREDIT)
    return tuple(lot for lot in found if lot not in in_credit), in_credit


def most_bonus(ret: Return, amounts: Sequence[LotAmount]) -> int:
    """Return the most that comes on top of these amounts: what was paid in kind bears none."""
    percent = ret.policy.credit_bonus_percent or 0
    in_credit = sum(
        row.refund_minor
        for row in amounts
        if ret.lot(row.lot_id).resolution is Resolution.STORE_CREDIT
    )
    return half_up(Fraction(in_credit * percent, 100))


NOWHERE_ELSE = Diversion()


def diversion_of(ret: Return, lots: Sequence[Lot]) -> Diversion:
    """Say it of lots that are settled together: all of them chose credit, or none did."""
    in_money, in_credit = money_then_credit(lots)
    if in_money and in_credit:
        raise ValueError("money and credit are settlements of their own")
    if ret.gift_credit_account:
        return Diversion(Credit(ret.gift_credit_account, 0), ret.policy.coupons_lapse)
    percent = ret.policy.credit_bonus_percent or 0
    credit = Credit(ret.credit_account, percent) if in_credit else None
    return Diversion(credit, ret.policy.coupons_lapse)


def check_credit(request: ReturnRequest, order: Order, policy: Policy) -> None:
    """Refuse credit where the policy offers none, or the customer has no account.

    Raises:
        RefusedError: ``store_credit_not_offered``, naming the line.
    """
    for index, line in enumerate(request.lines):
        if line.resolution is not Resolution.STORE_CREDIT:
            continue
        if policy.credit_bonus_percent is None:
            why = "the policy offers none"
        elif not order.credit_account:
            why = "the shop names no account of the customer"
        else:
            continue
        raise RefusedError("store_credit_not_offered", why, field=f"lines[{index}].resolution")
