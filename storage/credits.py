"""What customers hold with us in kind: read, spent, and given back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_

from domain.ids import transaction_id_for
from domain.money import Money
from domain.value_ledger import (
    Account,
    AccountKind,
    Posting,
    Purpose,
    Side,
    Transaction,
    spend,
    spend_back,
)
from storage import cursors, value_ledger
from storage.database import Database
from storage.models.values import ValueAccountModel, ValuePostingModel, ValueTransactionModel


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One transaction as it changed one account; below zero where it took from it."""

    transaction_id: str
    purpose: str
    change_minor: int
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class CreditPage:
    """Newest first; ``next_cursor`` is ``None`` on the last page."""

    rows: tuple[CreditRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Spent:
    """A payment, and what the account holds after it as it is now."""

    spend_id: str
    account: Account
    amount_minor: int
    balance_minor: int


class Credits:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def currencies(self, tenant_id: str, kind: AccountKind, owner_ref: str) -> dict[str, int]:
        """Read what an owner holds of a kind, by currency; empty: there is no such account."""
        model = ValueAccountModel
        query = select(model.currency, model.balance_minor).where(
            model.tenant_id == tenant_id, model.kind == kind, model.owner_ref == owner_ref
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = await connection.execute(query.order_by(model.currency))
            return {currency: minor or 0 for currency, minor in rows}

    async def page(
        self, tenant_id: str, account: Account, *, limit: int, cursor: str | None = None
    ) -> CreditPage:
        """Read an account's transactions.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        made, posting = ValueTransactionModel, ValuePostingModel
        order = (made.posted_at, made.transaction_id)
        query = (
            select(
                made.transaction_id,
                made.purpose,
                posting.side,
                posting.amount_minor,
                made.posted_at,
            )
            .join(
                posting,
                (posting.tenant_id == made.tenant_id)
                & (posting.transaction_id == made.transaction_id),
            )
            .where(
                made.tenant_id == tenant_id,
                posting.kind == account.kind,
                posting.owner_ref == account.owner_ref,
                posting.currency == account.currency,
            )
            .order_by(*(column.desc() for column in order))
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(tuple_(*order) < cursors.decode(cursor))
        async with self._database.tenant(tenant_id) as connection:
            found = (await connection.execute(query)).all()
        rows = tuple(
            CreditRow(transaction_id, purpose, minor if side == Side.CREDIT else -minor, posted_at)
            for transaction_id, purpose, side, minor, posted_at in found[:limit]
        )
        more = len(found) > limit
        last = cursors.encode(rows[-1].posted_at, rows[-1].transaction_id) if more else None
        return CreditPage(rows, last)

    async def spend(self, tenant_id: str, account: Account, amount: Money, *, key: str) -> Spent:
        """Pay with what a customer holds; a repeat under the same key pays once.

        Raises:
            TooLittleError: the account holds less.
            PostedOtherwiseError: the key came with another account or amount before.
        """
        spend_id = transaction_id_for(tenant_id, f"key/{key}")
        async with self._database.tenant(tenant_id) as connection:
            await value_ledger.post(connection, tenant_id, spend(account, amount, spend_id))
            left = await value_ledger.balance(connection, tenant_id, account)
        return Spent(spend_id, account, amount.minor, left or 0)

    async def give_back(self, tenant_id: str, spend_id: str) -> Spent | None:
        """Undo a payment as a whole, once however often; ``None``: there is no such payment."""
        async with self._database.tenant(tenant_id) as connection:
            reference = f"spend/{spend_id}"
            posting = ValuePostingModel
            found = await connection.execute(
                select(
                    posting.kind,
                    posting.owner_ref,
                    posting.currency,
                    posting.side,
                    posting.amount_minor,
                )
                .where(
                    posting.tenant_id == tenant_id,
                    posting.transaction_id == transaction_id_for(tenant_id, reference),
                )
                .order_by(posting.position)
            )
            postings = tuple(
                Posting(Account(AccountKind(kind), owner, currency), Side(side), minor)
                for kind, owner, currency, side, minor in found
            )
            if not postings:
                return None
            spent = Transaction(reference, Purpose.SPEND, postings)
            await value_ledger.post(connection, tenant_id, spend_back(spent))
            account, minor = postings[0].account, postings[0].amount_minor
            left = await value_ledger.balance(connection, tenant_id, account)
            return Spent(spend_id, account, minor, left or 0)
