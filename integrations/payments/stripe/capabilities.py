"""Stripe's capability sheet."""

from datetime import timedelta

from integrations.payments.port import LookUp, PaymentCapabilities

CAPABILITIES = PaymentCapabilities(
    provider="stripe",
    # Keys are pruned once 24 hours old; the hour left out is for clocks and queues.
    key_window=timedelta(hours=23),
    compares_content=True,
    replays_stored_failures=True,
    lookup=LookUp.BY_REFERENCE,
    settle_time=timedelta(),
    answers_acceptance_only=False,
    partial_refunds=True,
    max_refunds=None,
    min_spacing=timedelta(),
    max_age=None,
    chargebacks=True,
    read_spacing=timedelta(milliseconds=40),
    currencies=None,
    holds=True,
    hold_lasts=timedelta(days=7),
    hold_lookup=LookUp.BY_REFERENCE,
    hold_captures_part=True,
    void_takes_key=True,
    renewal_takes_over=False,
    sources={
        "provider": "the adapter's name",
        "key_window": "docs.stripe.com/api/idempotent_requests: pruned at 24 h, one hour left out",
        "compares_content": "docs.stripe.com/api/idempotent_requests: idempotency_error",
        "replays_stored_failures": "docs.stripe.com/api/idempotent_requests: 500s included",
        "lookup": "OpenAPI 2026-05-27.dahlia: GET /v1/refunds by payment, metadata on each",
        "settle_time": "lists of objects are read after write; only search lags",
        "answers_acceptance_only": "OpenAPI 2026-05-27.dahlia: Refund.status",
        "partial_refunds": "OpenAPI 2026-05-27.dahlia: POST /v1/refunds, amount",
        "max_refunds": "docs.stripe.com/refunds: any number up to the charge's amount",
        "min_spacing": "none documented; 1000 updates an hour of one payment",
        "max_age": "none documented; the card network may refuse an old one",
        "chargebacks": "OpenAPI 2026-05-27.dahlia: GET and POST /v1/disputes/{dispute}",
        "read_spacing": "docs.stripe.com/rate-limits: 25 a second of one endpoint",
        "currencies": "docs.stripe.com/currencies: minor units as stripe/money.py writes them",
        "holds": "OpenAPI 2026-05-27.dahlia: PaymentIntent.capture_method manual",
        "hold_lasts": "docs.stripe.com/payments/place-a-hold-on-a-payment-method: 7 days, Visa 4 d"
        " 18 h when the merchant starts it; capture_before of each charge is what counts",
        "hold_lookup": "OpenAPI 2026-05-27.dahlia: GET /v1/payment_intents by customer, metadata"
        " on each; the search API lags behind",
        "hold_captures_part": "OpenAPI 2026-05-27.dahlia: amount_to_capture, the rest is released",
        "void_takes_key": "docs.stripe.com/api/idempotent_requests: every POST",
        "renewal_takes_over": "a renewal is a payment intent of its own",
    },
)
