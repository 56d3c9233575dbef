"""Preview, start and read returns."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import translate, views
from api.asking import IdempotencyKey, ServicesOf
from api.auth import Caller, needs
from api.customer_history import history_of
from api.explaining import explain
from api.recipients import return_for_recipient
from api.starting import Started
from backhaul_client.answers import Accepted, ReturnView
from backhaul_client.history import CustomerHistoryView
from backhaul_client.listing import Explanation, Preview, ReturnPage, TimelinePage
from backhaul_client.requests import Id, NewReturn
from domain.blockers import WAITS
from domain.codes import RefusedError
from domain.lifecycle import Headline
from storage.cursors import BadCursorError

router = APIRouter(prefix="/v1/returns", tags=["returns"])


class ListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    headline: Headline | None = None
    order_id: Id | None = None
    blocker: Id | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class TimelineQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


@router.post("/preview", operation_id="preview_return")
async def preview_return(
    caller: Annotated[Caller, needs("preview")], body: NewReturn, services: ServicesOf
) -> Preview:
    """Say what a start would decide and pay now. Writes nothing, so it needs no key."""
    request = translate.return_request(body)
    found = await services.previews.preview(caller.tenant_id, request, at=services.clock())
    return views.preview(request, found)


@router.post(
    "",
    operation_id="start_return",
    status_code=201,
    response_model=ReturnView,
    responses={
        200: {"model": ReturnView, "description": "Started before under this key"},
        202: {"model": Accepted, "description": "Accepted: repeat with the same key to learn how"},
    },
)
async def start_return(
    caller: Annotated[Caller, needs("start")],
    key: IdempotencyKey,
    body: NewReturn,
    services: ServicesOf,
) -> Response:
    """Ask for a return: granted, under review or denied, as its headline says."""
    started = await services.starter.start(
        caller.tenant_id, caller.actor, key, translate.return_request(body)
    )
    return started_answer(started)


def started_answer(started: Started) -> Response:
    """Answer what became of a start: 201, 200 where it was one before, 202 while undecided."""
    path = f"/v1/returns/{started.return_id}"
    if started.document is None:
        # Somebody must mend something first, which takes longer than a worker takes to come up.
        status, seconds = ("parked", "60") if started.parked else ("pending", "2")
        pending = Accepted(return_id=started.return_id, status=status)
        return _json(pending, status=202, headers={"Location": path, "Retry-After": seconds})
    view = views.return_view(started.document)
    if view.by == "recipient":
        view = return_for_recipient(view)
    replayed = {"Idempotency-Replayed": "true"} if started.replayed else {}
    return _json(
        view,
        status=200 if started.replayed else 201,
        headers={"Location": path, "ETag": f'"{view.version}"', **replayed},
    )


@router.get("", operation_id="list_returns")
async def list_returns(
    caller: Annotated[Caller, needs("get")],
    query: Annotated[ListQuery, Query()],
    services: ServicesOf,
) -> ReturnPage:
    """List the tenant's returns, newest first."""
    if query.blocker is not None and query.blocker not in WAITS:
        raise RefusedError("invalid_request", "no wait has this code", field="blocker")
    try:
        page = await services.reads.page(
            caller.tenant_id,
            limit=query.limit,
            cursor=query.cursor,
            headline=query.headline,
            order_id=query.order_id,
            blocker=query.blocker,
        )
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error), field="cursor") from error
    return ReturnPage(
        items=tuple(views.summary(row) for row in page.rows), next_cursor=page.next_cursor
    )


@router.get("/{return_id}", operation_id="get_return", response_model=ReturnView)
async def get_return(
    caller: Annotated[Caller, needs("get")],
    return_id: str,
    services: ServicesOf,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Read one return by its id or RMA number, with what it waits for and would take now."""
    row = await services.returns.find(caller.tenant_id, return_id)
    view = views.row_view(row)
    tag = f'"{view.version}"'
    # A lost run shows without a new version.
    if if_none_match == tag and row.missing_since is None:
        return Response(status_code=304, headers={"ETag": tag})
    return _json(view, headers={"ETag": tag})


@router.get("/{return_id}/for-recipient", operation_id="get_return_for_recipient")
async def get_return_for_recipient(
    caller: Annotated[Caller, needs("get")], return_id: str, services: ServicesOf
) -> ReturnView:
    """Read a return as the recipient of a gift may: without amounts, prices and tenders."""
    row = await services.returns.find(caller.tenant_id, return_id)
    return return_for_recipient(views.row_view(row))


@router.get("/{return_id}/timeline", operation_id="get_timeline")
async def get_timeline(
    caller: Annotated[Caller, needs("timeline")],
    return_id: str,
    query: Annotated[TimelineQuery, Query()],
    services: ServicesOf,
) -> TimelinePage:
    """Read what happened to a return and its follow-up, oldest first."""
    row = await services.returns.find(caller.tenant_id, return_id)
    events = await services.reads.timeline(
        caller.tenant_id, row.return_id, limit=query.limit + 1, after=query.after
    )
    items = tuple(views.event(event) for event in events[: query.limit])
    more = len(events) > query.limit
    return TimelinePage(items=items, next_after=items[-1].number if more else None)


@router.get("/{return_id}/customer-history", operation_id="get_customer_history")
async def get_customer_history(
    caller: Annotated[Caller, needs("explain")], return_id: str, services: ServicesOf
) -> CustomerHistoryView:
    """Count the other returns of the same customer in the last 365 days, by what became of them."""
    row = await services.returns.find(caller.tenant_id, return_id)
    return await history_of(row, services.histories)


@router.get("/{return_id}/explain", operation_id="explain_return")
async def explain_return(
    caller: Annotated[Caller, needs("explain")], return_id: str, services: ServicesOf
) -> Explanation:
    """Say why a return waits, who must act and by when. Needs no worker to answer."""
    return await explain(services, caller.tenant_id, return_id)


def _json(
    content: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        content.model_dump_json(),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )
