"""Which way back a return is granted: the one that was wished, unless that needs a person."""

from domain.codes import RefusedError
from domain.eligibility import Verdict
from domain.keeping import keep_doubts
from domain.requests import HandoverMethod
from domain.returns import Return


def way_doubts(ret: Return) -> tuple[str, ...]:
    """Return the reason codes for which a person has to choose the way back, if there are any."""
    asked = [line.line_id for line in ret.lines if line.decision.verdict is not Verdict.REJECT]
    return keep_doubts(ret, asked)


def way_granted(ret: Return, *, by: str, chosen: HandoverMethod | None) -> HandoverMethod:
    """Return the way back that is granted.

    The clock alone lets nobody keep goods: what nobody looked at in time comes back with our label.
    """
    method = chosen or ret.request.handover
    if by == "timeout" and method is HandoverMethod.KEEP:
        return HandoverMethod.DROP_OFF
    return method


def check_way_chosen(ret: Return, chosen: HandoverMethod | None) -> None:
    """Refuse a way back that a reviewer cannot grant.

    Raises:
        RefusedError: a courier whom nobody wished for at any time; names the field.
    """
    if chosen is HandoverMethod.PICKUP and ret.request.pickup_window is None:
        raise RefusedError("invalid_request", "no courier's window was wished", field="handover")
