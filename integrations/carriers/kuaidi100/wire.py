"""Kuaidi100's answers, error codes and signatures."""

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from integrations.errors import (
    ConfigurationError,
    InProgressError,
    IntegrationError,
    NotFoundError,
    RejectedError,
    TemporarilyUnavailableError,
    UnansweredError,
    WebhookSignatureError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "kuaidi100"

_UNDECIDED = "500"
"""Passing trouble, as the manual has it, or a request that is not as it should be: its effect is
not told."""
_ORDER_ERRORS: Mapping[str, type[IntegrationError]] = {
    "501": InProgressError,
    "503": ConfigurationError,
    "600": ConfigurationError,
    "601": ConfigurationError,
}
_QUERY_ERRORS: Mapping[str, type[IntegrationError]] = {
    "500": NotFoundError,
    "501": TemporarilyUnavailableError,
    "502": TemporarilyUnavailableError,
    "503": ConfigurationError,
    "601": ConfigurationError,
}


def _as_text(value: Any) -> Any:
    """Codes and numbers are told as text or as numbers, both in the manual's own examples."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


Code = Annotated[str, BeforeValidator(_as_text)]
Number = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[0-9A-Za-z]{1,64}$")]


def _as_decimal(value: Any) -> Any:
    """Read a float by its shortest form, and an empty text as no price."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return Decimal(str(value)) if value != "" else None
    except InvalidOperation:
        raise PydanticCustomError("decimal_parsing", "wanted a decimal number") from None


Amount = Annotated[Decimal, Field(ge=0, max_digits=12)]


class WireAnswer(WireModel):
    result: bool
    return_code: Code = Field("", validation_alias="returnCode")


class WirePrice(WireModel):
    price: Annotated[Amount | None, BeforeValidator(_as_decimal)] = None


class WirePriced(WireAnswer):
    data: WirePrice | None = None


class WireOrder(WireModel):
    """``number`` is the courier company's; some companies give it later."""

    task_id: Number = Field(validation_alias="taskId")
    order_id: Number = Field(validation_alias="orderId")
    number: str | None = Field(None, validation_alias="kuaidinum")


class WireOrdered(WireAnswer):
    data: WireOrder | None = None


class WireDetail(WireModel):
    status: Code
    number_in_full: str | None = Field(None, validation_alias="kuaidiNum")
    number_in_short: str | None = Field(None, validation_alias="kuaidinum")

    @property
    def number(self) -> str | None:
        """The courier company's number, which the manual spells in two ways."""
        return self.number_in_full or self.number_in_short


class WireDetailed(WireAnswer):
    data: WireDetail | None = None


class WireStep(WireModel):
    time: str
    context: str = ""
    status_code: Code | None = Field(None, validation_alias="statusCode")


class WireTrack(WireModel):
    """A query's answer: without ``result`` where it found something."""

    result: bool = True
    return_code: Code = Field("", validation_alias="returnCode")
    state: Code | None = None
    data: tuple[WireStep, ...] = ()


class WireLast(WireModel):
    number: str = Field(validation_alias="nu", min_length=1, max_length=64)


class WirePush(WireModel):
    """A push of tracks; what Kuaidi100 tells of orders on the same address has no such part."""

    status: str = ""
    last_result: WireLast | None = Field(None, validation_alias="lastResult")


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:  # noqa: ARG001 -- the status says what may be done
    code = body.get("returnCode")
    return Refusal(str(code) if isinstance(code, str | int) else None)


def order_error(what: str, code: str, *, repeatable: bool) -> IntegrationError:
    """Return what an order's ``result: false`` means, which comes with HTTP 200."""
    kind = _ORDER_ERRORS.get(code, RejectedError)
    if code == _UNDECIDED:
        kind = TemporarilyUnavailableError if repeatable else UnansweredError
    return kind(SYSTEM, f"{what} answered {code or 'no code'}", code=code or None)


def query_error(code: str) -> IntegrationError:
    kind = _QUERY_ERRORS.get(code, RejectedError)
    return kind(SYSTEM, f"the query of tracks answered {code or 'no code'}", code=code or None)


def signed(*parts: str) -> str:
    """Return the MD5 of all parts, one after the other, in capital hex."""
    # The vendor's own way; it proves who asks, and keeps nothing secret.
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest().upper()


def verify_push(sign: str | None, param: str, salt: str) -> None:
    if sign is None or not hmac.compare_digest(sign.encode(), signed(param, salt).encode()):
        raise WebhookSignatureError(SYSTEM, "the sign is missing or wrong")
