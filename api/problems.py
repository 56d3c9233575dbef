"""Every refusal as a problem document (RFC 9457); the only place that chooses statuses."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic_core import ErrorDetails
from temporalio.service import RPCError

from domain.codes import PROBLEMS, ProblemKind, RefusedError
from domain.paths import written
from domain.requests import RequestError
from storage.database import UNREACHABLE

MEDIA_TYPE = "application/problem+json"

_STATUS = {
    ProblemKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ProblemKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ProblemKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemKind.CONFLICT: HTTPStatus.CONFLICT,
    ProblemKind.STALE: HTTPStatus.PRECONDITION_FAILED,
    ProblemKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemKind.UPSTREAM: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemKind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# What is malformed by itself is a bad request (400); what contradicts the facts is 422.
_EXCEPTIONS = {
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "invalid_encoding": HTTPStatus.BAD_REQUEST,
    "invalid_cursor": HTTPStatus.BAD_REQUEST,
    "idempotency_key_required": HTTPStatus.BAD_REQUEST,
    "webhook_malformed": HTTPStatus.BAD_REQUEST,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
}
_RETRY_AFTER_SECONDS = "2"


def status_of(code: str) -> HTTPStatus:
    """Return the HTTP status of a code of the catalogue."""
    return _EXCEPTIONS.get(code) or _STATUS[PROBLEMS[code].kind]


def problem(
    code: str, detail: str, *, field: str | None = None, more: Mapping[str, Any] | None = None
) -> Response:
    """Make the answer. ``more`` adds members, such as what a return would take instead."""
    status = status_of(code)
    content = {
        "type": f"urn:backhaul:problem:{code}",
        "title": PROBLEMS[code].meaning,
        "status": status,
        "detail": detail,
        "code": code,
        **({"field": field} if field is not None else {}),
        **(more or {}),
    }
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED and code == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return Response(
        json.dumps(content, ensure_ascii=False).encode(errors="replace"),
        status_code=status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


class CommandRefusedError(RefusedError):
    """A return refused a command; says which state it is in and what it would take instead."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None,
        version: int | None,
        allowed_commands: tuple[str, ...],
    ) -> None:
        super().__init__(code, message, field=field)
        self.version = version
        self.allowed_commands = allowed_commands


def problem_of(error: Exception) -> Response | None:
    """Turn an error that a caller may hear of into its answer; ``None`` for any other."""
    match error:
        case CommandRefusedError():
            more = {"allowed_commands": [*error.allowed_commands], "version": error.version}
            return problem(error.code, str(error), field=error.field, more=more)
        case RefusedError() | RequestError():
            return problem(error.code, str(error), field=error.field)
    if isinstance(error, (RPCError, *UNREACHABLE)):
        return problem("engine_unavailable", "try again in a moment")
    return None


def validation_problem(errors: list[ErrorDetails]) -> Response:
    """Name the first field that is wrong. What was sent is not repeated: it may be a secret."""
    first = errors[0]
    field = path_of(first["loc"])
    extra = f"; {len(errors) - 1} more" if len(errors) > 1 else ""
    return problem("invalid_request", f"{first['msg'].lower()}{extra}", field=field)


def path_of(location: tuple[int | str, ...]) -> str:
    """Write a location as callers write it: ``lines[0].quantity``, without where it was found."""
    parts = location[1:] if location and location[0] in ("body", "query", "path") else location
    return written(parts) or "body"
