"""Settlements: an amount split over tenders once, and each part followed until it is paid."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.credit_notes import NewNote
from domain.ids import refund_key
from domain.limits import Limits
from domain.orders import TenderKind
from domain.promotions import Standing, Units
from domain.proposals import Approval
from domain.value_ledger import refund_in_kind
from storage import chargebacks, intents, ledger, payments, value_ledger
from storage.database import Database
from storage.models.effects import RefundIntentModel
from storage.rows import Begun, IntentRow
from storage.sealing import (
    Sealing,
    Split,
    check_approved,
    check_left,
    check_parts,
    issue_note,
    new_intent,
    seal_once,
)
from storage.states import IntentState

NO_LIMITS = Limits()

_S = IntentState
# A success may turn out to have failed; money that came back stays back until a new generation.
_ENDS = {
    _S.SENDING: {_S.SUCCEEDED, _S.PENDING, _S.UNKNOWN, _S.REJECTED},
    _S.PENDING: {_S.SUCCEEDED, _S.UNKNOWN, _S.REJECTED},
    _S.UNKNOWN: {_S.SUCCEEDED, _S.PENDING, _S.REJECTED},
    _S.SUCCEEDED: {_S.REJECTED},
    # A refund of ours that a look-up found after all.
    _S.REJECTED: {_S.SUCCEEDED, _S.PENDING},
}


class IntentStateError(Exception):
    """A refund intent was asked to go where its state does not allow."""


class Settlements:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def seal(
        self,
        tenant_id: str,
        return_id: str,
        *,
        order_id: str,
        number: int,
        amount_minor: int,
        currency: str,
        split: Split,
        lot_ids: tuple[str, ...],
        units: Units = (),
        clawback_minor: int = 0,
        standing: Standing | None = None,
        note: NewNote | None = None,
        approval: Approval | None = None,
    ) -> tuple[IntentRow, ...]:
        """Turn an amount into refund intents, one per tender with a part above zero.

        A repeat answers the stored intents and does not split again. Every settlement of an order
        waits for the other; at most seven statements, and two for its credit note.

        Args:
            units: What is paid back, for those who come after.
            clawback_minor: What is kept back of promotions; below zero: given back.
            standing: What the amount was computed on, where promotions are looked at.
            approval: What a person approved, where one had to.
            note: Its credit note, issued in the same transaction. Last, as its number is locked.

        Raises:
            OtherLotsError: the number was sealed for other lots.
            SplitChangedError: it would not be split as it was approved.
            StandingChangedError: it was sealed on another standing, or that is another by now.
            SealedOtherwiseError: the number was sealed for another amount.
            OtherCurrencyError: the order was paid in another currency.
            OverRefundError: a part is above what its tender has left.
            SplitError: wrong number or sum of parts, or a negative one.
        """
        sealing = Sealing(
            tenant_id=tenant_id,
            return_id=return_id,
            order_id=order_id,
            number=number,
            amount_minor=amount_minor,
            currency=currency,
            lot_ids=lot_ids,
            units=units,
            clawback_minor=clawback_minor,
            standing=standing,
            note=note,
            approval=approval,
        )
        async with self._database.tenant(tenant_id) as connection:
            await ledger.lock_tenders(connection, tenant_id, order_id)
            await ledger.check_currency(connection, tenant_id, order_id, currency)
            if await seal_once(connection, sealing):
                balances = await ledger.tender_balances(connection, tenant_id, order_id)
                parts = split(balances, amount_minor)
                check_parts(balances, parts, amount_minor)
                check_approved(balances, parts, approval)
                new = [
                    new_intent(sealing, balance, part)
                    for balance, part in zip(balances, parts, strict=True)
                    if part
                ]
                if new:
                    await connection.execute(insert(RefundIntentModel), new)
                await issue_note(connection, sealing)
            return await intents.of_return(connection, tenant_id, return_id, number)

    async def begin(self, tenant_id: str, intent_id: str, *, limits: Limits = NO_LIMITS) -> Begun:
        """Mark a planned intent as being sent: five statements, more with a chargeback or limits.

        What a lost chargeback gave back of it is noted first, and not sent; if that is all, it
        ends as ``covered``. One whose tender is an account with us is paid at once: its posting and
        its end are one database transaction, so that there is either both or none of them. Any
        other state stays as it is; ``before`` shows it. ``before`` in ``sending`` means that
        somebody began and died: look it up before sending it again.

        Raises:
            ChargedBackError: its payment is charged back, undecided; it stays planned.
            LimitReachedError: its provider takes no refund of the payment now; likewise.
        """
        async with self._database.tenant(tenant_id) as connection:
            # A chargeback is noted under the same lock: it comes before this, or finds it sending.
            await self._lock_tenders_of(connection, tenant_id, intent_id)
            charged_back = await chargebacks.is_charged_back(connection, tenant_id, intent_id)
            before = await intents.locked(connection, tenant_id, intent_id)
            if before.state is not _S.PLANNED:
                return Begun(before, before)
            if charged_back:
                left = await chargebacks.covered_by_now(connection, tenant_id, before)
                if left.state is _S.COVERED:
                    return Begun(before, left)
            if TenderKind(before.tender_kind).is_in_kind:
                return Begun(before, await _paid_in_kind(connection, tenant_id, before))
            if limits.are_any:
                await payments.check_limits(connection, tenant_id, before, limits)
            sending = {"state": _S.SENDING, "first_sent_at": func.now(), "last_sent_at": func.now()}
            return Begun(before, await intents.changed(connection, tenant_id, intent_id, **sending))

    async def send_again(self, tenant_id: str, intent: IntentRow) -> IntentRow:
        """Note that an intent is being sent once more under the same key: five statements.

        Raises:
            IntentStateError: it is not as ``intent`` any more: its key may not go out again.
            ChargedBackError: its payment was charged back since, which is undecided or was lost:
                what the bank gave back would go out again with the whole.
        """
        async with self._database.tenant(tenant_id) as connection:
            await self._lock_tenders_of(connection, tenant_id, intent.intent_id)
            await chargebacks.check_undisputed(connection, tenant_id, intent.intent_id)
            now = await intents.locked(connection, tenant_id, intent.intent_id)
            if (now.generation, now.state) != (intent.generation, intent.state):
                raise IntentStateError(
                    f"generation {intent.generation} was {intent.state}, "
                    f"found {now.state} of generation {now.generation}"
                )
            return await intents.changed(
                connection, tenant_id, intent.intent_id, last_sent_at=func.now()
            )

    async def finish(
        self,
        tenant_id: str,
        intent_id: str,
        *,
        state: IntentState,
        refund_ref: str | None = None,
        failure: str | None = None,
        generation: int | None = None,
    ) -> IntentRow:
        """Note what became of an intent that was sent: two statements.

        Repeating a state keeps it; a reference once known is not forgotten. News of one
        ``generation`` changes no other.

        Raises:
            IntentStateError: no such move, as from ``planned``, or from ``rejected`` to anything;
                or another generation was sent meanwhile.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await intents.locked(connection, tenant_id, intent_id)
            if generation not in (None, before.generation):
                raise IntentStateError(
                    f"generation {generation} ended, and {before.generation} is under way"
                )
            if state is not before.state and state not in _ENDS.get(before.state, set()):
                raise IntentStateError(f"no way leads from {before.state} to {state}")
            return await intents.changed(
                connection,
                tenant_id,
                intent_id,
                state=state,
                refund_ref=refund_ref or before.refund_ref,
                failure=failure,
            )

    async def next_generation(
        self,
        tenant_id: str,
        intent_id: str,
        *,
        generation: int,
        without_effect: bool = False,
        ruling_id: str | None = None,
    ) -> IntentRow:
        """Plan a rejected intent again, under a new idempotency key: at most five statements.

        Also one of unknown end, of which the caller has found out that it was ``without_effect``.
        ``generation`` is the wanted one, so that a repeat changes nothing. ``ruling_id`` is kept
        with it: a ruling sends once.

        Raises:
            IntentStateError: it is of another state, or ``generation`` is not its next one.
            OverRefundError: the tender has too little left by now.
        """
        async with self._database.tenant(tenant_id) as connection:
            await self._lock_tenders_of(connection, tenant_id, intent_id)
            before = await intents.locked(connection, tenant_id, intent_id)
            if before.generation == generation:
                return before
            rejected = before.state is _S.REJECTED
            unknown = before.state in (_S.SENDING, _S.UNKNOWN)
            may = rejected or (unknown and without_effect)
            if not may or before.generation + 1 != generation:
                raise IntentStateError(
                    f"wanted a rejected intent of generation {generation - 1}, "
                    f"found {before.state} of generation {before.generation}"
                )
            if rejected:
                # Only this one had freed its amount, which others may have taken since.
                await check_left(connection, tenant_id, before)
            return await intents.changed(
                connection,
                tenant_id,
                intent_id,
                state=_S.PLANNED,
                generation=generation,
                idempotency_key=refund_key(intent_id, generation),
                refund_ref=None,
                failure=None,
                first_sent_at=None,
                last_sent_at=None,
                ruling_id=ruling_id or before.ruling_id,
            )

    async def _lock_tenders_of(
        self, connection: AsyncConnection, tenant_id: str, intent_id: str
    ) -> None:
        order_id: str | None = await connection.scalar(
            select(RefundIntentModel.order_id).where(
                RefundIntentModel.tenant_id == tenant_id,
                RefundIntentModel.intent_id == intent_id,
            )
        )
        if order_id is None:
            raise intents.UnknownIntentError(f"no refund intent {intent_id}")
        await ledger.lock_tenders(connection, tenant_id, order_id)

    async def get(self, tenant_id: str, intent_id: str) -> IntentRow | None:
        async with self._database.tenant(tenant_id) as connection:
            return await intents.find(
                connection, tenant_id, RefundIntentModel.intent_id == intent_id
            )

    async def get_many(self, tenant_id: str, intent_ids: Sequence[str]) -> tuple[IntentRow, ...]:
        """Read those of the intents that are there: one statement."""
        async with self._database.tenant(tenant_id) as connection:
            return await intents.those(
                connection, tenant_id, RefundIntentModel.intent_id.in_(intent_ids)
            )

    async def sent_between(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> tuple[IntentRow, ...]:
        """Read the intents that were last sent from ``since`` to before ``until``."""
        sent_at = RefundIntentModel.last_sent_at
        async with self._database.tenant(tenant_id) as connection:
            return await intents.those(connection, tenant_id, sent_at >= since, sent_at < until)

    async def by_refund_ref(self, tenant_id: str, refund_ref: str) -> IntentRow | None:
        """Find the intent by the provider's name for its refund, of the current generation."""
        async with self._database.tenant(tenant_id) as connection:
            return await intents.find(
                connection, tenant_id, RefundIntentModel.refund_ref == refund_ref
            )

    async def of_return(self, tenant_id: str, return_id: str) -> tuple[IntentRow, ...]:
        """Read a return's intents, by settlement and tender."""
        async with self._database.tenant(tenant_id) as connection:
            return await intents.of_return(connection, tenant_id, return_id)


async def _paid_in_kind(
    connection: AsyncConnection, tenant_id: str, intent: IntentRow
) -> IntentRow:
    kind, owner_ref = TenderKind(intent.tender_kind), intent.payment_ref
    paid = refund_in_kind(kind, owner_ref, intent.amount, intent.intent_id)
    transaction_id = (await value_ledger.post(connection, tenant_id, paid)).transaction_id
    return await intents.changed(
        connection, tenant_id, intent.intent_id, state=_S.SUCCEEDED, refund_ref=transaction_id
    )
