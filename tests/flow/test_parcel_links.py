"""Two returns and one parcel: swapped labels, and goods of several returns in one box."""

from dataclasses import replace

from domain.inspection import Grade
from domain.lifecycle import DeliveryState
from domain.parcels import LabelOwner
from domain.requests import HandoverMethod
from domain.tracking import Milestone
from tests.flow.conftest import Ruled
from tests.flow.test_handover import asked, labels, until_delivery
from tests.flow.test_losing import LOT, one_lamp, paid
from tests.support.house import House, OpenReturn
from tests.support.releasing import releasing
from tests.support.told import graded, received
from workflows.messages import Receive


async def two_returns(house: House) -> tuple[OpenReturn, OpenReturn, str]:
    """Two lamps of two orders, each with its label; the last is the code of the second's."""
    found = []
    for _ in range(2):
        opened = await asked(house, HandoverMethod.DROP_OFF)
        delivery = await until_delivery(opened, 1, state="AWAITING_HANDOVER")
        found.append((opened, str(delivery["tracking_code"])))
    (one, _), (other, code) = found
    return one, other, code


async def in_parcel(code: str, *, of: OpenReturn | None, receipt_id: str) -> Receive:
    """A count of one lamp in this parcel, whose label is ``of`` another return."""
    owner = None
    if of is not None:
        row = await of.row()
        counted = any(r["parcel"] == code for r in (row.snapshot or {})["receipts"])
        owner = LabelOwner(row.return_id, row.rma_no, has_counted=counted)
    return replace(received(one_lamp(), receipt_id=receipt_id), parcel=code, label_of=owner)


async def linked_as(opened: OpenReturn, kind: str) -> dict[str, object]:
    view = await opened.until(
        lambda view: [link["kind"] for link in view.get("parcel_links", ())] == [kind]
    )
    link: dict[str, object] = view["parcel_links"][0]
    return link


async def test_edge_33_swapped_labels_pay_by_content_only(ruled: Ruled) -> None:
    """The second's label is scanned, but its parcel holds the first's lamp: nobody is paid for it.

    The first is paid for its count; the second once its own lamp is counted.
    """
    house = await ruled(releasing(refund="delivered"))
    one, other, code = await two_returns(house)
    await one.do(await in_parcel(code, of=other, receipt_id="R-1"))
    assert (await linked_as(other, "swapped"))["is_own_label"] is True

    await other.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    wait = await other.until_waiting("awaiting_receipt")
    await one.do(graded(LOT, Grade.A))
    await one.until_lot(LOT, "REFUNDED")
    unpaid = await paid(other)
    await other.do(await in_parcel("A-7", of=None, receipt_id="R-2"))
    await other.do(graded(LOT, Grade.A))
    await other.until_lot(LOT, "REFUNDED")

    rma_no = (await one.view())["rma_no"]
    assert (unpaid, wait["detail"]) == ([], f"its label was on goods of {rma_no}")
    facts = [(await of.events("delivery.label_swapped"))[0].data for of in (one, other)]
    assert [fact["label_of"] for fact in facts] == [(await other.view())["rma_no"]] * 2
    assert [len(await paid(of)) for of in (one, other)] == [1, 1]
    assert [(await of.ends()).headline for of in (one, other)] == ["CLOSED"] * 2


async def test_edge_34_one_parcel_for_two_returns(house: House) -> None:
    """Each counts its own lamp; the label that was not needed is given back."""
    one, other, code = await two_returns(house)
    await other.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await one.do(await in_parcel(code, of=other, receipt_id="R-1"))
    await linked_as(other, "swapped")

    await other.do(await in_parcel(code, of=None, receipt_id="R-2"))

    assert (await linked_as(other, "shared"))["is_own_label"] is True
    await linked_as(one, "shared")
    await until_delivery(one, 1, state=DeliveryState.CANCELLED)
    assert labels(one) == ["refund_submitted"]
    assert labels(other) == ["bought"]
    for of in (one, other):
        await of.do(graded(LOT, Grade.A))
        await of.until_lot(LOT, "REFUNDED")
        assert await of.events("receipt.discrepancy") == []
        assert (await of.ends()).headline == "CLOSED"


async def test_edge_34_what_belongs_to_neither_is_unexpected(house: House) -> None:
    """In the receipt that names it, and in no other."""
    one, other, code = await two_returns(house)
    await other.do(await in_parcel(code, of=None, receipt_id="R-2"))
    count = await in_parcel(code, of=other, receipt_id="R-1")
    strange = replace(count.entries[0], sku="MUG-RED")

    await one.do(replace(count, entries=(*count.entries, strange)))

    await linked_as(one, "shared")
    assert await one.events("delivery.label_swapped") == []
    (discrepancy,) = await one.events("receipt.discrepancy")
    assert discrepancy.data == {"missing": 0, "unexpected": 1}
    assert await other.events("receipt.discrepancy") == []


async def test_edge_33_a_return_that_has_ended_needs_not_know(house: House) -> None:
    """The link is kept where it was found, and holds nothing up."""
    one, other, code = await two_returns(house)
    await other.withdraw()
    await other.ends()

    await one.do(await in_parcel(code, of=other, receipt_id="R-1"))
    await one.do(graded(LOT, Grade.A))

    assert (await one.ends()).headline == "CLOSED"
    assert (await other.view()).get("parcel_links") is None
    assert "parcel.link_told" not in await one.event_types()


async def test_edge_33_the_same_count_is_one_whoever_owns_the_label_by_then(
    house: House,
) -> None:
    """What was looked up for a command is no part of it: a repeat meets the first answer."""
    one, other, code = await two_returns(house)
    count = await in_parcel(code, of=other, receipt_id="R-1")

    first = await one.do(count)
    again = await one.do(replace(count, label_of=None))

    assert again == first
