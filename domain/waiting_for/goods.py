"""What is waited for once goods are here, or are to go out: warehouse and shop."""

from domain.exchanges import is_paid_back_instead
from domain.holding import first_held
from domain.lifecycle import LotState
from domain.requests import Resolution
from domain.resolving import lots_to_move
from domain.returns import Lot, Return, inspection_key
from domain.waiting_for.wait import Waiting, wait_for
from domain.work import orders_replacement, parcel_subject


def goods_waits(ret: Return) -> list[Waiting]:
    of_lots = (_lot_wait(ret, lot) for lot in ret.lots)
    return [*(wait for waits in of_lots for wait in waits), *_held_wait(ret), *_stock_waits(ret)]


def _lot_wait(ret: Return, lot: Lot) -> list[Waiting]:
    handling, since, key = ret.policy.handling, lot.since, f"lot/{lot.lot_id}"
    found = []
    match lot.state:
        case LotState.RECEIVED:
            lasts, late = handling.inspection, "inspection_overdue"
            key = inspection_key(lot)
            found.append(wait_for(ret, key, "awaiting_inspection", since, lasts, overdue=late))
        case LotState.MISSING:
            lasts = handling.wait_for_rest
            found.append(wait_for(ret, f"{key}/rest", "awaiting_rest", since, lasts))
        case LotState.DISPUTE_WINDOW:
            lasts = handling.reject_dispute
            found.append(wait_for(ret, f"{key}/dispute", "awaiting_dispute", since, lasts))
        case LotState.REPLACEMENT_RESERVED | LotState.REPLACEMENT_SHIPPED:
            lasts, late = handling.replacement, "replacement_overdue"
            key = f"{key}/replacement"
            found.append(wait_for(ret, key, "awaiting_replacement", since, lasts, overdue=late))
        case LotState.REPLACEMENT_UNPAID if lot.resolution is Resolution.EXCHANGE:
            lasts = handling.replacement
            found.append(wait_for(ret, f"{key}/payment", "awaiting_difference", since, lasts))
        case LotState.REPLACEMENT_UNPAID if not is_paid_back_instead(lot):
            work = f"work/call-off/{lot.lot_id}"
            found.append(wait_for(ret, work, "calling_off_replacement", since, handling.parked))
        case LotState.OUT_OF_STOCK if lot.resolution is Resolution.EXCHANGE:
            lasts = handling.parked
            found.append(wait_for(ret, f"{key}/choice", "replacement_out_of_stock", since, lasts))
    if orders_replacement(ret, lot):
        work = f"work/replace/{lot.lot_id}"
        found.append(wait_for(ret, work, "ordering_replacement", since, handling.parked))
    return found


def _held_wait(ret: Return) -> list[Waiting]:
    since = first_held(ret)
    if since is None:
        return []
    lasts, late = ret.policy.handling.inspection, "inspection_without_receipt"
    return [wait_for(ret, "inspection/held", "inspection_held", since, lasts, overdue=late)]


def _stock_waits(ret: Return) -> list[Waiting]:
    found = []
    for receipt_id, lots in lots_to_move(ret).items():
        work = f"work/stock/{parcel_subject(receipt_id)}"
        since = min(lot.since for lot in lots)
        found.append(wait_for(ret, work, "moving_stock", since, ret.policy.handling.parked))
    return found
