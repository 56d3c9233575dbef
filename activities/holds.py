"""Hold money for an advance exchange: place, renew, capture, void."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.errors import refused, translated
from activities.holding import UNKNOWN, Holder
from domain.holds import ENDED, UNPLACED, HoldState
from domain.money import Money
from domain.orders import HoldMethod
from integrations.directory import Connections
from storage.database import Database
from storage.hold_rows import HoldRow
from storage.holds import HeldOtherwiseError, Holds

_S = HoldState
_OPEN = frozenset(HoldState) - ENDED
_TAKEN = frozenset({_S.CAPTURING, _S.CAPTURED})
_BEING_ENDED = _TAKEN | {_S.VOIDING}


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Hold ``amount`` to secure ``purpose``, a lot. A repeat places nothing more."""

    tenant_id: str
    return_id: str
    order_id: str
    purpose: str
    amount: Money
    method: HoldMethod


@dataclass(frozen=True, slots=True)
class RenewHold:
    """Place the ``number``-th hold of a lot and end those before it; ``number`` is 2 or more."""

    tenant_id: str
    return_id: str
    purpose: str
    number: int


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """Take ``amount``, at most what is held, and release the rest. A lot is charged once."""

    tenant_id: str
    return_id: str
    purpose: str
    amount: Money


@dataclass(frozen=True, slots=True)
class VoidHold:
    """Release whatever is held for a lot."""

    tenant_id: str
    return_id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """How a lot is secured.

    ``state`` is ``authorized``, ``captured``, ``voided``, ``expired`` or ``rejected``; ``failure``
    is the provider's code for why it is not what was asked, ``never_placed``,
    ``captured_past_us`` or ``authorization_in_use``. ``expires_at`` is when the provider lets go of
    the money, where it says so.
    """

    hold_id: str
    number: int
    generation: int
    state: str
    hold_ref: str | None = None
    expires_at: datetime | None = None
    captured: Money | None = None
    failure: str | None = None


class HoldActivities:
    def __init__(self, connections: Connections, database: Database) -> None:
        self._connections = connections
        self._holds = Holds(database)

    @activity.defn
    async def place_hold(self, asked: PlaceHold) -> HoldAnswer:
        """Place a lot's first hold, unless it was placed; what was sent before is looked up first.

        Raises:
            ApplicationError: type ``OutcomeUnknown`` whenever money may be held and nobody knows;
                ``HeldOtherwise`` when the lot has a hold of another amount or method.
        """
        with translated(unknown=UNKNOWN):
            row = await self._planned(asked, asked.method, number=1)
            return answer_of(await (await self._holder(asked.tenant_id)).go_on(row))

    @activity.defn
    async def renew_hold(self, asked: RenewHold) -> HoldAnswer:
        """Place a lot's next hold, then end the one before: money is held all the while.

        A renewal that is refused leaves the hold before it as it was, and says so as ``rejected``.

        Raises:
            ApplicationError: as :meth:`place_hold`; ``NoHold`` when there is none to renew.
        """
        with translated(unknown=UNKNOWN):
            rows = await self._rows(asked.tenant_id, asked.return_id, asked.purpose)
            holder = await self._holder(asked.tenant_id)
            # Where each hold stands alone, an older one that is being voided was renewed.
            ending = _BEING_ENDED if holder.renewal_takes_over else _TAKEN
            ended = next((row for row in rows if row.state in ending), None)
            if ended is not None:
                return answer_of(await holder.go_on(ended))
            before = [row for row in rows if row.number < asked.number]
            if not before or before[-1].number != asked.number - 1:
                raise refused("NoHold", f"no hold {asked.number - 1} of {asked.purpose} to renew")
            row = next((row for row in rows if row.number == asked.number), None)
            if row is None:
                last = await holder.go_on(before[-1])
                if last.state is not _S.AUTHORIZED:
                    return answer_of(last)
                row = await self._next(asked.tenant_id, last)
                before[-1] = last
            row = await holder.go_on(row)
            if row.state is _S.AUTHORIZED:
                await self._end(asked.tenant_id, before)
            return answer_of(row)

    @activity.defn
    async def capture_hold(self, asked: CaptureHold) -> HoldAnswer:
        """Take money that is held for a lot; a repeat takes nothing more and answers the same.

        A hold that has ended meanwhile is answered as ``expired`` or ``voided``: nothing was taken.
        One that the provider refused to capture stays ``authorized``, with its ``failure``.

        Raises:
            ApplicationError: ``OverCapture`` when more is asked than is held; ``NoHold``;
                ``OutcomeUnknown`` while nobody knows whether it was taken.
        """
        with translated(unknown=UNKNOWN):
            rows = await self._some(asked.tenant_id, asked.return_id, asked.purpose)
            holder = await self._holder(asked.tenant_id)
            if holder.renewal_takes_over:
                # What was renewed is not to be taken any more; whether it was, has to be known.
                rows = tuple([await holder.find_out(row) for row in rows])
            row = await holder.go_on(_to_capture(rows))
            if row.state is _S.AUTHORIZED:
                _check_within(asked.amount, row)
                row = await holder.capture(row, asked.amount)
            if row.state is _S.CAPTURED:
                await self._end(
                    asked.tenant_id, [one for one in rows if one.hold_id != row.hold_id]
                )
            return answer_of(row)

    @activity.defn
    async def void_hold(self, asked: VoidHold) -> HoldAnswer:
        """Release all that is held for a lot, also what nobody knew of.

        What was captured before stays captured, and is answered so.

        Raises:
            ApplicationError: ``NoHold``; ``OutcomeUnknown`` while money may still be held.
        """
        with translated(unknown=UNKNOWN):
            rows = await self._some(asked.tenant_id, asked.return_id, asked.purpose)
            holder = await self._holder(asked.tenant_id)
            ended = [await holder.release(row) for row in rows]
            return answer_of(_to_capture(ended))

    async def _planned(self, asked: PlaceHold, method: HoldMethod, *, number: int) -> HoldRow:
        try:
            return await self._holds.plan(
                asked.tenant_id,
                asked.return_id,
                purpose=asked.purpose,
                number=number,
                order_id=asked.order_id,
                amount=asked.amount,
                method=method,
            )
        except HeldOtherwiseError as error:
            raise refused("HeldOtherwise", str(error), field="amount") from error

    async def _next(self, tenant_id: str, row: HoldRow) -> HoldRow:
        return await self._holds.plan(
            tenant_id,
            row.return_id,
            purpose=row.purpose,
            number=row.number + 1,
            order_id=row.order_id,
            amount=row.amount,
            method=row.method,
        )

    async def _end(self, tenant_id: str, rows: list[HoldRow]) -> None:
        """End the holds beside the one that counts, where they do not end with it."""
        holder = await self._holder(tenant_id)
        for row in rows:
            if row.state in _OPEN and holder.renewal_takes_over:
                await self._holds.note(tenant_id, row, _S.VOIDED)
            elif row.state in _OPEN:
                await holder.release(row)

    async def _holder(self, tenant_id: str) -> Holder:
        return Holder(tenant_id, await self._connections.payments(tenant_id), self._holds)

    async def _rows(self, tenant_id: str, return_id: str, purpose: str) -> tuple[HoldRow, ...]:
        return await self._holds.of_purpose(tenant_id, return_id, purpose)

    async def _some(self, tenant_id: str, return_id: str, purpose: str) -> tuple[HoldRow, ...]:
        rows = await self._rows(tenant_id, return_id, purpose)
        if not rows:
            raise refused("NoHold", f"nothing is held for {purpose}")
        return rows


def _to_capture(rows: list[HoldRow] | tuple[HoldRow, ...]) -> HoldRow:
    """Choose the hold that counts: what was taken, then what can be, the newest first."""
    ranks = {_S.CAPTURED: 0, _S.CAPTURING: 1, _S.AUTHORIZED: 2, _S.VOIDING: 3}
    unplaced = dict.fromkeys(UNPLACED, 4)
    ended = {_S.EXPIRED: 5, _S.VOIDED: 5, _S.REJECTED: 6}
    order = ranks | unplaced | ended
    return min(rows, key=lambda row: (order[row.state], -row.number))


def _check_within(amount: Money, row: HoldRow) -> None:
    if amount.currency != row.currency or not 1 <= amount.minor <= row.amount_minor:
        raise refused(
            "OverCapture", f"wanted {amount} of hold {row.hold_id} of {row.amount}", field="amount"
        )


def answer_of(row: HoldRow) -> HoldAnswer:
    return HoldAnswer(
        hold_id=row.hold_id,
        number=row.number,
        generation=row.generation,
        state=row.state,
        hold_ref=row.hold_ref,
        expires_at=row.expires_at,
        captured=row.captured,
        failure=row.failure,
    )
