"""How each system checks keys and words its failures."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError

from sandbox.errors import (
    RefusalError,
    commerce_refusal,
    easypost_refusal,
    kuaidi100_refusal,
    paypal_refusal,
    sf_refusal,
    stripe_refusal,
    ups_refusal,
    wechatpay_refusal,
)
from sandbox.faults import FaultKind, FaultPlan, System


@dataclass(frozen=True, slots=True)
class Dialect:
    system: System
    key_prefix: str
    basic_allowed: bool
    refuse: Callable[[int, str, str], RefusalError]
    """Words a refusal from status, code and message."""
    failure_codes: Mapping[int, str]

    def check_key(self, authorization: str | None) -> None:
        """Accept any key of the right kind; raise a 401 for everything else."""
        key = _presented_key(authorization or "", basic_allowed=self.basic_allowed)
        if not key.startswith(self.key_prefix):
            raise self.refuse(401, self.failure_codes[401], "no valid API key was provided")

    def in_use(self) -> RefusalError:
        """Refuse a second request under a key while the first is at work."""
        return self.refuse(409, self.failure_codes[409], _MESSAGES[409])

    def failure(self, plan: FaultPlan) -> RefusalError:
        """Return what a fault answers instead of the system."""
        status = _STATUS[plan.kind]
        refusal = self.refuse(status, self.failure_codes[status], _MESSAGES[status])
        refusal.kept = plan.kind is FaultKind.STORED_500
        if status in (429, 503):
            refusal.headers = {"Retry-After": str(plan.retry_after_s)}
        return refusal

    def invalid(self, error: RequestValidationError) -> RefusalError:
        """Word a body or parameter that breaks the contract, naming the first field."""
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "body"
        if self.system == "commerce":
            return commerce_refusal(422, "invalid_request", first["msg"], field=field)
        if self.system == "wechatpay":
            return wechatpay_refusal(400, "PARAM_ERROR", f"{field}: {first['msg']}")
        if self.system == "paypal":
            pointer = "/" + field.replace(".", "/")
            return paypal_refusal(400, "INVALID_PARAMETER_SYNTAX", first["msg"], field=pointer)
        return self.refuse(422, "PARAMETER.REQUIRED", f"{field}: {first['msg']}")


_STATUS = {
    FaultKind.STORED_500: 500,
    FaultKind.HTTP_500: 500,
    FaultKind.HTTP_503: 503,
    FaultKind.CONFLICT: 409,
    FaultKind.THROTTLED: 429,
}
_MESSAGES = {
    409: "another request is working on this right now",
    429: "too many requests hit the API too quickly",
    500: "an unexpected error occurred",
    503: "the service is unavailable right now",
}


def _refuse_stripe(status: int, code: str, message: str) -> RefusalError:
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return stripe_refusal(status, message, code=code or None, kind=kind)


DIALECTS: Mapping[str, Dialect] = {
    "stripe": Dialect(
        system="stripe",
        key_prefix="sk_test_",
        basic_allowed=True,
        refuse=_refuse_stripe,
        failure_codes={
            401: "",
            404: "",
            405: "",
            409: "idempotency_key_in_use",
            429: "rate_limit",
            500: "",
            503: "",
        },
    ),
    "paypal": Dialect(
        system="paypal",
        # Client ids and the tokens made of them alike.
        key_prefix="A",
        basic_allowed=True,
        refuse=paypal_refusal,
        failure_codes={
            401: "INVALID_ACCOUNT_STATUS",
            404: "INVALID_RESOURCE_ID",
            405: "METHOD_NOT_SUPPORTED",
            409: "PREVIOUS_REQUEST_IN_PROGRESS",
            429: "RATE_LIMIT_REACHED",
            500: "INTERNAL_SERVICE_ERROR",
            503: "SERVICE_UNAVAILABLE",
        },
    ),
    "wechatpay": Dialect(
        system="wechatpay",
        # Its requests are signed instead, which its routes check.
        key_prefix="",
        basic_allowed=False,
        refuse=wechatpay_refusal,
        failure_codes={
            401: "SIGN_ERROR",
            404: "RESOURCE_NOT_EXISTS",
            405: "INVALID_REQUEST",
            409: "RESOURCE_ALREADY_EXISTS",
            429: "FREQUENCY_LIMITED",
            500: "SYSTEM_ERROR",
            503: "SYSTEM_ERROR",
        },
    ),
    "easypost": Dialect(
        system="easypost",
        key_prefix="EZTK",
        basic_allowed=True,
        refuse=easypost_refusal,
        failure_codes={
            401: "UNAUTHORIZED",
            404: "NOT_FOUND",
            405: "NOT_ACCEPTABLE",
            409: "SHIPMENT.PURCHASE.IN_PROGRESS",
            429: "RATE_LIMITED",
            500: "INTERNAL_SERVER_ERROR",
            503: "SERVICE_UNAVAILABLE",
        },
    ),
    "ups": Dialect(
        system="ups",
        # Client ids and the tokens made of them alike.
        key_prefix="UPS",
        basic_allowed=True,
        refuse=ups_refusal,
        failure_codes={
            401: "250002",
            404: "404",
            405: "405",
            409: "409",
            429: "10429",
            500: "500",
            503: "503",
        },
    ),
    "kuaidi100": Dialect(
        system="kuaidi100",
        # Its requests are signed instead, which its routes check.
        key_prefix="",
        basic_allowed=False,
        refuse=kuaidi100_refusal,
        failure_codes={
            401: "503",
            404: "404",
            405: "405",
            409: "501",
            429: "429",
            500: "500",
            503: "502",
        },
    ),
    "sf": Dialect(
        system="sf",
        # Its requests are signed instead, which its route checks.
        key_prefix="",
        basic_allowed=False,
        refuse=sf_refusal,
        failure_codes={
            401: "A1006",
            404: "A1001",
            405: "A1001",
            409: "A1007",
            429: "A1005",
            500: "A1099",
            503: "A1009",
        },
    ),
    "commerce": Dialect(
        system="commerce",
        key_prefix="ct_",
        basic_allowed=False,
        refuse=commerce_refusal,
        failure_codes={
            401: "unauthorized",
            404: "not_found",
            405: "method_not_allowed",
            409: "in_progress",
            429: "rate_limited",
            500: "internal_error",
            503: "unavailable",
        },
    ),
}


def _presented_key(authorization: str, *, basic_allowed: bool) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic" and basic_allowed:
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
