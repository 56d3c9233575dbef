"""Each rule of a return catches the return that breaks it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.inspection import Disposition, Grade
from domain.invariants import broken
from domain.lifecycle import LotState
from domain.replacing import replacement_ordered
from domain.resolving import complete, stock_moved
from domain.returns import Replacement, Return
from domain.settling import intent_changed
from tests.support.builders import (
    after,
    decided,
    exchange,
    graded,
    granted,
    handed_over,
    in_state,
    opened,
    received,
    settled,
)


def paid() -> Return:
    ret = settled(graded())
    ret, _ = intent_changed(
        ret, "i1-t1", state="succeeded", refund_ref="re", failure=None, at=after(days=6)
    )
    return stock_moved(ret, ["shoes/1"])[0]


@pytest.mark.parametrize(
    "stage",
    [opened, decided, granted, handed_over, received, graded, lambda: settled(graded()), paid],
)
def test_an_ordinary_return_breaks_no_rule(stage: Callable[[], Return]) -> None:
    """From request to refund nothing contradicts."""
    assert broken(stage()) == ()


def unit_twice() -> Return:
    ret = received(counted={"SHOES": 2})
    return ret.with_lots(replace(ret.lots[1], units=(1,)))


def foreign_unit() -> Return:
    return in_state(received(), units=(0, 1, 7))


def uncounted() -> Return:
    return in_state(received(), state=LotState.ACCEPTED)


def more_than_paid() -> Return:
    ret = settled(graded())
    row = replace(ret.settlements[0].breakdown[0], refund_minor=9999)
    return ret.with_settlement(replace(ret.settlements[0], breakdown=(row,)))


def intents_of_another_sum() -> Return:
    ret = settled(graded())
    return ret.with_settlement(replace(ret.settlements[0], amount_minor=1))


def settled_twice() -> Return:
    ret = settled(graded())
    return replace(ret, settlements=(*ret.settlements, replace(ret.settlements[0], number=2)))


def paid_and_replaced() -> Return:
    return in_state(settled(graded()), state=LotState.REPLACED)


def ended_open() -> Return:
    return complete(settled(graded()), at=after(days=6))[0]


def moved_nowhere() -> Return:
    return in_state(received(), disposition_applied=True)


def paid_for_nothing() -> Return:
    return in_state(settled(graded()), state=LotState.NOT_SENT)


def uncovered() -> Return:
    ret = settled(graded())
    row = replace(ret.settlements[0].breakdown[0], cover="kindness")
    return ret.with_settlement(replace(ret.settlements[0], breakdown=(row,)))


def waived_though_inspected() -> Return:
    ret = settled(graded())
    row = replace(ret.settlements[0].breakdown[0], cover="waiver")
    return ret.with_settlement(replace(ret.settlements[0], breakdown=(row,)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (unit_twice, "2: a unit of line shoes is in two lots"),
        (foreign_unit, "2: the lots of line shoes are not its units"),
        (uncounted, "counters of line shoes do not add up to what was received"),
        (more_than_paid, "4: line shoes gives back 9999 of 4060"),
        (intents_of_another_sum, "4: the intents of settlement 1 are not its amount"),
        (settled_twice, "5: lot shoes/1 is in two settlements"),
        (paid_and_replaced, "5: lot shoes/1 is both replaced and paid"),
        (ended_open, "8: the return ended with something open"),
        (moved_nowhere, "7: lot shoes/1 has stock effects without a disposition"),
        (paid_for_nothing, "2: lot shoes/1 ended without effect but has money"),
        (uncovered, "9: lot shoes/1 is paid without cover"),
        (waived_though_inspected, "9: lot shoes/1 is paid with the wrong cover"),
    ],
)
def test_a_broken_rule_is_named(wrong: Callable[[], Return], sentence: str) -> None:
    """A return that contradicts itself says which rule it breaks and where."""
    assert sentence in broken(wrong())


def test_a_replacement_and_its_stock_are_no_contradiction() -> None:
    """An exchange under way, its goods already back on the shelf."""
    ret, _ = stock_moved(graded(Grade.A, exchange()), ["shoes/1"])
    ret, facts = replacement_ordered(
        ret, "shoes/1", Replacement("ref", "SHOES-42", "res_1"), at=after(days=6)
    )

    assert ret.lots[0].disposition is Disposition.RESTOCK
    assert broken(ret) == ()
    assert [fact.type for fact in facts] == ["replacement.reserved", "replacement.created"]
