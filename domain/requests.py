"""What was asked for. Never edited afterwards; an authorization may grant less."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.ids import content_hash, stated
from domain.reasons import Ground, reason_problem


class Resolution(StrEnum):
    """What the customer gets for a lot: exactly one, chosen once."""

    REFUND = "REFUND"
    STORE_CREDIT = "STORE_CREDIT"
    EXCHANGE = "EXCHANGE"
    NONE = "NONE"

    @property
    def pays_back(self) -> bool:
        """Whether the lot's value is given back, as money or as credit, and no goods for it."""
        return self in (Resolution.REFUND, Resolution.STORE_CREDIT)


class HandoverMethod(StrEnum):
    """How the goods start their way back.

    A courier, our label or its QR code at a drop-off point, a store of the merchant whose scan is
    the receipt, or a carrier of the customer's own choice. With KEEP nothing comes back at all.
    """

    PICKUP = "PICKUP"
    DROP_OFF = "DROP_OFF"
    QR_DROP_OFF = "QR_DROP_OFF"
    IN_STORE = "IN_STORE"
    OWN_CARRIER = "OWN_CARRIER"
    KEEP = "KEEP"

    @property
    def has_label(self) -> bool:
        """Whether a label of ours is bought for it; the others need no carrier of ours."""
        return self in (
            HandoverMethod.PICKUP,
            HandoverMethod.DROP_OFF,
            HandoverMethod.QR_DROP_OFF,
        )


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """``exchange_sku`` names the wanted goods when ``resolution`` is EXCHANGE."""

    line_id: str
    quantity: int
    resolution: Resolution = Resolution.REFUND
    reason: str | None = None
    reason_detail: str | None = None
    exchange_sku: str | None = None


@dataclass(frozen=True, slots=True)
class PickupWindow:
    """When a courier may come: aware times; ``time_zone`` is the pickup address's IANA zone."""

    not_before: datetime
    not_after: datetime
    time_zone: str


class Requester(StrEnum):
    """Who asks: the customer of the order, or who was given it as a gift."""

    PURCHASER = "purchaser"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """Ids, quantities and codes only: facts that grant money come from the order API."""

    order_id: str
    lines: tuple[RequestedLine, ...]
    ground: Ground = Ground.WITHDRAWAL
    handover: HandoverMethod = HandoverMethod.DROP_OFF
    pickup_window: PickupWindow | None = None
    by: Requester = Requester.PURCHASER


def request_hash(request: ReturnRequest) -> str:
    """Return what two requests under one key must have in common."""
    return content_hash(stated(request))


class RequestError(ValueError):
    """The request contradicts itself; ``field`` names the offending one, ``code`` the problem."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def check_request(request: ReturnRequest) -> ReturnRequest:
    """Return ``request`` if it makes sense by itself, before any fact is known.

    Raises:
        RequestError: no line or one line twice, a quantity below one, an unknown or missing reason,
            an exchange without its SKU, a pickup without a window or with a wrong one, or a way
            back for what came back by itself.
    """
    if not request.lines:
        raise RequestError("invalid_request", "lines", "wanted one or more")
    seen: list[str] = []
    for index, line in enumerate(request.lines):
        at = f"lines[{index}]"
        if line.line_id in seen:
            raise RequestError("invalid_request", f"{at}.line_id", "stands twice")
        seen.append(line.line_id)
        if line.quantity < 1:
            raise RequestError(
                "invalid_quantity",
                f"{at}.quantity",
                f"wanted 1 or more, found {line.quantity}",
            )
        if problem := reason_problem(line.reason, line.reason_detail, ground=request.ground):
            raise RequestError("invalid_reason", f"{at}.reason", problem)
        if (line.resolution is Resolution.EXCHANGE) != (line.exchange_sku is not None):
            raise RequestError(
                "invalid_request",
                f"{at}.exchange_sku",
                "goes with resolution EXCHANGE only",
            )
        if line.resolution is Resolution.NONE:
            raise RequestError(
                "invalid_request", f"{at}.resolution", "wanted REFUND, STORE_CREDIT or EXCHANGE"
            )
    check_handover(request.handover, request.pickup_window)
    if request.ground is Ground.REFUSAL and request.handover is not HandoverMethod.IN_STORE:
        raise RequestError("invalid_request", "handover", "wanted IN_STORE of what came back")
    return request


def check_handover(method: HandoverMethod, window: PickupWindow | None) -> None:
    """Raise :class:`RequestError` unless a way back and a courier's window go together."""
    if (method is HandoverMethod.PICKUP) != (window is not None):
        raise RequestError("invalid_request", "pickup_window", "goes with handover PICKUP only")
    if window is None:
        return
    for name, at in (("not_before", window.not_before), ("not_after", window.not_after)):
        if at.tzinfo is None:
            raise RequestError("invalid_request", f"pickup_window.{name}", "wanted an offset")
    if window.not_before >= window.not_after:
        raise RequestError("invalid_request", "pickup_window.not_after", "must be after not_before")
    try:
        ZoneInfo(window.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RequestError(
            "invalid_request", "pickup_window.time_zone", "wanted an IANA time zone"
        ) from error
