"""Units that were free again are had once more: all of them or none, whoever else has some."""

from storage import ledger
from storage.database import Database
from storage.records import HeldByOthers, Opened, Relocking
from storage.returns import Returns
from tests.storage.builders import TENANT, opening, return_id

LINES = (("shoes", 3), ("hat", 2))


def again(name: str, *wanted: tuple[str, tuple[int, ...], int]) -> Relocking:
    return Relocking(TENANT, return_id(name), "O-1", wanted)


async def opened(returns: Returns, name: str, *wanted: tuple[str, int]) -> str:
    """Open a return of these units, and return its number."""
    answer = await returns.open_return(
        opening(name, order_id="O-1", fulfilled=LINES, wanted=wanted)
    )
    assert isinstance(answer, Opened)
    return answer.rma_no


async def freed(store: Database, returns: Returns, name: str) -> None:
    """Open a return of all shoes and let them go, as an expiry does."""
    await opened(returns, name, ("shoes", 3))
    async with store.tenant(TENANT) as connection:
        units = [("shoes", number) for number in range(3)]
        await ledger.release_units(connection, TENANT, return_id(name), units)


async def test_free_units_are_had_again_and_once(store: Database) -> None:
    """A repeat finds what it has; nobody else can have them."""
    returns = Returns(store)
    await freed(store, returns, "late")
    asked = again("late", ("shoes", (0, 1), 3))

    first, repeated = await returns.relock_units(asked), await returns.relock_units(asked)

    assert first == repeated == (("shoes", (0, 1)),)
    held = await returns.held_units(TENANT, "O-1")
    assert {unit.unit_no for unit in held} == {0, 1}


async def test_another_unit_of_the_line_does_as_well(store: Database) -> None:
    """What was returned meanwhile is not taken away: another of three pairs is free."""
    returns = Returns(store)
    await freed(store, returns, "late")
    await opened(returns, "other", ("shoes", 1))

    units = await returns.relock_units(again("late", ("shoes", (0,), 3)))

    assert units == (("shoes", (1,)),)


async def test_too_few_are_none_and_name_who_has_them(store: Database) -> None:
    """Of two lines neither is locked where one is short."""
    returns = Returns(store)
    await freed(store, returns, "late")
    rma_no = await opened(returns, "other", ("shoes", 2))
    asked = again("late", ("hat", (0,), 2), ("shoes", (0, 1), 3))

    answer = await returns.relock_units(asked)

    assert answer == HeldByOthers("shoes", (rma_no,))
    held = await returns.held_units(TENANT, "O-1")
    assert {unit.line_id for unit in held} == {"shoes"}
