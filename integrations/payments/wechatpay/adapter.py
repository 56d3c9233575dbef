"""Refunds through WeChat Pay's API v3."""

from collections.abc import Mapping
from datetime import datetime

import httpx
from pydantic import ValidationError

from integrations.errors import (
    KeyConflictError,
    NotFoundError,
    RejectedError,
    WebhookMalformedError,
)
from integrations.http import Call, HttpApi, open_client
from integrations.payments.amounts import payable, readable
from integrations.payments.holds import HoldGateway, NoHolds
from integrations.payments.keys import certified_keys, private_key
from integrations.payments.port import PaymentEvent, Refund, RefundOutcome, RefundRequest
from integrations.payments.stamps import intent_of, stamp
from integrations.payments.wechatpay import signatures, wire
from integrations.payments.wechatpay.capabilities import CAPABILITIES
from integrations.payments.wechatpay.money import CURRENCY, from_wire, to_wire

# ABNORMAL is not the end: the money left the merchant, and a person sends it on under this very
# number. Another number would pay twice.
_OUTCOMES = {"SUCCESS": RefundOutcome.SUCCEEDED, "CLOSED": RefundOutcome.FAILED}
_UNHAPPY = frozenset({"ABNORMAL", "CLOSED"})
_FOLLOWED = frozenset({"REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"})


def open_wechatpay_client(
    base_url: str,
    *,
    merchant_id: str,
    merchant_serial: str,
    merchant_key: str,
    platform_certificates: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Open a client that signs as the merchant; raise ConfigurationError for unreadable PEM."""
    return open_client(
        base_url,
        headers={"Accept": "application/json"},
        auth=signatures.MerchantSignature(
            merchant_id,
            merchant_serial,
            private_key(wire.SYSTEM, merchant_key, name="merchant_key"),
            certified_keys(wire.SYSTEM, platform_certificates, name="platform_certificates"),
        ),
        transport=transport,
    )


class WeChatPayGateway:
    """The payment port on WeChat Pay.

    A payment is a transaction id. A refund's number (``out_refund_no``) is our stamp: WeChat keeps
    no other reference of ours, reads a refund by nothing else, and pays once under it.
    """

    capabilities = CAPABILITIES
    holds: HoldGateway = NoHolds(wire.SYSTEM)

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        merchant_id: str,
        api_v3_key: str,
        platform_certificates: str,
    ) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal, key_header=None)
        self._merchant_id = merchant_id
        self._api_v3_key = api_v3_key
        self._platform_keys = certified_keys(
            wire.SYSTEM, platform_certificates, name="platform_certificates"
        )

    async def refund(self, request: RefundRequest) -> Refund:
        fen = payable(wire.SYSTEM, request.amount, to_wire)
        number = stamp(request.intent_id, request.idempotency_key)
        call = Call(
            "POST",
            "/v3/refund/domestic/refunds",
            body={
                "transaction_id": request.payment_ref,
                "out_refund_no": number,
                "amount": {
                    "refund": fen,
                    "total": await self._total(request.payment_ref),
                    "currency": CURRENCY,
                },
            },
            idempotency_key=number,
        )
        try:
            return _refund(await self._api.ask(call, wire.WireRefund))
        except RejectedError as error:
            if error.code == "INVALID_REQUEST":
                await self._blame_the_key(request, number)
            raise

    async def find_refund(
        self, *, payment_ref: str, intent_id: str, idempotency_key: str
    ) -> Refund | None:
        del payment_ref  # the number says it all
        try:
            return await self.get_refund(stamp(intent_id, idempotency_key))
        except NotFoundError:
            return None

    async def get_refund(self, refund_ref: str) -> Refund:
        call = Call("GET", "/v3/refund/domestic/refunds/{number}", ids={"number": refund_ref})
        return _refund(await self._api.ask(call, wire.WireRefund))

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> PaymentEvent | None:
        signatures.verify_recent(headers, body, self._platform_keys, now)
        try:
            notice = wire.WireNotice.model_validate_json(body)
            if notice.event_type not in _FOLLOWED:
                return None
            sealed = notice.resource
            news = wire.WireRefundNews.model_validate_json(
                signatures.decrypt(
                    self._api_v3_key,
                    nonce=sealed.nonce,
                    associated_data=sealed.associated_data,
                    ciphertext=sealed.ciphertext,
                )
            )
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no notice") from None
        return PaymentEvent(notice.id, notice.event_type, news.out_refund_no)

    async def _total(self, transaction_id: str) -> int:
        """Return the order's total in fen, which a refund has to repeat."""
        call = Call(
            "GET",
            "/v3/pay/transactions/id/{transaction}",
            ids={"transaction": transaction_id},
            query={"mchid": self._merchant_id},
        )
        return (await self._api.ask(call, wire.WireTransaction)).amount.total

    async def _blame_the_key(self, request: RefundRequest, number: str) -> None:
        """Raise if the number was refused because it was used for another amount."""
        try:
            found = await self.get_refund(number)
        except NotFoundError:
            return
        if found.amount != request.amount:
            raise KeyConflictError(
                wire.SYSTEM,
                f"asked for {request.amount}, the number was used for {found.amount}",
                field="amount",
            )


def _refund(found: wire.WireRefund) -> Refund:
    amount = readable(wire.SYSTEM, from_wire, found.amount.refund, found.amount.currency)
    return Refund(
        refund_ref=found.out_refund_no,
        # Anything that is not final is pending: a new word must not end the wait for money.
        outcome=_OUTCOMES.get(found.status, RefundOutcome.PENDING),
        amount=amount,
        intent_id=intent_of(found.out_refund_no),
        failure_reason=found.status if found.status in _UNHAPPY else None,
        payment_refs=tuple(filter(None, (found.transaction_id,))),
    )
