"""What a request must say by itself, and what an order's facts must add up to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.orders import Order, OrderFactsError, Shipping, Tender, TenderKind, check_order
from domain.reasons import REASONS, Ground, reason_problem
from domain.requests import (
    HandoverMethod,
    PickupWindow,
    RequestedLine,
    RequestError,
    Resolution,
    ReturnRequest,
    check_request,
)
from tests.support.builders import DELIVERED, NOW, WINDOW, order, order_line, request

LINE = RequestedLine("shoes", 1)


@pytest.mark.parametrize(
    "good",
    [
        request(LINE),
        request(LINE, pickup=True),
        request(replace(LINE, reason="FIT", reason_detail="TOO_SMALL")),
        request(replace(LINE, resolution=Resolution.EXCHANGE, exchange_sku="SHOES-42")),
        request(replace(LINE, reason="DEFECTIVE"), ground=Ground.NON_CONFORMITY),
    ],
)
def test_a_sensible_request_passes(good: ReturnRequest) -> None:
    """A no-reason return needs no reason; a pickup comes with its window."""
    assert check_request(good) is good


def with_window(window: PickupWindow | None) -> ReturnRequest:
    return replace(request(LINE, pickup=True), pickup_window=window)


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (replace(request(LINE), lines=()), "invalid_request", "lines"),
        (request(LINE, LINE), "invalid_request", "lines[1].line_id"),
        (request(replace(LINE, quantity=0)), "invalid_quantity", "lines[0].quantity"),
        (request(replace(LINE, quantity=-1)), "invalid_quantity", "lines[0].quantity"),
        (request(replace(LINE, reason="BORED")), "invalid_reason", "lines[0].reason"),
        (request(replace(LINE, reason_detail="TOO_SMALL")), "invalid_reason", "lines[0].reason"),
        (request(LINE, ground=Ground.NON_CONFORMITY), "invalid_reason", "lines[0].reason"),
        (
            request(replace(LINE, resolution=Resolution.EXCHANGE)),
            "invalid_request",
            "lines[0].exchange_sku",
        ),
        (request(replace(LINE, exchange_sku="X")), "invalid_request", "lines[0].exchange_sku"),
        (
            request(replace(LINE, resolution=Resolution.NONE)),
            "invalid_request",
            "lines[0].resolution",
        ),
        (with_window(None), "invalid_request", "pickup_window"),
        (
            replace(with_window(WINDOW), handover=HandoverMethod.DROP_OFF),
            "invalid_request",
            "pickup_window",
        ),
        (
            with_window(replace(WINDOW, not_after=WINDOW.not_before)),
            "invalid_request",
            "pickup_window.not_after",
        ),
        (
            with_window(replace(WINDOW, not_before=NOW.replace(tzinfo=None))),
            "invalid_request",
            "pickup_window.not_before",
        ),
        (
            with_window(replace(WINDOW, time_zone="Mars/Olympus")),
            "invalid_request",
            "pickup_window.time_zone",
        ),
        (
            with_window(replace(WINDOW, time_zone="../etc")),
            "invalid_request",
            "pickup_window.time_zone",
        ),
    ],
)
def test_a_contradiction_is_refused_with_its_field(
    bad: ReturnRequest, code: str, field: str
) -> None:
    """Whatever a request gets wrong by itself, the refusal names the field."""
    with pytest.raises(RequestError) as refused:
        check_request(bad)

    assert (refused.value.code, refused.value.field) == (code, field)
    assert field not in str(refused.value), "it stands beside the message already"


def test_every_reason_stands_with_each_of_its_details() -> None:
    """A detail belongs to its reason and to no other."""
    for reason, details in REASONS.items():
        for detail in (None, *details):
            assert reason_problem(reason, detail, ground=Ground.NON_CONFORMITY) is None

    assert reason_problem("LATE", "TOO_SMALL", ground=Ground.WITHDRAWAL) is not None


def test_a_sound_order_passes() -> None:
    """Lines and shipping cost what the tenders captured."""
    assert check_order(order()) == order()


def _with_line(**changes: object) -> Order:
    line = replace(order_line(), **changes)  # type: ignore[arg-type]  # any field
    return replace(order(), lines=(line,))


CARD = Tender("t1", TenderKind.CARD, "pi_1", 4060)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (replace(order(), lines=()), "lines"),
        (order(order_line(), order_line()), "lines"),
        (_with_line(quantity=0), "lines[0].quantity"),
        (_with_line(quantity=2), "lines[0].parcels"),
        (
            _with_line(parcels=(replace(order_line().parcels[0], quantity=0),)),
            "lines[0].parcels",
        ),
        (_with_line(gross_minor=-1), "lines[0].gross_minor"),
        (_with_line(discount_minor=-1), "lines[0].discount_minor"),
        (_with_line(discount_minor=3001), "lines[0].discount_minor"),
        (_with_line(taxes=order_line(taxes=(-1,)).taxes), "lines[0].taxes"),
        (_with_line(refunded_minor=-1), "lines[0].refunded_minor"),
        (replace(order(), tenders=(CARD, CARD)), "tenders"),
        (
            replace(order(), tenders=(replace(CARD, refunded_minor=4061),)),
            "tenders[0].refunded_minor",
        ),
        (replace(order(), tenders=(replace(CARD, captured_minor=4059),)), "tenders"),
        (replace(order(), shipping=Shipping(-1, 490)), "shipping"),
        (replace(order(), shipping=Shipping(490, 490, -1)), "shipping"),
    ],
)
def test_facts_that_contradict_themselves_are_refused(bad: Order, field: str) -> None:
    """The platform's numbers are not taken when they do not hold together."""
    with pytest.raises(OrderFactsError) as refused:
        check_order(bad)

    assert refused.value.field == field


def test_an_order_may_be_sent_in_parts() -> None:
    """Parcels count up to the ordered quantity, not beyond."""
    first = replace(order_line().parcels[0], quantity=1, delivered_at=DELIVERED - timedelta(1))

    assert check_order(_with_line(parcels=(first,))).line("shoes").fulfilled == 1
