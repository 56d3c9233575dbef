"""Why something comes back: stated by the customer, found by the warehouse, kept apart."""

from enum import StrEnum


class Ground(StrEnum):
    """On what footing the customer asks (policy.md §3.1).

    With REFUSAL nobody asked: a parcel was refused, or could not be delivered, and came back.
    """

    WITHDRAWAL = "WITHDRAWAL"
    NON_CONFORMITY = "NON_CONFORMITY"
    WARRANTY = "WARRANTY"
    REFUSAL = "REFUSAL"


_WITHOUT_REASON = (Ground.WITHDRAWAL, Ground.REFUSAL)


REASONS: dict[str, tuple[str, ...]] = {
    "CHANGED_MIND": ("NO_LONGER_NEEDED", "BETTER_PRICE", "ORDERED_TWICE"),
    "FIT": ("TOO_SMALL", "TOO_LARGE", "STYLE_OR_COLOUR"),
    "NOT_AS_DESCRIBED": ("WRONG_ITEM", "MISSING_PARTS", "DIFFERENT_FROM_PICTURE"),
    "DAMAGED": ("IN_TRANSIT", "ON_ARRIVAL", "BY_CUSTOMER"),
    "DEFECTIVE": ("DEAD_ON_ARRIVAL", "STOPPED_WORKING", "PERFORMS_BADLY"),
    "LATE": ("NOT_NEEDED_ANY_MORE",),
}
"""The two levels of reasons: a level-one code and the level-two codes under it."""


def reason_problem(reason: str | None, detail: str | None, *, ground: Ground) -> str | None:
    """Return what is wrong with a stated reason, or ``None`` when it may stand.

    A withdrawal, and a parcel that nobody asked to return, need none; every other ground needs
    level one. Level two is always optional and must belong to its level one.
    """
    if reason is None:
        if detail is not None:
            return "a detail needs its reason"
        return None if ground in _WITHOUT_REASON else f"a return for {ground} needs a reason"
    if reason not in REASONS:
        return f"wanted one of {', '.join(REASONS)}, found {reason!r}"
    if detail is not None and detail not in REASONS[reason]:
        return f"wanted one of {', '.join(REASONS[reason])}, found {detail!r}"
    return None
