"""What crosses the bare workflow's border, and what its activities are asked."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StartBare:
    """``document_bytes`` is how much every transition writes: as much as one of ours."""

    return_id: str
    order_id: str
    location_id: str
    lines: tuple[str, ...]
    document_bytes: int


@dataclass(frozen=True, slots=True)
class Receipt:
    receipt_id: str
    parcel: str
    entries: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    lot_id: str
    grade: str


@dataclass(frozen=True, slots=True)
class Scan:
    milestone: str


@dataclass(frozen=True, slots=True)
class Record:
    """One transition to write: ``steps`` are its events, ``mail`` the kind of mail it makes due."""

    return_id: str
    order_id: str
    steps: tuple[str, ...]
    document_bytes: int
    mail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    shipment_ref: str
    tracking_code: str


@dataclass(frozen=True, slots=True)
class Refund:
    return_id: str
    intent_id: str
    payment_ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settle:
    return_id: str
    refunds: tuple[Refund, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    return_id: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One activity's subject; each reads the fields it needs."""

    return_id: str
    order_id: str
    location_id: str = ""
    ref: str = ""


Order = dict[str, Any]
