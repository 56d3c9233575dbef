"""WeChat Pay's transactions and refunds: one number is one refund, for good."""

import secrets
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.clock import iso_now
from sandbox.errors import RefusalError, wechatpay_refusal
from sandbox.ledger import Json
from sandbox.world import World

MERCHANT_ID = "1900000109"
MAX_REFUNDS = 50
_API_V3_KEY = "sandbox-api-v3-key-of-32-letters"
_Fen = Annotated[int, Field(strict=True, ge=1)]


class Amount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refund: _Fen
    total: _Fen
    currency: Literal["CNY"]


class RefundRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    transaction_id: Annotated[str, Field(min_length=1, max_length=32)]
    out_refund_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z_\-|*@]{1,64}$")]
    amount: Amount
    reason: Annotated[str, Field(min_length=1, max_length=80)] | None = None


def account(world: World) -> Json:
    """Return what the merchant platform hands out."""
    return {
        "merchant_id": MERCHANT_ID,
        "merchant_serial": world.keyring.serial("wechatpay.merchant"),
        "merchant_key": world.keyring.private_pem("wechatpay.merchant"),
        "platform_certificates": world.keyring.certificate("wechatpay"),
        "api_v3_key": _API_V3_KEY,
    }


def pay(world: World, order: Json, tender: Json) -> str:
    """Let a customer pay; ``ValueError`` for another currency than CNY."""
    if order["currency"] != "CNY":
        raise ValueError(f"wechat pay takes no {order['currency']}")
    transaction_id = "42000" + "".join(secrets.choice("0123456789") for _ in range(23))
    total = tender["captured_minor"]
    paid = {
        "transaction_id": transaction_id,
        "mchid": MERCHANT_ID,
        "out_trade_no": order["order_id"],
        "trade_state": "SUCCESS",
        "amount": {"total": total, "payer_total": total, "currency": "CNY"},
    }
    world.ledger.add("wechatpay.transaction", transaction_id, paid)
    return transaction_id


def create(world: World, asked: RefundRequest, *, waits: bool) -> Json:
    """Take a refund in, or answer the one of this number; its end is told later."""
    known = world.ledger.get("wechatpay.refund", asked.out_refund_no)
    if known is not None:
        same = (known["transaction_id"], known["amount"]["refund"])
        if same != (asked.transaction_id, asked.amount.refund):
            raise _refused("the number was used for another refund")
        return known
    paid = transaction(world, asked.transaction_id)
    others = world.ledger.find("wechatpay.refund", {"transaction_id": asked.transaction_id})
    given = sum(one["amount"]["refund"] for one in others if one["status"] != "CLOSED")
    if asked.amount.total != paid["amount"]["total"]:
        raise _refused("the total differs from the order's")
    if len(others) >= MAX_REFUNDS:
        raise _refused("a payment is refunded at most 50 times")
    if given + asked.amount.refund > paid["amount"]["total"]:
        raise _refused("the refund is more than is left")
    refund: Json = {
        "refund_id": "50300" + "".join(secrets.choice("0123456789") for _ in range(23)),
        "out_refund_no": asked.out_refund_no,
        "transaction_id": asked.transaction_id,
        "out_trade_no": paid["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": iso_now(),
        "status": "PROCESSING",
        "amount": {
            "total": asked.amount.total,
            "refund": asked.amount.refund,
            "payer_total": asked.amount.total,
            "payer_refund": asked.amount.refund,
            "settlement_total": asked.amount.total,
            "settlement_refund": asked.amount.refund,
            "discount_refund": 0,
            "currency": "CNY",
        },
    }
    world.ledger.add("wechatpay.refund", refund["out_refund_no"], refund)
    if not waits:
        # The answer is acceptance alone; the money is on its way when it leaves.
        succeed(world, dict(refund))
    return refund


def succeed(world: World, refund: Json) -> Json:
    """Let a refund that is processed arrive. Repeats change nothing."""
    if refund["status"] == "PROCESSING":
        refund |= {"status": "SUCCESS", "success_time": iso_now()}
        _changed(world, refund, "REFUND.SUCCESS")
    return refund


def close(world: World, refund: Json) -> Json:
    """Let a refund come to nothing: the money is back with the merchant."""
    if refund["status"] != "CLOSED":
        refund |= {"status": "CLOSED"}
        _changed(world, refund, "REFUND.CLOSED")
    return refund


def transaction(world: World, transaction_id: str) -> Json:
    paid = world.ledger.get("wechatpay.transaction", transaction_id)
    if paid is None:
        raise wechatpay_refusal(404, "RESOURCE_NOT_EXISTS", "no such transaction")
    return paid


def _changed(world: World, refund: Json, event_type: str) -> None:
    world.ledger.save("wechatpay.refund", refund["out_refund_no"], refund)
    named = ("out_trade_no", "transaction_id", "out_refund_no", "refund_id", "amount")
    event_id = secrets.token_hex(16)
    notice: Json = {
        "id": event_id,
        "create_time": iso_now(),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "退款通知",
        # Encrypted for whoever it is sent to, when it is.
        "_plain": {
            "mchid": MERCHANT_ID,
            "refund_status": refund["status"],
            **{name: refund[name] for name in named},
        },
    }
    world.webhooks.enqueue("wechatpay", event_id, event_type, notice)


def _refused(message: str) -> RefusalError:
    return wechatpay_refusal(400, "INVALID_REQUEST", message)
