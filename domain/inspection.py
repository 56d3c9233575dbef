"""What the warehouse finds: grade, fault and evidence, and what follows for goods and money."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Grade(StrEnum):
    """A new or sealed, B open box and complete, C used, D damaged, X not the item that was sent."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    X = "X"


class Fault(StrEnum):
    """Who bears the finding."""

    NONE = "NONE"
    CUSTOMER = "CUSTOMER"
    CARRIER = "CARRIER"
    WAREHOUSE = "WAREHOUSE"
    SELLER = "SELLER"
    VENDOR = "VENDOR"


class Acceptance(StrEnum):
    ACCEPTED = "ACCEPTED"
    PARTIALLY_ACCEPTED = "PARTIALLY_ACCEPTED"
    REJECTED = "REJECTED"


class Disposition(StrEnum):
    RESTOCK = "RESTOCK"
    REFURBISH = "REFURBISH"
    LIQUIDATE = "LIQUIDATE"
    QUARANTINE = "QUARANTINE"
    RETURN_TO_CUSTOMER = "RETURN_TO_CUSTOMER"


@dataclass(frozen=True, slots=True)
class Photo:
    """Evidence by reference: where it lies and the SHA-256 of its bytes."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One inspection of one lot; ``reason_found`` stays apart from the customer's reason."""

    grade: Grade
    fault: Fault
    inspected_by: str
    inspected_at: datetime
    checklist: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = ()
    reason_found: str | None = None
    note: str = ""


EVIDENCE_NEEDED = frozenset({Grade.C, Grade.D, Grade.X})
"""Grades that cost the customer something: they need a checklist entry or a photo."""
