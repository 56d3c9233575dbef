"""What finance does on its pages: each form is a command under an id of its own."""

import re
import uuid
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api import translate
from api.asking import ServicesOf
from api.finance_service import StillComparingError
from api.pages.finance import day_of
from api.pages.visiting import START, FormOf, Visitor, VisitorOf
from api.routes.commands import Body, Giver
from backhaul_client import requests
from domain.codes import RefusedError
from domain.commands import may

router = APIRouter(prefix=START, include_in_schema=False)


@router.post("/returns/{return_id}/approve")
async def approve(
    visitor: VisitorOf, form: FormOf, services: ServicesOf, return_id: str
) -> Response:
    """Approve the settlement that stood on the page, and no other."""
    giver = _giver("approve-settlement", visitor, form, services, return_id)
    body = _body(requests.ApproveSettlementCommand, form, unfit="the form is not complete")
    await giver.give(body, translate.approve_settlement)
    return _seen(f"/returns/{quote(return_id, safe='')}")


@router.post("/returns/{return_id}/decline")
async def decline(
    visitor: VisitorOf, form: FormOf, services: ServicesOf, return_id: str
) -> Response:
    """Say why the settlement that stood on the page is not approved."""
    giver = _giver("decline-settlement", visitor, form, services, return_id)
    body = _body(
        requests.DeclineSettlementCommand,
        form,
        unfit="a decline needs a reason in plain text",
        reason=form.get("reason", "").strip(),
    )
    await giver.give(body, translate.decline_settlement)
    return _seen(f"/returns/{quote(return_id, safe='')}")


@router.post("/days/{day}")
async def compare(visitor: VisitorOf, _form: FormOf, services: ServicesOf, day: str) -> Response:
    """Compare a day's refunds with the provider's now; what takes long is seen there later.

    A day that was never compared has no page until it is.
    """
    _check(visitor, "reconcile")
    compared, tenant_id = day_of(day), visitor.key.tenant_id
    try:
        await services.finance.compare(tenant_id, compared)
    except StillComparingError:
        if not await services.finance.is_compared(tenant_id, compared):
            raise
    return _seen(f"/days/{compared}")


def _giver(
    command: str, visitor: Visitor, form: FormOf, services: ServicesOf, return_id: str
) -> Giver:
    _check(visitor, command)
    return Giver(command, services, visitor.caller, return_id, _command_id(form), None)


def _body(body_of: type[Body], form: FormOf, *, unfit: str, **more: str) -> Body:
    """Return what is said of the form's settlement; ``unfit`` is told who left out a part."""
    said = {
        "settlement_no": _number(form.get("settlement_no", "")),
        "settlement_hash": form.get("settlement_hash", ""),
        **more,
    }
    try:
        return body_of.model_validate(said)
    except ValidationError as error:
        raise RefusedError("invalid_request", unfit) from error


def _check(visitor: Visitor, command: str) -> None:
    if not may(visitor.key.role, command):
        raise RefusedError("forbidden", f"role {visitor.key.role} may read and not {command}")


def _command_id(form: FormOf) -> str:
    """Return the id that the form was made with: sent twice, it is one command."""
    try:
        return str(uuid.UUID(form.get("command_id", "")))
    except ValueError:
        raise RefusedError("invalid_request", "the form is not complete") from None


def _number(text: str) -> int:
    """Return a settlement's number, or one that no settlement has."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


def _seen(path: str) -> Response:
    return RedirectResponse(f"{START}{path}", status_code=HTTPStatus.SEE_OTHER)
