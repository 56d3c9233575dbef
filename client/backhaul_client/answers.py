"""What the API answers about returns. Unknown fields are ignored, states are open strings."""

from datetime import date, datetime
from typing import Any

from backhaul_client.answer_model import AnswerModel
from backhaul_client.deliveries import DeliveryView, ParcelLinkView, ReceiptView
from backhaul_client.lines import LineView
from backhaul_client.lots import LotView
from backhaul_client.review import ReviewView
from backhaul_client.settlements import ChargebackView, ProposedSettlementView, SettlementView


class WaitView(AnswerModel):
    """Something the return waits for: who must act, until when, what happens then.

    ``field`` is the place in somebody's data at fault, as ``correct`` takes it.
    """

    key: str
    code: str
    owner: str
    waiting_for: str
    since: datetime
    deadline: datetime | None
    at_deadline: str
    exits: tuple[str, ...]
    detail: str | None = None
    field: str | None = None


class NextStep(AnswerModel):
    waiting_for: str
    owner: str
    by: datetime | None
    then: str


class CorrectionView(AnswerModel):
    """What ops said instead of the platform, about the order."""

    field: str
    value: Any


class RefusedView(AnswerModel):
    """Why a parked start was refused in the end."""

    code: str
    message: str
    field: str | None


class ClockView(AnswerModel):
    """A date that a law or a promise gives.

    ``kind`` is ``refund``, the money to be back, ``answer``, the request to be decided, or
    ``address``, the customer to be told where the goods go that were granted in time.
    ``due_on`` is the last local day, ``limit_on`` a second line of the law. ``basis`` is STATUTORY,
    PENALTY_LIMIT or PROMISE; ``state`` is running, warned or missed.
    """

    kind: str
    due_on: date
    limit_on: date | None
    basis: str
    state: str
    lot_ids: tuple[str, ...]


class SignalView(AnswerModel):
    """Something of a customer's returns, this one included, that reached the policy's limit.

    ``measure`` is ``returns``, ``units`` or ``value`` over ``days``, the last in minor units of the
    return's currency; or ``blocked``, which the platform says and which counts nothing.
    """

    measure: str
    counted: int | None = None
    limit: int | None = None
    days: int | None = None


class ReturnView(AnswerModel):
    """One return. Read ``headline`` first; treat a value you do not know as in progress.

    A DRAFT could not be decided yet: its currency is ``XXX`` (ISO 4217: no currency involved), its
    lines are as asked for, with the verdict UNDECIDED.
    """

    return_id: str
    rma_no: str
    order_id: str
    version: int
    headline: str
    authorization_state: str
    logistics_state: str
    settlement_state: str
    ground: str
    currency: str
    requested_at: datetime
    completed_at: datetime | None
    location_id: str | None
    lines: tuple[LineView, ...]
    lots: tuple[LotView, ...]
    deliveries: tuple[DeliveryView, ...]
    receipts: tuple[ReceiptView, ...]
    settlements: tuple[SettlementView, ...]
    waiting_on: tuple[WaitView, ...]
    tier: str = "GREEN"
    """YELLOW two days before a date of law or promise passes, RED once one has."""
    clocks: tuple[ClockView, ...] = ()
    next_step: NextStep | None
    allowed_commands: tuple[str, ...]
    broken_invariants: tuple[str, ...]
    corrections: tuple[CorrectionView, ...] = ()
    refused: RefusedView | None = None
    on_hold: bool = False
    """Whether money of this return waits for a bank that decides on a chargeback."""
    chargebacks: tuple[ChargebackView, ...] = ()
    proposed_settlement: ProposedSettlementView | None = None
    time_zone: str = "UTC"
    """Of the delivery address, IANA: the customer's dates are days there."""
    customs_papers: str | None = None
    """Where the papers are with which the goods cross a customs border."""
    parcel_links: tuple[ParcelLinkView, ...] = ()
    by: str = "purchaser"
    """Who asked: ``purchaser``, or the ``recipient`` of a gift."""
    money_hidden: bool = False
    """Whether it is as a gift's recipient may read it: without amounts, prices and tenders."""
    signals: tuple[SignalView, ...] = ()
    """Why a person decides by whose return it is; what the rules said stands at each line."""
    review: ReviewView | None = None
    """What passed between reviewer and customer, where anything did."""


class Accepted(AnswerModel):
    """The return is not registered yet: repeat the start with the same key to learn how it went.

    ``status`` is ``pending`` while nobody has looked, and ``parked`` while it cannot be decided:
    read or ``explain`` it to see why, and who must act.
    """

    return_id: str
    status: str


class CommandView(AnswerModel):
    """A command that was carried out; the return is at ``version`` now.

    ``given_again``, after a restart: commands that the lost run had answered and not written down.
    They were given again, and the timeline shows what came of each.
    """

    command_id: str
    version: int
    headline: str
    allowed_commands: tuple[str, ...]
    given_again: tuple[str, ...] = ()


class CommandLeft(AnswerModel):
    """A result that is kept and counts once, when somebody is there to carry it out.

    Repeat it with the same key to learn how it went, or read the timeline:
    ``inspection.completed``, ``inspection.held`` or ``inspection.refused``. Its ``lot_version`` is
    looked at then, as that of a command; of a result that is held for its receipt it is not.
    """

    command_id: str
    status: str


class EventView(AnswerModel):
    """One fact of a return or its follow-up (``stream``).

    ``number`` is its place among all events and grows; ``sequence`` counts within the stream from
    1 without gaps.
    """

    event_id: str
    number: int
    stream: str
    sequence: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause_id: str | None
    data: dict[str, Any]
