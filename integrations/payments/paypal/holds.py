"""Holds on PayPal: authorizations that the customer approved, captured later or never.

Making one is the Orders API's business and the platform's: it names the authorization, and what is
placed here is read there. Renewing it makes another one, which cannot be voided or renewed itself:
both are asked of the first, which ``method_ref`` names.
"""

from dataclasses import replace
from datetime import UTC, datetime

from domain.money import Money
from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    KeyConflictError,
    RejectedError,
)
from integrations.http import Call, HttpApi
from integrations.payments.amounts import payable, readable
from integrations.payments.holds import (
    Authorization,
    AuthorizeRequest,
    CaptureRequest,
    HeldMoney,
    HoldOutcome,
    VoidRequest,
)
from integrations.payments.paypal import hold_wire, wire
from integrations.payments.paypal.money import from_wire, to_wire
from integrations.payments.stamps import intent_of, stamp

_OUTCOMES = {
    "CREATED": HoldOutcome.AUTHORIZED,
    "CAPTURED": HoldOutcome.CAPTURED,
    "PARTIALLY_CAPTURED": HoldOutcome.CAPTURED,
    "VOIDED": HoldOutcome.VOIDED,
    "DENIED": HoldOutcome.REFUSED,
}
_CAPTURED = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_NOT_CAPTURED = frozenset({"DECLINED", "FAILED"})
_ENDED = {
    "AUTHORIZATION_ALREADY_CAPTURED": HoldOutcome.CAPTURED,
    "AUTHORIZATION_EXPIRED": HoldOutcome.EXPIRED,
    "AUTHORIZATION_VOIDED": HoldOutcome.VOIDED,
    "PREVIOUSLY_CAPTURED": HoldOutcome.CAPTURED,
    "PREVIOUSLY_VOIDED": HoldOutcome.VOIDED,
}


class PayPalHolds:
    def __init__(self, api: HttpApi) -> None:
        self._api = api

    async def authorize(self, request: AuthorizeRequest) -> Authorization:
        value = payable(wire.SYSTEM, request.amount, to_wire)
        if not request.renews:
            return _covering(request, await self._read(request.method.method_ref, request.hold_id))
        call = Call(
            "POST",
            "/v2/payments/authorizations/{authorization}/reauthorize",
            ids={"authorization": request.method.method_ref},
            body={"amount": {"currency_code": request.amount.currency, "value": value}},
            idempotency_key=request.idempotency_key,
        )
        found = await self._api.ask(call, hold_wire.WireAuthorization)
        return _covering(request, _hold(found))

    async def capture(self, request: CaptureRequest) -> Authorization:
        held, amount = request.held, request.amount
        value = payable(wire.SYSTEM, amount, to_wire)
        call = Call(
            "POST",
            "/v2/payments/authorizations/{authorization}/capture",
            ids={"authorization": held.hold_ref},
            body={
                "amount": {"currency_code": amount.currency, "value": value},
                "invoice_id": stamp(held.hold_id, request.idempotency_key),
                # Without it the rest stays held.
                "final_capture": True,
            },
            idempotency_key=request.idempotency_key,
        )
        try:
            capture = await self._api.ask(call, hold_wire.WireHoldCapture)
        except AlreadyDoneError:
            return await self.get_authorization(held)
        except RejectedError as error:
            return await self._as_it_ended(error, held.hold_ref, held.hold_id)
        captured = _money(capture.amount)
        if captured != amount:
            raise KeyConflictError(
                wire.SYSTEM,
                f"asked to capture {amount}, the key was used for {captured}",
                field="amount",
            )
        if capture.status in _NOT_CAPTURED:
            raise RejectedError(
                wire.SYSTEM, f"the capture is {capture.status}", code=capture.status, field="amount"
            )
        done = capture.status in _CAPTURED
        return Authorization(
            hold_ref=held.hold_ref,
            outcome=HoldOutcome.CAPTURED if done else HoldOutcome.PENDING,
            amount=amount,
            captured=captured if done else None,
            payment_ref=capture.id if done else None,
        )

    async def void(self, request: VoidRequest) -> Authorization:
        held, first = request.held, request.held.method.method_ref
        call = Call(
            "POST",
            "/v2/payments/authorizations/{authorization}/void",
            ids={"authorization": first},
            # A void takes no key; what was voided stays so.
            repeatable=True,
        )
        try:
            await self._api.tell(call)
        except RejectedError as error:
            ended = await self._as_it_ended(error, first, held.hold_id)
        else:
            ended = await self._read(first, held.hold_id)
        return replace(ended, hold_ref=held.hold_ref)

    async def find_authorization(self, request: AuthorizeRequest) -> Authorization | None:
        if request.renews:
            raise ActionRequiredError(
                wire.SYSTEM, "a reauthorization bears no reference of ours", code="no_look_up"
            )
        return await self._read(request.method.method_ref, request.hold_id)

    async def get_authorization(self, held: HeldMoney) -> Authorization:
        return await self._read(held.hold_ref, held.hold_id)

    async def _read(self, hold_ref: str, hold_id: str) -> Authorization:
        call = Call(
            "GET",
            "/v2/payments/authorizations/{authorization}",
            ids={"authorization": hold_ref},
        )
        found = await self._api.ask(call, hold_wire.WireAuthorization)
        hold = _hold(found)
        if hold.outcome is not HoldOutcome.CAPTURED:
            return hold
        if found.order_id is None:
            raise ActionRequiredError(
                wire.SYSTEM,
                "an authorization without an order shows no captures",
                code="no_look_up",
            )
        orders = Call("GET", "/v2/checkout/orders/{order}", ids={"order": found.order_id})
        order = await self._api.ask(orders, hold_wire.WireHoldOrder)
        ours = [one for one in order.captures if intent_of(one.invoice_id) == hold_id]
        # A capture that was declined had a successor, if the hold was captured at all.
        taken = next((one for one in ours if one.status in _CAPTURED), None)
        if taken is not None:
            return replace(hold, captured=_money(taken.amount), payment_ref=taken.id)
        is_decided = all(one.status in _NOT_CAPTURED for one in ours)
        return hold if is_decided else replace(hold, outcome=HoldOutcome.PENDING)

    async def _as_it_ended(
        self, error: RejectedError, hold_ref: str, hold_id: str
    ) -> Authorization:
        """Return the hold that was refused for its end; ``error`` is of anything else."""
        ended = _ENDED.get(error.code or "")
        if ended is None:
            raise error
        hold = await self._read(hold_ref, hold_id)
        # Its status may say less than the refusal: there is none for an expired one.
        return replace(hold, outcome=ended) if hold.outcome is HoldOutcome.AUTHORIZED else hold


def _covering(request: AuthorizeRequest, hold: Authorization) -> Authorization:
    """Return ``hold`` if it is good for what was asked.

    Raises:
        RejectedError: it holds less, or another currency.
    """
    asked, held = request.amount, hold.amount
    if held.currency != asked.currency or held.minor < asked.minor:
        raise RejectedError(
            wire.SYSTEM,
            f"wanted {asked} held, found {held}",
            code="hold_too_small",
            field="amount",
        )
    return hold


def _hold(found: hold_wire.WireAuthorization) -> Authorization:
    outcome = _OUTCOMES.get(found.status or "", HoldOutcome.PENDING)
    over = found.expiration_time is not None and found.expiration_time <= datetime.now(UTC)
    if outcome is HoldOutcome.AUTHORIZED and over:
        outcome = HoldOutcome.EXPIRED
    return Authorization(
        hold_ref=found.id,
        outcome=outcome,
        amount=_money(found.amount),
        expires_at=found.expiration_time,
        failure=found.status if outcome is HoldOutcome.REFUSED else None,
    )


def _money(found: wire.WireMoney) -> Money:
    return readable(wire.SYSTEM, from_wire, found.value, found.currency_code)
