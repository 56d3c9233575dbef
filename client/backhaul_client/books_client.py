"""What was paid back, and whether the providers say the same."""

from datetime import date
from urllib.parse import quote

from backhaul_client.books import CreditNotePage, CreditNoteView, RefundPage
from backhaul_client.listing import ReconciliationView
from backhaul_client.paging import all_of
from backhaul_client.requests import RequestModel
from backhaul_client.transport import Transport

_NOTHING = RequestModel()


class BooksClient:
    """Reached as ``client.books``. Days are those of UTC."""

    def __init__(self, api: Transport) -> None:
        self._api = api

    async def reconcile(self, day: date, *, idempotency_key: str) -> ReconciliationView:
        """Compare the refunds of a day (UTC) with the provider's now."""
        return await self._api.post(
            f"/v1/reconciliations/{day}", _NOTHING, ReconciliationView, key=idempotency_key
        )

    async def get_reconciliation(self, day: date) -> ReconciliationView:
        """Read how the refunds of a day (UTC) last compared with the provider's."""
        return await self._api.get(f"/v1/reconciliations/{day}", ReconciliationView)

    async def list_refunds(
        self, since: date, before: date, *, state: str | None = None, page_size: int = 200
    ) -> RefundPage:
        """Read all refunds whose settlement was sealed from ``since`` to before ``before`` (UTC).

        With the sums of all of them, by currency and state.
        """
        query: dict[str, str | int] = {**_span(since, before), "limit": page_size}
        if state is not None:
            query["state"] = state
        pages = [page async for page in self._api.pages("/v1/refunds", RefundPage, query)]
        return pages[-1].model_copy(update=all_of(pages))

    async def list_credit_notes(
        self, since: date, before: date, *, page_size: int = 200
    ) -> CreditNotePage:
        """Read all credit notes that were issued from ``since`` to before ``before`` (UTC)."""
        query: dict[str, str | int] = {**_span(since, before), "limit": page_size}
        pages = [page async for page in self._api.pages("/v1/credit-notes", CreditNotePage, query)]
        return pages[-1].model_copy(update=all_of(pages))

    async def get_credit_note(self, number: str) -> CreditNoteView:
        return await self._api.get(f"/v1/credit-notes/{quote(number, safe='')}", CreditNoteView)


def _span(since: date, before: date) -> dict[str, str]:
    return {"since": since.isoformat(), "before": before.isoformat()}
