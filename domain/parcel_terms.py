"""What a pack says of parcels: when their money goes out."""

from dataclasses import dataclass
from enum import StrEnum

from domain.pack_reading import At


class Settle(StrEnum):
    """When the money of what came in a parcel goes out, where the rest has not come yet."""

    PER_PARCEL = "per_parcel"
    WHEN_COMPLETE = "when_complete"


@dataclass(frozen=True, slots=True)
class ParcelTerms:
    settle: Settle = Settle.PER_PARCEL


AS_THEY_COME = ParcelTerms()


def read_parcel_terms(pack: At) -> ParcelTerms:
    """Read what a pack says of parcels; left out, each is paid as it comes.

    Raises:
        PolicyError: an unknown value, or a wait for the rest that outlasts a refund's due date.
    """
    settle = pack.option("settle", Settle, default=Settle.PER_PARCEL)
    hours = pack.table("handling_hours")
    due_days = [rule.table("refund").number("due_days") for rule in pack.tables("rules")]
    # By then the money is due for what came, whatever became of the rest.
    waits_too_long = any(hours.number("wait_for_rest") >= 24 * days for days in due_days)
    if settle is Settle.WHEN_COMPLETE and waits_too_long:
        raise hours.error("wait_for_rest", "wanted less than any refund's due_days, to settle then")
    return ParcelTerms(settle)
