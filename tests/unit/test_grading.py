"""Grade and fault decide what goods and money become."""

from dataclasses import replace

import pytest

from domain.codes import RefusedError
from domain.deadlines import pass_deadlines
from domain.grading import accept_rejection, check_inspection, grade_lot
from domain.inspection import Acceptance, Disposition, Fault, Grade
from domain.invariants import broken
from domain.lifecycle import DeliveryState, LotState
from domain.requests import Resolution
from domain.resolving import lots_to_move
from domain.settling import lots_to_settle
from tests.support.builders import after, exchange, finding, grade, graded, handed_over, received

EXCUSED = [Fault.CARRIER, Fault.WAREHOUSE, Fault.SELLER, Fault.VENDOR]
CHARGED = [Fault.NONE, Fault.CUSTOMER]


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize(
    ("found", "disposition"), [(Grade.A, Disposition.RESTOCK), (Grade.B, Disposition.RESTOCK)]
)
def test_goods_as_new_are_accepted(found: Grade, disposition: Disposition, fault: Fault) -> None:
    """Nothing is taken off whoever is at fault, and the goods go back on the shelf."""
    lot = graded(found, fault=fault).lots[0]

    assert (lot.state, lot.acceptance) == (LotState.ACCEPTED, Acceptance.ACCEPTED)
    assert (lot.deduction_percent, lot.disposition) == (0, disposition)


@pytest.mark.parametrize("fault", CHARGED)
@pytest.mark.parametrize(
    ("found", "percent", "disposition"),
    [(Grade.C, 20, Disposition.REFURBISH), (Grade.D, 50, Disposition.LIQUIDATE)],
)
def test_worn_goods_are_accepted_with_a_deduction(
    found: Grade, percent: int, disposition: Disposition, fault: Fault
) -> None:
    """What the customer did to the goods is taken off."""
    lot = graded(found, fault=fault).lots[0]

    assert (lot.state, lot.acceptance) == (
        LotState.PARTIALLY_ACCEPTED,
        Acceptance.PARTIALLY_ACCEPTED,
    )
    assert (lot.deduction_percent, lot.disposition) == (percent, disposition)


@pytest.mark.parametrize("fault", EXCUSED)
@pytest.mark.parametrize("found", [Grade.C, Grade.D])
def test_nothing_is_deducted_for_the_fault_of_others(found: Grade, fault: Fault) -> None:
    """Damaged on the way back: the customer gets all of it, the goods go where damage goes."""
    lot = graded(found, fault=fault).lots[0]

    assert (lot.state, lot.deduction_percent) == (LotState.ACCEPTED, 0)
    assert lot.disposition in (Disposition.REFURBISH, Disposition.LIQUIDATE)


@pytest.mark.parametrize("fault", list(Fault))
def test_another_item_is_rejected(fault: Fault) -> None:
    """What was not sent is not paid; the customer may object first."""
    ret = graded(Grade.X, fault=fault)

    assert (ret.lots[0].state, ret.lots[0].acceptance) == (
        LotState.DISPUTE_WINDOW,
        Acceptance.REJECTED,
    )
    assert lots_to_settle(ret) == ()
    assert broken(ret) == ()


def test_facts_keep_grade_fault_and_what_was_found() -> None:
    """The log says who found what, and where the goods go."""
    ret = received()

    _, facts = grade_lot(ret, "shoes/1", finding(Grade.X))

    assert [fact.type for fact in facts] == [
        "inspection.completed",
        "disposition.set",
        "lot.rejected",
    ]
    assert facts[0].data["findings"] == ["opened"]
    assert facts[1].data["to"] == "RETURN_TO_CUSTOMER"


def test_an_exchange_with_a_deduction_becomes_a_refund() -> None:
    """An even exchange leaves nothing to deduct from, so the money goes back instead."""
    lot = graded(Grade.C, exchange()).lots[0]

    assert lot.resolution is Resolution.REFUND


def test_an_exchange_as_new_stays_an_exchange() -> None:
    """The wanted goods are ordered."""
    assert graded(Grade.A, exchange()).lots[0].resolution is Resolution.EXCHANGE


def test_part_of_a_lot_may_be_graded() -> None:
    """Two as new and one worn: the rest is a lot of its own that waits for its grade."""
    ret, _ = grade_lot(received(), "shoes/1", finding(Grade.A), quantity=2)

    assert [(lot.lot_id, lot.quantity, lot.state) for lot in ret.lots] == [
        ("shoes/1", 2, LotState.ACCEPTED),
        ("shoes/2", 1, LotState.RECEIVED),
    ]
    assert lots_to_settle(ret) == ()
    assert [lot.lot_id for lot in lots_to_settle(grade(ret, "shoes/2", Grade.C))] == [
        "shoes/1",
        "shoes/2",
    ]


def test_a_late_inspection_holds_nothing_back() -> None:
    """The unit that nobody graded in time no longer keeps the others' money and place in stock."""
    ret, _ = grade_lot(received(), "shoes/1", finding(Grade.A), quantity=2)
    assert lots_to_move(ret) == {}

    late, _ = pass_deadlines(ret, at=after(days=30))

    assert [lot.lot_id for lot in lots_to_settle(late)] == ["shoes/1"]
    assert [lot.lot_id for lot in lots_to_move(late)["r1"]] == ["shoes/1"]


class TestRefusals:
    def test_an_unknown_lot(self) -> None:
        """A mistyped lot is named as such."""
        with pytest.raises(RefusedError) as refused:
            check_inspection(received(), "shoes/9", finding())

        assert (refused.value.code, refused.value.field) == ("lot_not_found", "lot_id")

    def test_a_stale_version(self) -> None:
        """Two inspectors at one lot: the second one looks again first."""
        ret = received()
        seen = ret.lots[0].version

        check_inspection(ret, "shoes/1", finding(), expected_version=seen)
        with pytest.raises(RefusedError) as refused:
            check_inspection(ret, "shoes/1", finding(), expected_version=seen - 1)

        assert refused.value.code == "stale_version"

    def test_a_lot_that_is_not_here_yet(self) -> None:
        """Goods on the way have no grade."""
        with pytest.raises(RefusedError) as refused:
            check_inspection(handed_over(), "shoes/1", finding())

        assert refused.value.code == "command_not_allowed"

    def test_a_second_grade(self) -> None:
        """A graded lot keeps its grade."""
        with pytest.raises(RefusedError) as refused:
            check_inspection(graded(), "shoes/1", finding(Grade.D))

        assert refused.value.code == "command_not_allowed"

    @pytest.mark.parametrize("quantity", [0, 4])
    def test_more_units_than_the_lot_holds(self, quantity: int) -> None:
        """Four of three shoes cannot be graded, nor none of them."""
        with pytest.raises(RefusedError) as refused:
            check_inspection(received(), "shoes/1", finding(), quantity=quantity)

        assert refused.value.code == "invalid_quantity"

    @pytest.mark.parametrize("found", [Grade.C, Grade.D, Grade.X])
    def test_a_costly_grade_needs_evidence(self, found: Grade) -> None:
        """Whoever takes something off the customer shows why."""
        bare = replace(finding(found), checklist=())

        with pytest.raises(RefusedError) as refused:
            check_inspection(received(), "shoes/1", bare)

        assert refused.value.code == "evidence_missing"


def test_without_an_objection_the_goods_go_back() -> None:
    """A delivery to the customer is opened for the rejected lot."""
    ret, _ = accept_rejection(graded(Grade.X), "shoes/1", at=after(days=7))

    assert ret.lots[0].state is LotState.RETURN_TO_CUSTOMER
    back = ret.deliveries[-1]
    assert (back.ship_back_of, back.state) == ("shoes/1", DeliveryState.LABEL_PENDING)
