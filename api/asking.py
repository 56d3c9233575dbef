"""What routes read off a request besides its body: services, keys, versions."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request

from api.services import Services
from domain.codes import RefusedError
from workflows.messages import OPEN_UPDATE_ID

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(description="1 to 200 visible ASCII characters, one per intention.")
    ] = None,
) -> str:
    if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
        raise RefusedError(
            "idempotency_key_required",
            "wanted 1 to 200 visible ASCII characters",
            field="Idempotency-Key",
        )
    return idempotency_key


def _command_id(key: "IdempotencyKey") -> str:
    """Return the key as the id of a command; the one id that a return's opening has is taken."""
    if key == OPEN_UPDATE_ID:
        raise RefusedError("invalid_request", "this key is taken", field="Idempotency-Key")
    return key


def _if_match(
    if_match: Annotated[
        str | None, Header(description='`"<version>"`: refuse unless the return is at it.')
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise RefusedError("invalid_request", 'wanted "<version>"', field="If-Match")
    return int(found[1])


KEY_REQUIRED = Depends(_idempotency_key)
"""For routes that repeat safely by what they do; the key is asked for all the same."""

ServicesOf = Annotated[Services, Depends(_services)]
IdempotencyKey = Annotated[str, Depends(_idempotency_key)]
CommandId = Annotated[str, Depends(_command_id)]
IfMatch = Annotated[int | None, Depends(_if_match)]
