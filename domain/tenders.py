"""How a refund goes back to the tenders it came from."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money import split
from domain.orders import TenderKind
from domain.policies import TENDER_ORDER

TenderOrder = tuple[tuple[TenderKind, ...], ...]
"""Groups of kinds: the first is filled first; within one, each gets its share."""


@dataclass(frozen=True, slots=True)
class TenderLeft:
    """One tender; ``refunded_minor`` counts what succeeded, is under way or unknown."""

    tender_id: str
    captured_minor: int
    refunded_minor: int
    kind: TenderKind = TenderKind.CARD


class NothingLeftError(ValueError):
    """More is owed than was captured and not yet given back (invariants 3 and 4)."""


def split_over_tenders(
    tenders: Sequence[TenderLeft], amount_minor: int, order: TenderOrder = TENDER_ORDER
) -> tuple[int, ...]:
    """Split a refund over the tenders it was paid with: group by group, in a group by its share.

    Cumulative over the order: after any number of refunds each tender has got its part of their
    sum, and a full return gives every tender back exactly what it captured. On the way, rounding
    over three or more tenders may leave a minor unit with another of them, as which one it goes to
    depends on the steps. No tender gets more than it has left; what does not fit goes to the
    others, newest last.

    Raises:
        NothingLeftError: all tenders together have less than ``amount_minor`` left.
    """
    # A chargeback can take more than was left; then nothing is left, and not less.
    left = [max(tender.captured_minor - tender.refunded_minor, 0) for tender in tenders]
    if amount_minor > sum(left):
        raise NothingLeftError(f"{amount_minor} is owed, {sum(left)} is left")
    groups = [[n for n, tender in enumerate(tenders) if tender.kind in kinds] for kinds in order]
    given_before = sum(tender.refunded_minor for tender in tenders)
    targets = _targets([t.captured_minor for t in tenders], groups, given_before + amount_minor)
    parts = [
        min(max(target - tender.refunded_minor, 0), room)
        for target, tender, room in zip(targets, tenders, left, strict=True)
    ]
    first = [index for group in groups for index in reversed(group)]
    last = [index for group in reversed(groups) for index in reversed(group)]
    for index in first if sum(parts) < amount_minor else last:
        difference = amount_minor - sum(parts)
        parts[index] += min(max(difference, -parts[index]), left[index] - parts[index])
    return tuple(parts)


def _targets(captured: Sequence[int], groups: Sequence[Sequence[int]], total: int) -> list[int]:
    """Return what each tender has once ``total`` was given back; more than all goes nowhere."""
    targets = [0] * len(captured)
    for group in groups:
        shares = [captured[index] for index in group]
        filled = min(total, sum(shares))
        total -= filled
        for index, part in zip(group, split(filled, shares or [0]), strict=False):
            targets[index] = part
    return targets
