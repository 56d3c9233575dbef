"""Bodies before anybody reads them: small enough; JSON in UTF-8, and called so, where wanted."""

import json
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

LIMIT_BYTES = 1_000_000
_DROPPED_BYTES = 10 * LIMIT_BYTES
# A webhook's signature is over its bytes: its adapter reads them. Pages send forms.
_RAW = ("/v1/webhooks/", "/finance/")
_JSON = "application/json"


class TooLargeError(Exception):
    """More was sent than is ever read."""


class Bodies:
    """Reads a whole body, chunked or not, before the application sees any of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive)
        except TooLargeError:
            too_large = problem("body_too_large", f"wanted at most {LIMIT_BYTES} bytes")
            too_large.headers["Connection"] = "close"
            await too_large(scope, receive, send)
            return
        except ClientDisconnect:
            return
        if (refusal := _refusal(scope, body)) is not None:
            await refusal(scope, receive, send)
            return
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, send)


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        length += len(part)
        # A little more is read and dropped: who still sends does not listen for the refusal.
        if length > _DROPPED_BYTES:
            raise TooLargeError
        if length <= LIMIT_BYTES:
            parts.append(part)
        more = message.get("more_body", False)
    if length > LIMIT_BYTES:
        raise TooLargeError
    return b"".join(parts)


def _refusal(scope: Scope, body: bytes) -> Response | None:
    if not body or scope["path"].startswith(_RAW):
        return None
    if not _is_json(body):
        return problem("invalid_encoding", "wanted JSON in UTF-8")
    kind = Headers(scope=scope).get("Content-Type", "").partition(";")[0].strip().lower()
    # As the framework has it: vnd.something+json is JSON too.
    if kind != _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        return problem("invalid_request", f"send Content-Type: {_JSON}", field="Content-Type")
    return None


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
