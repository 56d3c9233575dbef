"""What a pack says of reviews: questions, what silence leads to, and who may grant how much."""

from dataclasses import dataclass
from enum import StrEnum

from domain.commands import Role
from domain.pack_reading import At


class Silence(StrEnum):
    """What a customer's silence leads to: a decision by the clock, or the reviewer's turn again."""

    DENY = "deny"
    APPROVE = "approve"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """A reviewer asks at most ``info_rounds`` times, and makes at most ``offer_rounds`` offers.

    A question that nobody answers leads to ``info_default``, an offer that ran out to
    ``offer_default``: silence never accepts one. ``limits`` are what a role may grant
    of one return, in minor units by currency; who is not named has none. At each percent of
    ``warnings``, of the time for a decision, its owner is told.
    """

    info_rounds: int = 3
    offer_rounds: int = 3
    info_default: Silence = Silence.REVIEW
    offer_default: Silence = Silence.REVIEW
    limits: tuple[tuple[Role, tuple[tuple[str, int], ...]], ...] = ()
    warnings: tuple[int, ...] = ()

    def limit(self, role: str, currency: str) -> int | None:
        """Return the most that a role may grant, in minor units; ``None`` where it has no limit."""
        amounts = next((amounts for named, amounts in self.limits if named == role), ())
        return dict(amounts).get(currency)


USUAL_REVIEW = ReviewTerms()
_MOST_ROUNDS = 10
_LIMITED = (Role.REVIEWER, Role.FINANCE, Role.OPS)


def read_review_terms(pack: At) -> ReviewTerms:
    """Read what a pack says of reviews; each setting may be left out.

    Raises:
        PolicyError: something is of the wrong type or out of range; names the path.
    """
    offer_default = pack.option("offer_default", Silence, default=USUAL_REVIEW.offer_default)
    if offer_default is Silence.APPROVE:
        raise pack.error("offer_default", "wanted deny or review: silence accepts nothing")
    return ReviewTerms(
        info_rounds=_rounds(pack, "info_rounds", USUAL_REVIEW.info_rounds),
        offer_rounds=_rounds(pack, "offer_rounds", USUAL_REVIEW.offer_rounds),
        info_default=pack.option("info_default", Silence, default=USUAL_REVIEW.info_default),
        offer_default=offer_default,
        limits=pack.optional("review_limits", lambda name: _limits(pack.table(name)), default=()),
        warnings=pack.optional("review_warnings", lambda name: _warnings(pack, name), default=()),
    )


def _rounds(pack: At, name: str, usual: int) -> int:
    rounds = pack.optional(name, pack.number, default=usual)
    if rounds > _MOST_ROUNDS:
        raise pack.error(name, f"wanted 0 to {_MOST_ROUNDS}")
    return rounds


def _limits(table: At) -> tuple[tuple[Role, tuple[tuple[str, int], ...]], ...]:
    table.only(*_LIMITED)
    return tuple((role, table.amounts(role)) for role in _LIMITED if role in table.data)


def _warnings(pack: At, name: str) -> tuple[int, ...]:
    found = pack.value(name)
    if not isinstance(found, list):
        raise pack.error(name, "wanted a list of percents")
    rows = At(f"{pack.path}{name}", {f"[{index}]": row for index, row in enumerate(found)})
    percents = tuple(rows.number(key) for key in rows.data)
    if any(not 1 <= percent <= 99 for percent in percents) or sorted({*percents}) != [*percents]:
        raise pack.error(name, "wanted percents of 1 to 99, each above the one before")
    return percents
