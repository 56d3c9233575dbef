"""What arrives is counted, appended and never overwritten."""

from dataclasses import replace

import pytest

from domain.codes import RefusedError
from domain.counters import counters
from domain.invariants import broken
from domain.lifecycle import DeliveryState, Headline, LogisticsState, LotState
from domain.parcels import Receipt, ReceiptEntry
from domain.receiving import check_receipt, give_up_missing, receive
from domain.requests import RequestedLine
from domain.returns import Return
from domain.transport import cancelled, withdraw
from domain.waiting import waits
from tests.support.builders import (
    after,
    decided,
    graded,
    granted,
    handed_over,
    opened,
    order,
    order_line,
    receipt,
    received,
    scanned,
)

TWO_LINES = order(order_line(), order_line("hat", quantity=1))
BOTH = (RequestedLine("shoes", 3), RequestedLine("hat", 1))


def states(ret: Return) -> list[tuple[str, int, str]]:
    return [(lot.lot_id, lot.quantity, lot.state.value) for lot in ret.lots]


def test_a_full_parcel_is_received() -> None:
    """Three of three arrive: one lot, nothing missing, one fact."""
    ret, facts = receive(handed_over(), receipt())

    assert states(ret) == [("shoes/1", 3, "RECEIVED")]
    assert ret.headline is Headline.RECEIVED
    assert [fact.type for fact in facts] == ["parcel.received"]


def test_fewer_units_split_the_lot() -> None:
    """Two of three arrive: the third is a lot of its own that is missing."""
    ret, facts = receive(handed_over(), receipt({"SHOES": 2}))

    assert states(ret) == [("shoes/1", 2, "RECEIVED"), ("shoes/2", 1, "MISSING")]
    assert [lot.units for lot in ret.lots] == [(0, 1), (2,)]
    assert ret.headline is Headline.PARTIALLY_RECEIVED
    assert facts[-1].data == {"missing": 1, "unexpected": 0}


def test_the_rest_may_come_later() -> None:
    """A second parcel with the missing unit completes the return."""
    first = received(counted={"SHOES": 2})

    ret, _ = receive(first, receipt({"SHOES": 1}, receipt_id="r2", at=after(days=9)))

    assert states(ret) == [("shoes/1", 2, "RECEIVED"), ("shoes/2", 1, "RECEIVED")]
    assert ret.lot("shoes/2").receipt_id == "r2"
    assert len(ret.receipts) == 2
    assert ret.logistics is LogisticsState.RECEIVED


def test_what_nobody_awaits_is_unexpected() -> None:
    """Four of three and a brick: the surplus is noted and belongs to no lot."""
    ret, facts = receive(handed_over(), receipt({"SHOES": 4, "BRICK": 1}))

    assert states(ret) == [("shoes/1", 3, "RECEIVED")]
    assert [entry.unexpected for entry in ret.receipts[0].entries] == [1, 1]
    assert facts[-1].data == {"missing": 0, "unexpected": 2}
    assert counters(ret, "shoes").unexpected == 1


def test_a_parcel_of_bricks_is_received_and_the_goods_are_missing() -> None:
    """Nothing awaited was in it: the headline does not fall back to approved."""
    ret, _ = receive(handed_over(), receipt({"BRICK": 1}))

    assert ret.logistics is LogisticsState.PARTIALLY_RECEIVED
    assert ret.headline is Headline.PARTIALLY_RECEIVED


def test_a_receipt_needs_no_scan() -> None:
    """A parcel that the carrier never scanned is received like any other."""
    ret, _ = receive(granted(), receipt())

    assert states(ret) == [("shoes/1", 3, "RECEIVED")]
    assert ret.deliveries[0].state is DeliveryState.RECEIVED


def test_a_receipt_ends_the_wait_for_a_courier() -> None:
    """Goods that are here need no courier: his visit is over."""
    ret, _ = receive(granted(pickup=True), receipt())

    assert ret.deliveries[0].attempts[0].outcome == "overtaken"
    assert "awaiting_pickup" not in [wait.code for wait in waits(ret)]


def test_other_lines_are_counted_apart() -> None:
    """A hat does not stand in for shoes."""
    ret, _ = receive(handed_over(*BOTH, of=TWO_LINES), receipt({"HAT": 1}))

    assert states(ret) == [("shoes/1", 3, "MISSING"), ("hat/1", 1, "RECEIVED")]


def test_a_second_parcel_never_touches_what_was_graded() -> None:
    """One more pair of shoes after grading is unexpected."""
    ret, _ = receive(graded(), receipt({"SHOES": 1}, receipt_id="r2"))

    assert states(ret) == [("shoes/1", 3, "ACCEPTED")]
    assert counters(ret, "shoes").unexpected == 1


def test_the_rest_is_given_up() -> None:
    """What did not come in time counts as not sent."""
    ret, facts = give_up_missing(received(counted={"SHOES": 2}), "shoes/2", at=after(days=20))

    assert ret.lot("shoes/2").state is LotState.NOT_SENT
    assert facts[0].data == {"lot_id": "shoes/2", "quantity": 1}
    assert broken(ret) == ()


def test_counters_are_sums() -> None:
    """Asked for three, two came, two wait for their grade."""
    count = counters(received(counted={"SHOES": 2}), "shoes")

    assert (count.requested, count.authorized, count.handed_over) == (3, 3, 3)
    assert (count.received, count.missing, count.pending_inspection) == (2, 1, 2)
    assert (count.accepted, count.rejected, count.resolved) == (0, 0, 0)


class TestRepeats:
    def test_the_same_receipt_again_is_the_one_known(self) -> None:
        """A scanner that sends twice counts once, whatever the time on its second message."""
        ret = received()

        assert check_receipt(ret, receipt(at=after(days=8))) == ret.receipts[0]

    @pytest.mark.parametrize("other", [receipt({"SHOES": 2}), receipt(parcel="EZ-other")])
    def test_the_same_id_with_other_contents_is_refused(self, other: Receipt) -> None:
        """A receipt id stands for one count of one parcel."""
        with pytest.raises(RefusedError) as refused:
            check_receipt(received(), other)

        assert (refused.value.code, refused.value.field) == ("receipt_conflict", "receipt_id")


class TestRefusals:
    def test_an_empty_count_is_no_receipt(self) -> None:
        """A receipt names what was seen, if only a brick."""
        with pytest.raises(RefusedError) as refused:
            check_receipt(handed_over(), receipt({}))

        assert refused.value.field == "entries"

    def test_less_than_one_unit_is_no_count(self) -> None:
        """The entry with the wrong quantity is named."""
        two = replace(receipt(), entries=(ReceiptEntry("SHOES", 1), ReceiptEntry("SHOES", 0)))

        with pytest.raises(RefusedError) as refused:
            check_receipt(handed_over(), two)

        assert refused.value.field == "entries[1].quantity"

    def test_nothing_is_received_before_the_grant(self) -> None:
        """A return that is not decided expects no parcel."""
        with pytest.raises(RefusedError) as refused:
            check_receipt(opened(), receipt())

        assert refused.value.code == "command_not_allowed"

    def test_nothing_is_received_after_the_end(self) -> None:
        """A closed return says that it has ended."""
        with pytest.raises(RefusedError) as refused:
            check_receipt(replace(handed_over(), closed=True), receipt())

        assert refused.value.code == "return_closed"


class TestCalledOff:
    def test_a_parcel_overtakes_a_withdrawal_under_way(self) -> None:
        """Goods that arrive before the carrier cancelled bring the return back to life."""
        withdrawn, _ = withdraw(granted(), at=after(hours=1))
        assert check_receipt(withdrawn, receipt()) is None

        ret, facts = receive(withdrawn, receipt())

        assert ret.headline is Headline.RECEIVED
        assert facts[0].type == "return.revived"
        assert broken(ret) == ()

    def test_a_parcel_after_the_cancellation_is_refused(self) -> None:
        """Once pickup and label are given back the units are free, and the return is over."""
        withdrawn, _ = withdraw(granted(), at=after(hours=1))
        ret, _ = cancelled(
            withdrawn, "d1", at=after(hours=2), pickup_cancelled=False, label_voided=True
        )

        with pytest.raises(RefusedError) as refused:
            check_receipt(ret, receipt())

        assert refused.value.code == "command_not_allowed"


def test_a_parcel_before_its_label_is_received() -> None:
    """A customer who brings the parcel by hand needs no label."""
    ret, _ = receive(decided(), receipt())

    assert ret.headline is Headline.RECEIVED


def test_a_late_scan_changes_nothing_for_received_goods() -> None:
    """The carrier's news after the count is evidence, no more."""
    before = receive(granted(), receipt())[0]

    ret = scanned(before, at=after(days=6))

    assert ret.lots == before.lots
    assert ret.deliveries[0].state is DeliveryState.RECEIVED
