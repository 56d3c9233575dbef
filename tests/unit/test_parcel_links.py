"""Parcels that hold other goods than their label says."""

from dataclasses import replace

import pytest

from domain.lifecycle import DeliveryState, LotState
from domain.parcel_links import counted_in, links_to_tell, other_knows, swapped_label, told_of
from domain.parcels import LabelOwner, LinkKind
from domain.policies import Policy
from domain.receiving import receive
from domain.releasing import lots_to_pay_early
from domain.returns import Return
from domain.tracking import Milestone
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import after, granted, handed_over, receipt, scanned
from tests.support.releasing import releasing
from tests.support.ruling import ruled_by

OTHER = LabelOwner("5d2c7a9e-0d1f-5b8e-8f59-1a2b3c4d5e6f", "RMA-0000-02-9")
OWN, FOREIGN = "EZ-d1", "EZ-other"


def counts(ret: Return, parcel: str, owner: LabelOwner | None, *, units: int = 3) -> Return:
    """The warehouse counts shoes of this return in a parcel."""
    counted = receipt({"SHOES": units}, parcel=parcel)
    ret, _ = receive(ret, counted)
    return counted_in(ret, parcel, owner, at=counted.received_at)[0]


def hears(ret: Return, kind: LinkKind, parcel: str = OWN) -> Return:
    return told_of(ret, parcel, OTHER, kind, at=after(days=4))[0]


def under_rules(ret: Return, policy: Policy) -> Return:
    return replace(ret, policy=policy)


def test_edge_33_goods_under_anothers_label_are_received_by_content() -> None:
    """The count is the return's own; the other one is to be told."""
    counted = receipt(parcel=FOREIGN)
    ret, _ = receive(handed_over(), counted)

    ret, facts = counted_in(ret, FOREIGN, OTHER, at=counted.received_at)

    assert [lot.state for lot in ret.lots] == [LotState.RECEIVED]
    assert [(fact.type, fact.data["label_of"]) for fact in facts] == [
        ("delivery.label_swapped", OTHER.rma_no)
    ]
    assert [link.return_id for link in links_to_tell(ret)] == [OTHER.return_id]
    assert swapped_label(ret) is None


def test_edge_33_the_other_return_says_the_same() -> None:
    """It names its own number as the label's, and needs to tell nobody."""
    ret, facts = told_of(handed_over(), OWN, OTHER, LinkKind.SWAPPED, at=after(days=4))

    assert facts[0].data == {
        "tracking_code": OWN,
        "label_of": ret.rma_no,
        "other_rma_no": OTHER.rma_no,
    }
    assert links_to_tell(ret) == ()


@pytest.mark.parametrize("refund", ["first_scan", "delivered"])
@pytest.mark.parametrize("scan", [Milestone.FIRST_SCAN, Milestone.DELIVERED])
def test_edge_33_no_scan_pays_while_the_label_is_on_other_goods(
    refund: str, scan: Milestone
) -> None:
    """Whatever the carrier delivered, it was not this."""
    ret = under_rules(scanned(handed_over(), scan), releasing(refund=refund))

    assert lots_to_pay_early(hears(ret, LinkKind.SWAPPED)) == ()


def test_edge_33_what_approval_pays_needs_no_scan() -> None:
    """It went out before anybody knew where the goods were."""
    ret = under_rules(handed_over(), releasing(refund="approval"))

    assert lots_to_pay_early(ret) == lots_to_pay_early(hears(ret, LinkKind.SWAPPED)) != ()


def test_edge_33_its_own_count_pays_as_ever() -> None:
    """What was counted is here, under whatever label it came."""
    ret = under_rules(handed_over(), releasing(refund="first_scan"))

    found = counts(hears(ret, LinkKind.SWAPPED), "A-7", None)

    assert [lot.lot_id for lot in lots_to_pay_early(found)] == ["shoes/1"]


def test_edge_33_the_wait_says_whose_goods_they_were() -> None:
    """Who looks for the parcel knows where to look, and it does not count as lost by itself."""
    rules = ruled_by(hours={"not_received": 24})
    ret = under_rules(scanned(handed_over(), Milestone.DELIVERED), rules)

    (before,), (wait,) = waits(ret), waits(hears(ret, LinkKind.SWAPPED))

    assert wait.detail == f"its label was on goods of {OTHER.rma_no}"
    assert "counts as lost" in before.at_deadline
    assert "counts as lost" not in wait.at_deadline


@pytest.mark.parametrize("first", ["told", "counted"])
def test_edge_34_both_counted_goods_of_one_parcel(first: str) -> None:
    """In either order it was shared, and the other return is told so."""
    ret = handed_over()
    if first == "told":
        ret = counts(hears(ret, LinkKind.SWAPPED), OWN, None)
    else:
        ret = hears(counts(ret, OWN, None), LinkKind.SWAPPED)

    (link,) = ret.links
    assert (link.kind, link.to_tell, swapped_label(ret)) == (LinkKind.SHARED, True, None)


def test_edge_34_a_parcel_that_its_owner_counted_before_is_shared_at_once() -> None:
    """Nothing was swapped, so nobody says so."""
    counted = receipt(parcel=FOREIGN)
    ret, _ = receive(granted(), counted)

    ret, facts = counted_in(ret, FOREIGN, replace(OTHER, has_counted=True), at=after(days=4))

    assert [fact.type for fact in facts] == ["parcel.shared"]


def test_edge_34_an_unused_label_is_given_back() -> None:
    """All goods came in the other's parcel: nobody waits for the one that was announced."""
    ret = counts(granted(), FOREIGN, OTHER)
    before = ret.delivery("d1").state

    ret = hears(ret, LinkKind.SHARED, FOREIGN)

    assert (before, ret.delivery("d1").state) == (
        DeliveryState.RECEIVED,
        DeliveryState.CANCEL_REQUESTED,
    )
    assert "cancel/d1" in [work.key for work in due_work(ret)]


@pytest.mark.parametrize("why", ["scanned", "rest missing", "only swapped"])
def test_edge_34_a_label_that_may_be_used_is_kept(why: str) -> None:
    """It is under way, brings the rest, or is on the other's goods."""
    sent = handed_over() if why == "scanned" else granted()
    ret = counts(sent, FOREIGN, OTHER, units=2 if why == "rest missing" else 3)

    ret = hears(ret, LinkKind.SWAPPED if why == "only swapped" else LinkKind.SHARED, FOREIGN)

    assert ret.delivery("d1").state is DeliveryState.RECEIVED


@pytest.mark.parametrize("kind", LinkKind)
def test_what_is_told_again_changes_nothing(kind: LinkKind) -> None:
    """Also when the older word comes after the newer one."""
    known = hears(handed_over(), LinkKind.SHARED)

    again, facts = told_of(known, OWN, OTHER, kind, at=after(days=5))

    assert (again, facts) == (known, ())


def test_a_link_that_changed_while_it_was_told_is_told_again() -> None:
    """The other return must not stay with what is no longer so."""
    told = counts(granted(), FOREIGN, OTHER)
    (link,) = links_to_tell(told)
    changed = replace(told, links=(replace(link, kind=LinkKind.SHARED),))

    assert links_to_tell(other_knows(told, link, told=True)[0]) == ()
    assert links_to_tell(other_knows(changed, link, told=True)[0]) != ()
    assert other_knows(changed, link, told=True) == (changed, ())


def test_a_mark_that_is_nobodys_label_links_nothing() -> None:
    """Most parcels are named by what the warehouse wrote on them."""
    ret = counts(handed_over(), "shelf 7", None)

    assert ret.links == ()
