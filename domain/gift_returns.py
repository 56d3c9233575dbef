"""A return that the recipient of a gift starts (edge 16): nobody tells him what was paid, or how.

What is given back goes to the purchaser's tenders, or by policy to the recipient's store credit.
Whether he is the recipient the platform has made sure of before it asks.
"""

from dataclasses import replace
from enum import StrEnum

from domain.codes import RefusedError
from domain.orders import Order
from domain.policies import Policy
from domain.requests import HandoverMethod, Requester, Resolution, ReturnRequest
from domain.triggers import AT_ACCEPTANCE


class ToWhom(StrEnum):
    """Who is written to about something."""

    PURCHASER = "purchaser"
    RECIPIENT = "recipient"


GIFT_COMES_BACK = "what was paid for a gift is given back once it is here"


def is_by_recipient(request: ReturnRequest) -> bool:
    return request.by is Requester.RECIPIENT


def check_recipient(request: ReturnRequest, order: Order, policy: Policy) -> None:
    """Refuse what a gift's recipient cannot have.

    Raises:
        RefusedError: ``not_a_gift``, or there is no credit where the policy gives it, or some is
            asked for though the policy decides that; names the field.
    """
    if not is_by_recipient(request):
        return
    if order.gift_recipient is None:
        raise RefusedError("not_a_gift", "the shop names no recipient of it", field="by")
    if policy.gives_recipient_credit and not order.gift_recipient:
        raise RefusedError(
            "store_credit_not_offered", "the shop names no account of the recipient", field="by"
        )
    for index, line in enumerate(request.lines):
        if line.resolution is Resolution.STORE_CREDIT:
            raise RefusedError(
                "store_credit_not_offered",
                "of a gift the policy says who gets what: wanted REFUND or EXCHANGE",
                field=f"lines[{index}].resolution",
            )
    if request.handover is HandoverMethod.KEEP:
        raise RefusedError("invalid_request", GIFT_COMES_BACK, field="handover")


def policy_for(request: ReturnRequest, policy: Policy) -> Policy:
    """Return the policy of a return: of a gift nothing goes out before its goods.

    What would be asked back would be asked of the purchaser, who did not ask for anything.
    """
    return replace(policy, release=AT_ACCEPTANCE) if is_by_recipient(request) else policy


def credit_account_of(request: ReturnRequest, order: Order, policy: Policy) -> str:
    """Return whose credit it becomes instead of the purchaser's money; empty where it does not."""
    gives = is_by_recipient(request) and policy.gives_recipient_credit
    return (order.gift_recipient or "") if gives else ""


_OF_MONEY = frozenset(
    {
        "refund_sent",
        "nothing_to_refund",
        "refund_returned",
        "refund_on_hold",
        "refund_covered",
        "coupon_lapsed",
        "recovery_charged",
        "charge_given_back",
        "send_back_by",
    }
)


def written_to(kind: str, destination: object) -> ToWhom:
    """Say who reads a message about a gift's return: of the purchaser's money the purchaser."""
    own = destination == "store_credit"
    return ToWhom.PURCHASER if kind in _OF_MONEY and not own else ToWhom.RECIPIENT
