"""Gift cards, store credit, points and coupons: what they hold, and paying with them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.asking import KEY_REQUIRED, IdempotencyKey, ServicesOf
from api.auth import Caller, needs
from backhaul_client.credit import (
    CreditBalance,
    CreditKind,
    CreditPage,
    CreditTransaction,
    Currency,
    NewReversal,
    NewSpend,
    ReversalView,
    SpendView,
)
from backhaul_client.requests import Id
from domain.value_ledger import Account, AccountKind
from storage.credits import Spent

router = APIRouter(prefix="/v1/credit", tags=["credit"])


class AccountQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: CreditKind
    owner_ref: Id
    currency: Currency

    @property
    def account(self) -> Account:
        return Account(AccountKind(self.kind), self.owner_ref, self.currency)


class TransactionsQuery(AccountQuery):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


@router.get("", operation_id="get_credit")
async def get_credit(
    caller: Annotated[Caller, needs("read-credit")],
    query: Annotated[AccountQuery, Query()],
    services: ServicesOf,
) -> CreditBalance:
    """Read what an account holds."""
    held = await services.credit.balance(caller.tenant_id, query.account)
    return CreditBalance(**query.model_dump(), balance_minor=held)


@router.get("/transactions", operation_id="list_credit_transactions")
async def list_credit_transactions(
    caller: Annotated[Caller, needs("read-credit")],
    query: Annotated[TransactionsQuery, Query()],
    services: ServicesOf,
) -> CreditPage:
    """Read what changed an account, newest first."""
    page = await services.credit.page(
        caller.tenant_id, query.account, limit=query.limit, cursor=query.cursor
    )
    items = tuple(
        CreditTransaction(
            transaction_id=row.transaction_id,
            purpose=row.purpose,
            change_minor=row.change_minor,
            posted_at=row.posted_at,
        )
        for row in page.rows
    )
    return CreditPage(items=items, next_cursor=page.next_cursor)


@router.post("/spends", operation_id="spend_credit", status_code=201)
async def spend_credit(
    caller: Annotated[Caller, needs("spend-credit")],
    body: NewSpend,
    key: IdempotencyKey,
    services: ServicesOf,
) -> SpendView:
    """Pay with what an account holds. A repeat under the same key pays once."""
    account = Account(AccountKind(body.kind), body.owner_ref, body.currency)
    return _view(await services.credit.spend(caller.tenant_id, account, body.amount_minor, key=key))


@router.post(
    "/spends/{spend_id}/back", operation_id="give_credit_back", dependencies=[KEY_REQUIRED]
)
async def give_credit_back(
    caller: Annotated[Caller, needs("spend-credit")], spend_id: str, services: ServicesOf
) -> SpendView:
    """Undo a payment as a whole, once however often."""
    return _view(await services.credit.give_back(caller.tenant_id, spend_id))


@router.post("/reversals", operation_id="reverse_credit")
async def reverse_credit(
    caller: Annotated[Caller, needs("reverse-credit")],
    body: NewReversal,
    command_id: IdempotencyKey,
    services: ServicesOf,
) -> ReversalView:
    """Take back what a settlement gave in kind, as far as it is there; also of a closed return."""
    row = await services.returns.find(caller.tenant_id, body.return_id)
    done = await services.credit.reverse(
        caller.tenant_id,
        row.return_id,
        body.settlement_no,
        command_id=command_id,
        actor=str(caller.actor),
    )
    return ReversalView(
        settlement_no=done.settlement_no,
        currency=done.currency,
        taken_minor=done.taken_minor,
        shortfall_minor=done.shortfall_minor,
        shortfall=done.shortfall,
    )


def _view(spent: Spent) -> SpendView:
    account = spent.account
    return SpendView(
        spend_id=spent.spend_id,
        kind=account.kind.value,
        owner_ref=account.owner_ref,
        currency=account.currency,
        amount_minor=spent.amount_minor,
        balance_minor=spent.balance_minor,
    )
