"""Refunds of captured payments through PayPal's Payments v2."""

from collections.abc import Mapping
from datetime import datetime

import httpx
from pydantic import ValidationError

from integrations.errors import (
    ActionRequiredError,
    KeyConflictError,
    WebhookMalformedError,
)
from integrations.http import Call, HttpApi, open_client
from integrations.oauth import ClientCredentials
from integrations.payments.amounts import payable, readable
from integrations.payments.holds import HoldGateway
from integrations.payments.keys import certified_keys
from integrations.payments.paypal import signatures, wire
from integrations.payments.paypal.capabilities import CAPABILITIES
from integrations.payments.paypal.holds import PayPalHolds
from integrations.payments.paypal.money import from_wire, to_wire
from integrations.payments.port import (
    PaymentEvent,
    Refund,
    RefundOutcome,
    RefundRequest,
    standing,
)
from integrations.payments.stamps import intent_of, stamp

_OUTCOMES = {
    "COMPLETED": RefundOutcome.SUCCEEDED,
    "FAILED": RefundOutcome.FAILED,
    "CANCELLED": RefundOutcome.FAILED,
}
_FOLLOWED = frozenset(
    {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"}
)


def open_paypal_client(
    base_url: str,
    client_id: str,
    client_secret: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    return open_client(
        base_url,
        # Without it a refund is answered by id and status alone.
        headers={"Prefer": "return=representation"},
        auth=ClientCredentials(
            wire.SYSTEM, f"{base_url.rstrip('/')}/v1/oauth2/token", client_id, client_secret
        ),
        transport=transport,
    )


class PayPalGateway:
    """The payment port on PayPal. A payment is a capture; ``invoice_id`` bears our stamp."""

    capabilities = CAPABILITIES

    def __init__(
        self, http: httpx.AsyncClient, *, webhook_id: str, webhook_certificates: str
    ) -> None:
        """Take the certificates as PEM, one or more; raise ConfigurationError if they are none."""
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal, key_header="PayPal-Request-Id")
        self.holds: HoldGateway = PayPalHolds(self._api)
        self._webhook_id = webhook_id
        self._webhook_keys = certified_keys(
            wire.SYSTEM, webhook_certificates, name="webhook_certificates"
        ).values()

    async def refund(self, request: RefundRequest) -> Refund:
        # Without an amount PayPal would refund whatever is left.
        value = payable(wire.SYSTEM, request.amount, to_wire)
        call = Call(
            "POST",
            "/v2/payments/captures/{capture}/refund",
            ids={"capture": request.payment_ref},
            body={
                "amount": {"currency_code": request.amount.currency, "value": value},
                "invoice_id": stamp(request.intent_id, request.idempotency_key),
                "custom_id": request.return_id,
            },
            idempotency_key=request.idempotency_key,
        )
        refund = _refund(await self._api.ask(call, wire.WireRefund))
        if refund.amount != request.amount:
            # PayPal answers a used key with what was done first, whatever is asked now.
            raise KeyConflictError(
                wire.SYSTEM,
                f"asked for {request.amount}, the key was used for {refund.amount}",
                field="amount",
            )
        return refund

    async def find_refund(
        self,
        *,
        payment_ref: str,
        intent_id: str,
        idempotency_key: str,  # noqa: ARG002  # orders show our stamp, not the key
    ) -> Refund | None:
        captures = Call("GET", "/v2/payments/captures/{capture}", ids={"capture": payment_ref})
        capture = await self._api.ask(captures, wire.WireCapture)
        if capture.order_id is None:
            raise ActionRequiredError(
                wire.SYSTEM, "a capture without an order shows no refunds", code="no_look_up"
            )
        orders = Call("GET", "/v2/checkout/orders/{order}", ids={"order": capture.order_id})
        order = await self._api.ask(orders, wire.WireOrder)
        return standing(
            _refund(refund) for refund in order.refunds if intent_of(refund.invoice_id) == intent_id
        )

    async def get_refund(self, refund_ref: str) -> Refund:
        call = Call("GET", "/v2/payments/refunds/{refund}", ids={"refund": refund_ref})
        return _refund(await self._api.ask(call, wire.WireRefund))

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> PaymentEvent | None:
        signatures.verify(
            headers, body, webhook_id=self._webhook_id, keys=self._webhook_keys, now=now
        )
        try:
            event = wire.WireEvent.model_validate_json(body)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no event") from None
        if event.event_type not in _FOLLOWED:
            return None
        return PaymentEvent(event.id, event.event_type, event.resource.id)


def _refund(found: wire.WireRefund) -> Refund:
    amount = readable(wire.SYSTEM, from_wire, found.amount.value, found.amount.currency_code)
    # Anything that is not final is pending: a word we do not know must not end the wait for money.
    outcome = _OUTCOMES.get(found.status or "", RefundOutcome.PENDING)
    reason = None
    if outcome is RefundOutcome.FAILED:
        reason = (found.status_details and found.status_details.reason) or found.status
    return Refund(
        refund_ref=found.id,
        outcome=outcome,
        amount=amount,
        intent_id=intent_of(found.invoice_id),
        failure_reason=reason,
        payment_refs=found.capture_ids,
    )
