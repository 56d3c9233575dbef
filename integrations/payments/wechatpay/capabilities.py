"""WeChat Pay's capability sheet."""

from datetime import timedelta

from integrations.payments.port import FOR_GOOD, LookUp, PaymentCapabilities

CAPABILITIES = PaymentCapabilities(
    provider="wechatpay",
    key_window=FOR_GOOD,
    compares_content=True,
    replays_stored_failures=False,
    lookup=LookUp.BY_KEY,
    settle_time=timedelta(),
    answers_acceptance_only=True,
    partial_refunds=True,
    max_refunds=50,
    min_spacing=timedelta(minutes=1),
    max_age=timedelta(days=365),
    chargebacks=False,
    read_spacing=timedelta(milliseconds=20),
    currencies=frozenset({"CNY"}),
    holds=False,
    hold_lasts=timedelta(),
    hold_lookup=LookUp.NONE,
    hold_captures_part=False,
    void_takes_key=False,
    renewal_takes_over=False,
    sources={
        "provider": "the adapter's name",
        "key_window": "pay.weixin.qq.com: one out_refund_no is one refund, for as long as it lives",
        "compares_content": "unconfirmed; pay.weixin.qq.com: another amount is refused",
        "replays_stored_failures": "pay.weixin.qq.com: after SYSTEM_ERROR or NOT_ENOUGH the same"
        " number is tried again",
        "lookup": "pay.weixin.qq.com: GET /v3/refund/domestic/refunds/{out_refund_no}",
        "settle_time": "none documented; a repeat under the number is one refund in any case",
        "answers_acceptance_only": "pay.weixin.qq.com: the end is told by notice or query",
        "partial_refunds": "pay.weixin.qq.com: amount.refund beside amount.total",
        "max_refunds": "pay.weixin.qq.com: 50 partial refunds of one payment",
        "min_spacing": "pay.weixin.qq.com: a minute between several refunds of one payment",
        "max_age": "pay.weixin.qq.com: within one year of the payment",
        "chargebacks": "none in API v3 as far as it is implemented here",
        "read_spacing": "pay.weixin.qq.com: 150 a second, a third of them for this",
        "currencies": "domestic refunds are in CNY, in integer fen",
        "holds": "pay.weixin.qq.com: deposit and pay-score products alone, none of which is here",
        "hold_lasts": "there are no holds",
        "hold_lookup": "there are no holds",
        "hold_captures_part": "there are no holds",
        "void_takes_key": "there are no holds",
        "renewal_takes_over": "there are no holds",
    },
)
