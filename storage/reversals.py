"""What a settlement paid into the value ledger is taken back, as far as it is still there."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.orders import Destination, TenderKind
from domain.value_ledger import Posting, Shortfall, reversal
from storage import intents, value_ledger
from storage.database import Database
from storage.models.returns import EventModel, ReturnModel
from storage.rows import IntentRow
from storage.side_streams import add_event
from storage.states import IntentState

STREAM = "credit"
_ENDED = (IntentState.SUCCEEDED, IntentState.COVERED)


class NothingToReverseError(Exception):
    """The settlement paid nothing in kind, or not all of it is paid yet."""


class ReversedBeforeError(Exception):
    """Another command reversed the settlement's credit."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """``shortfall_minor`` was spent before, and stands in the merchant's account ``shortfall``."""

    settlement_no: int
    currency: str
    taken_minor: int
    shortfall_minor: int
    shortfall: str


class Reversals:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def reverse(
        self,
        tenant_id: str,
        return_id: str,
        number: int,
        *,
        shortfall: Shortfall,
        command_id: str,
        actor: str,
    ) -> Reversed:
        """Reverse what settlement ``number`` gave in kind, and log it: one database transaction.

        A bonus goes back with what it came on top of.
        No account is below zero: what was spent before goes to ``shortfall``. The same command
        answers what it did first. The amounts count as refunded on their tenders as before.

        Raises:
            NothingToReverseError: nothing was paid in kind, or something is not paid yet.
            ReversedBeforeError: it was reversed by another command.
        """
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                select(ReturnModel.return_id)
                .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id)
                .with_for_update()
            )
            before = await _reversed_before(connection, tenant_id, return_id, number, command_id)
            if before is not None:
                return before
            rows = await intents.of_return(connection, tenant_id, return_id, number)
            paid = [row for row in rows if row.state is IntentState.SUCCEEDED]
            in_kind = [row for row in paid if _is_in_kind(row)]
            if not in_kind or any(row.state not in _ENDED for row in rows):
                raise NothingToReverseError(f"settlement {number} has nothing to take back")
            given = taken = 0
            for posting, row in await _given(connection, tenant_id, in_kind):
                account, minor = posting.account, posting.amount_minor
                held = await value_ledger.locked_balance(connection, tenant_id, account)
                back = reversal(
                    account,
                    row.amount,
                    row.intent_id,
                    held_minor=held,
                    shortfall=shortfall,
                    bonus_minor=minor - row.amount.minor,
                )
                await value_ledger.post(connection, tenant_id, back)
                given, taken = given + minor, taken + min(held, minor)
            done = Reversed(number, in_kind[0].currency, taken, given - taken, shortfall)
            await add_event(
                connection,
                tenant_id,
                return_id,
                "credit.reversed",
                stream=STREAM,
                sequence=number,
                actor=actor,
                cause_id=command_id,
                data={name: getattr(done, name) for name in Reversed.__slots__},
            )
            return done


def _is_in_kind(row: IntentRow) -> bool:
    paid_to = row.destination
    original = paid_to == Destination.ORIGINAL and TenderKind(row.tender_kind).is_in_kind
    return original or paid_to == Destination.STORE_CREDIT


async def _given(
    connection: AsyncConnection, tenant_id: str, rows: list[IntentRow]
) -> list[tuple[Posting, IntentRow]]:
    """Find what each refund gave, bonus included, in everybody's order of locking accounts."""
    found = [
        (await value_ledger.customers_posting(connection, tenant_id, row.refund_ref or ""), row)
        for row in rows
    ]
    return sorted(found, key=lambda pair: (pair[0].account, pair[1].intent_id))


async def _reversed_before(
    connection: AsyncConnection, tenant_id: str, return_id: str, number: int, command_id: str
) -> Reversed | None:
    query = select(EventModel.cause_id, EventModel.data).where(
        EventModel.tenant_id == tenant_id,
        EventModel.return_id == return_id,
        EventModel.stream == STREAM,
        EventModel.sequence == number,
    )
    event = (await connection.execute(query)).one_or_none()
    if event is None:
        return None
    if event.cause_id != command_id:
        raise ReversedBeforeError(f"the credit of settlement {number} was reversed before")
    return Reversed(**event.data)
