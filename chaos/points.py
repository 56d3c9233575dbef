"""Where a process is killed: each place is a request at the sandbox or a change of a table.

A place is counted by what passes it, never by the clock. What passes is held there for a bounded
time, so that whoever watches can kill a process at exactly that place.
"""

from dataclasses import dataclass
from enum import StrEnum


class Process(StrEnum):
    """A process of the stack, by the name of its service."""

    WORKER = "worker"
    API = "api"
    SANDBOX = "sandbox"
    POSTGRES = "postgres"
    TEMPORAL = "temporal"


@dataclass(frozen=True, slots=True)
class RequestPoint:
    """A request at the sandbox: before its effect, or after it and before its answer."""

    name: str
    tells: str
    system: str
    operation: str
    kind: str


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A row of a table: ``when`` it is written, or ``at_commit``, when nothing can refuse it.

    Held at its commit, a transaction is carried out although the client that asked for it dies.
    Held when it is written, it is undone then: what was to be recorded is not.
    """

    name: str
    tells: str
    table: str
    event: str
    when: str
    at_commit: bool = True


Point = RequestPoint | ChangePoint

_REFUND = ("stripe", "POST /v1/refunds")
_HOLD = ("stripe", "POST /v1/payment_intents")
_ENDS = "OLD.state = 'sending' AND NEW.state IN ('succeeded', 'pending')"

SETTLEMENT: tuple[Point, ...] = (
    ChangePoint("sealed", "seal committed", "settlements", "INSERT", "true"),
    ChangePoint(
        "sending",
        "marked as sending",
        "refund_intents",
        "UPDATE",
        "OLD.state = 'planned' AND NEW.state = 'sending'",
    ),
    RequestPoint(
        "requested", "request at the provider, before its effect", *_REFUND, "hold_before"
    ),
    RequestPoint("effected", "effect, before its answer", *_REFUND, "hold_after"),
    ChangePoint(
        "answered",
        "answer, before it is recorded",
        "refund_intents",
        "UPDATE",
        _ENDS,
        at_commit=False,
    ),
    ChangePoint(
        "recorded", "recorded, before the workflow knows", "refund_intents", "UPDATE", _ENDS
    ),
    ChangePoint(
        "logged", "event log written", "return_events", "INSERT", "NEW.type = 'refund.settled'"
    ),
)
"""The boundaries of a settlement, in the order in which a refund passes them."""

ELSEWHERE: tuple[Point, ...] = (
    ChangePoint("opened", "return registered", "returns", "INSERT", "true"),
    RequestPoint(
        "labelled", "label bought", "easypost", "POST /v2/shipments/{id}/buy", "hold_after"
    ),
    RequestPoint("stocked", "stock moved", "commerce", "POST /stock-moves", "hold_after"),
    ChangePoint(
        "mailed",
        "mail sent, before it is noted",
        "notices",
        "UPDATE",
        "OLD.state = 'due' AND NEW.state = 'sent'",
        at_commit=False,
    ),
)
"""Places that every few returns pass besides."""

HOLDING: tuple[Point, ...] = (
    ChangePoint(
        "hold_sending",
        "hold marked as sending",
        "holds",
        "UPDATE",
        "OLD.state = 'planned' AND NEW.state = 'sending'",
    ),
    RequestPoint("hold_requested", "hold requested, before its effect", *_HOLD, "hold_before"),
    RequestPoint("hold_effected", "money held, before the answer", *_HOLD, "hold_after"),
    ChangePoint(
        "hold_recorded",
        "hold recorded, before the workflow knows",
        "holds",
        "UPDATE",
        "OLD.state = 'sending' AND NEW.state = 'authorized'",
    ),
    RequestPoint(
        "taken",
        "hold taken, before the answer",
        "stripe",
        "POST /v1/payment_intents/{intent}/capture",
        "hold_after",
    ),
    ChangePoint(
        "taking_recorded",
        "taking recorded, before the workflow knows",
        "holds",
        "UPDATE",
        "OLD.state = 'capturing' AND NEW.state = 'captured'",
    ),
    RequestPoint(
        "released",
        "hold released, before the answer",
        "stripe",
        "POST /v1/payment_intents/{intent}/cancel",
        "hold_after",
    ),
)
"""The boundaries of a hold that secures a replacement sent ahead of the goods."""

SHIP = "POST /api/shipments/v2409/ship"
ORDER_VISIT = "POST /api/pickupcreation/v2409/pickup"

BOOKING: tuple[Point, ...] = (
    ChangePoint(
        "booking_sending",
        "booking marked as sent",
        "booking_intents",
        "UPDATE",
        "OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL",
    ),
    RequestPoint(
        "label_requested",
        "label requested, before its effect",
        "easypost",
        "POST /v2/shipments/{id}/buy",
        "hold_before",
    ),
    RequestPoint(
        "label_sold",
        "label sold, before the answer",
        "easypost",
        "POST /v2/shipments/{id}/buy",
        "hold_after",
    ),
    RequestPoint("ups_sold", "label sold by UPS, before the answer", "ups", SHIP, "hold_after"),
    RequestPoint(
        "courier_ordered",
        "courier ordered, before the answer",
        "easypost",
        "POST /v2/pickups/{id}/buy",
        "hold_after",
    ),
    RequestPoint(
        "ups_ordered", "courier of UPS ordered, before the answer", "ups", ORDER_VISIT, "hold_after"
    ),
    ChangePoint(
        "booking_answered",
        "answer, before it is recorded",
        "booking_intents",
        "UPDATE",
        "OLD.state = 'created' AND NEW.state = 'bought'",
        at_commit=False,
    ),
    ChangePoint(
        "booking_recorded",
        "booking recorded, before the workflow knows",
        "booking_intents",
        "UPDATE",
        "OLD.state = 'created' AND NEW.state = 'bought'",
    ),
)
"""The boundaries of a booking: of a label, and of a courier's visit."""

POINTS: dict[str, Point] = {
    point.name: point for point in (*SETTLEMENT, *ELSEWHERE, *HOLDING, *BOOKING)
}
