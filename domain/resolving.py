"""What the customer gets: settlements sealed and paid, replacements ordered and delivered."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.charging import lost_to_condition
from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.exchanges import called_off, is_paid_back_instead, paid
from domain.intents import Intent, LotAmount, Settlement
from domain.lifecycle import DeliveryState, LotState, is_terminal
from domain.orders import Destination
from domain.parcels import wants_courier
from domain.recovering import given_back, judged, opened, recovery_of, started
from domain.recovery import Advance
from domain.releasing import lots_to_pay_early, value_minor
from domain.requests import Resolution
from domain.returns import Change, Lot, Replacement, Return
from domain.settlement import settlement_hash

_MONEY_DUE = (LotState.ACCEPTED, LotState.PARTIALLY_ACCEPTED, LotState.OUT_OF_STOCK)


def lots_to_settle(ret: Return) -> tuple[Lot, ...]:
    """Return the lots whose money is due and in no settlement yet.

    What arrived in one parcel is settled together, so a parcel is one payment a tender and not one
    a lot. What is paid before its goods are accepted waits for no grade.
    """
    grading, early = _parcels_in_grading(ret), lots_to_pay_early(ret)
    return tuple(
        lot
        for lot in ret.lots
        if lot in early
        or lot.owes_difference
        or (
            lot.resolution is Resolution.REFUND
            and (lot.state in _MONEY_DUE or is_paid_back_instead(lot))
            and lot.settlement_no is None
            and lot.receipt_id not in grading
        )
    )


def lots_to_move(ret: Return) -> dict[str, tuple[Lot, ...]]:
    """Return the lots whose goods have a new place that the platform's stock does not know yet.

    By receipt: what arrived in one parcel is told to the platform together.
    """
    grading = _parcels_in_grading(ret)
    found: dict[str, tuple[Lot, ...]] = {}
    for lot in ret.lots:
        if lot.disposition is None or lot.disposition_applied or lot.receipt_id is None:
            continue
        if lot.receipt_id not in grading:
            found[lot.receipt_id] = (*found.get(lot.receipt_id, ()), lot)
    return found


def _parcels_in_grading(ret: Return) -> list[str | None]:
    """Return the receipts whose graded lots wait for the grades of their other lots.

    A lot whose inspection is late holds nothing back any more.
    """
    late = [key for key, _ in ret.overdue]
    return [
        lot.receipt_id
        for lot in ret.lots
        if lot.state is LotState.RECEIVED and f"lot/{lot.lot_id}/inspection" not in late
    ]


def statutory_due_on(ret: Return, lots: Sequence[Lot]) -> date | None:
    """Return the last local day for the refund: due days after the goods were received.

    For the difference of an exchange there is none.
    """
    days: list[date] = []
    zone = ZoneInfo(ret.time_zone)
    receipts = {receipt.receipt_id: receipt for receipt in ret.receipts}
    for lot in lots:
        terms = ret.line(lot.line_id).terms
        exchanged = lot.resolution is Resolution.EXCHANGE
        if terms is not None and lot.receipt_id is not None and not exchanged:
            received_on = receipts[lot.receipt_id].received_at.astimezone(zone).date()
            days.append(received_on + timedelta(days=terms.refund_due_days))
    return min(days) if days else None


def sealed(
    ret: Return,
    lots: Sequence[Lot],
    amounts: Sequence[LotAmount],
    intents: Sequence[Intent],
    *,
    at: datetime,
    credit_note_no: str | None = None,
) -> Change:
    """Number the settlement; from here its amounts never change.

    Without any intent (nothing is owed) its lots are settled at once, without calling a provider.
    """
    number = ret.next_settlement_no
    # Sealing takes a while, and stock may have moved meanwhile: the lots count as they are now.
    lots = [ret.lot(lot.lot_id) for lot in lots]
    amount = sum(row.refund_minor for row in amounts)
    settlement = Settlement(
        number=number,
        lot_ids=tuple(lot.lot_id for lot in lots),
        amount_minor=amount,
        breakdown=tuple(amounts),
        intents=tuple(intents),
        sealed_at=at,
        due_on=statutory_due_on(ret, lots),
        settlement_hash=settlement_hash(
            ret.currency, amounts, [(intent.tender_id, intent.amount_minor) for intent in intents]
        ),
        credit_note_no=credit_note_no,
    )
    after = replace(ret, settlements=(*ret.settlements, settlement), proposal=None)
    after = after.with_lots(*(replace(lot, settlement_no=number) for lot in lots))
    recoveries: list[Fact] = []
    for row in amounts:
        lot = after.lot(row.lot_id)
        if row.cover == "recovery":
            after = opened(after, lot, row.refund_minor, at=at)
        elif lot.resolution is not Resolution.EXCHANGE:
            after = after.with_lots(lot.moved(LotState.REFUND_PENDING, at))
    early = [row.lot_id for row in amounts if row.cover == "recovery"]
    after, more = started(after, early, at=at)
    recoveries += more
    for lot_id in early:
        after, more = follow_goods(after, lot_id, at=at)
        recoveries += more
    breakdown: list[JsonValue] = [{**asdict(row)} for row in amounts]
    facts = [
        Fact(
            "settlement.sealed",
            {
                "settlement_no": number,
                "amount_minor": amount,
                "currency": ret.currency,
                "due_on": settlement.due_on.isoformat() if settlement.due_on else None,
                "breakdown": breakdown,
                "settlement_hash": settlement.settlement_hash,
                "credit_note_no": credit_note_no,
            },
        )
    ]
    facts += [_refund_fact("refund.initiated", after, number, intent) for intent in intents]
    return _end_if_paid(after, settlement, at), (*facts, *recoveries)


def follow_goods(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """Let a lot whose value went out early come to where its goods and that value are by now.

    Of one whose goods are not judged yet, nothing changes.
    """
    lot = ret.lot(lot_id)
    if recovery_of(lot) is None:
        return ret, ()
    match lot.state:
        case LotState.ACCEPTED:
            ret, facts = judged(ret, lot_id, 0, "accepted", at=at)
        case LotState.PARTIALLY_ACCEPTED:
            ret, facts = judged(ret, lot_id, lost_to_condition(ret, lot), "deduction", at=at)
        case LotState.RETURN_TO_CUSTOMER | LotState.SHIPPED_BACK | LotState.CLOSED_RETURNED:
            recovery = recovery_of(lot)
            value = recovery.value_minor if recovery else 0
            return judged(ret, lot_id, value, "rejected", at=at)
        case _:
            return ret, ()
    lot = ret.lot(lot_id)
    if lot.replacement is not None:
        return ret.with_lots(_delivered_so_far(lot.moved(_S.REPLACEMENT_RESERVED, at), at)), facts
    ret = ret.with_lots(lot.moved(LotState.REFUND_PENDING, at))
    settlement = next(s for s in ret.settlements if lot_id in s.lot_ids)
    return _end_if_paid(_block_lots(ret, settlement, at), settlement, at), facts


_S = LotState


def intent_changed(
    ret: Return,
    intent_id: str,
    *,
    state: str,
    refund_ref: str | None,
    failure: str | None,
    at: datetime,
    generation: int | None = None,
    covered_minor: int | None = None,
    destination: str | None = None,
) -> Change:
    """Take in what the provider says of one refund; telling it again changes nothing.

    After a success only a failure is news: it reopens what was refunded (edge 63), while a late
    ``pending`` is not.
    """
    settlement = next(
        s for s in ret.settlements if any(i.intent_id == intent_id for i in s.intents)
    )
    before = next(i for i in settlement.intents if i.intent_id == intent_id)
    known = refund_ref or before.refund_ref
    covered = before.covered_minor if covered_minor is None else covered_minor
    news = replace(
        before,
        covered_minor=covered,
        state=state,
        generation=generation or before.generation,
        refund_ref=known,
        failure=failure,
        # It was for the end that nobody knew.
        ruling=before.ruling if state == "unknown" else None,
        redirect=before.redirect if state != "succeeded" else None,
        destination=destination or before.destination,
    )
    if news == before or (before.state == "succeeded" and state not in _AFTER_SUCCESS):
        return ret, ()
    intents = tuple(news if i.intent_id == intent_id else i for i in settlement.intents)
    after = ret.with_settlement(replace(settlement, intents=intents))
    facts: tuple[Fact, ...] = ()
    if covered > before.covered_minor:
        facts = (_covered_fact(after, settlement.number, news),)
    if state == "succeeded" and before.state != "succeeded":
        facts += (_refund_fact("refund.settled", after, settlement.number, news),)
        if settlement.gives_back is not None:
            after, more = given_back(after, settlement.gives_back)
            facts += more
    elif state == "pending" and before.state != "pending":
        facts += (_refund_fact("refund.pending", after, settlement.number, news),)
    elif state in ("rejected", "failed") and before.state != state:
        facts += (_refund_fact("refund.failed", after, settlement.number, news),)
        if before.state == "succeeded":
            facts += (_reversed_fact(after, settlement.number, before, failure, at),)
    return _end_if_paid(_block_lots(after, settlement, at), settlement, at), facts


_AFTER_SUCCESS = ("succeeded", "failed", "rejected")
_BLOCKING = ("rejected", "failed", "unknown")


def _block_lots(ret: Return, sealed_as: Settlement, at: datetime) -> Return:
    """One blocked refund blocks the lots of its settlement, whatever became of the others."""
    settlement = next(s for s in ret.settlements if s.key == sealed_as.key)
    blocked = any(intent.state in _BLOCKING for intent in settlement.intents)
    changed = []
    for lot in map(ret.lot, settlement.lot_ids):
        if blocked and lot.state in (LotState.REFUND_PENDING, LotState.REFUNDED):
            changed.append(lot.moved(LotState.REFUND_BLOCKED, at))
        elif not blocked and lot.state is LotState.REFUND_BLOCKED:
            changed.append(lot.moved(LotState.REFUND_PENDING, at))
    after = ret.with_lots(*changed)
    return replace(after, completed_at=None) if blocked else after


def _end_if_paid(ret: Return, sealed_as: Settlement, at: datetime) -> Return:
    settlement = next(s for s in ret.settlements if s.key == sealed_as.key)
    if not all(intent.is_settled for intent in settlement.intents):
        return ret
    paid = [
        lot.moved(LotState.REFUNDED, at)
        for lot in map(ret.lot, settlement.lot_ids)
        if lot.state in (LotState.REFUND_PENDING, LotState.REFUND_BLOCKED)
    ]
    return ret.with_lots(*paid)


def _refund_fact(event: str, ret: Return, number: int, intent: Intent) -> Fact:
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.sent_minor,
        "currency": ret.currency,
        "refund_ref": intent.refund_ref,
        "failure": intent.failure,
    }
    if intent.destination != Destination.ORIGINAL:
        data["destination"] = intent.destination
    return Fact(event, data)


def _reversed_fact(
    ret: Return, number: int, intent: Intent, failure: str | None, at: datetime
) -> Fact:
    """Write the entry that mirrors the success: what went out came back (edge 63)."""
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.sent_minor,
        "currency": ret.currency,
        "refund_ref": intent.refund_ref,
        "failure": failure,
        "next_by": (at + ret.policy.handling.parked).isoformat(),
    }
    return Fact("refund.reversed", data)


def _covered_fact(ret: Return, number: int, intent: Intent) -> Fact:
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.covered_minor,
        "currency": ret.currency,
    }
    return Fact("refund.covered", data)


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
    if lot.state is LotState.ACCEPTED:
        if lot.advance is not None:
            lot = replace(lot, advance=replace(lot.advance, ordering=False))
        return ret.with_lots(lot.moved(LotState.REPLACEMENT_RESERVED, at)), tuple(facts)
    ret = opened(ret.with_lots(lot), lot, value_minor(ret, lot), at=at)
    ret, more = follow_goods(ret, lot_id, at=at)
    return ret, (*facts, *more)


def out_of_stock(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """Ask for another choice; before the goods are accepted, wait for them first."""
    lot = ret.lot(lot_id)
    if lot.state in (LotState.ACCEPTED, LotState.REPLACEMENT_RESERVED):
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
    if is_paid_back_instead(lot):
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
    ret = ret.with_lots(_delivered_so_far(replace(lot, replacement=told), at))
    ret, more = started(ret, [lot.lot_id], at=at)
    return ret, (*facts, *more)


def _delivered_so_far(lot: Lot, at: datetime) -> Lot:
    """Bring a lot whose goods are accepted to where its replacement is."""
    status = lot.replacement.status if lot.replacement else ""
    if lot.state is LotState.REPLACEMENT_RESERVED and status in ("shipped", "delivered"):
        lot = lot.moved(LotState.REPLACEMENT_SHIPPED, at)
    if lot.state is LotState.REPLACEMENT_SHIPPED and status == "delivered":
        lot = lot.moved(LotState.REPLACED, at)
    return lot


def charge_given_back(ret: Return, lot_id: str, intent: Intent, *, at: datetime) -> Change:
    """Note the refund that pays back what a hold took too much; it goes its way as any other."""
    if any(s.gives_back == lot_id for s in ret.settlements):
        return ret, ()
    back = Settlement(
        number=0,
        lot_ids=(),
        amount_minor=intent.amount_minor,
        breakdown=(),
        intents=(intent,),
        sealed_at=at,
        due_on=None,
        gives_back=lot_id,
    )
    after = replace(ret, settlements=(*ret.settlements, back))
    return after, (_refund_fact("refund.initiated", after, 0, intent),)


def _cancelled(ret: Return, lot: Lot, *, at: datetime) -> Change:
    """The platform sends nothing: what was not paid for is paid back, else there is a choice."""
    if lot.state is LotState.REPLACEMENT_RESERVED and lot.replacement is not None:
        gone_too = replace(lot, replacement=replace(lot.replacement, called_off=True))
        return out_of_stock(ret.with_lots(gone_too), lot.lot_id, at=at)
    if lot.state is not LotState.REPLACEMENT_UNPAID or is_paid_back_instead(lot):
        return ret, ()
    lot, gone = called_off(lot)
    return ret.with_lots(lot), (gone,)


def choose_refund(ret: Return, lot_id: str) -> Return:
    """Give money instead of a replacement that is out of stock or whose difference is not paid.

    Raises:
        RefusedError: no such lot, or its replacement is neither.
    """
    try:
        lot = ret.lot(lot_id)
    except KeyError:
        raise RefusedError("lot_not_found", f"no lot {lot_id!r}", field="lot_id") from None
    if lot.state not in (LotState.OUT_OF_STOCK, LotState.REPLACEMENT_UNPAID):
        raise RefusedError("command_not_allowed", f"lot {lot_id} is {lot.state}", field="lot_id")
    chosen = replace(lot, resolution=Resolution.REFUND, version=lot.version + 1)
    return ret.with_lots(chosen)


def stock_moved(ret: Return, lot_ids: Sequence[str]) -> Change:
    """The platform's stock follows the dispositions of these lots."""
    lots = [replace(ret.lot(lot_id), disposition_applied=True) for lot_id in lot_ids]
    facts = [
        Fact(
            "stock.moved",
            {"lot_id": lot.lot_id, "disposition": lot.disposition, "quantity": lot.quantity},
        )
        for lot in lots
    ]
    return ret.with_lots(*lots), tuple(facts)


def all_resolved(ret: Return) -> bool:
    """Say whether nothing is left to do for goods, money and stock (invariant 8)."""
    moved = all(lot.disposition_applied for lot in ret.lots if lot.disposition is not None)
    paid = all(i.is_settled for s in ret.settlements for i in s.intents)
    ended = all(is_terminal(lot.state) and not lot.is_outstanding for lot in ret.lots)
    booked = any(d.state in _BOOKED or wants_courier(d) for d in ret.deliveries)
    # Without lots nothing is registered yet, let alone resolved; and what was replaced by cheaper
    # goods may have its difference still to come.
    done = moved and paid and ended and not booked
    return bool(ret.lots) and done and not lots_to_settle(ret)


_BOOKED = (
    DeliveryState.LABEL_PENDING,
    DeliveryState.PICKUP_SCHEDULED,
    DeliveryState.CANCEL_REQUESTED,
)


def complete(ret: Return, *, at: datetime) -> Change:
    return replace(ret, completed_at=at), (Fact("return.completed", {"headline": "COMPLETED"}),)


def close(ret: Return) -> Change:
    states = sorted({lot.state.value for lot in ret.lots})
    return replace(ret, closed=True), (Fact("return.closed", {"resolution": [*states]}),)
