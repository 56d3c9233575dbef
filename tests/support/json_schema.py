"""JSON Schema, as far as the published schemas use it; what they do not use is not known here."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

_Accepts = Callable[[Any, object], bool]


def accepts(
    schema: Mapping[str, Any], value: object, root: Mapping[str, Any] | None = None
) -> bool:
    """Say whether a value is as draft 2020-12 wants it; ``root`` is what ``$ref`` counts from.

    Raises:
        KeyError: the schema has a word that nobody here knows, so nothing would be checked by it.
    """
    root = schema if root is None else root
    within = partial(accepts, root=root)
    return all(
        accepts(referred(said, root), value, root)
        if word == "$ref"
        else _WORDS[word](said, value, schema, within)
        for word, said in schema.items()
        if word not in _NOTES
    )


def referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = root["$defs"][reference.removeprefix("#/$defs/")]
    return found


_NOTES = {"$schema", "$defs", "title", "description", "default", "format"}


def _is(kind: str, value: object) -> bool:
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "null":
            return value is None
    return isinstance(value, {"object": dict, "array": list, "string": str, "boolean": bool}[kind])


def _of(kind: str, check: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    """Make a check of one type's values; those of another type are not its business."""
    return lambda said, value, *_: not _is(kind, value) or check(said, value)


def _named(_said: object, value: object, schema: Mapping[str, Any], accepts: _Accepts) -> bool:
    properties = schema.get("properties", {})
    return not isinstance(value, dict) or all(
        accepts(properties[name], part) for name, part in value.items() if name in properties
    )


def _others(said: Any, value: object, schema: Mapping[str, Any], accepts: _Accepts) -> bool:
    properties = schema.get("properties", {})
    return not isinstance(value, dict) or all(
        said is not False and accepts(said, part)
        for name, part in value.items()
        if name not in properties
    )


_WORDS: Mapping[str, Callable[..., bool]] = {
    "type": lambda said, value, *_: _is(said, value),
    "const": lambda said, value, *_: value == said,
    "enum": lambda said, value, *_: value in said,
    "anyOf": lambda said, value, _, accepts: any(accepts(one, value) for one in said),
    "minimum": _of("integer", lambda said, value: value >= said),
    "maximum": _of("integer", lambda said, value: value <= said),
    "minLength": _of("string", lambda said, value: len(value) >= said),
    "pattern": _of("string", lambda said, value: re.search(said, value) is not None),
    "minItems": _of("array", lambda said, value: len(value) >= said),
    "maxItems": _of("array", lambda said, value: len(value) <= said),
    "uniqueItems": _of(
        "array", lambda said, value: not said or all(value.count(one) == 1 for one in value)
    ),
    "required": _of("object", lambda said, value: {*said} <= {*value}),
    "items": lambda said, value, _, accepts: (
        not isinstance(value, list) or all(accepts(said, part) for part in value)
    ),
    "contains": lambda said, value, _, accepts: (
        not isinstance(value, list) or any(accepts(said, part) for part in value)
    ),
    "propertyNames": lambda said, value, _, accepts: (
        not isinstance(value, dict) or all(accepts(said, name) for name in value)
    ),
    "properties": _named,
    "additionalProperties": _others,
}
