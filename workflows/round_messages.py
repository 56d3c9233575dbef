"""What passes the border of the workflows that look after all returns."""

from dataclasses import dataclass, field
from datetime import date

from activities.sweeping import SweepFrom


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a sweep is, and what it saw: the start of one is empty."""

    following: SweepFrom = field(default_factory=SweepFrom)
    looked_at: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class CarrierRound:
    """What one round saw and did; ``failed`` are accounts whose carrier did not answer."""

    read: int = 0
    told: int = 0
    warned: int = 0
    resumed: int = 0
    orphans: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReconciliationOutcome:
    """``counts`` by verdict over all; ``failed`` are tenants that could not be compared."""

    day: date
    counts: dict[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What to compare: of one tenant or of all; of one day (UTC) or of the last thirty.

    ``after`` and ``so_far`` are how far an earlier run came, in the order of tenants.
    """

    tenant_id: str | None = None
    day: date | None = None
    after: str = ""
    so_far: ReconciliationOutcome | None = None
