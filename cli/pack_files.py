"""Packs in files, as people write them: JSON, or YAML that says the same."""

import json
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import yaml


class PackFileError(Exception):
    """A file that holds no pack; the message names the file."""


def read_pack(path: Path) -> dict[str, Any]:
    """Return the document in a file: YAML where its name ends so, else JSON.

    A day that YAML reads as one is the text that it was.

    Raises:
        PackFileError: it cannot be read, or is no object.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = _as_json(yaml.safe_load(text)) if _is_yaml(path) else _read_json(text)
    except OSError as error:
        raise PackFileError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        where = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PackFileError(f"{path}: {where}") from error
    if not isinstance(found, dict):
        raise PackFileError(f"{path}: wanted an object")
    return found


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in (".yaml", ".yml")


def _read_json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _as_json(value: Any) -> Any:
    """Return what YAML read as JSON has it.

    Raises:
        ValueError: JSON has no such value.
    """
    match value:
        case dict():
            return {_name(name): _as_json(part) for name, part in value.items()}
        case list():
            return [_as_json(part) for part in value]
        case date():
            return value.isoformat()
        case None | str() | bool() | int() | float():
            return value
    raise ValueError(f"wanted what JSON can say, found {type(value).__name__}")


def _name(name: object) -> str:
    if isinstance(name, str):
        return name
    raise ValueError(f"wanted a text as a name, found {name!r}")
