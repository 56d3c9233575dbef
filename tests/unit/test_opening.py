"""Granting, denying and letting silence decide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.codes import RefusedError
from domain.deadlines import pass_deadlines
from domain.granting import apply_policy, grant
from domain.lifecycle import AuthorizationState, DeliveryState, Headline, LotState
from domain.opening import decide_lines, needs_exchange, requested_facts
from domain.reasons import Ground
from domain.requests import HandoverMethod, PickupWindow, RequestedLine
from domain.returns import Return
from domain.waiting import waits
from tests.support.builders import (
    NOW,
    after,
    decided,
    exchange,
    opened,
    order,
    order_line,
    policy,
    request,
)

BOTH = order(order_line(), order_line("hat", final_sale=True))


def in_review(*lines: RequestedLine) -> Return:
    asked = lines or (RequestedLine("shoes", 2, reason="DEFECTIVE"),)
    return decided(*asked, ground=Ground.NON_CONFORMITY, of=BOTH)


def test_a_request_is_registered_with_what_was_asked() -> None:
    """The first fact says number, order and lines, and nobody's name."""
    requested, acknowledged = requested_facts(opened(RequestedLine("shoes", 2, reason="FIT")))

    assert requested.data["rma_no"] == "RMA-0000-01-7"
    assert requested.data["lines"] == [
        {
            "line_id": "shoes",
            "sku": "SHOES",
            "quantity": 2,
            "reason": "FIT",
            "reason_detail": None,
            "resolution": "REFUND",
        }
    ]
    assert acknowledged.type == "return.acknowledged"


def test_a_grant_by_rule_opens_a_delivery() -> None:
    """What the rule grants is authorized at once, and a label is to be bought."""
    ret, facts = apply_policy(opened(), at=NOW)

    assert ret.authorization is AuthorizationState.APPROVED
    assert [lot.state for lot in ret.lots] == [LotState.AUTHORIZED]
    assert [d.state for d in ret.deliveries] == [DeliveryState.LABEL_PENDING]
    assert [fact.type for fact in facts] == ["return.decided", "return.first_response"]
    assert (facts[0].data["by"], facts[1].data["by"]) == ("rule", "decision")


def test_a_partial_grant_declines_the_rest() -> None:
    """The hat from final sale is declined with its reason, the shoes go on."""
    ret = decided(RequestedLine("shoes", 1), RequestedLine("hat", 1), of=BOTH)

    assert [lot.state for lot in ret.lots] == [LotState.AUTHORIZED, LotState.DECLINED]
    assert ret.headline is Headline.APPROVED


def test_a_denial_ends_the_return() -> None:
    """A reviewer who grants nothing denies; nothing is booked and nothing awaited."""
    ret, facts = grant(in_review(), [], by="human", at=after(hours=1), reason="no defect seen")

    assert ret.headline is Headline.DENIED
    assert ret.deliveries == ()
    assert waits(ret) == ()
    assert facts[0].data["reason"] == "no defect seen"
    assert facts[1].data["by"] == "human"


def test_naming_a_line_twice_grants_it_once() -> None:
    """A clumsy approval of all lines is an approval, not a partial one."""
    ret, _ = grant(in_review(), ["shoes", "shoes"], by="human", at=NOW)

    assert ret.authorization is AuthorizationState.APPROVED


def test_an_unknown_line_cannot_be_granted() -> None:
    """A mistyped line id grants nothing instead of something else."""
    with pytest.raises(RefusedError) as refused:
        grant(in_review(), ["boots"], by="human", at=NOW)

    assert refused.value.code == "line_not_found"


def test_what_was_never_locked_cannot_be_granted() -> None:
    """Units of a line that the rule denied may be another return's by now."""
    denied = opened(RequestedLine("hat", 1), of=BOTH)

    with pytest.raises(RefusedError) as refused:
        grant(denied, ["hat"], by="human", at=NOW)

    assert refused.value.code == "units_not_available"


def test_silence_is_the_policys_decision() -> None:
    """Nobody reviewed within a day: the pack's default grants, signed by the timeout."""
    ret, facts = pass_deadlines(in_review(), at=after(hours=24))

    assert ret.authorization is AuthorizationState.APPROVED
    assert (facts[0].data["by"], facts[0].data["decided_by"]) == ("timeout", "system:timeout")


def test_only_exchanges_want_goods() -> None:
    """The SKUs to look up are those of the exchanges."""
    assert needs_exchange(request(RequestedLine("hat", 1), exchange())) == ("SHOES-42",)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (timedelta(days=-2), timedelta(days=-1), "pickup_window.not_after"),
        (timedelta(days=90), timedelta(days=90, hours=2), "pickup_window.not_before"),
        (timedelta(days=1), timedelta(days=20), "pickup_window.not_after"),
        (timedelta(days=-40), timedelta(days=1), None),
    ],
)
def test_a_courier_is_asked_for_a_time_that_can_be(
    start: timedelta, end: timedelta, field: str | None
) -> None:
    """A window that is over, months ahead or weeks long buys no label."""
    window = PickupWindow(NOW + start, NOW + end, "Europe/Berlin")
    asked = replace(request(), handover=HandoverMethod.PICKUP, pickup_window=window)

    if field is None:
        assert decide_lines(asked, order(), policy(), at=NOW)
    else:
        with pytest.raises(RefusedError) as caught:
            decide_lines(asked, order(), policy(), at=NOW)
        assert (caught.value.code, caught.value.field) == ("invalid_request", field)
