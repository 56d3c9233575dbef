"""A payment inside a transaction: the refunds it had, and whether its provider takes another."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.limits import LimitReached, Limits, Payment, limit_reached
from storage.models.effects import ExternalRefundModel, RefundIntentModel
from storage.models.orders import TenderModel
from storage.rows import IntentRow
from storage.states import IntentState

_NOT_SENT = (IntentState.PLANNED, IntentState.COVERED)


class LimitReachedError(Exception):
    """The provider of an intent takes no refund of its payment now, or at all."""

    def __init__(self, reached: LimitReached) -> None:
        super().__init__(reached.message)
        self.until = reached.until


async def check_limits(
    connection: AsyncConnection, tenant_id: str, intent: IntentRow, limits: Limits
) -> None:
    """Raise :class:`LimitReachedError` where one is reached: three statements, by database time.

    Under the tender's lock; of two that come at once one is the other's last.
    """
    of_payment = (
        RefundIntentModel.tenant_id == tenant_id,
        RefundIntentModel.order_id == intent.order_id,
        RefundIntentModel.tender_id == intent.tender_id,
        RefundIntentModel.intent_id != intent.intent_id,
    )
    ours, last_sent_at, now = (
        await connection.execute(
            select(
                func.count().filter(
                    RefundIntentModel.state.not_in((*_NOT_SENT, IntentState.REJECTED))
                ),
                # Noted with its answer, it had reached the provider before.
                func.max(RefundIntentModel.updated_at).filter(
                    RefundIntentModel.last_sent_at.is_not(None)
                ),
                func.now(),
            ).where(*of_payment)
        )
    ).one()
    past_us = await connection.scalar(
        select(func.count()).where(
            ExternalRefundModel.tenant_id == tenant_id,
            ExternalRefundModel.order_id == intent.order_id,
            ExternalRefundModel.tender_id == intent.tender_id,
            ExternalRefundModel.intent_id.is_(None),
            ExternalRefundModel.state != IntentState.REJECTED,
        )
    )
    captured_at = await connection.scalar(
        select(TenderModel.captured_at).where(
            TenderModel.tenant_id == tenant_id,
            TenderModel.order_id == intent.order_id,
            TenderModel.tender_id == intent.tender_id,
        )
    )
    payment = Payment(ours + (past_us or 0), last_sent_at, captured_at)
    reached = limit_reached(limits, payment, now=now)
    if reached is not None:
        raise LimitReachedError(reached)
