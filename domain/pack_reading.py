"""Reading a pack's JSON: every value is asked for by name, every error starts with its path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar, cast

from domain.currencies import EXPONENTS


class PolicyError(ValueError):
    """A pack does not say what a pack must say; the message starts with the path."""


_Option = TypeVar("_Option", bound=StrEnum)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class At:
    """One object of the pack and the path that leads to it; every error starts with the path."""

    path: str
    data: Mapping[str, object]

    def value(self, name: str) -> object:
        if name not in self.data:
            raise self.error(name, "is missing")
        return self.data[name]

    def optional(self, name: str, read: Callable[[str], _Value], *, default: _Value) -> _Value:
        """Return what ``read`` makes of the name, or the default where the pack leaves it out."""
        return read(name) if name in self.data else default

    def table(self, name: str) -> "At":
        return self._table(name, self.value(name))

    def tables(self, name: str) -> list["At"]:
        rows = self.value(name)
        if not isinstance(rows, list):
            raise self.error(name, "wanted a list of objects")
        return [self._table(f"{name}[{index}]", row) for index, row in enumerate(rows)]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self.error(name, "wanted a text")
        return value

    def fixed(self, name: str, wanted: str) -> None:
        if self.text(name) != wanted:
            raise self.error(name, f"wanted {wanted}, the only one there is")

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.value(name)
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise self.error(name, "wanted a list of texts")
        return tuple(values)

    def number(self, name: str) -> int:
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.error(name, "wanted a whole number of 0 or more")
        return value

    def percent(self, name: str) -> int:
        value = self.number(name)
        if value > 100:
            raise self.error(name, "wanted 0 to 100")
        return value

    def amounts(self, name: str) -> tuple[tuple[str, int], ...]:
        """Return amounts in minor units by ISO 4217 currency, sorted by it."""
        table = self.table(name)
        for currency in table.data:
            if currency not in EXPONENTS:
                raise table.error(currency, "wanted a currency of ISO 4217")
        return tuple((currency, table.number(currency)) for currency in sorted(table.data))

    def only(self, *names: str) -> None:
        """Refuse what would be read by nobody: a fee that is mistyped is a fee that is lost."""
        for name in self.data:
            if name not in names:
                raise self.error(name, f"wanted one of {', '.join(names)}")

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise self.error(name, "wanted true or false")
        return value

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise self.error(name, "wanted a date such as 2024-01-01") from None

    def option(self, name: str, kind: type[_Option], *, default: _Option | None = None) -> _Option:
        """Return one of a kind's words; the default, if there is one, where the pack has none."""
        if default is not None and name not in self.data:
            return default
        return self._option(name, self.text(name), kind)

    def options(self, name: str, kind: type[_Option]) -> tuple[_Option, ...]:
        return tuple(
            self._option(f"{name}[{index}]", text, kind)
            for index, text in enumerate(self.texts(name))
        )

    def groups(self, name: str, kind: type[_Option]) -> tuple[tuple[_Option, ...], ...]:
        """Return a list of lists of options."""
        rows = self.value(name)
        if not isinstance(rows, list):
            raise self.error(name, "wanted a list of lists")
        read = At(self.path, {f"{name}[{index}]": row for index, row in enumerate(rows)})
        return tuple(read.options(key, kind) for key in read.data)

    def _option(self, name: str, text: str, kind: type[_Option]) -> _Option:
        try:
            return kind(text)
        except ValueError:
            raise self.error(name, f"wanted one of {', '.join(kind)}, found {text!r}") from None

    def _table(self, name: str, value: object) -> "At":
        if not isinstance(value, Mapping):
            raise self.error(name, "wanted an object")
        return At(f"{self.path}{name}.", cast("Mapping[str, object]", value))

    def error(self, name: str, message: str) -> PolicyError:
        return PolicyError(f"{self.path}{name}: {message}")
