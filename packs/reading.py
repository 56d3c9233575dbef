"""Read a pack's file into the domain's types; every error starts with file and path."""

import json
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from domain.ids import content_hash
from domain.law.schema import Overlay, Pack
from domain.pack_reading import PolicyError

_Shape = TypeVar("_Shape")


_PACK, _OVERLAY = TypeAdapter(Pack), TypeAdapter(Overlay)


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema of a pack of law."""
    return _PACK.json_schema()


def place_schema() -> dict[str, Any]:
    """Return the JSON Schema of what a place adds to its pack."""
    return _OVERLAY.json_schema()


def merchant_schema() -> dict[str, Any]:
    """Return the JSON Schema of a merchant's pack, whose days are all written ``2024-01-01``."""
    path = files("domain") / "packs" / "merchant.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def read_pack(data: object, *, name: str) -> tuple[Pack, str]:
    """Return a pack and the hash of its content, however its file is laid out.

    Raises:
        PolicyError: something is missing, unknown or of the wrong type; the message starts with
            ``name`` and the path.
    """
    return _read(_PACK, data, name), _hash(data)


def read_overlay(data: object, *, name: str) -> tuple[Overlay, str]:
    """Return what a place adds to its pack, and the hash of its content.

    Raises:
        PolicyError: as for :func:`read_pack`.
    """
    return _read(_OVERLAY, data, name), _hash(data)


def _hash(data: object) -> str:
    return content_hash({"file": data})


def _read(shape: TypeAdapter[_Shape], data: object, name: str) -> _Shape:
    try:
        return shape.validate_python(data)
    except ValidationError as error:
        raise PolicyError(f"{name}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """Return the path of the first thing that is wrong, and what is."""
    first = error.errors()[0]
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] in ("model_type", "dict_type", "dataclass_type"):
        said = "wanted an object"
    return f"{location(first['loc'])}: {said}"


def location(steps: tuple[int | str, ...]) -> str:
    """Write the place of an error as a path: ``rules[0].window.days``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".") or "(file)"
