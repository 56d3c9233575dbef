"""Shapes compared: keys and types at every depth, against a recording or a schema."""

from collections.abc import Iterator, Mapping
from typing import Any

# Whether a number has decimals is not told apart: 4 and 4.0 are the same to their sender.
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object"}


def differences(
    found: Any, recorded: Any, *, allowed: Mapping[str, str], at: str = ""
) -> list[str]:
    """Say where ``found`` has other keys or types than ``recorded``.

    ``null`` fits everything, and so does the content of a list that was recorded empty.

    Args:
        allowed: The reason for each place that may differ, by its path: ``rates[].list_rate``;
            a path that starts with a dot ends paths at any depth.
    """
    return [text for path, text in _compared(found, recorded, at) if not _is_in(path, allowed)]


def _compared(found: Any, recorded: Any, at: str) -> Iterator[tuple[str, str]]:
    if found is None or recorded is None:
        return
    if isinstance(found, list) and isinstance(recorded, list):
        for item in found if recorded else ():
            yield from _compared(item, recorded[0], f"{at}[]")
    elif isinstance(found, dict) and isinstance(recorded, dict):
        for name in sorted(found.keys() | recorded.keys()):
            path = f"{at}.{name}" if at else name
            if name not in found:
                yield path, f"{path} is missing"
            elif name not in recorded:
                yield path, f"{path} was never recorded"
            else:
                yield from _compared(found[name], recorded[name], path)
    elif _type_of(found) != _type_of(recorded):
        yield at, f"{at} is a {_type_of(found)}, recorded a {_type_of(recorded)}"


def _is_in(path: str, allowed: Mapping[str, str]) -> bool:
    return any(
        path == place or (place.startswith(".") and f".{path}".endswith(place)) for place in allowed
    )


def _type_of(value: Any) -> str:
    return _TYPES.get(type(value), "array")


def violations(
    found: Any, schema: Mapping[str, Any], document: Mapping[str, Any], *, at: str = ""
) -> list[str]:
    """Say where ``found`` breaks an OpenAPI 3.0 schema, or has a field that it does not name."""
    return list(_violated(found, schema, document, at))


def _violated(
    found: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Iterator[str]:
    schema = _whole(schema, document)
    if found is None:
        if not schema.get("nullable"):
            yield f"{at} is null"
    elif "anyOf" in schema:
        choices = [list(_violated(found, choice, document, at)) for choice in schema["anyOf"]]
        yield from min(choices, key=len)
    elif not _fits(found, schema.get("type")):
        yield f"{at} is a {_type_of(found)}, wanted {schema['type']}"
    elif "enum" in schema and found not in schema["enum"]:
        yield f"{at} is {found!r}, wanted one of {schema['enum']}"
    elif isinstance(found, str) and len(found) > schema.get("maxLength", len(found)):
        yield f"{at} is longer than {schema['maxLength']} characters"
    elif isinstance(found, list):
        for item in found:
            yield from _violated(item, schema["items"], document, f"{at}[]")
    elif isinstance(found, dict):
        yield from _fields(found, schema, document, at)


def _whole(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and put the parts of an ``allOf`` together."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "allOf" not in schema:
        return schema
    parts = [_whole(part, document) for part in schema["allOf"]]
    return {
        "type": "object",
        "properties": {name: at for part in parts for name, at in part["properties"].items()},
        "required": [name for part in parts for name in part.get("required", ())],
    }


def _fields(
    found: Mapping[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in found:
            yield f"{at}.{name} is missing"
    known = schema.get("properties")
    more = schema.get("additionalProperties", known is None)
    for name, value in found.items():
        if known is not None and name in known:
            yield from _violated(value, known[name], document, f"{at}.{name}")
        elif isinstance(more, dict):
            yield from _violated(value, more, document, f"{at}.{name}")
        elif not more:
            yield f"{at}.{name} is not in the specification"


def _fits(found: Any, wanted: str | None) -> bool:
    if wanted == "integer":
        return isinstance(found, int) and not isinstance(found, bool)
    return wanted is None or _type_of(found) == wanted
