"""Chargebacks: kept as their provider last said, and what they keep from being sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.covering import covered_minor
from domain.money import Money
from storage import intents, ledger
from storage.database import Database
from storage.models.effects import ChargebackModel, RefundIntentModel
from storage.models.orders import TenderModel
from storage.models.returns import ReturnModel
from storage.rows import ChargebackRow, IntentRow
from storage.states import UNDER_WAY, ChargebackState, IntentState

_COLUMNS = tuple(getattr(ChargebackModel, name) for name in ChargebackRow.__slots__)
_UNSENT = (IntentState.PLANNED, IntentState.REJECTED, IntentState.COVERED)


class ChargedBackError(Exception):
    """A refund is not sent while its customer's bank decides on the payment, nor what it gave."""

    def __init__(self, chargeback: ChargebackRow) -> None:
        super().__init__(f"the payment is charged back ({chargeback.dispute_ref})")
        self.evidence_due_by = chargeback.evidence_due_by


@dataclass(frozen=True, slots=True)
class Noted:
    """A chargeback as it is kept now, and all refund intents of its tender.

    ``has_changed`` is whether what is kept was not known before. ``return_ids`` are all returns of
    the order.
    """

    chargeback: ChargebackRow
    has_changed: bool
    intents: tuple[IntentRow, ...]
    return_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenChargeback:
    """A chargeback that a bank decides on, and the refunds of its payment that went out."""

    chargeback: ChargebackRow
    refunds_sent: tuple[str, ...]


class Chargebacks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def undecided(self, tenant_id: str, *, limit: int) -> tuple[OpenChargeback, ...]:
        """Read at most ``limit`` that are open, the first whose evidence is due: two statements."""
        due_first = (
            ChargebackModel.evidence_due_by.asc().nulls_last(),
            ChargebackModel.dispute_ref,
        )
        query = _of(tenant_id).where(ChargebackModel.state == ChargebackState.OPEN)
        async with self._database.tenant(tenant_id) as connection:
            found = await connection.execute(query.order_by(*due_first).limit(limit))
            rows = [_row(row) for row in found]
            sent = await intents.those(
                connection,
                tenant_id,
                RefundIntentModel.order_id.in_({row.order_id for row in rows}),
                RefundIntentModel.state.in_(UNDER_WAY),
            )
        return tuple(OpenChargeback(row, _names_of(sent, row)) for row in rows)

    async def note(
        self,
        tenant_id: str,
        dispute_ref: str,
        *,
        payment_refs: tuple[str, ...],
        amount: Money,
        state: ChargebackState,
        reason: str,
        evidence_due_by: datetime | None,
    ) -> Noted | None:
        """Keep what a provider says of a chargeback: seven statements.

        What was decided stays so. ``None``: the payment is of no order that we know.
        """
        async with self._database.tenant(tenant_id) as connection:
            tender = (
                await connection.execute(
                    select(TenderModel.order_id, TenderModel.tender_id)
                    .where(
                        TenderModel.tenant_id == tenant_id,
                        TenderModel.payment_ref.in_(payment_refs),
                    )
                    .order_by(TenderModel.order_id, TenderModel.tender_id)
                    .limit(1)
                )
            ).one_or_none()
            if tender is None:
                return None
            # Whoever is about to send a refund of it waits, or has gone before us.
            await ledger.lock_tenders(connection, tenant_id, tender.order_id)
            before = await _find(connection, tenant_id, dispute_ref)
            if before is not None and before.state is not ChargebackState.OPEN:
                state = before.state
            values = {
                "amount_minor": amount.minor,
                "currency": amount.currency,
                "state": state,
                "reason": reason,
                "evidence_due_by": evidence_due_by,
            }
            await connection.execute(
                upsert(ChargebackModel)
                .values(
                    tenant_id=tenant_id,
                    dispute_ref=dispute_ref,
                    order_id=tender.order_id,
                    tender_id=tender.tender_id,
                    **values,
                )
                .on_conflict_do_update(
                    index_elements=["tenant_id", "dispute_ref"],
                    set_={**values, "updated_at": func.now()},
                )
            )
            kept = await _find(connection, tenant_id, dispute_ref)
            assert kept is not None
            returns = await connection.scalars(
                select(ReturnModel.return_id)
                .where(ReturnModel.tenant_id == tenant_id, ReturnModel.order_id == tender.order_id)
                .order_by(ReturnModel.return_id)
            )
            on_tender = await intents.those(
                connection,
                tenant_id,
                RefundIntentModel.order_id == tender.order_id,
                RefundIntentModel.tender_id == tender.tender_id,
            )
            return Noted(kept, kept != before, on_tender, tuple(returns.all()))


async def is_charged_back(connection: AsyncConnection, tenant_id: str, intent_id: str) -> bool:
    """Say whether a chargeback of the intent's tender is open or was lost: one statement.

    Under the tender's lock; without it one may be noted right after.
    """
    return bool(await _beside(connection, tenant_id, intent_id))


async def check_undisputed(connection: AsyncConnection, tenant_id: str, intent_id: str) -> None:
    """Raise :class:`ChargedBackError` if one of the intent's tender is open or was lost.

    One statement, under the tender's lock.
    """
    for chargeback in await _beside(connection, tenant_id, intent_id):
        raise ChargedBackError(chargeback)


async def covered_by_now(
    connection: AsyncConnection, tenant_id: str, intent: IntentRow
) -> IntentRow:
    """Note what of an unsent intent its customer's bank has given back; it is sent the less of.

    One of exactly the amount of a lost chargeback is covered by that. Otherwise what was lost is
    gone from what its tender has left, and the intent is covered as far as it does not fit into
    the rest. Under the tender's lock.

    Raises:
        ChargedBackError: a chargeback of the tender is not decided yet; nothing changed.
    """
    standing = await _beside(connection, tenant_id, intent.intent_id)
    _raise_if_open(standing)
    if not standing:
        return intent
    whole = _whole(standing, intent)
    if whole is not None:
        covered = intent.amount_minor
        await connection.execute(
            update(ChargebackModel)
            .where(
                ChargebackModel.tenant_id == tenant_id,
                ChargebackModel.dispute_ref == whole.dispute_ref,
            )
            .values(intent_id=intent.intent_id)
        )
    else:
        covered = covered_minor(
            intent.amount_minor,
            left_minor=await _left_minor(connection, tenant_id, intent),
            lost_minor=sum(chargeback.amount_minor for chargeback in standing),
        )
    values: dict[str, object] = {"covered_minor": covered}
    if covered == intent.amount_minor:
        values["state"] = IntentState.COVERED
    return await intents.changed(connection, tenant_id, intent.intent_id, **values)


def _whole(lost: Sequence[ChargebackRow], intent: IntentRow) -> ChargebackRow | None:
    amount = (intent.amount_minor, intent.currency)
    for chargeback in lost:
        if chargeback.intent_id == intent.intent_id:
            return chargeback
    for chargeback in lost:
        if chargeback.intent_id is None and amount == (
            chargeback.amount_minor,
            chargeback.currency,
        ):
            return chargeback
    return None


async def _left_minor(connection: AsyncConnection, tenant_id: str, intent: IntentRow) -> int:
    """Return what a tender has left beside what is or may be on its way back already."""
    left = await ledger.left_on(connection, tenant_id, intent.order_id, intent.tender_id)
    others = await intents.those(
        connection,
        tenant_id,
        RefundIntentModel.order_id == intent.order_id,
        RefundIntentModel.tender_id == intent.tender_id,
    )
    # A balance counts every intent whole: what waits unsent, and what a chargeback covered, is
    # not on its way.
    not_sent = sum(
        other.amount_minor if other.state in _UNSENT else other.covered_minor
        for other in others
        if other.state is not IntentState.REJECTED
    )
    return left + not_sent


async def _beside(
    connection: AsyncConnection, tenant_id: str, intent_id: str
) -> tuple[ChargebackRow, ...]:
    """Read the chargebacks of an intent's tender that are open or were lost."""
    query = (
        _of(tenant_id)
        .join(
            RefundIntentModel,
            (RefundIntentModel.tenant_id == ChargebackModel.tenant_id)
            & (RefundIntentModel.order_id == ChargebackModel.order_id)
            & (RefundIntentModel.tender_id == ChargebackModel.tender_id),
        )
        .where(
            RefundIntentModel.intent_id == intent_id,
            ChargebackModel.state != ChargebackState.WON,
        )
        .order_by(ChargebackModel.dispute_ref)
    )
    return tuple(_row(row) for row in await connection.execute(query))


def _names_of(sent: Sequence[IntentRow], row: ChargebackRow) -> tuple[str, ...]:
    return tuple(
        sorted(
            one.refund_ref or one.intent_id
            for one in sent
            if (one.order_id, one.tender_id) == (row.order_id, row.tender_id)
        )
    )


def _raise_if_open(standing: Sequence[ChargebackRow]) -> None:
    for chargeback in standing:
        if chargeback.state is ChargebackState.OPEN:
            raise ChargedBackError(chargeback)


async def _find(
    connection: AsyncConnection, tenant_id: str, dispute_ref: str
) -> ChargebackRow | None:
    query = _of(tenant_id).where(ChargebackModel.dispute_ref == dispute_ref)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _row(row)


def _of(tenant_id: str) -> Any:
    return select(*_COLUMNS).where(ChargebackModel.tenant_id == tenant_id)


def _row(row: Row[Any]) -> ChargebackRow:
    values = row._asdict()
    return ChargebackRow(**{**values, "state": ChargebackState(values["state"])})
