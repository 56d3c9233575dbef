"""PayPal's answers and errors, as far as refunds need them."""

from collections.abc import Mapping
from typing import Any

import httpx

from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    DisputedError,
    InProgressError,
    IntegrationError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "paypal"

# What stands in the specification and not here is refused for good, as its status says.
_BY_ISSUE: Mapping[str, type[IntegrationError]] = {
    "CAPTURE_FULLY_REFUNDED": AlreadyDoneError,
    "DUPLICATE_INVOICE_ID": AlreadyDoneError,
    "PREVIOUS_REQUEST_IN_PROGRESS": InProgressError,
    # The customer's money is not there yet, such as an e-check's: the same request later.
    "PENDING_CAPTURE": InProgressError,
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED": ActionRequiredError,
    "PAYEE_ACCOUNT_RESTRICTED": ActionRequiredError,
    "REFUND_FAILED_INSUFFICIENT_FUNDS": ActionRequiredError,
    "REFUND_IS_RESTRICTED": ActionRequiredError,
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": DisputedError,
    "TRANSACTION_DISPUTED": DisputedError,
}


class WireMoney(WireModel):
    currency_code: str
    value: str


class WireStatusDetails(WireModel):
    reason: str | None = None


class WireLink(WireModel):
    href: str
    rel: str


class WireRefund(WireModel):
    id: str
    links: tuple[WireLink, ...] = ()
    status: str | None = None
    status_details: WireStatusDetails | None = None
    amount: WireMoney
    invoice_id: str | None = None

    @property
    def capture_ids(self) -> tuple[str, ...]:
        """The capture it is of, which only its link upwards names.

        The specification leaves links' relations open; developer.paypal.com's examples have it.
        """
        above = [link.href for link in self.links if link.rel == "up"]
        return tuple(href.rsplit("/", 1)[1] for href in above if "/v2/payments/captures/" in href)


class WireRelated(WireModel):
    order_id: str | None = None


class WireSupplement(WireModel):
    related_ids: WireRelated | None = None


class WireCapture(WireModel):
    id: str
    supplementary_data: WireSupplement | None = None

    @property
    def order_id(self) -> str | None:
        related = self.supplementary_data and self.supplementary_data.related_ids
        return related.order_id if related else None


class WirePayments(WireModel):
    refunds: tuple[WireRefund, ...] = ()


class WirePurchaseUnit(WireModel):
    payments: WirePayments = WirePayments()


class WireOrder(WireModel):
    id: str
    purchase_units: tuple[WirePurchaseUnit, ...]

    @property
    def refunds(self) -> tuple[WireRefund, ...]:
        return tuple(refund for unit in self.purchase_units for refund in unit.payments.refunds)


class WireResource(WireModel):
    id: str | None = None


class WireEvent(WireModel):
    id: str
    event_type: str
    resource: WireResource


def read_refusal(_response: httpx.Response, body: Mapping[str, Any]) -> Refusal:
    details = body.get("details")
    issues = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    telling = next((one for one in issues if one.get("issue") in _BY_ISSUE), None)
    told = telling or (issues[0] if issues else {})
    code, name, field = told.get("issue"), body.get("name"), told.get("field")
    code = code if isinstance(code, str) else name if isinstance(name, str) else None
    return Refusal(
        code=code,
        field=field if isinstance(field, str) else None,
        error=_BY_ISSUE.get(code or ""),
    )
