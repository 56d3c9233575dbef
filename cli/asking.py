"""How requests and counts are written on the command line."""

import argparse
import json
from datetime import datetime
from typing import Any

from backhaul_client import CountedItem, LineReason, NewReturn
from domain.reasons import REASONS, Ground
from domain.requests import HandoverMethod, Requester

# What came back by itself is reported, not asked for.
_GROUNDS = [str(ground) for ground in Ground if ground is not Ground.REFUSAL]


def add_request(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that :func:`new_return` reads."""
    parser.add_argument("order", help="the platform's order id")
    parser.add_argument(
        "lines",
        nargs="+",
        type=units,
        metavar="LINE[:QUANTITY]",
        help="order lines; one unit unless stated",
    )
    parser.add_argument("--ground", choices=_GROUNDS, default=Ground.WITHDRAWAL)
    parser.add_argument("--reason", choices=[*REASONS], help="of every line")
    parser.add_argument("--detail", help="the second level of the reason")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--exchange", metavar="SKU", help="these goods instead of money")
    instead.add_argument("--credit", action="store_true", help="store credit instead of money")
    parser.add_argument(
        "--by", choices=[*map(str, Requester)], help="who asks; a gift's recipient sees no prices"
    )
    parser.add_argument("--handover", choices=[*map(str, HandoverMethod)], help="the way back")
    add_pickup(parser)


def add_pickup(parser: argparse.ArgumentParser) -> None:
    """Add when a courier is to come; :func:`pickup_of` reads it."""
    parser.add_argument(
        "--pickup",
        nargs=3,
        metavar=("FROM", "UNTIL", "ZONE"),
        help="a courier comes then: two times with their offset, and an IANA time zone",
    )


def pickup_of(arguments: argparse.Namespace) -> dict[str, str] | None:
    """Return the window as it was typed: what takes it names the field that is wrong."""
    if not arguments.pickup:
        return None
    return dict(zip(("not_before", "not_after", "time_zone"), arguments.pickup, strict=True))


def new_return(arguments: argparse.Namespace) -> NewReturn:
    """Return the request; ``ValidationError`` when it has a wrong form."""
    common = {"reason": arguments.reason, "reason_detail": arguments.detail}
    if arguments.exchange:
        common |= {"resolution": "EXCHANGE", "exchange_sku": arguments.exchange}
    if arguments.credit:
        common |= {"resolution": "STORE_CREDIT"}
    request: dict[str, Any] = {
        "order_id": arguments.order,
        "lines": [
            {"line_id": line_id, "quantity": quantity, **common}
            for line_id, quantity in arguments.lines
        ],
        "ground": arguments.ground,
    }
    if arguments.pickup:
        request |= {"handover": "PICKUP", "pickup_window": pickup_of(arguments)}
    if arguments.handover:
        request |= {"handover": arguments.handover}
    if arguments.by:
        request |= {"by": arguments.by}
    return NewReturn.model_validate(request)


def units(text: str) -> tuple[str, int]:
    """Read ``NAME`` or ``NAME:QUANTITY``."""
    name, colon, quantity = text.rpartition(":")
    if not colon:
        return text, 1
    if not (quantity.isascii() and quantity.isdigit()):
        raise argparse.ArgumentTypeError(
            f"the quantity is no number: {quantity!r} (after a name with a colon, write it out)"
        )
    return name, int(quantity)


def idempotency_key(text: str) -> str:
    """Read a key; an empty one, of a variable that is not set, would be another one each time."""
    if not text:
        raise argparse.ArgumentTypeError("wanted a key, found an empty text")
    return text


def positive(text: str) -> int:
    """Read a whole number of one or more."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("wanted 1 or more")
    return int(text)


def line_reason(text: str) -> LineReason:
    """Read ``LINE=REASON``."""
    line_id, _, reason = text.partition("=")
    if not line_id or not reason:
        raise argparse.ArgumentTypeError("wanted LINE=REASON")
    return LineReason(line_id=line_id, reason=reason)


def counted(arguments: argparse.Namespace) -> tuple[CountedItem, ...]:
    return tuple(CountedItem(sku=sku, quantity=quantity) for sku, quantity in arguments.counts)


def json_or_text(text: str) -> Any:
    """Read JSON, such as ``true`` or ``["fragile"]``; anything else is a text as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def moment(text: str) -> datetime:
    """Read a time with its offset, such as ``2026-03-02T12:00+01:00``."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("wanted a time with its offset")
    return at
