"""A chargeback as a return is told of it: what it keeps from being sent, and until when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Chargeback:
    """A payment that the customer's bank took back; ``state`` is ``open``, ``won`` or ``lost``.

    ``won`` is for us. ``since`` is when the return was told; evidence is taken until
    ``evidence_due_by``. ``evidence`` names the refunds of the same payment that were sent
    before, by the provider's names: the customer must not have the money twice.
    """

    dispute_ref: str
    tender_id: str
    amount_minor: int
    state: str
    reason: str
    since: datetime
    evidence_due_by: datetime | None = None
    evidence: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state == "open"
