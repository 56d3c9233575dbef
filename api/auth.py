"""Who is asking. Every path needs a key but the few named here; every route names its command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem
from api.services import Services
from domain.codes import RefusedError
from domain.commands import Actor, may

_OPEN_PATHS = frozenset({"/healthz", "/readyz", "/v1/openapi.json", "/finance"})
# Their credential is in the request itself: a survey's token, a webhook's signature, of the pages
# for people a session's cookie.
_OPEN_PREFIXES = ("/v1/surveys/", "/v1/webhooks/", "/finance/")

# Only for the OpenAPI document; :class:`Authentication` has looked before a route is chosen.
_SCHEME = HTTPBearer(auto_error=False, description="An API key: `bh_…`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """A valid key: whose, for which role."""

    tenant_id: str
    role: str
    key_id: str

    @property
    def actor(self) -> Actor:
        return Actor(self.role, self.key_id)


class Authentication:
    """Puts the :class:`Caller` into the request's state, or answers 401."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        key = await services.keys.find(_bearer(scope))
        if key is None:
            refusal = problem("unauthenticated", "wanted Authorization: Bearer with a valid key")
            await refusal(scope, receive, send)
            return
        caller = Caller(key.tenant_id, key.role.value, key.key_id)
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def needs(command: str) -> Any:
    """Return the dependency of a route that carries out ``command``: its caller, if allowed."""

    def allowed(request: Request, _key: Annotated[Any, Depends(_SCHEME)]) -> Caller:
        caller: Caller = request.state.caller
        if not may(caller.role, command):
            raise RefusedError("forbidden", f"role {caller.role} may not {command}")
        return caller

    named: Callable[..., Caller] = allowed
    named.__dict__["command"] = command
    return Depends(named)


def _is_open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith(_OPEN_PREFIXES)


def _bearer(scope: Scope) -> str:
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) != 1:
        return ""
    scheme, _, token = found[0].decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
