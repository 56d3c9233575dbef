"""Stripe's form bodies: nested brackets, and each parameter checked against what is known."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from fastapi import Request

from sandbox.errors import RefusalError, stripe_refusal
from sandbox.ledger import Json

_MAX_LIMIT = 100


async def read_form(request: Request, known: Iterable[str]) -> Json:
    """Return the body as nested dictionaries of strings; lists become dictionaries by position.

    An unknown top-level name is refused as Stripe does.
    """
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise stripe_refusal(400, "Invalid UTF-8 in the request body.") from error
    return _checked(parse_qsl(text, keep_blank_values=True), known)


def read_query(request: Request, known: Iterable[str]) -> Json:
    return _checked(request.query_params.multi_items(), known)


def whole_number(form: Json, name: str, *, at_least: int) -> int | None:
    """Read an integer parameter; ``None`` when it was not given."""
    value = form.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.lstrip("-").isdecimal():
        raise _invalid_integer(f"Invalid integer: {value}", name)
    if int(value) < at_least:
        raise _invalid_integer(f"This value must be greater than or equal to {at_least}.", name)
    return int(value)


def text(form: Json, name: str) -> str | None:
    value = form.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise stripe_refusal(400, "Invalid string: {…}", param=name)


def required(form: Json, name: str) -> str:
    value = text(form, name)
    if value is None:
        raise stripe_refusal(
            400, f"Missing required param: {name}.", code="parameter_missing", param=name
        )
    return value


def metadata(form: Json) -> dict[str, str]:
    """Read ``metadata[key]=value``; an empty value unsets a key, as Stripe does."""
    given = form.get("metadata") or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise stripe_refusal(400, "Invalid hash", param="metadata")
    if len(given) > 50 or any(len(k) > 40 or len(v) > 500 for k, v in given.items()):
        raise stripe_refusal(
            400,
            "Metadata has at most 50 keys of 40 characters and values of 500.",
            param="metadata",
        )
    return dict(given)


def nested(form: Json, name: str, known: Iterable[str]) -> dict[str, str | None]:
    """Read texts ``name[key]=value`` of known keys; an empty value unsets a key."""
    given = form.get(name) or {}
    if not isinstance(given, dict):
        raise stripe_refusal(400, "Invalid hash", param=name)
    for key in given:
        if key not in known:
            raise stripe_refusal(
                400,
                f"Received unknown parameter: {name}[{key}]",
                code="parameter_unknown",
                param=f"{name}[{key}]",
            )
    return {key: text(given, key) for key in given}


def boolean(form: Json, name: str, *, default: bool) -> bool:
    value = text(form, name)
    if value not in (None, "true", "false"):
        raise stripe_refusal(400, f"Invalid boolean: {value}", param=name)
    return default if value is None else value == "true"


def page_limit(form: Json) -> int:
    limit = whole_number(form, "limit", at_least=1)
    if limit is not None and limit > _MAX_LIMIT:
        raise _invalid_integer(f"This value must be less than or equal to {_MAX_LIMIT}.", "limit")
    return limit or 10


_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def period(form: Json) -> dict[str, int]:
    """Read ``created[gte]=seconds`` and its like: SQL's sign and the seconds."""
    given = form.get("created") or {}
    if not isinstance(given, dict):
        raise stripe_refusal(400, "Invalid hash", param="created")
    bounds = {}
    for name in given:
        if name not in _BOUNDS:
            raise stripe_refusal(400, f"Received unknown parameter: {name}", param="created")
        seconds = whole_number(given, name, at_least=0)
        assert seconds is not None
        bounds[_BOUNDS[name]] = seconds
    return bounds


def _checked(pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> Json:
    allowed = {*known, "expand"}
    form: Json = {}
    for name, value in pairs:
        path = name.replace("]", "").split("[")
        if path[0] not in allowed:
            raise stripe_refusal(
                400,
                f"Received unknown parameter: {path[0]}",
                code="parameter_unknown",
                param=path[0],
            )
        _put(form, path, value, name)
    return form


def _put(form: Json, path: list[str], value: str, name: str) -> None:
    node = form
    for step in path[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise stripe_refusal(400, f"Invalid parameter: {name}", param=name)
    # "expand[]=a&expand[]=b" repeats an empty name: each becomes the next position.
    node[path[-1] or str(len(node))] = value


def _invalid_integer(message: str, param: str) -> RefusalError:
    return stripe_refusal(400, message, code="parameter_invalid_integer", param=param)
