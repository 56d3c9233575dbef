"""What a carrier can be trusted for, as its adapter declares it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class BookingLookUp(StrEnum):
    """How a label or a visit is found again when the answer to buying it was lost."""

    BY_DRAFT = "by_draft"
    """By the carrier's id of the free draft that it was bought on."""
    BY_REFERENCE = "by_reference"
    """By our key, which the carrier keeps beside it or as its own number."""
    BY_ADDRESS = "by_address"
    """Ordered again for the same address, it answers the one that stands."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CarrierCapabilities:
    """The carrier's capability sheet: what it can be trusted for, and what it does at all.

    ``sources`` says of every other field where its value comes from. A limit that the carrier does
    not have, or does not tell, is ``None`` or zero; then only its refusal tells.
    """

    carrier: str
    """The adapter's name."""
    proven: bool
    """Whether an account at the carrier, or its own recorded traffic, confirmed the adapter."""
    labels: bool
    """Whether it sells a label that the customer prints and hands over."""
    qr_codes: bool
    """Whether a drop-off point prints its label from a code."""
    couriers: bool
    """Whether a courier can be ordered to the customer."""
    courier_brings_label: bool
    """Whether label and visit are one order: calling the courier off ends the label, too."""
    label_lookup: BookingLookUp
    pickup_lookup: BookingLookUp
    key_window: timedelta
    """How long the same key buys nothing twice; zero where it has no keys, ``timedelta.max`` where
    the key is the order's own number."""
    settle_time: timedelta
    """How long after a purchase a look-up may still miss it; zero is read-after-write."""
    visits_are_shared: bool
    """Whether two visits to one address are one: whoever calls it off calls off both."""
    pushes_scans: bool
    """Whether it tells of scans; where not, only reading its trackers does."""
    countries: frozenset[str] | None
    """ISO 3166-1 alpha-2 of the sender; ``None`` is wherever it offers a rate."""
    max_weight_grams: int | None
    calls_per_second: float | None
    """How many calls it takes in a second: the rate of its task queue, unless a setting says more
    (``BACKHAUL_CARRIER_RATES``). ``None`` where it tells none, and its 429 is obeyed."""
    sources: Mapping[str, str]
