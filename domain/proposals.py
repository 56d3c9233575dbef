"""A settlement that waits for a second person: what would be paid, and to which tender."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.intents import LotAmount
from domain.promotions import Standing

ByTender = tuple[tuple[str, int], ...]
"""Minor units by tender id, in the order of those, without tenders that get nothing."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person approved: nothing else is sealed on it."""

    settlement_hash: str
    by_tender: ByTender


@dataclass(frozen=True, slots=True)
class Difference:
    """One amount that is not as it was, in minor units."""

    what: str
    was_minor: int
    now_minor: int


@dataclass(frozen=True, slots=True)
class Declined:
    """Why finance did not approve; the reason is a person's own words."""

    reason: str
    declined_by: str
    declined_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Settlement ``number`` as it would be sealed now; another one replaces it when it changes.

    ``standing`` is what its amounts were computed on, where promotions are looked at.
    ``replaced_hash`` names the one before it, and ``differences`` what is not as there.
    """

    number: int
    breakdown: tuple[LotAmount, ...]
    by_tender: ByTender
    settlement_hash: str
    proposed_at: datetime
    due_on: date | None = None
    standing: Standing | None = None
    approved_by: str | None = None
    declined: Declined | None = None
    replaced_hash: str | None = None
    differences: tuple[Difference, ...] = ()
    bonus_minor: int = 0
    """What comes on top of it at most, where it is paid as credit."""

    @property
    def amount_minor(self) -> int:
        return sum(row.refund_minor for row in self.breakdown)

    @property
    def lot_ids(self) -> tuple[str, ...]:
        return tuple(row.lot_id for row in self.breakdown)

    @property
    def approval(self) -> Approval | None:
        return Approval(self.settlement_hash, self.by_tender) if self.approved_by else None


def differences(before: Proposal, now: Proposal) -> tuple[Difference, ...]:
    """Return each amount that differs, those of the new one first."""
    was, by_name = _amounts(before), _amounts(now)
    return tuple(
        Difference(name, was.get(name, 0), by_name.get(name, 0))
        for name in (*by_name, *(name for name in was if name not in by_name))
        if was.get(name, 0) != by_name.get(name, 0)
    )


def _amounts(proposal: Proposal) -> Mapping[str, int]:
    by_name = {"amount": proposal.amount_minor}
    for row in proposal.breakdown:
        by_name |= {
            f"lot {row.lot_id} {name.removesuffix('_minor')}": value
            for name, value in row.as_data().items()
            if isinstance(value, int)
        }
    return by_name | {f"tender {tender_id}": minor for tender_id, minor in proposal.by_tender}
