"""Write what happened where everybody reads it: the projection, the event log, the outbox."""

from dataclasses import dataclass
from typing import Any

from temporalio import activity

from activities.errors import refused, translated
from storage.ledger import CurrencyChangedError
from storage.records import DraftOpening, Existing, NotEnoughUnits, Opened, Opening, Transition
from storage.returns import Returns, UnknownTenantError


@dataclass(frozen=True, slots=True)
class OpenedReturn:
    """What registering led to.

    ``units`` pairs each line with the unit numbers locked for it; ``request_hash`` is the stored
    one, so a key that was used for another request shows. Too few units: ``short_line_id`` is set,
    ``available`` says how many are left, ``held_by`` which returns hold the others. With a
    ``first_answer`` another run decided it before; that was its answer.
    """

    rma_no: str = ""
    request_hash: str = ""
    units: tuple[tuple[str, tuple[int, ...]], ...] = ()
    short_line_id: str | None = None
    available: int = 0
    held_by: tuple[str, ...] = ()
    first_answer: dict[str, Any] | None = None


class RecordActivities:
    def __init__(self, returns: Returns) -> None:
        self._returns = returns

    @activity.defn
    async def open_return(self, opening: Opening) -> OpenedReturn:
        """Number the return and lock its units; a draft keeps its number.

        A repeat answers what the first call answered.

        Raises:
            ApplicationError: type ``BadUpstreamData`` when the order had another currency before.
        """
        with translated():
            try:
                answer = await self._returns.open_return(opening)
            except CurrencyChangedError as error:
                raise refused("BadUpstreamData", str(error), field="currency") from error
        match answer:
            case Opened(rma_no, units):
                return OpenedReturn(rma_no, opening.request_hash, units)
            case Existing():
                return _met(answer)
            case NotEnoughUnits(line_id=line_id, available=available, held_by=held_by):
                return OpenedReturn(short_line_id=line_id, available=available, held_by=held_by)

    @activity.defn
    async def open_draft(self, opening: DraftOpening) -> OpenedReturn:
        """Number a return of which only the request is known, locking nothing.

        A repeat answers what the first call answered; a return that was registered since, its own.

        Raises:
            ApplicationError: type ``tenant_not_found``.
        """
        with translated():
            try:
                answer = await self._returns.open_draft(opening)
            except UnknownTenantError as error:
                raise refused(
                    "tenant_not_found", "there is no such tenant", field="tenant_id"
                ) from error
        if isinstance(answer, Existing):
            return _met(answer)
        return OpenedReturn(answer.rma_no, opening.request_hash)

    @activity.defn
    async def record_transition(self, transition: Transition) -> None:
        """Write one transition; one that is written already changes nothing."""
        with translated():
            await self._returns.record_transition(transition)


def _met(existing: Existing) -> OpenedReturn:
    return OpenedReturn(
        existing.rma_no,
        existing.request_hash,
        existing.units,
        first_answer=existing.first_answer,
    )
