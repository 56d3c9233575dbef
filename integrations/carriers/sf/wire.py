"""SF's signed envelope: what is put in, and what comes out of two layers of success.

The platform answers HTTP 200 and ``apiResultCode``; behind A1000 the service has its own
``errorCode``, in a JSON text inside the JSON. Messages may repeat an address: codes alone are kept.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote_plus

import httpx
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "sf"
UNKNOWN_ORDER = frozenset({"8018", "8024"})
CANCELLED_ORDER = frozenset({"8037", "8253"})

_PLATFORM_OK, _SERVICE_OK = "A1000", "S0000"
_THROTTLED = "A1005"
_DUPLICATE = "8016"
_MISSING = "A1001"
_OF_THE_ACCOUNT = frozenset(
    {"A1002", "A1003", "A1004", "A1006", "A1008", "A1010", "A1011"}
    | {"6126", "8057", "8114", "8119", "8179", "8256", "20052"}
)
"""Signature, address of the caller, service, monthly card, product: every order would fail."""
_NO_SUCH_TIME = frozenset({"8096", "20034"})
"""Outside of business hours, or past."""
_UNDECIDED = frozenset({"S0003"})
"""Of the service's own trouble; so is each code of the platform that is not listed."""


class CamelModel(WireModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class WireRate(CamelModel):
    business_type: str
    deliver_time: str | None = None
    fee: Annotated[Decimal, Field(ge=0, max_digits=12)] | None = None


class WireRates(CamelModel):
    deliver_tm_dto: tuple[WireRate, ...] | None


class WireWaybill(CamelModel):
    waybill_type: int | str
    waybill_no: str


class WireOrder(CamelModel):
    order_id: str
    filter_result: int | str | None = None
    waybill_no_info_list: tuple[WireWaybill, ...] | None = None

    @property
    def is_served(self) -> bool:
        """Whether SF goes there at all; what a person at SF has yet to decide stands."""
        return str(self.filter_result) != "3"

    @property
    def number(self) -> str | None:
        """The parent waybill's number, once there is one."""
        bills = self.waybill_no_info_list or ()
        return next((bill.waybill_no for bill in bills if str(bill.waybill_type) == "1"), None)


class WireCancelled(CamelModel):
    """``res_status`` is 2 where it was done, and 1 where the waybill is another order's."""

    res_status: int | str

    @property
    def is_done(self) -> bool:
        return str(self.res_status) == "2"


class WireRoute(CamelModel):
    accept_time: str
    op_code: int | str


class WireRoutes(CamelModel):
    mail_no: str
    routes: tuple[WireRoute, ...] | None = None


class WireTracked(CamelModel):
    route_resps: tuple[WireRoutes, ...] | None


def msg_digest(msg_data: str, timestamp: str, check_word: str) -> str:
    """Sign as SF's Java does, whose URL encoding keeps ``*`` and not ``~``."""
    encoded = quote_plus(msg_data + timestamp + check_word, safe="*").replace("~", "%7E")
    digest = hashlib.md5(encoded.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def form(
    service: str, data: Mapping[str, object], *, partner_id: str, check_word: str, now: datetime
) -> dict[str, str]:
    msg_data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    timestamp = str(int(now.timestamp() * 1000))
    return {
        "partnerID": partner_id,
        "requestID": str(uuid.uuid4()),
        "serviceCode": service,
        "timestamp": timestamp,
        "msgDigest": msg_digest(msg_data, timestamp, check_word),
        "msgData": msg_data,
    }


def opened(document: Mapping[str, Any], *, service: str, repeatable: bool) -> dict[str, Any]:
    """Return what a service has to say, out of both layers.

    Raises:
        IntegrationError: one of the layers refuses, or there is nothing to read in them.
    """
    code = document.get("apiResultCode")
    if code != _PLATFORM_OK:
        raise _error(service, code, of_platform=True, repeatable=repeatable)
    inner = _object(document.get("apiResultData"))
    if inner is None:
        raise _unreadable(service, "apiResultData", repeatable=repeatable)
    if inner.get("errorCode") != _SERVICE_OK or inner.get("success", True) not in (True, "true"):
        raise _error(service, inner.get("errorCode"), of_platform=False, repeatable=repeatable)
    data = _object(inner.get("msgData"))
    if data is None:
        raise _unreadable(service, "msgData", repeatable=repeatable)
    return data


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:  # noqa: ARG001 -- its status says all
    """Leave an answer without HTTP 200 to its status: it is not the platform's own."""
    code = body.get("apiResultCode")
    return Refusal(code=code if isinstance(code, str) else None)


def no_rates(why: str) -> RejectedError:
    return RejectedError(SYSTEM, why, code="no_rates")


def _object(told: object) -> dict[str, Any] | None:
    """Read an object, or a text that is one; prices in it never become floats."""
    if isinstance(told, str):
        try:
            told = json.loads(told, parse_float=str, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return None
    return told if isinstance(told, dict) else None


def _no_number(constant: str) -> object:
    raise ValueError(constant)


def _error(service: str, told: object, *, of_platform: bool, repeatable: bool) -> IntegrationError:
    code = told if isinstance(told, str) else None
    message = f"{service} answered {code or 'without a code'}"
    if code == _THROTTLED:
        return ThrottledError(SYSTEM, message)
    if code in _OF_THE_ACCOUNT:
        return ConfigurationError(SYSTEM, message, code=code)
    if code == _DUPLICATE:
        return AlreadyDoneError(SYSTEM, message, code=code)
    if code in _NO_SUCH_TIME:
        return RejectedError(SYSTEM, message, code="slot_gone")
    if code is None or code in _UNDECIDED or (of_platform and code != _MISSING):
        kind = TemporarilyUnavailableError if repeatable else AmbiguousOutcomeError
        return kind(SYSTEM, message, code=code)
    return RejectedError(SYSTEM, message, code=code)


def _unreadable(service: str, field: str, *, repeatable: bool) -> IntegrationError:
    kind = ProtocolError if repeatable else AmbiguousOutcomeError
    return kind(SYSTEM, f"{service} answered against its contract: {field}", field=field)
