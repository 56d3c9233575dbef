"""Lock the units of a return again whose parcel was scanned after it had expired."""

from dataclasses import dataclass

from temporalio import activity

from activities.errors import translated
from storage.records import HeldByOthers, Relocking
from storage.returns import Returns


@dataclass(frozen=True, slots=True)
class Relocked:
    """``units`` by line; or none, and ``held_by`` says which returns have those of ``line_id``."""

    units: tuple[tuple[str, tuple[int, ...]], ...] = ()
    line_id: str | None = None
    held_by: tuple[str, ...] = ()


class RelockActivities:
    def __init__(self, returns: Returns) -> None:
        self._returns = returns

    @activity.defn
    async def relock_units(self, asked: Relocking) -> Relocked:
        """Lock all units or none; a repeat finds those it has."""
        with translated():
            answer = await self._returns.relock_units(asked)
        if isinstance(answer, HeldByOthers):
            return Relocked(line_id=answer.line_id, held_by=answer.held_by)
        return Relocked(answer)
