"""Who looks at a page, and what a form sent: the session, its key, its token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import Depends, Request

from api.auth import Caller
from api.pages.sessions import COOKIE, Session, is_of
from api.services import Services
from domain.codes import RefusedError
from domain.commands import may
from storage.rows import KeyRow
from storage.states import Role

PEOPLE = (Role.FINANCE, Role.AUDITOR, Role.ADMIN)
"""Whose keys sign in here: machines use the API, others have pages of their own."""
START = "/finance"
_MOST_FIELDS = 20
_NEXT = re.compile(r"/finance(/[\w./~-]*)?(\?[\w=&.%-]*)?")


class SignInNeededError(Exception):
    """Nobody is signed in, or not any more; ``next_path`` is where they wanted to go."""

    def __init__(self, next_path: str) -> None:
        super().__init__("sign in first")
        self.next_path = next_path


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in, by the key that they signed in with."""

    key: KeyRow
    session: Session

    @property
    def caller(self) -> Caller:
        return Caller(self.key.tenant_id, self.key.role.value, self.key.key_id)

    @property
    def acts(self) -> bool:
        """Whether they may do more than read."""
        return may(self.key.role, "approve-settlement")


async def _visitor(request: Request) -> Visitor:
    services: Services = request.app.state.services
    session = services.sessions.read(request.cookies.get(COOKIE, ""), now=datetime.now(UTC))
    key = None
    if session is not None:
        key = await services.keys.valid(session.tenant_id, session.key_id)
    if session is None or key is None or key.role not in PEOPLE:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise SignInNeededError(wanted if request.method == "GET" else START)
    return Visitor(key, session)


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's fields, the last of each name.

    Raises:
        RefusedError: it came from another site, or is no form.
    """
    if _is_of_another_site(request):
        raise RefusedError("forbidden", "the form is of another site")
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise RefusedError("invalid_encoding", "wanted a form in UTF-8") from error


def _is_of_another_site(request: Request) -> bool:
    """Say whether a browser says so; a page of another site has none of our tokens besides."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    # Older browsers name the origin alone, of a page without one as "null".
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.url.netloc


async def _signed_form(
    request: Request, visitor: Annotated[Visitor, Depends(_visitor)]
) -> dict[str, str]:
    form = await read_form(request)
    if not is_of(visitor.session, form.get("form_token", "")):
        raise RefusedError(
            "forbidden", "the form is older than your sign-in: load the page and send it again"
        )
    return form


VisitorOf = Annotated[Visitor, Depends(_visitor)]
FormOf = Annotated[Mapping[str, str], Depends(_signed_form)]
"""The fields of a form that was given out to the session that sends it."""


def safe_next(path: str) -> str:
    """Return a path of these pages to go to after the sign-in; no other address is one."""
    parts = urlsplit(path)
    known = _NEXT.fullmatch(path) and not parts.netloc and "//" not in path
    return path if known else START


def sign_in_path(next_path: str) -> str:
    return f"{START}/sign-in?next={quote(safe_next(next_path), safe='')}"
