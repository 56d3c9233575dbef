"""Parcels that hold other goods than their label says: swapped labels, one parcel for several.

The warehouse counts by content, return by return. Where it names a parcel whose label belongs to
another return, both are linked. The label's own return then knows that the carrier's scans say
nothing of its goods, until it counts some itself: out of the same parcel, and it was shared.
"""

from dataclasses import replace
from datetime import datetime

from domain.events import Fact, JsonValue
from domain.lifecycle import DeliveryState, LotState
from domain.parcels import Delivery, LabelOwner, LinkKind, ParcelLink
from domain.returns import Change, Return

_FACTS = {LinkKind.SWAPPED: "delivery.label_swapped", LinkKind.SHARED: "parcel.shared"}
_UNUSED = (DeliveryState.RECEIVED, DeliveryState.AWAITING_HANDOVER)


def counted_in(ret: Return, parcel: str, owner: LabelOwner | None, *, at: datetime) -> Change:
    """Take in that goods of this return were counted in a parcel, and whose label is on it.

    ``owner`` is ``None`` for its own label, for any other mark, and where nobody knows.
    """
    if owner is not None:
        kind = LinkKind.SHARED if owner.has_counted else LinkKind.SWAPPED
        return _linked(
            ret,
            ParcelLink(
                parcel, owner.return_id, owner.rma_no, kind, is_own_label=False, to_tell=True
            ),
            at,
        )
    facts: list[Fact] = []
    for link in links_of(ret, parcel):
        if link.is_own_label:
            shared = replace(link, kind=LinkKind.SHARED, to_tell=True)
            ret, more = _linked(ret, shared, at)
            facts += more
    return ret, tuple(facts)


def told_of(
    ret: Return, tracking_code: str, other: LabelOwner, kind: LinkKind, *, at: datetime
) -> Change:
    """Take in what another return knows of a parcel; telling it again changes nothing.

    Where its label is ours and we have counted goods of that parcel, it was shared.
    """
    is_ours = any(delivery.tracking_code == tracking_code for delivery in ret.inbound)
    link = ParcelLink(tracking_code, other.return_id, other.rma_no, kind, is_ours)
    counted = any(receipt.parcel == tracking_code for receipt in ret.receipts)
    if is_ours and counted and kind is LinkKind.SWAPPED:
        link = replace(link, kind=LinkKind.SHARED, to_tell=True)
    return _linked(ret, link, at)


def links_of(ret: Return, tracking_code: str) -> tuple[ParcelLink, ...]:
    return tuple(link for link in ret.links if link.tracking_code == tracking_code)


def links_to_tell(ret: Return) -> tuple[ParcelLink, ...]:
    return tuple(link for link in ret.links if link.to_tell)


def other_knows(ret: Return, link: ParcelLink, *, told: bool) -> Change:
    """Note that the other return was told of a link, if it still stands as it was told.

    One that was not ``told``, as it has ended, needs not know.
    """
    if link not in ret.links:
        return ret, ()
    links = tuple(replace(one, to_tell=False) if one == link else one for one in ret.links)
    if not told:
        return replace(ret, links=links), ()
    data: dict[str, JsonValue] = {"tracking_code": link.tracking_code, "rma_no": link.rma_no}
    return replace(ret, links=links), (Fact("parcel.link_told", data),)


def swapped_label(ret: Return) -> ParcelLink | None:
    """Return the link of our own label that is on another's goods, as far as is known.

    Then no scan of it proves that goods of this return are on their way (edge 33).
    """
    swapped = (link for link in ret.links if link.is_own_label and link.kind is LinkKind.SWAPPED)
    return next(swapped, None)


def _linked(ret: Return, link: ParcelLink, at: datetime) -> Change:
    known = [one for one in links_of(ret, link.tracking_code) if one.return_id == link.return_id]
    if any(one.kind in (link.kind, LinkKind.SHARED) for one in known):
        return ret, ()
    others = tuple(one for one in ret.links if one not in known)
    data: dict[str, JsonValue] = {
        "tracking_code": link.tracking_code,
        "label_of": ret.rma_no if link.is_own_label else link.rma_no,
        "other_rma_no": link.rma_no,
    }
    ret = replace(ret, links=(*others, link))
    if link.kind is LinkKind.SHARED and not link.is_own_label:
        ret = _without_own_label(ret, at)
    return ret, (Fact(_FACTS[link.kind], data),)


def _without_own_label(ret: Return, at: datetime) -> Return:
    """Give back a label that went unused, as all goods came in another's parcel (edge 34).

    Not before it is known that the parcel was shared: a swapped label may be under way.
    """
    if any(lot.state is LotState.MISSING for lot in ret.lots):
        return ret
    for delivery in ret.inbound:
        if _is_unused(delivery):
            given_back = replace(delivery, state=DeliveryState.CANCEL_REQUESTED, since=at)
            ret = ret.with_delivery(given_back)
    return ret


def _is_unused(delivery: Delivery) -> bool:
    used = delivery.first_scan_at or delivery.delivered_at or delivery.sent_at
    return delivery.state in _UNUSED and delivery.label_url is not None and used is None
