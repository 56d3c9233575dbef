"""The value ledger inside a transaction: posted once, and no customer's account below zero."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import transaction_id_for
from domain.money import Money
from domain.value_ledger import (
    CUSTOMERS,
    Account,
    AccountKind,
    Posting,
    Side,
    TooLittleError,
    Transaction,
    changes,
)
from storage.models.values import ValueAccountModel, ValuePostingModel, ValueTransactionModel


class PostedOtherwiseError(Exception):
    """The reference was used before, for another transaction."""


@dataclass(frozen=True, slots=True)
class Posted:
    transaction_id: str
    is_new: bool


async def post(connection: AsyncConnection, tenant_id: str, transaction: Transaction) -> Posted:
    """Post a transaction, unless its reference was posted before: at most six statements.

    Who posts to the same customer's account waits until this database transaction ends.

    Raises:
        PostedOtherwiseError: the reference stands for another transaction.
        TooLittleError: a customer's account would be below zero.
    """
    transaction_id = transaction_id_for(tenant_id, transaction.reference)
    new = await connection.scalar(
        upsert(ValueTransactionModel)
        .values(
            tenant_id=tenant_id,
            transaction_id=transaction_id,
            reference=transaction.reference,
            purpose=transaction.purpose,
            content_hash=transaction.content_hash,
        )
        .on_conflict_do_nothing()
        .returning(ValueTransactionModel.transaction_id)
    )
    if new is None:
        await _check_same(connection, tenant_id, transaction_id, transaction)
        return Posted(transaction_id, is_new=False)
    await _open_accounts(connection, tenant_id, transaction)
    await _change_balances(connection, tenant_id, changes(transaction.postings))
    await connection.execute(
        insert(ValuePostingModel),
        [
            {
                "tenant_id": tenant_id,
                "transaction_id": transaction_id,
                "position": position,
                "kind": posting.account.kind,
                "owner_ref": posting.account.owner_ref,
                "currency": posting.account.currency,
                "side": posting.side,
                "amount_minor": posting.amount_minor,
            }
            for position, posting in enumerate(transaction.postings)
        ],
    )
    return Posted(transaction_id, is_new=True)


async def _check_same(
    connection: AsyncConnection, tenant_id: str, transaction_id: str, transaction: Transaction
) -> None:
    known = await connection.scalar(
        select(ValueTransactionModel.content_hash).where(
            ValueTransactionModel.tenant_id == tenant_id,
            ValueTransactionModel.transaction_id == transaction_id,
        )
    )
    if known != transaction.content_hash:
        raise PostedOtherwiseError(f"{transaction.reference} was posted with other content")


async def _open_accounts(
    connection: AsyncConnection, tenant_id: str, transaction: Transaction
) -> None:
    accounts = sorted({posting.account for posting in transaction.postings})
    await connection.execute(
        upsert(ValueAccountModel)
        .values(
            [
                {
                    "tenant_id": tenant_id,
                    "kind": account.kind,
                    "owner_ref": account.owner_ref,
                    "currency": account.currency,
                    "balance_minor": 0 if account.kind in CUSTOMERS else None,
                }
                for account in accounts
            ]
        )
        .on_conflict_do_nothing()
    )


async def _change_balances(
    connection: AsyncConnection, tenant_id: str, by_account: dict[Account, int]
) -> None:
    """Lock the accounts in everybody's order, then change each."""
    model = ValueAccountModel
    key = (model.kind, model.owner_ref, model.currency)
    wanted = [(one.kind, one.owner_ref, one.currency) for one in by_account]
    rows = await connection.execute(
        select(*key, model.balance_minor)
        .where(model.tenant_id == tenant_id, tuple_(*key).in_(wanted))
        .order_by(*key)
        .with_for_update()
    )
    held = {(kind, owner, currency): minor or 0 for kind, owner, currency, minor in rows}
    for account, change in by_account.items():
        before = held[account.kind, account.owner_ref, account.currency]
        if before + change < 0:
            raise TooLittleError(Money(-change, account.currency), Money(before, account.currency))
        await connection.execute(
            update(model)
            .where(
                model.tenant_id == tenant_id,
                model.kind == account.kind,
                model.owner_ref == account.owner_ref,
                model.currency == account.currency,
            )
            .values(balance_minor=model.balance_minor + change)
        )


async def balance(connection: AsyncConnection, tenant_id: str, account: Account) -> int | None:
    """Read what a customer holds; ``None``: there is no such account."""
    model = ValueAccountModel
    found: int | None = await connection.scalar(
        select(func.coalesce(model.balance_minor, 0)).where(
            model.tenant_id == tenant_id,
            model.kind == account.kind,
            model.owner_ref == account.owner_ref,
            model.currency == account.currency,
        )
    )
    return found


async def locked_balance(connection: AsyncConnection, tenant_id: str, account: Account) -> int:
    """Read what a customer holds, and let nobody change it until the transaction ends."""
    model = ValueAccountModel
    held = await connection.scalar(
        select(model.balance_minor)
        .where(
            model.tenant_id == tenant_id,
            model.kind == account.kind,
            model.owner_ref == account.owner_ref,
            model.currency == account.currency,
        )
        .with_for_update()
    )
    return held or 0


async def customers_posting(
    connection: AsyncConnection, tenant_id: str, transaction_id: str
) -> Posting:
    """Find what a transaction changed of a customer's account; ``NoResultFound`` for nothing."""
    model = ValuePostingModel
    row = (
        await connection.execute(
            select(
                model.kind, model.owner_ref, model.currency, model.side, model.amount_minor
            ).where(
                model.tenant_id == tenant_id,
                model.transaction_id == transaction_id,
                model.kind.in_([str(kind) for kind in CUSTOMERS]),
            )
        )
    ).one()
    account = Account(AccountKind(row.kind), row.owner_ref, row.currency)
    return Posting(account, Side(row.side), row.amount_minor)
