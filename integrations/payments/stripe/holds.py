"""Holds on Stripe: payment intents that are confirmed now and captured later, or never.

A hold is looked for among its customer's payment intents. Stripe's search would take our id
alone, but lags behind; the list is read after write.
"""

from datetime import UTC, datetime

from domain.money import Money
from integrations.errors import NotFoundError, RejectedError
from integrations.http import Call, HttpApi
from integrations.payments.amounts import payable, readable
from integrations.payments.holds import (
    Authorization,
    AuthorizeRequest,
    CaptureRequest,
    HeldMoney,
    HoldOutcome,
    VoidRequest,
    standing_hold,
)
from integrations.payments.stripe import wire
from integrations.payments.stripe.money import from_wire, to_wire
from integrations.payments.stripe.paging import pages

_SHOWN = {"expand[]": "latest_charge"}
"""Only the charge says until when the money is held."""
_PENDING = frozenset({"processing"})
_ENDED = frozenset({"payment_intent_unexpected_state", "charge_expired_for_capture"})
_EXPIRED = frozenset({"automatic", "expired"})


class StripeHolds:
    def __init__(self, api: HttpApi) -> None:
        self._api = api

    async def authorize(self, request: AuthorizeRequest) -> Authorization:
        form = {
            "amount": str(payable(wire.SYSTEM, request.amount, to_wire)),
            "currency": request.amount.currency.lower(),
            "capture_method": "manual",
            "customer": _payer(request),
            "payment_method": request.method.method_ref,
            # The customer is not there to prove who they are: Stripe refuses what would need it.
            "confirm": "true",
            "off_session": "true",
            "metadata[hold_id]": request.hold_id,
            "metadata[return_id]": request.return_id,
            **_SHOWN,
        }
        call = Call(
            "POST", "/v1/payment_intents", form=form, idempotency_key=request.idempotency_key
        )
        return _hold(await self._api.ask(call, wire.WireHold))

    async def capture(self, request: CaptureRequest) -> Authorization:
        form = {"amount_to_capture": str(payable(wire.SYSTEM, request.amount, to_wire)), **_SHOWN}
        return await self._end(request.held, "capture", form, request.idempotency_key)

    async def void(self, request: VoidRequest) -> Authorization:
        return await self._end(request.held, "cancel", dict(_SHOWN), request.idempotency_key)

    async def find_authorization(self, request: AuthorizeRequest) -> Authorization | None:
        query = {"customer": _payer(request), "expand[]": "data.latest_charge"}
        call = Call("GET", "/v1/payment_intents", query=query)
        found = pages(self._api, call, wire.WireHoldPage)
        intents = [intent async for page in found for intent in page.data]
        return standing_hold(
            _hold(intent)
            for intent in intents
            if (intent.metadata or {}).get("hold_id") == request.hold_id
        )

    async def get_authorization(self, held: HeldMoney) -> Authorization:
        call = Call(
            "GET", "/v1/payment_intents/{intent}", ids={"intent": held.hold_ref}, query=_SHOWN
        )
        return _hold(await self._api.ask(call, wire.WireHold))

    async def _end(
        self, held: HeldMoney, how: str, form: dict[str, str], key: str
    ) -> Authorization:
        call = Call(
            "POST",
            "/v1/payment_intents/{intent}/{end}",
            ids={"intent": held.hold_ref, "end": how},
            form=form,
            idempotency_key=key,
        )
        try:
            return _hold(await self._api.ask(call, wire.WireHold))
        except RejectedError as error:
            if isinstance(error, NotFoundError) or error.code not in _ENDED:
                raise
            now = await self.get_authorization(held)
            if now.outcome is HoldOutcome.AUTHORIZED:
                # It was refused for another reason than its end.
                raise
            return now


def _payer(request: AuthorizeRequest) -> str:
    if not request.method.payer_ref:
        raise RejectedError(
            wire.SYSTEM,
            "a payment method is held for its customer alone",
            code="customer_missing",
            field="payer_ref",
        )
    return request.method.payer_ref


def _hold(found: wire.WireHold) -> Authorization:
    outcome = _outcome(found)
    charge = found.latest_charge
    before = charge.capture_before if charge is not None else None
    captured = outcome is HoldOutcome.CAPTURED
    failure = found.last_payment_error and found.last_payment_error.code
    return Authorization(
        hold_ref=found.id,
        outcome=outcome,
        amount=_money(found.amount, found.currency),
        expires_at=datetime.fromtimestamp(before, UTC) if before is not None else None,
        captured=_money(found.amount_received, found.currency) if captured else None,
        payment_ref=found.id if captured else None,
        failure=(failure or found.status) if outcome is HoldOutcome.REFUSED else None,
    )


def _outcome(found: wire.WireHold) -> HoldOutcome:
    if found.status == "requires_capture":
        return HoldOutcome.AUTHORIZED
    if found.status == "succeeded":
        return HoldOutcome.CAPTURED
    if found.status == "canceled":
        expired = found.cancellation_reason in _EXPIRED
        return HoldOutcome.EXPIRED if expired else HoldOutcome.VOIDED
    # What waits for the customer will not be completed: nobody sends them there.
    return HoldOutcome.PENDING if found.status in _PENDING else HoldOutcome.REFUSED


def _money(amount: int, currency: str) -> Money:
    return readable(wire.SYSTEM, from_wire, amount, currency)
