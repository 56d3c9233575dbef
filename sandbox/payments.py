"""The payment providers, as the shop's orders, the control side and the ledger's views see them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox import (
    paypal_objects,
    paypal_refunds,
    stripe_payments,
    stripe_refunds,
    wechatpay_refunds,
)
from sandbox.clock import utc_text
from sandbox.currencies import from_stripe, to_stripe
from sandbox.ledger import Json
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Provider:
    """``kind`` is its refunds' in the ledger; the others act on a world or read one refund."""

    kind: str
    pay: Callable[[World, Json, Json], str]
    """Pays a tender of an order and returns the payment; ``ValueError`` when it cannot."""
    fail: Callable[[World, Json], Json]
    succeed: Callable[[World, Json], Json]
    payment_paths: tuple[str, ...]
    """Where a refund names its payment."""
    return_path: str | None
    """Where a refund bears the return it is for."""
    view: Callable[[World, Json], Json]
    account: Callable[[World], Json] = lambda _: {}
    """What the provider's own pages hand to the merchant."""


def find_refund(world: World, refund_id: str) -> tuple[Provider, Json] | None:
    for provider in PROVIDERS.values():
        refund = world.ledger.get(provider.kind, refund_id)
        if refund is not None:
            return provider, refund
    return None


def refunds(
    world: World, *, payments: Iterable[str] | None = None, return_id: str | None = None
) -> list[Json]:
    """Return the refunds of all providers, or those of payments or of a return, oldest first."""
    seen = [
        provider.view(world, refund)
        for provider in PROVIDERS.values()
        for where in _conditions(provider, payments, return_id)
        for refund in world.ledger.find(provider.kind, where)[::-1]
    ]
    return sorted(seen, key=lambda refund: str(refund["created_at"]))


def _conditions(
    provider: Provider, payments: Iterable[str] | None, return_id: str | None
) -> list[dict[str, str]]:
    stamped: dict[str, str] = {}
    if return_id is not None:
        if provider.return_path is None:
            return []
        stamped = {provider.return_path: return_id}
    if payments is None:
        return [stamped]
    return [
        stamped | {path: payment}
        for payment in dict.fromkeys(payments)
        for path in provider.payment_paths
    ]


def _pay_by_stripe(world: World, order: Json, tender: Json) -> str:
    amount = to_stripe(tender["captured_minor"], order["currency"])
    pay = stripe_payments.pay_by_card if tender["kind"] == "CARD" else stripe_payments.pay_by_wallet
    return pay(world, amount=amount, currency=order["currency"], order_id=order["order_id"])


def _pay_by_paypal(world: World, order: Json, tender: Json) -> str:
    order_id = paypal_objects.new_id()
    capture = paypal_objects.capture(
        minor=tender["captured_minor"],
        currency=order["currency"],
        order_id=order_id,
        reference=order["order_id"],
    )
    paid = paypal_objects.order(
        order_id=order_id, captures=[capture["id"]], reference=order["order_id"]
    )
    world.ledger.add("paypal.capture", capture["id"], capture)
    world.ledger.add("paypal.order", order_id, paid)
    return str(capture["id"])


def _stripe_view(world: World, refund: Json) -> Json:
    payment_ref = refund["payment_intent"] or refund["charge"]
    currency = refund["currency"].upper()
    return {
        "refund_id": refund["id"],
        "payment_ref": payment_ref,
        "amount_minor": from_stripe(refund["amount"], currency),
        "currency": currency,
        "status": refund["status"],
        "intent_id": refund["metadata"].get("refund_request_id"),
        "return_id": refund["metadata"].get("return_id"),
        "order_id": stripe_payments.order_of(world, payment_ref),
        "created_at": utc_text(datetime.fromtimestamp(refund["created"], UTC)),
    }


def _paypal_view(world: World, refund: Json) -> Json:
    capture = paypal_refunds.found(world, "capture", refund["_capture_id"])
    return {
        "refund_id": refund["id"],
        "payment_ref": refund["_capture_id"],
        "amount_minor": refund["_minor"],
        "currency": refund["amount"]["currency_code"],
        "status": refund["status"],
        "intent_id": _intent_in(refund.get("invoice_id")),
        "return_id": refund.get("custom_id"),
        "order_id": capture["custom_id"],
        "created_at": refund["create_time"],
    }


def _paypal_account(world: World) -> Json:
    return {
        "client_id": "Asandbox",
        "client_secret": "sandbox",
        "webhook_certificates": world.keyring.certificate("paypal"),
    }


def _wechatpay_view(world: World, refund: Json) -> Json:
    paid = wechatpay_refunds.transaction(world, refund["transaction_id"])
    return {
        "refund_id": refund["out_refund_no"],
        "payment_ref": refund["transaction_id"],
        "amount_minor": refund["amount"]["refund"],
        "currency": refund["amount"]["currency"],
        "status": refund["status"],
        "intent_id": _intent_in(refund["out_refund_no"]),
        "return_id": None,
        "order_id": paid["out_trade_no"],
        "created_at": refund["create_time"],
    }


def _intent_in(reference: str | None) -> str | None:
    """Return the merchant's intent, which stands before a digest of 16 digits."""
    return reference.rpartition("-")[0] if reference else None


PROVIDERS: Mapping[str, Provider] = {
    "stripe": Provider(
        kind="stripe.refund",
        pay=_pay_by_stripe,
        fail=stripe_refunds.fail,
        succeed=stripe_refunds.succeed,
        payment_paths=("payment_intent", "charge"),
        return_path="metadata.return_id",
        view=_stripe_view,
    ),
    "paypal": Provider(
        kind="paypal.refund",
        pay=_pay_by_paypal,
        fail=paypal_refunds.fail,
        succeed=paypal_refunds.succeed,
        payment_paths=("_capture_id",),
        return_path="custom_id",
        view=_paypal_view,
        account=_paypal_account,
    ),
    "wechatpay": Provider(
        kind="wechatpay.refund",
        pay=wechatpay_refunds.pay,
        fail=wechatpay_refunds.close,
        succeed=wechatpay_refunds.succeed,
        payment_paths=("transaction_id",),
        return_path=None,
        view=_wechatpay_view,
        account=wechatpay_refunds.account,
    ),
}
