"""Refunds through Stripe."""

from collections.abc import Mapping
from datetime import datetime

import httpx
from pydantic import ValidationError

from integrations.errors import RejectedError, WebhookMalformedError
from integrations.http import Call, HttpApi, open_client
from integrations.payments.amounts import payable, readable
from integrations.payments.holds import HoldGateway
from integrations.payments.port import (
    PaymentEvent,
    Refund,
    RefundOutcome,
    RefundRequest,
    standing,
)
from integrations.payments.stripe import disputes, wire
from integrations.payments.stripe.capabilities import CAPABILITIES
from integrations.payments.stripe.disputes import StripeDisputes
from integrations.payments.stripe.holds import StripeHolds
from integrations.payments.stripe.money import from_wire, to_wire
from integrations.payments.stripe.paging import pages
from integrations.webhooks import header

API_VERSION = "2026-05-27.dahlia"

_OUTCOMES = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}
_FOLLOWED = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)


def open_stripe_client(
    base_url: str, api_key: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    return open_client(
        base_url,
        headers={"Authorization": f"Bearer {api_key}", "Stripe-Version": API_VERSION},
        transport=transport,
    )


class StripeGateway(StripeDisputes):
    """The payment port on Stripe's API, version :data:`API_VERSION`."""

    capabilities = CAPABILITIES

    def __init__(self, http: httpx.AsyncClient, *, webhook_secret: str) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal)
        self._webhook_secret = webhook_secret
        self.holds: HoldGateway = StripeHolds(self._api)

    async def refund(self, request: RefundRequest) -> Refund:
        # Without an amount Stripe would refund whatever is left.
        form = {
            **_payment(request.payment_ref),
            "amount": str(payable(wire.SYSTEM, request.amount, to_wire)),
            "reason": "requested_by_customer",
            "metadata[refund_request_id]": request.intent_id,
            "metadata[return_id]": request.return_id,
        }
        call = Call("POST", "/v1/refunds", form=form, idempotency_key=request.idempotency_key)
        return _refund(await self._api.ask(call, wire.WireRefund))

    async def find_refund(
        self,
        *,
        payment_ref: str,
        intent_id: str,
        idempotency_key: str,  # noqa: ARG002  # Stripe's lists know our id alone
    ) -> Refund | None:
        return standing(
            _refund(refund)
            for refund in await self._all(_payment(payment_ref))
            if (refund.metadata or {}).get("refund_request_id") == intent_id
        )

    async def list_refunds(self, *, since: datetime, until: datetime) -> tuple[Refund, ...]:
        bounds = {"created[gte]": since, "created[lt]": until}
        query = {name: str(int(bound.timestamp())) for name, bound in bounds.items()}
        return tuple(_refund(refund) for refund in await self._all(query))

    async def _all(self, wanted: Mapping[str, str]) -> list[wire.WireRefund]:
        call = Call("GET", "/v1/refunds", query=wanted)
        found = pages(self._api, call, wire.WireRefundPage)
        return [refund async for page in found for refund in page.data]

    async def get_refund(self, refund_ref: str) -> Refund:
        call = Call("GET", "/v1/refunds/{refund}", ids={"refund": refund_ref})
        return _refund(await self._api.ask(call, wire.WireRefund))

    async def cancel_refund(self, refund_ref: str, *, idempotency_key: str) -> Refund:
        call = Call(
            "POST",
            "/v1/refunds/{refund}/cancel",
            ids={"refund": refund_ref},
            form={},
            idempotency_key=idempotency_key,
        )
        return _refund(await self._api.ask(call, wire.WireRefund))

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> PaymentEvent | None:
        wire.verify_signature(header(headers, "Stripe-Signature"), body, self._webhook_secret, now)
        try:
            event = wire.WireEvent.model_validate_json(body)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no event") from None
        if event.type in disputes.FOLLOWED:
            return PaymentEvent(event.id, event.type, None, dispute_ref=event.data.object.id)
        if event.type not in _FOLLOWED:
            return None
        return PaymentEvent(event.id, event.type, event.data.object.id)


def _payment(payment_ref: str) -> dict[str, str]:
    if payment_ref.startswith("pi_"):
        return {"payment_intent": payment_ref}
    if payment_ref.startswith(("ch_", "py_")):
        return {"charge": payment_ref}
    raise RejectedError(
        wire.SYSTEM,
        "wanted a payment intent (pi_) or a charge (ch_, py_)",
        code="unknown_payment_kind",
        field="payment_ref",
    )


def _refund(found: wire.WireRefund) -> Refund:
    amount = readable(wire.SYSTEM, from_wire, found.amount, found.currency)
    # Anything that is not final is pending: a word we do not know must not end the wait for money.
    outcome = _OUTCOMES.get(found.status or "", RefundOutcome.PENDING)
    reason = found.failure_reason
    if outcome is RefundOutcome.FAILED:
        reason = reason or found.status
    return Refund(
        refund_ref=found.id,
        outcome=outcome,
        amount=amount,
        intent_id=(found.metadata or {}).get("refund_request_id"),
        failure_reason=reason,
        payment_refs=tuple(filter(None, (found.payment_intent, found.charge))),
    )
