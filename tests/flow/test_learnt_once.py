"""What it takes to read a message is learnt once in a process, not with every run."""

import gc

from pydantic import TypeAdapter

from tests.support.house import House
from tests.support.told import some_of


async def test_a_second_return_learns_nothing(house: House) -> None:
    """Each run has a converter and modules of its own: types of theirs would never be forgotten."""

    async def learnt() -> set[int]:
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
        await opened.arrive_and_grade_one()
        await opened.until_lot("line-1/1", "REFUNDED")
        return {id(one) for one in gc.get_objects() if isinstance(one, TypeAdapter)}

    first = await learnt()

    assert await learnt() <= first
