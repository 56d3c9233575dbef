"""What a list of the terminal asks for: what it shows, and no page more."""

from collections.abc import AsyncIterator

import pytest

from cli.printing import first


@pytest.mark.parametrize(("limit", "shown"), [(1, 1), (2, 2), (5, 3)])
async def test_nothing_is_read_behind_the_last_that_is_shown(limit: int, shown: int) -> None:
    """Reading on would ask the server for a page that nobody sees."""
    read: list[int] = []

    async def found() -> AsyncIterator[int]:
        for number in range(3):
            read.append(number)
            yield number

    assert [one async for one in first(found(), limit)] == read == [*range(shown)]
