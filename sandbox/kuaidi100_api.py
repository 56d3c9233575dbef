"""Kuaidi100's merchant sending and its query of tracks: signed forms, refused with HTTP 200."""

import hashlib
import hmac
import json
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request

from sandbox import kuaidi100_orders, kuaidi100_parcels
from sandbox.errors import kuaidi100_refusal
from sandbox.faults import FaultKind
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.world import world_of

router = APIRouter(prefix="/kuaidi100", route_class=SystemRoute, include_in_schema=False)

KEY = "KDtest"
SECRET = "KDsecret"  # noqa: S105 -- the sandbox's own, as its README says
CUSTOMER = "KDcustomer"


@router.post("/order/borderapi.do")
async def order(request: Request) -> Json:
    form = await _form(request)
    _signed(form, form.get("param", ""), form.get("t", ""), form.get("key", ""), SECRET)
    if form.get("key") != KEY:
        raise kuaidi100_refusal(200, "600", "the key is nobody's")
    given, world = _param(form), world_of(request)
    match form.get("method"):
        case "price":
            return kuaidi100_orders.priced(given)
        case "bOrder":
            # Then this key was never heard of.
            forgotten = FaultKind.FORGET_KEYS in request.state.hits
            return kuaidi100_orders.place(world, given, forgotten=forgotten)
        case "detail":
            return kuaidi100_orders.detail(world, given)
        case "cancel":
            return kuaidi100_orders.cancel(world, given)
    raise kuaidi100_refusal(200, "400", "the method is unknown")


@router.post("/poll/query.do")
async def query(request: Request) -> Json:
    form = await _form(request)
    _signed(form, form.get("param", ""), KEY, form.get("customer", ""))
    if form.get("customer") != CUSTOMER:
        raise kuaidi100_refusal(200, "601", "the customer is nobody")
    return kuaidi100_parcels.tracked(world_of(request), _param(form))


def _signed(form: dict[str, str], *parts: str) -> None:
    wanted = hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest().upper()
    if not hmac.compare_digest(wanted.encode(), form.get("sign", "").encode()):
        raise kuaidi100_refusal(200, "503", "the signature is wrong")


def _param(form: dict[str, str]) -> Json:
    try:
        given = json.loads(form.get("param", ""))
    except ValueError as error:
        raise kuaidi100_refusal(200, "400", "param is no JSON") from error
    if not isinstance(given, dict):
        raise kuaidi100_refusal(200, "400", "param is no object")
    return given


async def _form(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    except ValueError as error:
        raise kuaidi100_refusal(200, "400", "the body is no form") from error
