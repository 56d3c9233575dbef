"""WeChat Pay's API v3: refunds, and the transactions they are of; every request is signed."""

import base64
import binascii
import re
import time
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from fastapi import APIRouter, Depends, Path, Request

from sandbox import wechatpay_refunds
from sandbox.errors import wechatpay_refusal
from sandbox.faults import FaultKind
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.wechatpay_refunds import MERCHANT_ID, RefundRequest
from sandbox.world import world_of

_SCHEME = "WECHATPAY2-SHA256-RSA2048"
_TOLERANCE_S = 300

Id = Annotated[str, Path(min_length=1, max_length=64)]


async def _signed_by_the_merchant(request: Request) -> None:
    """Raise the 401 of a request that our merchant did not sign, or not just now."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    given = dict(re.findall(r'(\w+)="([^"]*)"', text))
    keyring = world_of(request).keyring
    at, nonce = given.get("timestamp", ""), given.get("nonce_str", "")
    query = f"?{request.url.query}" if request.url.query else ""
    target = f"{request.scope['raw_path'].decode()}{query}"
    signed = f"{request.method}\n{target}\n{at}\n{nonce}\n".encode() + await request.body() + b"\n"
    try:
        late = abs(time.time() - int(at)) > _TOLERANCE_S
        signature = base64.b64decode(given.get("signature", ""), validate=True)
        key = keyring.public_key("wechatpay.merchant")
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise wechatpay_refusal(401, "SIGN_ERROR", "the signature is wrong") from error
    serial = keyring.serial("wechatpay.merchant")
    named = (scheme, given.get("mchid"), given.get("serial_no"))
    if late or named != (_SCHEME, MERCHANT_ID, serial):
        raise wechatpay_refusal(401, "SIGN_ERROR", "another merchant, or another time")


router = APIRouter(
    prefix="/wechatpay",
    route_class=SystemRoute,
    include_in_schema=False,
    dependencies=[Depends(_signed_by_the_merchant)],
)


@router.post("/v3/refund/domestic/refunds")
async def create_refund(request: Request, body: RefundRequest) -> Json:
    waits = FaultKind.PENDING_REFUND in request.state.hits
    return wechatpay_refunds.create(world_of(request), body, waits=waits)


@router.get("/v3/refund/domestic/refunds/{out_refund_no}")
async def get_refund(request: Request, out_refund_no: Id) -> Json:
    refund = world_of(request).ledger.get("wechatpay.refund", out_refund_no)
    if refund is None:
        raise wechatpay_refusal(404, "RESOURCE_NOT_EXISTS", "no such refund")
    return refund


@router.get("/v3/pay/transactions/id/{transaction_id}")
async def get_transaction(request: Request, transaction_id: Id, mchid: str) -> Json:
    paid = wechatpay_refunds.transaction(world_of(request), transaction_id)
    if paid["mchid"] != mchid:
        raise wechatpay_refusal(404, "RESOURCE_NOT_EXISTS", "no such transaction")
    return paid
