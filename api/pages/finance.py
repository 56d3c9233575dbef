"""What finance sees: money that waits for them, the books beside the provider's, credit notes."""

import re
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response

from api.asking import ServicesOf
from api.pages.findings import shown
from api.pages.rendering import page, stylesheet
from api.pages.visiting import START, Visitor, VisitorOf
from api.services import Services
from api.views import row_view
from backhaul_client.answers import ReturnView, WaitView
from domain.blockers import WAITS, Owner
from domain.codes import RefusedError
from domain.credit_notes import taxes_of
from storage.cursors import BadCursorError
from storage.states import IntentState

router = APIRouter(prefix=START, include_in_schema=False)
_ON_A_PAGE = 20
_AT_MOST = 200
_APPROVALS = (
    "settlement_approval_overdue",
    "settlement_declined",
    "awaiting_settlement_approval",
)
_TROUBLE = (IntentState.UNKNOWN, IntentState.REJECTED)
_SHOWN_AS_REFUNDS = ("refund_unknown", "refund_refused")
_OTHERS = tuple(
    code
    for code, kind in WAITS.items()
    if kind.owner is Owner.FINANCE and code not in (*_APPROVALS, *_SHOWN_AS_REFUNDS)
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A return, and one thing for which it waits for finance."""

    view: ReturnView
    wait: WaitView

    @property
    def command_ids(self) -> tuple[str, str]:
        return _command_ids()


@router.get("/pages.css")
async def show_stylesheet() -> Response:
    return stylesheet()


@router.get("")
async def show_overview(visitor: VisitorOf, services: ServicesOf) -> Response:
    tenant_id = visitor.key.tenant_id
    trouble = await services.refunds.page(tenant_id, states=_TROUBLE, limit=_ON_A_PAGE)
    return _page(
        visitor,
        "overview.html",
        waiting=await _approvals(services, tenant_id),
        trouble=trouble,
        others=await _waiting(services, tenant_id, _OTHERS),
        chargebacks=await services.chargebacks.undecided(tenant_id, limit=_AT_MOST),
        days=await services.finance.days(tenant_id, limit=14),
    )


@router.get("/approvals")
async def show_approvals(visitor: VisitorOf, services: ServicesOf) -> Response:
    waiting = await _approvals(services, visitor.key.tenant_id)
    names = await _names(services, visitor.key.tenant_id)
    return _page(visitor, "approvals.html", waiting=waiting, names=names)


@router.get("/refunds")
async def show_refunds(
    visitor: VisitorOf, services: ServicesOf, cursor: str | None = None
) -> Response:
    with _known_cursor():
        found = await services.refunds.page(
            visitor.key.tenant_id, states=_TROUBLE, limit=_AT_MOST, cursor=cursor
        )
    return _page(visitor, "refunds.html", found=found)


@router.get("/days")
async def show_days(
    visitor: VisitorOf, services: ServicesOf, before: str | None = None
) -> Response:
    days = await services.finance.days(
        visitor.key.tenant_id, limit=31, before=day_of(before) if before else None
    )
    return _page(visitor, "days.html", days=days, full=len(days) == 31)


@router.get("/days/{day}")
async def show_day(visitor: VisitorOf, services: ServicesOf, day: str) -> Response:
    compared = day_of(day)
    row = await services.finance.report(visitor.key.tenant_id, compared)
    return _page(visitor, "day.html", row=row, findings=shown(row))


@router.get("/credit-notes")
async def show_credit_notes(
    visitor: VisitorOf, services: ServicesOf, month: str = "", cursor: str | None = None
) -> Response:
    first = _month(month) if month else datetime.now(UTC).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    with _known_cursor():
        notes, next_cursor = await services.credit_notes.page(
            visitor.key.tenant_id, since=first, before=following, limit=_AT_MOST, cursor=cursor
        )
    return _page(
        visitor,
        "credit_notes.html",
        notes=notes,
        first=first,
        earlier=first - timedelta(days=1),
        later=following if following <= datetime.now(UTC).date() else None,
        next_cursor=next_cursor,
    )


@router.get("/credit-notes/{number}")
async def show_credit_note(visitor: VisitorOf, services: ServicesOf, number: str) -> Response:
    note = await services.credit_notes.get(visitor.key.tenant_id, number)
    if note is None:
        raise RefusedError("credit_note_not_found", "no such credit note")
    tenant = await services.tenants.tenant(visitor.key.tenant_id)
    return _page(
        visitor,
        "credit_note.html",
        note=note,
        taxes=taxes_of(note.rows),
        tenant=tenant.name if tenant else visitor.key.tenant_id,
    )


@router.get("/returns/{return_id}")
async def show_return(visitor: VisitorOf, services: ServicesOf, return_id: str) -> Response:
    view = row_view(await services.returns.find(visitor.key.tenant_id, return_id))
    names = await _names(services, visitor.key.tenant_id)
    return _page(visitor, "return.html", view=view, names=names, command_ids=_command_ids())


async def _approvals(services: Services, tenant_id: str) -> list[_Waiting]:
    waiting = await _waiting(services, tenant_id, _APPROVALS)
    return [one for one in waiting if one.view.proposed_settlement is not None]


async def _waiting(services: Services, tenant_id: str, codes: Collection[str]) -> list[_Waiting]:
    """Return what waits for one of ``codes``, the earliest deadline first."""
    views = map(row_view, await services.reads.blocked(tenant_id, codes, limit=_AT_MOST))
    found = [
        _Waiting(view, wait) for view in views for wait in view.waiting_on if wait.code in codes
    ]
    return sorted(found, key=lambda one: one.wait.deadline or datetime.max.replace(tzinfo=UTC))


@contextmanager
def _known_cursor() -> Iterator[None]:
    try:
        yield
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error)) from error


def _command_ids() -> tuple[str, str]:
    """Return the ids of the two commands that a page offers: a form sent twice is one command."""
    return str(uuid.uuid4()), str(uuid.uuid4())


async def _names(services: Services, tenant_id: str) -> dict[str, str]:
    """Return the names of keys by the actor that stands in what they did."""
    keys = await services.keys.list(tenant_id)
    return {f"{key.role}:{key.key_id}": f"{key.label} ({key.role})" for key in keys}


def _page(visitor: Visitor, template: str, **data: Any) -> Response:
    return page(template, {"visitor": visitor, "form_token": visitor.session.form_token, **data})


def day_of(text: str) -> date:
    return _read(text, r"\d{4}-\d{2}-\d{2}", text, "wanted a day such as 2026-03-01")


def _month(text: str) -> date:
    return _read(text, r"\d{4}-\d{2}", f"{text}-01", "wanted a month such as 2026-03")


def _read(text: str, form: str, day: str, wanted: str) -> date:
    try:
        if re.fullmatch(form, text) and 1000 <= int(text[:4]) < 9999:
            return date.fromisoformat(day)
    except ValueError:
        pass
    raise RefusedError("invalid_request", wanted)
