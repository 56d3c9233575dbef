"""Which commands would move a return now: what ``explain`` offers and a refusal names."""

from domain.codes import RefusedError
from domain.drafts import is_draft
from domain.lifecycle import AuthorizationState, DeliveryState, LotState
from domain.receiving import is_receivable
from domain.requests import Resolution
from domain.returns import Return
from domain.transport import check_withdrawal
from domain.waiting import waits


def allowed_commands(ret: Return) -> tuple[str, ...]:
    """Return the names of the updates that the return would take now, whoever asks."""
    if ret.closed:
        return ()
    found: list[str] = []
    if ret.authorization is AuthorizationState.IN_REVIEW:
        found += ["approve", "deny"]
    if _withdrawable(ret):
        found.append("withdraw")
    if any(d.state is DeliveryState.PICKUP_SCHEDULED for d in ret.deliveries):
        found.append("report-pickup-outcome")
    if is_receivable(ret):
        found.append("receive")
    if any(lot.state is LotState.RECEIVED for lot in ret.lots):
        found.append("record-inspection")
    if any(
        lot.state is LotState.OUT_OF_STOCK and lot.resolution is Resolution.EXCHANGE
        for lot in ret.lots
    ):
        found.append("choose-resolution")
    if ret.blockers:
        found.append("retry")
    if is_draft(ret):
        found.append("correct")
    if waits(ret):
        found.append("extend-deadline")
    return tuple(found)


def _withdrawable(ret: Return) -> bool:
    try:
        check_withdrawal(ret)
    except RefusedError:
        return False
    return True
