"""SF's open platform: every service at one address, told apart by its code, each request signed."""

import base64
import hashlib
import hmac
import json
import string
from collections.abc import Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request

from sandbox import sf_orders, sf_quotes, sf_routes
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.sf_answers import denied, refused
from sandbox.world import World, world_of

router = APIRouter(prefix="/sf", route_class=SystemRoute, include_in_schema=False)

PARTNER = "SFtest"
CHECK_WORD = "SFcheckword"
_COMMON = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")
_KEPT = frozenset(string.ascii_letters + string.digits + ".-*_")
_SERVICES: dict[str, Callable[[World, Json], Json]] = {
    "EXP_RECE_QUERY_DELIVERTM": sf_quotes.quoted,
    "EXP_RECE_CREATE_ORDER": sf_orders.create,
    "EXP_RECE_SEARCH_ORDER_RESP": sf_orders.search,
    "EXP_RECE_UPDATE_ORDER": sf_orders.update,
    "EXP_RECE_SEARCH_ROUTES": sf_routes.searched,
}


@router.post("/std/service")
async def serve(request: Request) -> Json:
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    for name in _COMMON:
        if not form.get(name):
            raise denied("A1001", f"{name} is required")
    signed = _encoded(form["msgData"] + form["timestamp"] + CHECK_WORD)
    digest = base64.b64encode(hashlib.md5(signed.encode(), usedforsecurity=False).digest())
    if form["partnerID"] != PARTNER or not hmac.compare_digest(digest, form["msgDigest"].encode()):
        raise denied("A1006", "the signature is invalid")
    service = _SERVICES.get(form["serviceCode"])
    if service is None:
        raise denied("A1004", "no right to this service")
    try:
        given = json.loads(form["msgData"])
    except ValueError as error:
        raise refused("S0001", "msgData is no JSON") from error
    if not isinstance(given, dict):
        raise refused("S0001", "msgData is no object")
    return service(world_of(request), given)


def _encoded(text: str) -> str:
    """Encode as Java's URLEncoder does."""
    return "".join(
        letter
        if letter in _KEPT
        else "+"
        if letter == " "
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in text
    )
