"""Files of data as people write them: JSON, or YAML that says the same and no more."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from domain.pack_reading import PolicyError


def read_document(path: Path, *, name: str) -> dict[str, Any]:
    """Return the object in a file.

    Raises:
        PolicyError: as for :func:`read_file`, or it holds something else.
    """
    found = read_file(path, name=name)
    if not isinstance(found, dict):
        raise PolicyError(f"{name}: wanted an object")
    return found


def read_file(path: Path, *, name: str, number: Callable[[str], Any] = float) -> object:
    """Return what a file says: YAML where its name ends so, else JSON; days stay the text they are.

    ``number`` reads what JSON writes with a point.

    Raises:
        PolicyError: it cannot be read, says what JSON cannot, or the same key twice; the message
            starts with ``name``.
    """
    is_json = path.suffix.lower() not in (".yaml", ".yml")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _read_json(text, number) if is_json else _plain(_read_yaml(text))
    except OSError as error:
        raise PolicyError(f"{name}: wanted a readable file: {error.strerror}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        kind = "JSON" if is_json else "YAML"
        reason = str(error).replace("\n", " ")
        raise PolicyError(f"{name}: wanted a {kind} file, found {reason}") from error


def _read_json(text: str, number: Callable[[str], Any]) -> Any:
    return json.loads(text, parse_float=number, parse_constant=_refuse, object_pairs_hook=_once)


def _read_yaml(text: str) -> Any:
    return yaml.load(text, Loader=_TextDates)  # noqa: S506  # a safe loader


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} twice")
    return found


def _plain(value: Any) -> Any:
    """Return what YAML read as JSON has it.

    Raises:
        ValueError: JSON has no such value.
    """
    match value:
        case Mapping():
            return {_name(name): _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case None | str() | bool() | int() | float():
            return value
    raise ValueError(f"wanted what JSON can say, found {type(value).__name__}")


def _name(name: object) -> str:
    if isinstance(name, str):
        return name
    raise ValueError(f"wanted a text as a name, found {name!r}")


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
