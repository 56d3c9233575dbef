"""One HTTP call to an outside system: send it once, and name what its failure allows next."""

import functools
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from domain.paths import written
from domain.texts import WANTED, bad_text_in
from integrations.errors import (
    AmbiguousOutcomeError,
    ConfigurationError,
    InProgressError,
    IntegrationError,
    NotFoundError,
    NotSentError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)

log = structlog.get_logger()

_LONGEST_WAIT = timedelta(hours=1)


class WireModel(BaseModel):
    """A part of an answer.

    Types are taken as sent, unknown fields are ignored, text that cannot be kept is no text, and an
    error shows no contents: they may be personal data.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _keepable(cls, value: Any) -> Any:
        if bad_text_in(value) is not None:
            raise PydanticCustomError("control_character", WANTED)
        return value


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        path: A template (``/v1/refunds/{refund}``): logs show it, ``ids`` fill it.
        headers: What the system wants to be told there about this request.
        idempotency_key: Sent in the system's header; a repeat under it has no second effect.
        repeatable: A repeat has no second effect that matters, by the system's own contract.
            Always so for GET.
    """

    method: str
    path: str
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    idempotency_key: str | None = None
    repeatable: bool = False

    @property
    def is_safe(self) -> bool:
        return self.repeatable or self.method == "GET"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer as the vendor means it; ``error`` is ``None`` where its status says all."""

    code: str | None = None
    field: str | None = None
    error: type[IntegrationError] | None = None


ReadRefusal = Callable[[httpx.Response, Mapping[str, Any]], Refusal]
"""Reads a vendor's error body; an empty mapping stands for a body that is no JSON object."""


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context: building it per client costs tens of milliseconds each."""
    return ssl.create_default_context()


def open_client(
    base_url: str,
    *,
    headers: Mapping[str, str] | None = None,
    auth: httpx.Auth | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Open a pool of connections to one system.

    It never retries, never follows a redirect and takes no proxy from the environment. Idle
    connections close before usual servers close theirs (5 s), so that a POST does not meet a
    connection that is just going away.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        auth=auth,
        timeout=httpx.Timeout(connect=3, read=30, write=10, pool=3),
        transport=transport
        or httpx.AsyncHTTPTransport(
            verify=_tls(),
            retries=0,
            trust_env=False,
            limits=httpx.Limits(
                max_connections=50, max_keepalive_connections=10, keepalive_expiry=2
            ),
        ),
        follow_redirects=False,
        trust_env=False,
    )


class HttpApi:
    """One system's HTTP API: its client, its name in logs and errors, its way to say no."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        system: str,
        read_refusal: ReadRefusal,
        *,
        key_header: str | None = "Idempotency-Key",
    ) -> None:
        """Make one; without a ``key_header`` the system finds a call's key in its body."""
        self._http = http
        self._system = system
        self._read_refusal = read_refusal
        self._key_header = key_header

    async def ask(
        self, call: Call, answer: type[M], *, amended: Callable[[Any], Any] | None = None
    ) -> M:
        """Send ``call`` once and read its answer.

        Args:
            amended: Changes the answer's document before it is checked.

        Raises:
            IntegrationError: the class says what may be done next; see ``integrations.errors``.
        """
        response = await self._send(call)
        content = response.content
        if amended is not None and (document := _json_object(response)):
            content = json.dumps(amended(document)).encode()
        try:
            return answer.model_validate_json(content)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            name = written(problem["loc"])
            kind = ProtocolError if call.is_safe else AmbiguousOutcomeError
            # Without its cause: pydantic's error may hold what it read.
            raise kind(
                self._system,
                f"{call.method} {call.path} answered {response.status_code} against its contract:"
                f" {name or 'body'}: {problem['type']}",
                field=name or None,
            ) from None

    async def tell(self, call: Call) -> None:
        """Send ``call`` once; its answer holds nothing. Raises as :meth:`ask` does."""
        await self._send(call)

    async def _send(self, call: Call) -> httpx.Response:
        started = time.monotonic()
        status: int | None = None
        failure: str | None = None
        try:
            response = await self._exchange(call)
            status = response.status_code
        except IntegrationError as error:
            failure = type(error.__cause__ or error).__name__
            raise
        finally:
            log.info(
                "http.called",
                system=self._system,
                method=call.method,
                path=call.path,
                status=status,
                failure=failure,
                ms=round((time.monotonic() - started) * 1000),
            )
        if not response.is_success:
            raise self._error(call, response)
        return response

    async def _exchange(self, call: Call) -> httpx.Response:
        what = f"{call.method} {call.path}"
        key, name = call.idempotency_key, self._key_header
        headers = {**call.headers, name: key} if key and name else dict(call.headers)
        try:
            return await self._http.request(
                call.method,
                self._filled(call),
                params=call.query or None,
                data=call.form,
                json=call.body,
                headers=headers,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(self._system, f"{what}: no connection") from error
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise ConfigurationError(
                self._system, f"{what} cannot be sent: its address or a header is malformed"
            ) from error
        except httpx.RequestError as error:
            raise self._unanswered(call)(self._system, f"{what}: the answer was lost") from error

    def _filled(self, call: Call) -> str:
        for name, value in call.ids.items():
            # Such an id would climb to another resource instead of naming one.
            if value in {"", ".", ".."}:
                raise NotFoundError(
                    self._system, f"{call.method} {call.path} needs an id", field=name
                )
        return call.path.format(**{k: quote(v, safe="") for k, v in call.ids.items()})

    def _error(self, call: Call, response: httpx.Response) -> IntegrationError:
        refusal = self._read_refusal(response, _json_object(response))
        kind = refusal.error or self._kind(call, response.status_code)
        message = f"{call.method} {call.path} answered {response.status_code}"
        if refusal.code:
            message += f" {refusal.code}"
        if kind is ThrottledError:
            return ThrottledError(self._system, message, retry_after=_retry_after(response))
        return kind(self._system, message, code=refusal.code, field=refusal.field)

    def _kind(self, call: Call, status: int) -> type[IntegrationError]:
        if status in {401, 403} or status < 400:
            return ConfigurationError
        if status in {404, 410}:
            return NotFoundError
        if status == 409:
            return InProgressError
        if status == 429:
            return ThrottledError
        if status >= 500 or status in {408, 424, 425}:
            return self._unanswered(call, status)
        return RejectedError

    def _unanswered(self, call: Call, status: int | None = None) -> type[IntegrationError]:
        if not call.is_safe and not call.idempotency_key:
            return AmbiguousOutcomeError
        # 503 is said by who does not take the request; others may have begun it.
        return TemporarilyUnavailableError if call.is_safe or status == 503 else UnansweredError


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> timedelta | None:
    """Return how long to wait, at most an hour; ``None`` when the header says nothing usable."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), _LONGEST_WAIT)
