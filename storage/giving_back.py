"""What a captured hold took, given back once: an intent on the tender that the capture made."""

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import part_id, refund_key
from domain.money import Money
from storage import intents, ledger
from storage.database import Database
from storage.hold_rows import HoldRow
from storage.models.effects import RefundIntentModel
from storage.rows import IntentRow
from storage.sealing import OverRefundError, SealedOtherwiseError

NO_SETTLEMENT = 0
"""Settlements count from one: what is given back of a hold is for none of them."""


class GivingBack:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def seal(self, tenant_id: str, hold: HoldRow, amount: Money) -> IntentRow:
        """Store the one intent that gives back what a captured hold took, or a part of it.

        A repeat answers the stored intent, whatever has become of it.

        Raises:
            SealedOtherwiseError: another amount was sealed before.
            OverRefundError: less than ``amount`` was captured and is left.
        """
        intent_id = part_id(hold.return_id, "give-back", hold.hold_id)
        new = upsert(RefundIntentModel).values(
            tenant_id=tenant_id,
            intent_id=intent_id,
            return_id=hold.return_id,
            order_id=hold.order_id,
            settlement_no=NO_SETTLEMENT,
            tender_id=hold.tender_id,
            payment_ref=hold.payment_ref,
            amount_minor=amount.minor,
            currency=amount.currency,
            idempotency_key=refund_key(intent_id, 0),
        )
        async with self._database.tenant(tenant_id) as connection:
            await ledger.lock_tenders(connection, tenant_id, hold.order_id)
            known = await intents.find(
                connection, tenant_id, RefundIntentModel.intent_id == intent_id
            )
            if known is None:
                await _check_left(connection, tenant_id, hold, amount)
                await connection.execute(new)
                known = await intents.locked(connection, tenant_id, intent_id)
        if known.amount != amount:
            raise SealedOtherwiseError(
                f"hold {hold.hold_id} was to give back {known.amount}, found {amount}"
            )
        return known


async def _check_left(
    connection: AsyncConnection, tenant_id: str, hold: HoldRow, amount: Money
) -> None:
    left = await ledger.left_on(connection, tenant_id, hold.order_id, hold.tender_id)
    if amount.currency != hold.currency or amount.minor > left:
        raise OverRefundError(
            f"wanted {amount} of hold {hold.hold_id}, found {left} {hold.currency} left"
        )
