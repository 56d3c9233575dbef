"""PayPal's capability sheet."""

from datetime import timedelta

from integrations.payments.paypal.money import CURRENCIES
from integrations.payments.port import LookUp, PaymentCapabilities

CAPABILITIES = PaymentCapabilities(
    provider="paypal",
    # Keys are kept for 45 days; the day left out is for clocks and queues.
    key_window=timedelta(days=44),
    compares_content=False,
    replays_stored_failures=False,
    lookup=LookUp.BY_REFERENCE,
    settle_time=timedelta(minutes=15),
    answers_acceptance_only=False,
    partial_refunds=True,
    max_refunds=None,
    min_spacing=timedelta(),
    max_age=timedelta(days=180),
    chargebacks=False,
    read_spacing=timedelta(milliseconds=100),
    currencies=CURRENCIES,
    holds=True,
    hold_lasts=timedelta(days=29),
    hold_lookup=LookUp.NONE,
    hold_captures_part=True,
    void_takes_key=False,
    renewal_takes_over=True,
    sources={
        "provider": "the adapter's name",
        "key_window": "Payments v2: PayPal-Request-Id is kept 45 days, one day left out",
        "compares_content": "developer.paypal.com: a repeat answers the earlier request's status;"
        " the adapter compares the amount itself",
        "replays_stored_failures": "developer.paypal.com: the latest status, not the first answer",
        "lookup": "unconfirmed; Orders v2: purchase_units[].payments.refunds, invoice_id on each",
        "settle_time": "not documented: our own caution",
        "answers_acceptance_only": "Payments v2: Refund.status",
        "partial_refunds": "Payments v2: amount; PARTIAL_REFUND_NOT_ALLOWED where an open case"
        " or the kind of payment forbids it",
        "max_refunds": "not published; MAX_NUMBER_OF_REFUNDS_EXCEEDED tells",
        "min_spacing": "none documented; 409 PREVIOUS_REQUEST_IN_PROGRESS tells",
        "max_age": "unconfirmed; paypal.com help: 180 days; REFUND_TIME_LIMIT_EXCEEDED tells",
        "chargebacks": "an API of its own, not read; a disputed capture refuses refunds",
        "read_spacing": "unconfirmed; no rate is published, 429 RATE_LIMIT_REACHED tells",
        "currencies": "unconfirmed; developer.paypal.com: currency codes",
        "holds": "Payments v2: authorizations; none is made here, since that is the Orders API's:"
        " the platform names one that the customer approved at checkout",
        "hold_lasts": "Payments v2: 29 days, honoured for 3 and after a reauthorization for 3 more;"
        " expiration_time of each is what counts",
        "hold_lookup": "Payments v2: a reauthorization takes an amount and no reference of ours;"
        " its key outlives it by far, so a repeat is answered with it",
        "hold_captures_part": "Payments v2: amount, final_capture",
        "void_takes_key": "Payments v2: void has no PayPal-Request-Id; PREVIOUSLY_VOIDED tells",
        "renewal_takes_over": "Payments v2: a reauthorization is voided with its parent alone",
    },
)
