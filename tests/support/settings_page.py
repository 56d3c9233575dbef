"""Writes docs/settings.md from the settings' own descriptions: ``make docs``."""

from collections.abc import Iterable
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from runtime.settings import (
    TEST_VARIABLES,
    ClientSettings,
    Settings,
    StackSettings,
    variable,
)

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_HEAD = """\
# Settings

Every setting is an environment variable. They are read once, at the start of a process, by
`runtime/settings.py`; this page is made from it with `make docs`. A variable that starts with
`BACKHAUL_` and is not listed here stops the process, so that a misspelt one is noticed.
"""
_PROCESS = """\
## Of one process

For `backhaul worker`, `backhaul api` and commands that talk to them. The embedded stack writes
these for its own processes.
"""
_STACK = """\
## Of the embedded stack

For `backhaul up`, `backhaul demo` and what belongs to them. A port of 0 means any free one; it is
kept for the next start.
"""
_CLIENT = """\
## Of commands that call the API

For `backhaul returns` and `backhaul ops`. Without them, they call the embedded stack.
"""
_TESTS = """\
## Of the tests
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join(
        [
            _HEAD,
            _PROCESS,
            _table(Settings),
            _STACK,
            _table(StackSettings),
            _CLIENT,
            _table(ClientSettings),
            _TESTS,
            _rows([(name, "", text) for name, text in TEST_VARIABLES.items()]),
        ]
    )


def _table(model: type[BaseSettings]) -> str:
    return _rows(
        (variable(name), _default(field), field.description or "")
        for name, field in model.model_fields.items()
    )


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return "" if field.default is None else f"`{field.default}`"


def _rows(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render())
