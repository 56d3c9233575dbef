"""Refunds that were made past us: kept once, counted, and taken for a refund of ours they pay."""

from dataclasses import dataclass

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

_UNPAID = (IntentState.REJECTED, IntentState.UNKNOWN)


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
    ) -> External | None:
        """Keep what a provider says of a refund that carries no id of ours; at most six statements.

        It pays an intent that could not be paid, or of which nobody knows, when that is of the same
        payment and amount and the only such one (domain.md, edge 67). Otherwise it counts as given
        back on its tender. ``None``: the payment is of no order that we know. Repeats keep the
        first match.
        """
        async with self._database.tenant(tenant_id) as connection:
            tender = (
                await connection.execute(
                    select(TenderModel.order_id, TenderModel.tender_id)
                    .where(
                        TenderModel.tenant_id == tenant_id,
                        TenderModel.payment_ref.in_(payment_refs),
                    )
                    .limit(1)
                )
            ).one_or_none()
            if tender is None:
                return None
            order_id, tender_id = tender
            await ledger.lock_tenders(connection, tenant_id, order_id)
            values = {
                "tenant_id": tenant_id,
                "refund_ref": refund_ref,
                "order_id": order_id,
                "tender_id": tender_id,
                "amount_minor": amount.minor,
                "currency": amount.currency,
            }
            kept = (
                await connection.execute(
                    upsert(ExternalRefundModel)
                    .values(**values, state=state)
                    .on_conflict_do_update(
                        index_elements=["tenant_id", "refund_ref"],
                        set_={"state": state, "updated_at": func.now()},
                    )
                    .returning(
                        ExternalRefundModel.intent_id,
                        ExternalRefundModel.first_seen_at == func.now(),
                    )
                )
            ).one()
            intent_id, is_new = kept
            if intent_id is None and state is not IntentState.REJECTED:
                intent_id = await _paid_by(connection, tenant_id, order_id, tender_id, amount)
            if intent_id is None:
                return External(order_id, tender_id, None, is_new)
            await connection.execute(
                update(ExternalRefundModel)
                .where(
                    ExternalRefundModel.tenant_id == tenant_id,
                    ExternalRefundModel.refund_ref == refund_ref,
                )
                .values(intent_id=intent_id)
            )
            intent = await intents.changed(
                connection, tenant_id, intent_id, state=state, refund_ref=refund_ref, failure=None
            )
            return External(order_id, tender_id, intent, is_new)


async def _paid_by(
    connection: AsyncConnection, tenant_id: str, order_id: str, tender_id: str, amount: Money
) -> str | None:
    """Find the one unpaid intent that such a refund pays."""
    fitting = await connection.scalars(
        select(RefundIntentModel.intent_id).where(
            RefundIntentModel.tenant_id == tenant_id,
            RefundIntentModel.order_id == order_id,
            RefundIntentModel.tender_id == tender_id,
            RefundIntentModel.amount_minor == amount.minor,
            RefundIntentModel.currency == amount.currency,
            RefundIntentModel.state.in_(_UNPAID),
        )
    )
    found = fitting.all()
    return found[0] if len(found) == 1 else None
