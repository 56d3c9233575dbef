"""What a provider says was refunded, beside what our ledger says: where they differ, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import Money


class Verdict(StrEnum):
    AGREES = "agrees"
    ADOPTED = "adopted"
    """Ours, and the provider knows more of it than we did: its word is taken."""
    OTHER_AMOUNT = "other_amount"
    """Ours, of another sum than was asked for."""
    PAID_TWICE = "paid_twice"
    """Ours, and beside it stands another refund that our ledger has for the same intent."""
    STRANGER = "stranger"
    """Names an intent that our ledger does not have."""
    MADE_PAST_US = "made_past_us"
    """On a payment of ours, by whom we do not know."""
    MISSING = "missing"
    """We say that it was paid, or is under way, and the provider does not show it."""


class Coverage(StrEnum):
    """Which refunds of a day were compared."""

    ALL = "all"
    """Whatever the provider shows, by whomever it was made."""
    OWN = "own"
    """Ours, read back one by one: the provider lists none, and strangers cannot be seen there."""


_NEEDS_A_PERSON = frozenset(
    {
        Verdict.OTHER_AMOUNT,
        Verdict.PAID_TWICE,
        Verdict.STRANGER,
        Verdict.MADE_PAST_US,
        Verdict.MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A refund as the provider shows it; ``state`` is succeeded, pending or rejected."""

    refund_ref: str
    amount: Money
    state: str
    intent_id: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A refund intent as our ledger keeps it."""

    intent_id: str
    return_id: str
    amount: Money
    state: str
    refund_ref: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One refund on either side, or on both; ``was`` and ``now`` are its states here and there."""

    verdict: Verdict
    amount: Money
    refund_ref: str | None
    intent_id: str | None = None
    return_id: str | None = None
    was: str | None = None
    now: str | None = None

    @property
    def needs_a_person(self) -> bool:
        failed_late = self.verdict is Verdict.ADOPTED and self.now == "rejected"
        return failed_late or self.verdict in _NEEDS_A_PERSON


def compare_shown(shown: Shown, kept: Kept | None) -> Compared:
    """Judge one refund that the provider shows by the intent that it names."""
    if kept is None:
        verdict = Verdict.MADE_PAST_US if shown.intent_id is None else Verdict.STRANGER
        return Compared(verdict, shown.amount, shown.refund_ref, shown.intent_id, now=shown.state)
    if shown.amount != kept.amount:
        verdict = Verdict.OTHER_AMOUNT
    else:
        verdict = _of_the_same_amount(shown, kept)
    return Compared(
        verdict,
        shown.amount,
        shown.refund_ref,
        kept.intent_id,
        kept.return_id,
        was=kept.state,
        now=shown.state,
    )


def _of_the_same_amount(shown: Shown, kept: Kept) -> Verdict:
    is_another = kept.refund_ref is not None and shown.refund_ref != kept.refund_ref
    if shown.state == "rejected" and (is_another or kept.refund_ref is None):
        # What failed before a later try of the same intent says nothing of that one.
        return Verdict.AGREES
    if is_another and kept.state != "rejected":
        return Verdict.PAID_TWICE
    return Verdict.AGREES if shown.state == kept.state and not is_another else Verdict.ADOPTED


def missing(kept: Sequence[Kept], shown: Mapping[str, Shown]) -> tuple[Compared, ...]:
    """Judge the intents that count as paid, or under way, and are not among ``shown`` by ref."""
    return tuple(
        Compared(
            Verdict.MISSING,
            intent.amount,
            intent.refund_ref,
            intent.intent_id,
            intent.return_id,
            was=intent.state,
        )
        for intent in kept
        if intent.state in ("succeeded", "pending") and intent.refund_ref not in shown
    )
