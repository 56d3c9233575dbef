"""The goods' stage after inspection: stock follows the disposition, replacements are ordered."""

from temporalio import workflow

from activities.platform import MoveStock, OrderReplacement, PlatformActivities
from domain.ids import part_id
from domain.resolving import (
    out_of_stock,
    replacement_news,
    replacement_ordered,
    stock_moved,
)
from domain.returns import Replacement
from integrations.commerce.port import StockMove
from workflows.parking import Parking
from workflows.recording import Case
from workflows.steps import call


async def move_stock(case: Case, parking: Parking, lot_id: str) -> None:
    """Tell the platform where a lot's goods went. Trouble here never holds the money."""
    ret, lot = case.ret, case.ret.lot(lot_id)
    if lot.disposition is None:
        return
    move = StockMove(
        move_id=part_id(ret.return_id, "stock", lot_id, lot.disposition),
        sku=ret.line(lot.line_id).sku,
        quantity=lot.quantity,
        location_id=ret.location_id,
        disposition=lot.disposition,
        return_id=ret.return_id,
    )
    await parking.attempt(
        f"stock/{lot_id}",
        lambda: call(
            PlatformActivities.move_stock,
            MoveStock(ret.tenant_id, move),
            summary=f"{lot.disposition}: {lot.quantity} × {move.sku}",
        ),
    )
    case.take(stock_moved(case.ret, lot_id))


async def replace(case: Case, parking: Parking, lot_id: str) -> None:
    """Order the goods that the customer wants instead; out of stock asks for another choice."""
    ret, lot = case.ret, case.ret.lot(lot_id)
    sku = ret.line(lot.line_id).exchange_sku
    if sku is None:
        return
    reference = f"{ret.return_id}/replacement/{lot_id}"
    asked = OrderReplacement(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        order_id=ret.request.order_id,
        reference=reference,
        sku=sku,
        quantity=lot.quantity,
    )
    ordered = await parking.attempt(
        f"replace/{lot_id}",
        lambda: call(
            PlatformActivities.order_replacement,
            asked,
            summary=f"replacement {lot.quantity} × {sku}",
        ),
    )
    if ordered.replacement_order_id is None:
        case.take(out_of_stock(case.ret, lot_id, at=workflow.now()))
        return
    replacement = Replacement(
        reference=reference,
        sku=sku,
        reservation_id=ordered.reservation_id,
        replacement_order_id=ordered.replacement_order_id,
    )
    case.take(replacement_ordered(case.ret, lot_id, replacement, at=workflow.now()))
    if ordered.status in ("shipped", "delivered"):
        # It left before we knew its number, so the platform's own message met nobody.
        news = replacement_news(
            case.ret,
            reference,
            ordered.status,
            tracking_code=ordered.tracking_code,
            at=workflow.now(),
        )
        case.take(news)
