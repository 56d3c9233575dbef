"""What everybody reads of a return: document, allowed commands, notices."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.allowed import allowed_commands
from domain.deadlines import pass_deadlines
from domain.events import NOTICE_TYPES, Event, Fact
from domain.grading import accept_rejection
from domain.granting import apply_policy
from domain.inspection import Grade
from domain.notices import notices_for
from domain.reasons import Ground
from domain.receiving import receive
from domain.replacing import out_of_stock
from domain.requests import RequestedLine
from domain.resolving import close, complete
from domain.returns import Blocker, Return
from domain.transport import labelled, withdraw
from domain.view import document
from domain.work import due_work
from tests.support.builders import (
    NOW,
    after,
    decided,
    exchange,
    graded,
    granted,
    handed_over,
    opened,
    order,
    order_line,
    receipt,
    received,
    settled,
    with_label,
)
from tests.support.reviewing import asked


def in_review() -> Return:
    return decided(RequestedLine("shoes", 1, reason="DEFECTIVE"), ground=Ground.NON_CONFORMITY)


def denied() -> Return:
    return decided(of=order(order_line(final_sale=True)))


def gone() -> Return:
    return out_of_stock(graded(Grade.A, exchange()), "shoes/1", at=after(days=6))[0]


def going_back() -> Return:
    return accept_rejection(graded(Grade.X), "shoes/1", at=after(days=6))[0]


def parked() -> Return:
    blocker = Blocker("provider_unavailable", "book/d1", NOW, after(hours=1), "HTTP 503")
    return replace(decided(), blockers=(blocker,))


def closed() -> Return:
    """Nothing of what was announced came, and the time to object is over."""
    ret, _ = pass_deadlines(received(counted={"BRICK": 1}), at=after(days=18))
    return close(complete(ret, at=after(days=18))[0])[0]


TO_HAND_OVER = {"change-handover", "record-sending"}
STAGES: list[tuple[Callable[[], Return], str, set[str]]] = [
    (opened, "REQUESTED", {"withdraw"}),
    (
        in_review,
        "IN_REVIEW",
        {"approve", "deny", "ask-info", "counter-offer", "withdraw", "extend-deadline"},
    ),
    (asked, "AWAITING_INFO", {"answer-info", "withdraw", "extend-deadline"}),
    (denied, "DENIED", set()),
    (decided, "APPROVED", {*TO_HAND_OVER, "withdraw", "receive", "extend-deadline"}),
    (parked, "APPROVED", {*TO_HAND_OVER, "withdraw", "receive", "retry", "extend-deadline"}),
    (
        granted,
        "APPROVED",
        {*TO_HAND_OVER, "replace-label", "withdraw", "receive", "extend-deadline"},
    ),
    (
        lambda: granted(pickup=True),
        "APPROVED",
        {*TO_HAND_OVER, "withdraw", "report-pickup-outcome", "receive", "extend-deadline"},
    ),
    (handed_over, "IN_TRANSIT", {"mark-lost", "receive", "extend-deadline"}),
    (received, "RECEIVED", {"receive", "record-inspection", "extend-deadline"}),
    (graded, "RESOLVING", {"receive", "extend-deadline"}),
    (gone, "RESOLVING", {"receive", "choose-resolution", "extend-deadline"}),
    (going_back, "RESOLVING", {"receive", "extend-deadline"}),
    (lambda: settled(graded()), "RESOLVING", {"receive", "extend-deadline"}),
    (closed, "CLOSED", {"reopen"}),
]


@pytest.mark.parametrize(("stage", "headline", "commands"), STAGES)
def test_a_return_shows_itself_at_every_stage(
    stage: Callable[[], Return], headline: str, commands: set[str]
) -> None:
    """The document is plain JSON, and names the headline and the commands that would move it."""
    ret = stage()

    shown = json.loads(json.dumps(document(ret), allow_nan=False))

    assert shown["headline"] == headline
    assert set(shown["allowed_commands"]) == commands == set(allowed_commands(ret))
    assert shown["broken_invariants"] == []
    assert shown["lines"][0]["decision"]["explanation"]


def test_the_next_step_is_the_most_urgent_wait() -> None:
    """Whoever opens a return reads at once who must act until when."""
    shown = document(granted())

    assert shown["next_step"] == {
        "waiting_for": "the customer to hand the parcel over",
        "owner": "customer",
        "by": after(days=30).isoformat(),
        "then": "the return expires and its units can be returned again",
    }
    assert document(denied())["next_step"] is None


def events_of(facts: tuple[Fact, ...]) -> list[Event]:
    return [Event(n, fact.type, NOW, "system:x", data=fact.data) for n, fact in enumerate(facts, 1)]


class TestNotices:
    def test_a_grant_and_a_denial_read_differently(self) -> None:
        """The customer learns what happens next, or why not."""
        kinds = []
        for of in (order(), order(order_line(final_sale=True))):
            ret, facts = apply_policy(opened(of=of), at=NOW)
            kinds.append([notice.kind for notice in notices_for(ret, events_of(facts))])

        assert kinds == [["request_received"], ["request_denied"]]

    @pytest.mark.parametrize(("pickup", "kinds"), [(False, ["handover_ready"]), (True, [])])
    def test_a_label_is_announced_once_it_is_of_use(self, pickup: bool, kinds: list[str]) -> None:
        """With a courier coming, the message waits for his window."""
        ret, facts = labelled(
            decided(pickup=pickup),
            "d1",
            at=NOW,
            carrier="USPS",
            shipment_ref="shp",
            tracking_code="EZ",
            tracker_ref=None,
            label_url="https://example.com/l.pdf",
            cost_minor=5,
            cost_currency="EUR",
        )

        assert [notice.kind for notice in notices_for(ret, events_of(facts))] == kinds

    @pytest.mark.parametrize("pickup", [False, True])
    def test_a_booking_of_a_parcel_that_is_here_is_not_announced(self, pickup: bool) -> None:
        """Its answer came late: the customer has brought the parcel by other means."""
        ret, _ = receive(decided(pickup=pickup), receipt())
        late = "pickup.booked" if pickup else "delivery.label_created"

        assert notices_for(ret, events_of((Fact(late, {"delivery_id": "d1"}),))) == ()

    def test_the_label_of_goods_going_back_is_the_warehouses(self) -> None:
        """The customer gets no label for a parcel that comes to him."""
        ret = with_label(going_back(), "d2")
        created = Fact("delivery.label_created", {"delivery_id": "d2"})

        assert notices_for(ret, events_of((created,))) == ()

    def test_the_same_event_is_the_same_notice(self) -> None:
        """However often it is recorded, it is sent once, and it carries no person."""
        ret, facts = withdraw(granted(), at=NOW)

        (once,) = notices_for(ret, events_of(facts))
        (again,) = notices_for(ret, events_of(facts))

        assert once == again
        assert once.kind in NOTICE_TYPES
        assert once.data == {"rma_no": "RMA-0000-01-7", "currency": "EUR"}


class TestWork:
    @pytest.mark.parametrize(
        ("stage", "keys"),
        [
            (denied, []),
            (decided, ["book/d1"]),
            (granted, []),
            (graded, ["settle/1", "stock/parcel/r1"]),
            (lambda: settled(graded()), ["refund/i1-t1", "stock/parcel/r1"]),
            (lambda: graded(Grade.A, exchange()), ["replace/shoes/1", "stock/parcel/r1"]),
            (going_back, ["book/d2", "stock/parcel/r1"]),
            (gone, ["stock/parcel/r1"]),
        ],
    )
    def test_the_state_says_what_is_to_be_done(
        self, stage: Callable[[], Return], keys: list[str]
    ) -> None:
        """Asking again names the same work."""
        ret = stage()

        assert [work.key for work in due_work(ret)] == keys
        assert due_work(ret) == due_work(ret)
