"""Refunds and credit notes of a span of days: for those who keep the books."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.asking import ServicesOf
from api.auth import Caller, needs
from api.days import Day
from backhaul_client import books
from domain.codes import RefusedError
from domain.credit_notes import CreditNote
from storage.cursors import BadCursorError
from storage.states import IntentState

router = APIRouter(prefix="/v1", tags=["finance"])


class Span(BaseModel):
    """Days (UTC) from ``since`` to before ``before``."""

    model_config = ConfigDict(extra="forbid")

    since: Day
    before: Day
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, Field(max_length=500)] | None = None


class RefundQuery(Span):
    state: IntentState | None = None


@router.get("/refunds", operation_id="list_refunds")
async def list_refunds(
    caller: Annotated[Caller, needs("read-books")],
    query: Annotated[RefundQuery, Query()],
    services: ServicesOf,
) -> books.RefundPage:
    """List the refunds whose settlement was sealed in these days, oldest first, with their sums."""
    try:
        page = await services.refunds.page(
            caller.tenant_id,
            since=query.since,
            before=query.before,
            states=(query.state,) if query.state else (),
            limit=query.limit,
            cursor=query.cursor,
        )
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error), field="cursor") from error
    return books.RefundPage(
        items=tuple(books.RefundIntentView(**asdict(row)) for row in page.rows),
        sums=tuple(books.RefundSumView(**asdict(row)) for row in page.sums),
        next_cursor=page.next_cursor,
    )


@router.get("/credit-notes", operation_id="list_credit_notes")
async def list_credit_notes(
    caller: Annotated[Caller, needs("read-books")],
    query: Annotated[Span, Query()],
    services: ServicesOf,
) -> books.CreditNotePage:
    """List the credit notes that were issued on these days, in the order of their numbers."""
    try:
        notes, cursor = await services.credit_notes.page(
            caller.tenant_id,
            since=query.since,
            before=query.before,
            limit=query.limit,
            cursor=query.cursor,
        )
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error), field="cursor") from error
    return books.CreditNotePage(items=tuple(map(_view, notes)), next_cursor=cursor)


@router.get("/credit-notes/{number}", operation_id="get_credit_note")
async def get_credit_note(
    caller: Annotated[Caller, needs("read-books")], number: str, services: ServicesOf
) -> books.CreditNoteView:
    """Read one credit note by its number."""
    note = await services.credit_notes.get(caller.tenant_id, number)
    if note is None:
        raise RefusedError("credit_note_not_found", "no such credit note", field="number")
    return _view(note)


def _view(note: CreditNote) -> books.CreditNoteView:
    return books.CreditNoteView(**asdict(note))
