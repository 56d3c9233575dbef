"""Which way back a return is granted: the one that was wished, unless that needs a person."""

from collections.abc import Collection

from domain.carriage import check_way_open, is_way_open
from domain.codes import RefusedError
from domain.eligibility import Verdict
from domain.gift_returns import GIFT_COMES_BACK, is_by_recipient
from domain.keeping import keep_doubts
from domain.law.schema import Payer
from domain.requests import HandoverMethod
from domain.returns import Return

NOT_TRANSPORTABLE = "M_NOT_TRANSPORTABLE"
"""The reason code of a way back on which a carrier would have goods that none may take."""


def way_doubts(ret: Return) -> tuple[str, ...]:
    """Return the reason codes for which a person has to choose the way back, if there are any."""
    asked = [line.line_id for line in ret.lines if line.decision.verdict is not Verdict.REJECT]
    barred = () if is_way_open(ret, asked, ret.request.handover) else (NOT_TRANSPORTABLE,)
    return (*keep_doubts(ret, asked), *barred)


def way_granted(
    ret: Return, line_ids: Collection[str], *, by: str, chosen: HandoverMethod | None
) -> HandoverMethod:
    """Return the way back that is granted.

    Goods that by law need not come back, such as spoiled food, are left with the customer. The
    clock alone lets nobody keep goods, and gives no carrier what he must not have: what nobody
    looked at in time comes back with our label, or to a store.
    """
    method = chosen or ret.request.handover
    if by == "rule" and need_not_come(ret, line_ids):
        return HandoverMethod.KEEP
    if by != "timeout":
        return method
    if method is HandoverMethod.KEEP:
        method = HandoverMethod.DROP_OFF
    return method if is_way_open(ret, line_ids, method) else HandoverMethod.IN_STORE


def need_not_come(ret: Return, line_ids: Collection[str]) -> bool:
    """Say whether the right to every one of these lines asks for no goods, and money is wanted."""
    granted = [line for line in ret.lines if line.line_id in line_ids]
    return bool(granted) and all(
        line.terms is not None
        and line.terms.return_shipping_payer == Payer.NONE
        and line.resolution.pays_back
        for line in granted
    )


def check_way_chosen(ret: Return, line_ids: Collection[str], chosen: HandoverMethod | None) -> None:
    """Refuse a way back that a reviewer cannot grant.

    Raises:
        RefusedError: a courier whom nobody wished for at any time, goods that no carrier takes, or
            a gift that its recipient would keep; names the field.
    """
    if chosen is HandoverMethod.PICKUP and ret.request.pickup_window is None:
        raise RefusedError("invalid_request", "no courier's window was wished", field="handover")
    if chosen is HandoverMethod.KEEP and is_by_recipient(ret.request):
        raise RefusedError("invalid_request", GIFT_COMES_BACK, field="handover")
    check_way_open(ret, line_ids, chosen or ret.request.handover)
