"""One return in several parcels: whether each is paid as it comes, or all are waited for."""

from domain.lifecycle import AWAITED, LotState
from domain.parcel_terms import Settle
from domain.returns import Return, inspection_key


def is_rest_awaited(ret: Return) -> bool:
    """Say whether money that is due waits for the other goods of its return (edge 35).

    The wait for the rest has its end, and so has the inspection of what came: one that is late
    holds nothing back any more. What goes out before its goods does so all the same.
    """
    if ret.policy.parcels.settle is not Settle.WHEN_COMPLETE:
        return False
    late = [key for key, _ in ret.overdue]
    return any(
        lot.state in AWAITED
        or lot.state is LotState.MISSING
        or (lot.state is LotState.RECEIVED and inspection_key(lot) not in late)
        for lot in ret.lots
    )
