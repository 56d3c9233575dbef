"""Refunds that were made past us: kept once, counted, and taken for a refund of ours they pay."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.money import Money
from storage import intents, ledger
from storage.database import Database
from storage.models.effects import ExternalRefundModel, RefundIntentModel
from storage.models.orders import TenderModel
from storage.rows import IntentRow
from storage.states import IntentState


@dataclass(frozen=True, slots=True)
class External:
    """A refund made past us, and the intent that it pays, as it is now; ``is_new`` once."""

    order_id: str
    tender_id: str
    intent: IntentRow | None
    is_new: bool


class ExternalRefunds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self,
        tenant_id: str,
        refund_ref: str,
        *,
        payment_refs: tuple[str, ...],
        amount: Money,
        state: IntentState,
        may_match: bool = True,
    ) -> External | None:
        """Keep what a provider says of a refund that is none of our intents'; six statements.

        When it is first seen, it pays an intent that was refused, if that is of the same payment
        and amount and the only such one (domain.md, edge 67). Otherwise it counts as given back on
        its tender. What comes of a match later changes the intent only while it stands for it.
        ``None``: the payment is of no order that we know.
        """
        async with self._database.tenant(tenant_id) as connection:
            tender = await _tender_of(connection, tenant_id, refund_ref, payment_refs)
            if tender is None:
                return None
            order_id, tender_id = tender
            await ledger.lock_tenders(connection, tenant_id, order_id)
            kept = await connection.execute(
                upsert(ExternalRefundModel)
                .values(
                    tenant_id=tenant_id,
                    refund_ref=refund_ref,
                    order_id=order_id,
                    tender_id=tender_id,
                    amount_minor=amount.minor,
                    currency=amount.currency,
                    state=state,
                )
                .on_conflict_do_update(
                    index_elements=["tenant_id", "refund_ref"],
                    set_={"state": state, "updated_at": func.now()},
                )
                .returning(
                    ExternalRefundModel.intent_id,
                    ExternalRefundModel.first_seen_at == func.now(),
                )
            )
            intent_id, is_new = kept.one()
            if intent_id is not None:
                intent = await intents.locked(connection, tenant_id, intent_id)
                if intent.refund_ref != refund_ref:
                    # A later try of ours stands for it now.
                    return External(order_id, tender_id, None, is_new)
            elif not (is_new and may_match) or state is IntentState.REJECTED:
                return External(order_id, tender_id, None, is_new)
            else:
                intent_id = await _refused(connection, tenant_id, order_id, tender_id, amount)
                if intent_id is None:
                    return External(order_id, tender_id, None, is_new)
            paid = await _match(connection, tenant_id, refund_ref, intent_id, state)
            return External(order_id, tender_id, paid, is_new)

    async def fitting(self, tenant_id: str, intent: IntentRow) -> bool:
        """Say whether a refund was made by hand since that would pay this intent: one statement."""
        async with self._database.tenant(tenant_id) as connection:
            return len((await connection.scalars(_fitting(tenant_id, intent))).all()) == 1

    async def claim(self, tenant_id: str, intent: IntentRow) -> IntentRow:
        """Let the refund that fits pay the intent, of which ours turned out to be without effect.

        Raises:
            LookupError: none fits any more, or the intent moved on.
        """
        async with self._database.tenant(tenant_id) as connection:
            await ledger.lock_tenders(connection, tenant_id, intent.order_id)
            now = await intents.locked(connection, tenant_id, intent.intent_id)
            fitting = (await connection.execute(_fitting_states(tenant_id, intent))).all()
            if (now.state, now.generation) != (intent.state, intent.generation) or not fitting:
                raise LookupError(f"nothing pays refund intent {intent.intent_id}")
            refund_ref, state = fitting[0]
            return await _match(
                connection, tenant_id, refund_ref, intent.intent_id, IntentState(state)
            )


async def _tender_of(
    connection: AsyncConnection, tenant_id: str, refund_ref: str, payment_refs: tuple[str, ...]
) -> tuple[str, str] | None:
    """Find the tender of a refund: the one it was kept for, or the first that was paid so."""
    kept = select(ExternalRefundModel.order_id, ExternalRefundModel.tender_id).where(
        ExternalRefundModel.tenant_id == tenant_id, ExternalRefundModel.refund_ref == refund_ref
    )
    paid = (
        select(TenderModel.order_id, TenderModel.tender_id)
        .where(TenderModel.tenant_id == tenant_id, TenderModel.payment_ref.in_(payment_refs))
        .order_by(TenderModel.order_id, TenderModel.tender_id)
        .limit(1)
    )
    for query in (kept, paid):
        if (row := (await connection.execute(query)).one_or_none()) is not None:
            return row.order_id, row.tender_id
    return None


async def _refused(
    connection: AsyncConnection, tenant_id: str, order_id: str, tender_id: str, amount: Money
) -> str | None:
    """Find and lock the one refused intent that such a refund pays."""
    found = await connection.scalars(
        select(RefundIntentModel.intent_id)
        .where(
            RefundIntentModel.tenant_id == tenant_id,
            RefundIntentModel.order_id == order_id,
            RefundIntentModel.tender_id == tender_id,
            RefundIntentModel.amount_minor - RefundIntentModel.covered_minor == amount.minor,
            RefundIntentModel.currency == amount.currency,
            RefundIntentModel.state == IntentState.REJECTED,
        )
        .with_for_update()
    )
    fitting = found.all()
    return fitting[0] if len(fitting) == 1 else None


def _fitting_states(tenant_id: str, intent: IntentRow) -> Any:
    return select(ExternalRefundModel.refund_ref, ExternalRefundModel.state).where(
        ExternalRefundModel.tenant_id == tenant_id,
        ExternalRefundModel.order_id == intent.order_id,
        ExternalRefundModel.tender_id == intent.tender_id,
        ExternalRefundModel.amount_minor == intent.amount.minor,
        ExternalRefundModel.currency == intent.currency,
        ExternalRefundModel.intent_id.is_(None),
        ExternalRefundModel.state != IntentState.REJECTED,
        # What was given back before this was owed is another matter.
        ExternalRefundModel.first_seen_at > intent.created_at,
    )


def _fitting(tenant_id: str, intent: IntentRow) -> Any:
    return _fitting_states(tenant_id, intent).with_only_columns(ExternalRefundModel.refund_ref)


async def _match(
    connection: AsyncConnection,
    tenant_id: str,
    refund_ref: str,
    intent_id: str,
    state: IntentState,
) -> IntentRow:
    await connection.execute(
        update(ExternalRefundModel)
        .where(
            ExternalRefundModel.tenant_id == tenant_id,
            ExternalRefundModel.refund_ref == refund_ref,
        )
        .values(intent_id=intent_id)
    )
    return await intents.changed(
        connection, tenant_id, intent_id, state=state, refund_ref=refund_ref, failure=None
    )
