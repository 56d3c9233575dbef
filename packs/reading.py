"""Read a pack's file into the domain's types; every error starts with file and path."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from domain.ids import content_hash
from domain.law.schema import Overlay, Pack
from domain.pack_reading import PolicyError

_Shape = TypeVar("_Shape")


_PACK, _OVERLAY = TypeAdapter(Pack), TypeAdapter(Overlay)


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema of a pack's file."""
    return _PACK.json_schema()


def read_file(path: Path, *, name: str) -> object:
    """Return what a YAML or JSON file says; dates stay text.

    Raises:
        PolicyError: it cannot be read, or says the same key twice; the message starts with
            ``name``.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_TextDates)  # noqa: S506  # safe
    except OSError as error:
        raise PolicyError(f"{name}: wanted a readable file: {error.strerror}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise PolicyError(f"{name}: wanted a YAML file, found {_reason(error)}") from error


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
        first = error.errors()[0]
        raise PolicyError(f"{name}: {location(first['loc'])}: {first['msg']}") from error


def location(steps: tuple[int | str, ...]) -> str:
    """Write the place of an error as a path: ``rules[0].window.days``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".") or "(file)"


def _reason(error: Exception) -> str:
    return str(error).replace("\n", " ")


class _TextDates(yaml.SafeLoader):
    """YAML without dates of its own: what is hashed is what JSON would say.

    Nothing may be said twice, for only the last of it would be read.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # the library's own
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} twice", node.start_mark)
        return super().construct_mapping(node, deep)


_TextDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
