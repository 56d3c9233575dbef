"""Replacements: ordered, sent and delivered, or the choice when there is none."""

from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.exchanges import called_off, delivered_so_far, is_paid_back_instead, paid
from domain.lifecycle import IN_TURN, LotState
from domain.recovering import judged, opened, started
from domain.recovery import Advance, RecoveryState
from domain.releasing import value_minor
from domain.requests import Resolution
from domain.returns import Change, Lot, Replacement, Return
from domain.settling import follow_goods


def replacement_ordered(
    ret: Return, lot_id: str, replacement: Replacement, *, at: datetime
) -> Change:
    """Note the order; where its goods are not accepted yet, its value went out before them."""
    lot = replace(ret.lot(lot_id), replacement=replacement)
    data: dict[str, JsonValue] = {
        "lot_id": lot_id,
        "sku": replacement.sku,
        "quantity": lot.quantity,
        "replacement_order_id": replacement.replacement_order_id,
    }
    facts = [Fact("replacement.created", data)]
    if replacement.reservation_id is not None:
        held: dict[str, JsonValue] = {
            "lot_id": lot_id,
            "reservation_id": replacement.reservation_id,
        }
        facts.insert(0, Fact("replacement.reserved", held))
    if lot.state in IN_TURN:
        if lot.advance is not None:
            lot = replace(lot, advance=replace(lot.advance, ordering=False))
        return ret.with_lots(lot.moved(LotState.REPLACEMENT_RESERVED, at)), tuple(facts)
    ret = opened(ret.with_lots(lot), lot, value_minor(ret, lot), at=at)
    ret, more = follow_goods(ret, lot_id, at=at)
    return ret, (*facts, *more)


def out_of_stock(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """Ask for another choice; before the goods are accepted, wait for them first."""
    lot = ret.lot(lot_id)
    if lot.state in (*IN_TURN, LotState.REPLACEMENT_RESERVED):
        if lot.advance is not None:
            lot = replace(lot, advance=replace(lot.advance, ordering=False))
        lot = lot.moved(LotState.OUT_OF_STOCK, at)
        return ret.with_lots(lot), (Fact("replacement.out_of_stock", {"lot_id": lot_id}),)
    return declined_early(ret, lot_id, "out_of_stock")


def declined_early(ret: Return, lot_id: str, reason: str) -> Change:
    """Let a lot wait for its goods after all: its replacement cannot go out before them."""
    lot = ret.lot(lot_id)
    advance = replace(lot.advance or Advance(), ordering=False, declined=reason)
    if lot.state is LotState.PARTIALLY_ACCEPTED:
        # An even exchange gives nothing to deduct from.
        lot = replace(lot, resolution=Resolution.REFUND)
    told = Fact("replacement.advance_declined", {"lot_id": lot_id, "reason": reason})
    return ret.with_lots(replace(lot, advance=advance)), (told,)


def ordering_early(ret: Return, lot_id: str) -> Return:
    """Note that a replacement is asked for before its goods are accepted."""
    lot = ret.lot(lot_id)
    return ret.with_lots(replace(lot, advance=replace(lot.advance or Advance(), ordering=True)))


def replacement_news(
    ret: Return, reference: str, status: str, *, tracking_code: str | None, at: datetime
) -> Change:
    """Take in what the platform says of a replacement; telling it again changes nothing.

    A delivery whose shipping was never told counts as both, and either of them as its payment.
    """
    lot = next(
        lot for lot in ret.lots if lot.replacement and lot.replacement.reference == reference
    )
    replacement = lot.replacement
    assert replacement is not None
    was, facts = replacement.status, list[Fact]()
    data: dict[str, JsonValue] = {"lot_id": lot.lot_id, "tracking_code": tracking_code}
    if is_paid_back_instead(lot) or (replacement.called_off and status != "cancelled"):
        # What the platform says of goods that it called off is nothing the customer has.
        return ret, ()
    if status == "cancelled":
        return _cancelled(ret, lot, at=at)
    if lot.state is LotState.REPLACEMENT_UNPAID and status in ("created", "shipped", "delivered"):
        lot, settled = paid(ret, lot, at=at)
        facts.append(settled)
    if status in ("shipped", "delivered") and was == "created":
        facts.append(Fact("replacement.shipped", data))
    if status == "delivered" and was != "delivered":
        facts.append(Fact("replacement.delivered", data))
    if not facts:
        return ret, ()
    known = tracking_code or replacement.tracking_code
    told = replace(replacement, tracking_code=known, status=status)
    ret = ret.with_lots(delivered_so_far(replace(lot, replacement=told), at))
    ret, more = started(ret, [lot.lot_id], at=at)
    return ret, (*facts, *more)


def _cancelled(ret: Return, lot: Lot, *, at: datetime) -> Change:
    """The platform sends nothing: what was not paid for is paid back, else there is a choice."""
    replacement = lot.replacement
    assert replacement is not None
    if lot.state is LotState.REPLACEMENT_UNPAID:
        lot, gone = called_off(lot)
        return ret.with_lots(lot), (gone,)
    gone_too = replace(lot, replacement=replace(replacement, called_off=True))
    if lot.state is LotState.REPLACEMENT_RESERVED:
        # What it left owing went out with it, or did not.
        ret, more = judged(ret.with_lots(gone_too), lot.lot_id, 0, "replacement_cancelled", at=at)
        ret, facts = out_of_stock(ret, lot.lot_id, at=at)
        return ret, (*more, *facts)
    if replacement.status != "created" or not lot.has_replacement or lot.advance is None:
        return ret, ()
    recovery = lot.advance.recovery
    if recovery is not None and recovery.state is not RecoveryState.OPEN:
        # It was asked back, and perhaps charged: for what never went out nothing is owed.
        return judged(ret.with_lots(gone_too), lot.lot_id, 0, "replacement_cancelled", at=at)
    # Nothing went out: nothing has to come back for it, and what is held is let go.
    kept = replace(gone_too, advance=replace(lot.advance, recovery=None))
    return declined_early(ret.with_lots(kept), lot.lot_id, "out_of_stock")


def is_choosable(lot: Lot) -> bool:
    """Say whether another choice is open: what was wanted is out of stock, or is not paid for."""
    waits = lot.state in (LotState.OUT_OF_STOCK, LotState.REPLACEMENT_UNPAID)
    return waits and lot.resolution is Resolution.EXCHANGE


def choose_resolution(
    ret: Return, lot_id: str, resolution: Resolution = Resolution.REFUND
) -> Return:
    """Give money or credit instead of a replacement that is out of stock or was not paid for.

    Raises:
        RefusedError: no such lot, its replacement is neither, or no such ``resolution`` is offered.
    """
    if not resolution.pays_back:
        raise RefusedError("invalid_request", "wanted REFUND or STORE_CREDIT", field="resolution")
    if resolution is Resolution.STORE_CREDIT and not ret.credit_account:
        raise RefusedError("store_credit_not_offered", "nobody offers it", field="resolution")
    try:
        lot = ret.lot(lot_id)
    except KeyError:
        raise RefusedError("lot_not_found", f"no lot {lot_id!r}", field="lot_id") from None
    if not is_choosable(lot):
        raise RefusedError(
            "command_not_allowed", f"lot {lot_id}: {lot.resolution}, {lot.state}", field="lot_id"
        )
    chosen = replace(lot, resolution=resolution, version=lot.version + 1)
    return ret.with_lots(chosen)
