"""Accounts in kind: store credit, gift cards, points."""

from urllib.parse import quote

from backhaul_client.credit import (
    CreditBalance,
    CreditPage,
    NewReversal,
    NewSpend,
    ReversalView,
    SpendView,
)
from backhaul_client.requests import RequestModel
from backhaul_client.transport import Transport

_NOTHING = RequestModel()


class CreditClient:
    """Reached as ``client.credit``."""

    def __init__(self, api: Transport) -> None:
        self._api = api

    async def balance(self, kind: str, owner_ref: str, currency: str) -> CreditBalance:
        """Read what an account in kind holds."""
        query = {"kind": kind, "owner_ref": owner_ref, "currency": currency}
        return await self._api.get("/v1/credit", CreditBalance, query)

    async def transactions(
        self,
        kind: str,
        owner_ref: str,
        currency: str,
        *,
        cursor: str | None = None,
        page_size: int = 50,
    ) -> CreditPage:
        """Read one page of what changed an account in kind, newest first."""
        query: dict[str, str | int] = {"kind": kind, "owner_ref": owner_ref, "currency": currency}
        query |= {"limit": page_size} | ({"cursor": cursor} if cursor is not None else {})
        return await self._api.get("/v1/credit/transactions", CreditPage, query)

    async def spend(self, spend: NewSpend, *, idempotency_key: str) -> SpendView:
        """Pay with what an account in kind holds."""
        return await self._api.post("/v1/credit/spends", spend, SpendView, key=idempotency_key)

    async def give_back(self, spend_id: str, *, idempotency_key: str) -> SpendView:
        """Undo a payment as a whole, once however often."""
        path = f"/v1/credit/spends/{quote(spend_id, safe='')}/back"
        return await self._api.post(path, _NOTHING, SpendView, key=idempotency_key)

    async def reverse(self, reversal: NewReversal, *, idempotency_key: str) -> ReversalView:
        """Take back what a settlement gave in kind, up to what is still there."""
        return await self._api.post(
            "/v1/credit/reversals", reversal, ReversalView, key=idempotency_key
        )
