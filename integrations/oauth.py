"""The access token of an API: fetched with the client's id and secret, kept until it ends."""

import base64
import time
from collections.abc import Generator
from typing import Annotated

import httpx
from pydantic import Field, ValidationError

from integrations.errors import ConfigurationError, NotSentError
from integrations.http import WireModel

_MARGIN_S = 60
"""A token that ends within this time is taken for one that has ended."""


class _WireToken(WireModel):
    """``expires_in`` is seconds, which UPS writes as text."""

    access_token: str
    expires_in: Annotated[int, Field(strict=False, gt=0)]


class ClientCredentials(httpx.Auth):
    """Puts a token on every request, and a fresh one on a request that was answered 401.

    Requests side by side may each fetch a token; all of them are good.
    """

    requires_response_body = True

    def __init__(self, system: str, token_url: str, client_id: str, client_secret: str) -> None:
        self._system = system
        self._url = token_url
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._basic = f"Basic {pair}"
        self._token = ""
        self._ends_at = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raise what a refused token means: the request itself was not sent, or not accepted."""
        kept = time.monotonic() < self._ends_at
        if not kept:
            yield from self._fetch(request)
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == 401 and kept:
            yield from self._fetch(request)
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _fetch(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield httpx.Request(
            "POST",
            self._url,
            data={"grant_type": "client_credentials"},
            headers={"Authorization": self._basic, "Accept": "application/json"},
            # The client's time-outs travel in here.
            extensions=request.extensions,
        )
        if answer.status_code in {400, 401, 403}:
            raise ConfigurationError(
                self._system,
                "the client id or its secret was refused",
                field="secrets.client_secret",
            )
        try:
            token = _WireToken.model_validate_json(answer.content if answer.is_success else b"")
        except ValidationError:
            raise NotSentError(
                self._system, f"no access token, found {answer.status_code}"
            ) from None
        self._token = token.access_token
        self._ends_at = time.monotonic() + token.expires_in - _MARGIN_S
