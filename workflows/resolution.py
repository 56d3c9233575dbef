"""The goods' stage after inspection: stock follows the disposition, replacements are ordered."""

import dataclasses

from temporalio import workflow

from activities.platform import (
    CallOffReplacement,
    MoveStock,
    OrderReplacement,
    PlatformActivities,
)
from domain.commands import Actor
from domain.exchanges import payment_asked, priced
from domain.ids import part_id
from domain.lifecycle import IN_TURN
from domain.money import Money
from domain.replacing import ordering_early, out_of_stock, replacement_news, replacement_ordered
from domain.resolving import lots_to_move, stock_moved
from domain.returns import Change, Replacement, Return
from domain.work import receipt_of
from integrations.commerce.port import StockMove
from workflows.messages import ReplacementNews
from workflows.parking import Parking
from workflows.recording import Case

PLATFORM = Actor("platform", "webhook")


async def move_stock(case: Case, parking: Parking, parcel: str) -> None:
    """Tell the platform where the goods of a parcel went. Trouble here never holds the money."""
    ret, receipt_id = case.ret, receipt_of(parcel)
    lots = lots_to_move(ret).get(receipt_id, ())
    receipt = next(receipt for receipt in ret.receipts if receipt.receipt_id == receipt_id)
    moves = tuple(
        StockMove(
            move_id=part_id(ret.return_id, "stock", lot.lot_id, str(lot.disposition)),
            sku=ret.line(lot.line_id).sku,
            quantity=lot.quantity,
            location_id=receipt.location_id,
            disposition=str(lot.disposition),
            return_id=ret.return_id,
        )
        for lot in lots
    )
    await parking.attempt(
        f"stock/{parcel}",
        lambda: case.call(
            PlatformActivities.move_stock,
            MoveStock(ret.tenant_id, moves),
            summary=", ".join(f"{m.disposition}: {m.quantity} × {m.sku}" for m in moves),
        ),
    )
    case.take(stock_moved(case.ret, [lot.lot_id for lot in lots]))


async def replace(case: Case, parking: Parking, lot_id: str) -> None:
    """Order the goods that the customer wants instead; out of stock asks for another choice."""
    ret, lot = case.ret, case.ret.lot(lot_id)
    sku = ret.line(lot.line_id).exchange_sku
    if sku is None:
        return
    if lot.state not in IN_TURN:
        case.take((ordering_early(ret, lot_id), ()))
    wanted = priced(ret, lot_id, Replacement(_reference(ret, lot_id), sku))
    asked = OrderReplacement(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        order_id=ret.request.order_id,
        reference=wanted.reference,
        sku=sku,
        quantity=lot.quantity,
        due=Money(wanted.due_minor, ret.currency) if wanted.due_minor else None,
    )
    ordered = await parking.attempt(
        f"replace/{lot_id}",
        lambda: case.call(
            PlatformActivities.order_replacement,
            asked,
            summary=f"replacement {lot.quantity} × {sku}",
        ),
    )
    if ordered.replacement_order_id is None:
        case.take(out_of_stock(case.ret, lot_id, at=workflow.now()))
        return
    replacement = dataclasses.replace(
        wanted,
        reservation_id=ordered.reservation_id,
        replacement_order_id=ordered.replacement_order_id,
        payment_url=ordered.payment_url,
    )
    taken = payment_asked if replacement.due_minor else replacement_ordered
    case.take(taken(case.ret, lot_id, replacement, at=workflow.now()))
    # It may have left before we knew of its order: then the answer says so, or a message that came
    # while the answer was on its way.
    case.take(_told(case, wanted.reference, ordered.status, ordered.tracking_code))
    early, case.early_replacement_news = case.early_replacement_news, []
    for news in early:
        take_news(case, news)


async def call_off(case: Case, parking: Parking, lot_id: str) -> None:
    """Call off the replacement that nobody paid; where it was paid meanwhile, it is sent."""
    replacement = case.ret.lot(lot_id).replacement
    if replacement is None or replacement.replacement_order_id is None:
        return
    asked = CallOffReplacement(case.ret.tenant_id, replacement.replacement_order_id)
    status = await parking.attempt(
        f"call-off/{lot_id}",
        lambda: case.call(
            PlatformActivities.call_off_replacement, asked, summary="replacement called off"
        ),
    )
    case.take(_told(case, replacement.reference, status, None))


def take_news(case: Case, news: ReplacementNews) -> None:
    """Take in what the platform, read again, says of one replacement.

    It may come while the answer to its order is still awaited; then it is kept until that is here.
    """
    if case.has_taken("replacement_news", news.event_id):
        return
    ret = case.ret
    if not any(lot.replacement and lot.replacement.reference == news.reference for lot in ret.lots):
        if news.reference in [_reference(ret, lot.lot_id) for lot in ret.lots]:
            case.early_replacement_news.append(news)
        return
    change = _told(case, news.reference, news.status, news.tracking_code)
    case.take(change, actor=PLATFORM, cause_id=news.event_id)
    case.note("replacement_news", news.event_id)


def _told(case: Case, reference: str, status: str, tracking_code: str | None) -> Change:
    now = workflow.now()
    return replacement_news(case.ret, reference, status, tracking_code=tracking_code, at=now)


def _reference(ret: Return, lot_id: str) -> str:
    """Name the replacement of a lot at the platform: the same however often it is ordered."""
    return f"{ret.return_id}/replacement/{lot_id}"
