"""Many pages as one."""

from collections.abc import Sequence
from typing import Any, Protocol


class HasItems(Protocol):
    @property
    def items(self) -> tuple[Any, ...]: ...


def all_of(pages: Sequence[HasItems]) -> dict[str, object]:
    """Return what makes one page of all: their items, and none after them."""
    return {"items": tuple(item for page in pages for item in page.items), "next_cursor": None}
