"""The three axes, a lot's states with the only moves, and the headline derived from them."""

from collections.abc import Sequence
from enum import StrEnum


class AuthorizationState(StrEnum):
    """DRAFT cannot be decided yet; CANCELLED is a draft that turned out to be impossible."""

    DRAFT = "DRAFT"
    REQUESTED = "REQUESTED"
    AWAITING_INFO = "AWAITING_INFO"
    IN_REVIEW = "IN_REVIEW"
    COUNTER_OFFERED = "COUNTER_OFFERED"
    APPROVED = "APPROVED"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


UNDER_REVIEW = frozenset(
    {
        AuthorizationState.IN_REVIEW,
        AuthorizationState.AWAITING_INFO,
        AuthorizationState.COUNTER_OFFERED,
    }
)
"""A person decides; in the last two it is the customer's turn, and the clock stands."""
GRANTED = frozenset({AuthorizationState.APPROVED, AuthorizationState.PARTIALLY_APPROVED})
ENDED_EARLY = frozenset(
    {
        AuthorizationState.DENIED,
        AuthorizationState.WITHDRAWN,
        AuthorizationState.EXPIRED,
        AuthorizationState.CANCELLED,
    }
)
"""Ends without effect: nothing is awaited any more once what was booked is given back."""
CALLED_OFF = frozenset({AuthorizationState.WITHDRAWN, AuthorizationState.EXPIRED})


class DeliveryState(StrEnum):
    """One reverse delivery's way back (domain.md §5.5, logistics)."""

    LABEL_PENDING = "LABEL_PENDING"
    AWAITING_HANDOVER = "AWAITING_HANDOVER"
    PICKUP_SCHEDULED = "PICKUP_SCHEDULED"
    IN_TRANSIT = "IN_TRANSIT"
    EXCEPTION = "EXCEPTION"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
    LOST = "LOST"
    DELIVERED = "DELIVERED"
    RECEIVED = "RECEIVED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    CANCELLED = "CANCELLED"


class LogisticsState(StrEnum):
    """The roll-up of all reverse deliveries of a return."""

    NOT_REQUIRED = "NOT_REQUIRED"
    LABEL_PENDING = "LABEL_PENDING"
    AWAITING_HANDOVER = "AWAITING_HANDOVER"
    IN_TRANSIT = "IN_TRANSIT"
    LOST = "LOST"
    DELIVERED = "DELIVERED"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELLED = "CANCELLED"


class SettlementState(StrEnum):
    NONE = "NONE"
    IN_PROGRESS = "IN_PROGRESS"
    PARTIALLY_SETTLED = "PARTIALLY_SETTLED"
    SETTLED = "SETTLED"
    BLOCKED = "BLOCKED"


class Headline(StrEnum):
    DRAFT = "DRAFT"
    REQUESTED = "REQUESTED"
    AWAITING_INFO = "AWAITING_INFO"
    IN_REVIEW = "IN_REVIEW"
    COUNTER_OFFERED = "COUNTER_OFFERED"
    APPROVED = "APPROVED"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    INSPECTING = "INSPECTING"
    RESOLVING = "RESOLVING"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


TERMINAL_HEADLINES = frozenset(
    {
        Headline.CLOSED,
        Headline.DENIED,
        Headline.WITHDRAWN,
        Headline.EXPIRED,
        Headline.CANCELLED,
    }
)


class LotState(StrEnum):
    PENDING = "PENDING"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    AUTHORIZED = "AUTHORIZED"
    EXPIRED = "EXPIRED"
    IN_TRANSIT = "IN_TRANSIT"
    LOST = "LOST"
    MISSING = "MISSING"
    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_ACCEPTED = "PARTIALLY_ACCEPTED"
    REJECTED = "REJECTED"
    DISPUTE_WINDOW = "DISPUTE_WINDOW"
    NOT_SENT = "NOT_SENT"
    NOT_RETURNED = "NOT_RETURNED"
    KEPT = "KEPT"
    RETURN_TO_CUSTOMER = "RETURN_TO_CUSTOMER"
    SHIPPED_BACK = "SHIPPED_BACK"
    CLOSED_RETURNED = "CLOSED_RETURNED"
    REFUND_PENDING = "REFUND_PENDING"
    REFUND_BLOCKED = "REFUND_BLOCKED"
    REFUNDED = "REFUNDED"
    REPLACEMENT_UNPAID = "REPLACEMENT_UNPAID"
    REPLACEMENT_RESERVED = "REPLACEMENT_RESERVED"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    REPLACEMENT_SHIPPED = "REPLACEMENT_SHIPPED"
    REPLACED = "REPLACED"


_S = LotState
LOT_MOVES: dict[LotState, frozenset[LotState]] = {
    _S.PENDING: frozenset({_S.DECLINED, _S.CANCELLED, _S.AUTHORIZED}),
    _S.AUTHORIZED: frozenset(
        {
            _S.EXPIRED,
            _S.CANCELLED,
            _S.IN_TRANSIT,
            _S.RECEIVED,
            _S.MISSING,
            _S.NOT_RETURNED,
            _S.KEPT,
        }
    ),
    # Its goods stay with the customer: it is settled without them.
    _S.KEPT: frozenset(
        {
            _S.REFUND_PENDING,
            _S.REPLACEMENT_UNPAID,
            _S.REPLACEMENT_RESERVED,
            _S.OUT_OF_STOCK,
        }
    ),
    # Back with its sender it is to be handed over again (edge 38).
    _S.IN_TRANSIT: frozenset({_S.RECEIVED, _S.MISSING, _S.NOT_RETURNED, _S.LOST, _S.AUTHORIZED}),
    # What the carrier lost is settled without it, unless it turns up before (edge 37).
    _S.LOST: frozenset(
        {
            _S.RECEIVED,
            _S.REFUND_PENDING,
            _S.REPLACEMENT_UNPAID,
            _S.REPLACEMENT_RESERVED,
            _S.OUT_OF_STOCK,
        }
    ),
    # Its parcel is scanned after all, and its units can be had again (edge 32).
    _S.EXPIRED: frozenset({_S.AUTHORIZED}),
    _S.MISSING: frozenset({_S.RECEIVED, _S.NOT_SENT, _S.NOT_RETURNED}),
    # Goods whose value went out before them may come after all (edge 73).
    _S.NOT_RETURNED: frozenset({_S.RECEIVED}),
    _S.RECEIVED: frozenset({_S.ACCEPTED, _S.PARTIALLY_ACCEPTED, _S.REJECTED}),
    _S.REJECTED: frozenset({_S.DISPUTE_WINDOW}),
    _S.DISPUTE_WINDOW: frozenset({_S.RETURN_TO_CUSTOMER}),
    _S.RETURN_TO_CUSTOMER: frozenset({_S.SHIPPED_BACK}),
    _S.SHIPPED_BACK: frozenset({_S.CLOSED_RETURNED}),
    _S.ACCEPTED: frozenset(
        {_S.REFUND_PENDING, _S.REPLACEMENT_UNPAID, _S.REPLACEMENT_RESERVED, _S.OUT_OF_STOCK}
    ),
    # Its replacement may have gone out before it came.
    _S.PARTIALLY_ACCEPTED: frozenset({_S.REFUND_PENDING, _S.REPLACEMENT_RESERVED}),
    _S.REFUND_PENDING: frozenset({_S.REFUNDED, _S.REFUND_BLOCKED}),
    _S.REFUND_BLOCKED: frozenset({_S.REFUND_PENDING, _S.REFUNDED}),
    # Out of stock is answered by money or by waiting for stock.
    _S.OUT_OF_STOCK: frozenset({_S.REPLACEMENT_UNPAID, _S.REPLACEMENT_RESERVED, _S.REFUND_PENDING}),
    # Its difference is paid, or the order is called off and the money goes back.
    _S.REPLACEMENT_UNPAID: frozenset({_S.REPLACEMENT_RESERVED, _S.REFUND_PENDING}),
    _S.REPLACEMENT_RESERVED: frozenset({_S.REPLACEMENT_SHIPPED, _S.OUT_OF_STOCK}),
    _S.REPLACEMENT_SHIPPED: frozenset({_S.REPLACED}),
    # A provider may take a success back (edge 63): the only way out of an end.
    _S.REFUNDED: frozenset({_S.REFUND_BLOCKED}),
}
"""The only moves of a lot (domain.md §5.6)."""

_ENDS = frozenset(
    {
        _S.DECLINED,
        _S.CANCELLED,
        _S.EXPIRED,
        _S.NOT_SENT,
        _S.NOT_RETURNED,
        _S.CLOSED_RETURNED,
        _S.REFUNDED,
        _S.REPLACED,
    }
)

AWAITED = frozenset({_S.AUTHORIZED, _S.IN_TRANSIT})
"""Units somebody still expects to arrive."""
ARRIVED = frozenset(
    {
        _S.RECEIVED,
        _S.ACCEPTED,
        _S.PARTIALLY_ACCEPTED,
        _S.REJECTED,
        _S.DISPUTE_WINDOW,
        _S.RETURN_TO_CUSTOMER,
        _S.SHIPPED_BACK,
        _S.CLOSED_RETURNED,
        _S.REFUND_PENDING,
        _S.REFUND_BLOCKED,
        _S.REFUNDED,
        _S.REPLACEMENT_UNPAID,
        _S.REPLACEMENT_RESERVED,
        _S.OUT_OF_STOCK,
        _S.REPLACEMENT_SHIPPED,
        _S.REPLACED,
    }
)
IN_TURN = frozenset({_S.ACCEPTED, _S.LOST, _S.KEPT})
"""Lots whose replacement goes out in its turn: their goods are accepted, lost or not wanted."""
WITHOUT_EFFECT = frozenset({_S.DECLINED, _S.CANCELLED, _S.EXPIRED, _S.NOT_SENT})


class IllegalMoveError(ValueError):
    """A lot was asked to go where no edge leads."""


def check_move(state: LotState, to: LotState) -> None:
    """Raise :class:`IllegalMoveError` unless a lot may go from ``state`` to ``to``."""
    if to not in LOT_MOVES.get(state, frozenset()):
        raise IllegalMoveError(f"no edge leads from {state} to {to}")


def is_terminal(state: LotState) -> bool:
    return state in _ENDS


def roll_up(deliveries: Sequence[DeliveryState], lots: Sequence[LotState]) -> LogisticsState:
    """Return the logistics axis: what arrived counts first, then the furthest delivery."""
    if any(state in ARRIVED for state in lots):
        awaited = any(state in AWAITED or state is LotState.MISSING for state in lots)
        return LogisticsState.PARTIALLY_RECEIVED if awaited else LogisticsState.RECEIVED
    if any(state is DeliveryState.LOST for state in deliveries):
        return LogisticsState.LOST
    if any(state is DeliveryState.RECEIVED for state in deliveries):
        # A parcel was counted, but nothing in it was awaited.
        missing = any(state is LotState.MISSING for state in lots)
        return LogisticsState.PARTIALLY_RECEIVED if missing else LogisticsState.RECEIVED
    if any(state is DeliveryState.DELIVERED for state in deliveries):
        return LogisticsState.DELIVERED
    moving = (
        DeliveryState.IN_TRANSIT,
        DeliveryState.EXCEPTION,
        DeliveryState.RETURNED_TO_SENDER,
    )
    if any(state in moving for state in deliveries):
        return LogisticsState.IN_TRANSIT
    if deliveries and all(state is DeliveryState.CANCELLED for state in deliveries):
        return LogisticsState.CANCELLED
    if any(state is DeliveryState.LABEL_PENDING for state in deliveries):
        return LogisticsState.LABEL_PENDING
    return LogisticsState.AWAITING_HANDOVER if deliveries else LogisticsState.NOT_REQUIRED


_BEFORE_GOODS = {
    AuthorizationState.DRAFT: Headline.DRAFT,
    AuthorizationState.REQUESTED: Headline.REQUESTED,
    AuthorizationState.AWAITING_INFO: Headline.AWAITING_INFO,
    AuthorizationState.IN_REVIEW: Headline.IN_REVIEW,
    AuthorizationState.COUNTER_OFFERED: Headline.COUNTER_OFFERED,
    AuthorizationState.DENIED: Headline.DENIED,
    AuthorizationState.WITHDRAWN: Headline.WITHDRAWN,
    AuthorizationState.EXPIRED: Headline.EXPIRED,
    AuthorizationState.CANCELLED: Headline.CANCELLED,
}
_ON_THE_WAY = {
    LogisticsState.IN_TRANSIT: Headline.IN_TRANSIT,
    LogisticsState.DELIVERED: Headline.IN_TRANSIT,
    LogisticsState.PARTIALLY_RECEIVED: Headline.PARTIALLY_RECEIVED,
}


def derive_headline(
    authorization: AuthorizationState,
    logistics: LogisticsState,
    settlement: SettlementState,
    lots: Sequence[LotState],
    *,
    closed: bool,
) -> Headline:
    """Return the one word a person reads: a pure function of the axes and the lots."""
    if authorization in _BEFORE_GOODS:
        return _BEFORE_GOODS[authorization]
    settled = settlement in (SettlementState.SETTLED, SettlementState.NONE)
    ended = all(is_terminal(state) for state in lots)
    if ended and settled:
        return Headline.CLOSED if closed else Headline.COMPLETED
    if not any(state in ARRIVED for state in lots):
        waiting_only = [state for state in lots if state in AWAITED or state is LotState.MISSING]
        if waiting_only:
            return _ON_THE_WAY.get(logistics, Headline.APPROVED)
        return Headline.RESOLVING
    uninspected = any(state is LotState.RECEIVED for state in lots)
    decided = any(state in ARRIVED and state is not LotState.RECEIVED for state in lots)
    if uninspected:
        if decided:
            return Headline.INSPECTING
        if logistics is LogisticsState.PARTIALLY_RECEIVED:
            return Headline.PARTIALLY_RECEIVED
        return Headline.RECEIVED
    working = any(state in ARRIVED and not is_terminal(state) for state in lots)
    if working or ended or settlement is SettlementState.BLOCKED:
        return Headline.RESOLVING
    return Headline.PARTIALLY_RECEIVED
