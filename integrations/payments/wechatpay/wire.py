"""WeChat Pay's answers and errors, as far as refunds need them."""

from collections.abc import Mapping
from typing import Any, Literal

import httpx

from integrations.errors import (
    ActionRequiredError,
    ConfigurationError,
    IntegrationError,
    NotFoundError,
    RejectedError,
    ThrottledError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "wechatpay"

_BY_CODE: Mapping[str, type[IntegrationError]] = {
    "FREQUENCY_LIMITED": ThrottledError,
    "FREQUENCY_LIMIT_EXCEED": ThrottledError,
    "RATELIMIT_EXCEEDED": ThrottledError,
    "NOT_ENOUGH": ActionRequiredError,
    "USER_ACCOUNT_ABNORMAL": RejectedError,
    "PARAM_ERROR": RejectedError,
    "INVALID_REQUEST": RejectedError,
    "RESOURCE_NOT_EXISTS": NotFoundError,
    "MCH_NOT_EXISTS": ConfigurationError,
    "SIGN_ERROR": ConfigurationError,
    "NO_AUTH": ConfigurationError,
}


class WireAmount(WireModel):
    total: int
    refund: int
    currency: str


class WireRefund(WireModel):
    """``refund_id`` is WeChat's own; a refund is read by ``out_refund_no`` alone."""

    refund_id: str
    out_refund_no: str
    transaction_id: str | None = None
    status: str
    amount: WireAmount


class WirePaid(WireModel):
    total: int
    currency: str = "CNY"


class WireTransaction(WireModel):
    amount: WirePaid


class WireResource(WireModel):
    algorithm: Literal["AEAD_AES_256_GCM"]
    ciphertext: str
    nonce: str
    associated_data: str = ""


class WireNotice(WireModel):
    id: str
    event_type: str
    resource: WireResource


class WireRefundNews(WireModel):
    out_refund_no: str


def read_refusal(_response: httpx.Response, body: Mapping[str, Any]) -> Refusal:
    code, detail = body.get("code"), body.get("detail")
    field = detail.get("field") if isinstance(detail, dict) else None
    return Refusal(
        code=code if isinstance(code, str) else None,
        field=field if isinstance(field, str) else None,
        error=_BY_CODE.get(code) if isinstance(code, str) else None,
    )
