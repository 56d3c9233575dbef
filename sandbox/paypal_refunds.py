"""Money back from captures, never more than was captured."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sandbox import paypal_objects
from sandbox.clock import iso_now
from sandbox.errors import RefusalError, paypal_refusal
from sandbox.ledger import Json
from sandbox.paypal_money import CURRENCIES, WITHOUT_DECIMALS, decimals_of, to_minor
from sandbox.paypal_objects import new_id, shown
from sandbox.world import World

_UNDONE = ("FAILED", "CANCELLED")
_Text = Annotated[str, Field(min_length=1, max_length=127)]


class Amount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    currency_code: Annotated[str, Field(min_length=3, max_length=3)]
    value: Annotated[str, Field(max_length=32)]


class RefundRequest(BaseModel):
    """Everything may be left out: an empty body gives back what is left."""

    model_config = ConfigDict(extra="forbid")

    amount: Amount | None = None
    invoice_id: _Text | None = None
    custom_id: _Text | None = None
    note_to_payer: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class CaptureAsked(BaseModel):
    """Without an amount all that is held is taken."""

    model_config = ConfigDict(extra="forbid")

    amount: Amount | None = None
    invoice_id: _Text | None = None
    final_capture: bool = False
    note_to_payer: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class RenewalAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Amount | None = None


def create(world: World, capture_id: str, asked: RefundRequest, *, waits: bool) -> Json:
    capture = found(world, "capture", capture_id)
    left = capture["_minor"] - capture["_refunded_minor"]
    minor = left if asked.amount is None else checked(asked.amount, capture["amount"])
    if left == 0:
        raise _refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded")
    if minor > left:
        raise _refused(
            "REFUND_AMOUNT_EXCEEDED",
            "The refund amount must be less than or equal to the capture amount that has not yet"
            " been refunded.",
            field="/amount/value",
        )
    if asked.invoice_id is not None and world.ledger.find(
        "paypal.refund", {"invoice_id": asked.invoice_id}, limit=1
    ):
        raise _refused(
            "DUPLICATE_INVOICE_ID",
            "Invoice ID was previously used to refund a capture.",
            field="/invoice_id",
        )
    refund = paypal_objects.refund(
        of=capture,
        minor=minor,
        status="PENDING" if waits else "COMPLETED",
        invoice_id=asked.invoice_id,
        custom_id=asked.custom_id,
        note=asked.note_to_payer,
    )
    world.ledger.add("paypal.refund", refund["id"], refund)
    _count(world, capture, minor)
    emit(world, "PAYMENT.REFUND.PENDING" if waits else "PAYMENT.CAPTURE.REFUNDED", refund)
    return refund


def fail(world: World, refund: Json) -> Json:
    """Let a refund fail after all: the money is back with the merchant. Repeats change nothing."""
    if refund["status"] in _UNDONE:
        return refund
    refund.pop("status_details", None)
    _change(world, refund, "FAILED")
    _count(world, found(world, "capture", refund["_capture_id"]), -refund["_minor"])
    emit(world, "PAYMENT.REFUND.FAILED", refund)
    return refund


def succeed(world: World, refund: Json) -> Json:
    """Let a pending refund arrive. Repeats change nothing."""
    if refund["status"] == "PENDING":
        refund.pop("status_details", None)
        _change(world, refund, "COMPLETED")
        emit(world, "PAYMENT.CAPTURE.REFUNDED", refund)
    return refund


def refunds_of(world: World, capture_id: str) -> list[Json]:
    """Return the refunds of a capture, newest first."""
    return world.ledger.find("paypal.refund", {"_capture_id": capture_id})


def found(world: World, kind: str, object_id: str) -> Json:
    """Return a PayPal object by id, or raise its 404."""
    document = world.ledger.get(f"paypal.{kind}", object_id)
    if document is None:
        raise paypal_refusal(
            404,
            "INVALID_RESOURCE_ID",
            "Specified resource ID does not exist. Please check the resource ID and try again.",
        )
    return document


def emit(world: World, event_type: str, refund: Json) -> None:
    event_id = f"WH-{new_id()}"
    event: Json = {
        "id": event_id,
        "event_version": "1.0",
        "create_time": iso_now(),
        "resource_type": "refund",
        "resource_version": "2.0",
        "event_type": event_type,
        "summary": "a refund changed",
        "resource": shown(refund, base=""),
    }
    world.webhooks.enqueue("paypal", event_id, event_type, event)


def checked(amount: Amount, of: Json) -> int:
    """Read a part ``of`` an amount in minor units, or raise what PayPal says to it."""
    currency, value = amount.currency_code, amount.value
    decimals = decimals_of(value)
    if currency not in CURRENCIES:
        raise _refused("INVALID_CURRENCY_CODE", "Currency code is invalid.", field="/amount")
    if decimals is None:
        raise paypal_refusal(
            400, "INVALID_PARAMETER_SYNTAX", "The value is malformed.", field="/amount/value"
        )
    if decimals and currency in WITHOUT_DECIMALS:
        raise _refused("DECIMALS_NOT_SUPPORTED", "No decimals here.", field="/amount/value")
    if len(decimals) > 2:
        raise _refused("DECIMAL_PRECISION", "At most two decimals.", field="/amount/value")
    if currency != of["currency_code"]:
        raise _refused(
            "REFUND_CAPTURE_CURRENCY_MISMATCH",
            "Refund must be in the same currency as the capture",
            field="/amount/currency_code",
        )
    minor = to_minor(value, currency)
    if minor < 1:
        raise _refused("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be positive.", field="/amount/value")
    return minor


def _refused(issue: str, description: str, *, field: str | None = None) -> RefusalError:
    return paypal_refusal(422, issue, description, field=field)


def _change(world: World, refund: Json, status: str) -> None:
    refund |= {"status": status, "update_time": iso_now()}
    world.ledger.save("paypal.refund", refund["id"], refund)


def _count(world: World, capture: Json, minor: int) -> None:
    capture["_refunded_minor"] += minor
    given_back = capture["_refunded_minor"]
    capture["status"] = (
        "COMPLETED"
        if given_back == 0
        else "REFUNDED"
        if given_back == capture["_minor"]
        else "PARTIALLY_REFUNDED"
    )
    world.ledger.save("paypal.capture", capture["id"], capture)
