"""What every request to a system passes: keys, faults, one transaction, and the record of it."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote_plus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from sandbox.clock import iso_now
from sandbox.dialects import DIALECTS, Dialect
from sandbox.errors import RefusalError
from sandbox.faults import FaultKind, FaultPlan, System
from sandbox.idempotency import StoredAnswer, fingerprint_of
from sandbox.nonsense import altered
from sandbox.signatures import wechatpay_headers
from sandbox.world import World, world_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_KEY_HEADERS = {"stripe": "idempotency-key", "paypal": "paypal-request-id"}
STRIPE_VERSION = "2026-05-27.dahlia"
_ANSWERS_INSTEAD = (
    FaultKind.HTTP_500,
    FaultKind.HTTP_503,
    FaultKind.CONFLICT,
    FaultKind.THROTTLED,
)


class SystemRoute(APIRoute):
    """A route of an outside system; its prefix (``/stripe``, …) names the system."""

    def get_route_handler(self) -> Handler:
        work = super().get_route_handler()

        async def handle(request: Request) -> Response:
            _, prefix, template = self.path_format.split("/", 2)
            return await pass_gate(request, cast(System, prefix), f"/{template}", work)

        return handle


@dataclass(slots=True)
class _Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    kept: bool = False


@dataclass(slots=True)
class _Call:
    request: Request
    world: World
    dialect: Dialect
    key: str | None
    hits: dict[FaultKind, FaultPlan]


async def pass_gate(
    request: Request, system: System, template: str, work: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Answer one request of ``system``; its effect is on disk before the answer leaves."""
    request.state.request_id = f"req_{secrets.token_hex(7)}"
    world = world_of(request)
    call = _Call(request, world, DIALECTS[system], _idempotency_key(request, system), {})
    claimed = False
    try:
        call.dialect.check_key(request.headers.get("authorization"))
        if call.key is not None:
            claimed = world.keys.begin(system, call.key)
            if not claimed:
                raise call.dialect.in_use()
        call.hits = await world.faults.hit_request(
            system, f"{request.method} {template}", content=await _content(request)
        )
        request.state.hits = call.hits
        if FaultKind.DELAY in call.hits:
            await asyncio.sleep(call.hits[FaultKind.DELAY].delay_ms / 1000)
        await world.faults.hold(FaultKind.HOLD_BEFORE, call.hits)
        answer = await _answer(call, work)
    except RefusalError as refusal:
        answer = _refused(refusal)
        async with world.ledger.transaction():
            _record(call, answer.status)
    finally:
        if claimed and call.key is not None:
            world.keys.end(system, call.key)
    nonsense = call.hits.get(FaultKind.NONSENSE)
    if nonsense is not None and nonsense.set is not None and answer.status < 400 and answer.body:
        answer.body = altered(answer.body, nonsense.set)
    await world.faults.hold(FaultKind.HOLD_AFTER, call.hits)
    if FaultKind.LOST_REPLY in call.hits:
        await world.connections.drop(request)
    return Response(
        answer.body,
        answer.status,
        answer.headers | _headers(call, answer.body),
        media_type="application/json" if answer.body else None,
    )


async def _answer(call: _Call, work: Callable[[Request], Awaitable[Response]]) -> _Answer:
    keys, system = call.world.keys, call.dialect.system
    # Elsewhere the route itself answers a known key, by what has become of its effect.
    kept_key = call.key if system == "stripe" else None
    fingerprint = fingerprint_of(call.request, await call.request.body())
    async with call.world.ledger.transaction():
        if FaultKind.FORGET_KEYS in call.hits:
            keys.forget(system)
        failing = next((kind for kind in _ANSWERS_INSTEAD if kind in call.hits), None)
        if failing is not None:
            answer = _refused(call.dialect.failure(call.hits[failing]))
        elif kept_key is not None and (stored := keys.stored(system, kept_key, fingerprint)):
            replayed = {"Idempotent-Replayed": "true", "Original-Request": stored.request_id}
            answer = _Answer(stored.status, stored.body.encode(), replayed)
        else:
            answer = await _work(call, work)
            if kept_key is not None and answer.kept:
                request_id = call.request.state.request_id
                fresh = StoredAnswer(answer.status, answer.body.decode(), request_id)
                keys.keep(system, kept_key, fingerprint, fresh)
        _record(call, answer.status)
    return answer


async def _work(call: _Call, work: Callable[[Request], Awaitable[Response]]) -> _Answer:
    stored_500 = call.hits.get(FaultKind.STORED_500)
    try:
        with call.world.ledger.attempt():
            if stored_500 is not None and not stored_500.effect:
                raise call.dialect.failure(stored_500)
            response = await work(call.request)
    except RefusalError as refusal:
        return _refused(refusal)
    except RequestValidationError as error:
        return _refused(call.dialect.invalid(error))
    if stored_500 is not None:
        return _refused(call.dialect.failure(stored_500))
    return _Answer(response.status_code, bytes(response.body), {}, kept=True)


def _refused(refusal: RefusalError) -> _Answer:
    body = json.dumps(refusal.body).encode()
    return _Answer(refusal.status, body, refusal.headers, refusal.kept)


async def _content(request: Request) -> str:
    """Return everything that a request says where, about what: path, query and body as text."""
    said = (request.url.path, request.url.query, (await request.body()).decode(errors="replace"))
    return "\n".join(unquote_plus(part) for part in said)


def _idempotency_key(request: Request, system: System) -> str | None:
    name = _KEY_HEADERS.get(system)
    if name is None or request.method != "POST":
        return None
    return request.headers.get(name) or None


def _headers(call: _Call, body: bytes) -> dict[str, str]:
    request_id = call.request.state.request_id
    if call.dialect.system == "wechatpay":
        return wechatpay_headers(body, call.world.keyring)
    if call.dialect.system == "easypost":
        return {"x-ep-request-uuid": request_id.removeprefix("req_")}
    if call.dialect.system != "stripe":
        return {}
    headers = {
        "Request-Id": request_id,
        "Stripe-Version": call.request.headers.get("stripe-version", STRIPE_VERSION),
    }
    return headers if call.key is None else headers | {"Idempotency-Key": call.key}


def _record(call: _Call, status: int) -> None:
    faults = ",".join(sorted(call.hits)) or None
    path = call.request.url.path
    call.world.ledger.sql.execute(
        "INSERT INTO requests (system, method, path, status, idempotency_key, fault, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (call.dialect.system, call.request.method, path, status, call.key, faults, iso_now()),
    )
