"""A refund that goes elsewhere than it came from: where the customer agreed to, or to nobody."""

from domain.diverting import bonus_of
from domain.ids import refund_key
from domain.intents import Redirect
from domain.orders import Destination, TenderKind
from domain.value_ledger import refund_in_kind
from storage import chargebacks, intents, ledger, value_ledger
from storage.database import Database
from storage.rows import IntentRow
from storage.sealing import check_left
from storage.settlements import IntentStateError
from storage.states import IntentState


class Redirects:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def redirect(
        self, tenant_id: str, intent: IntentRow, redirect: Redirect, *, generation: int
    ) -> IntentRow:
        """Pay ``intent`` elsewhere as ``generation``; all of it is one database transaction.

        Its amount counts on its own tender as before. A repeat answers what was done first.

        Raises:
            IntentStateError: it moved on: its last try may have an effect, or was another one.
            OverRefundError: the tender has too little left by now.
            ChargedBackError: the customer's bank took the payment back, and that is not decided.
        """
        async with self._database.tenant(tenant_id) as connection:
            await ledger.lock_tenders(connection, tenant_id, intent.order_id)
            before = await intents.locked(connection, tenant_id, intent.intent_id)
            if before.destination != Destination.ORIGINAL:
                return before
            refused = before.state is IntentState.REJECTED and before.generation + 1 == generation
            unsent = before.state is IntentState.PLANNED and before.generation == generation
            if not refused and not unsent:
                raise IntentStateError(
                    f"wanted a refused intent before generation {generation}, "
                    f"found {before.state} of generation {before.generation}"
                )
            if await chargebacks.is_charged_back(connection, tenant_id, intent.intent_id):
                before = await chargebacks.covered_by_now(connection, tenant_id, before)
                if before.state is IntentState.COVERED:
                    return before
            if refused:
                # It had freed its amount, which others may have taken since.
                await check_left(connection, tenant_id, before)
            refund_ref: str | None = redirect.reference or None
            if redirect.destination is Destination.STORE_CREDIT:
                paid = refund_in_kind(
                    TenderKind.STORE_CREDIT,
                    redirect.reference,
                    before.amount,
                    before.intent_id,
                    bonus_minor=bonus_of(redirect, before.amount.minor, before.amount_minor),
                )
                refund_ref = (await value_ledger.post(connection, tenant_id, paid)).transaction_id
            return await intents.changed(
                connection,
                tenant_id,
                intent.intent_id,
                state=IntentState.SUCCEEDED,
                destination=redirect.destination,
                generation=generation,
                idempotency_key=refund_key(intent.intent_id, generation),
                refund_ref=refund_ref,
                failure=None,
                # Nothing went to the provider, and nothing is expected to be found there.
                first_sent_at=None,
                last_sent_at=None,
            )
