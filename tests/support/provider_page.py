"""docs/providers.md: the payment providers' capability sheets, as the code has them."""

from integrations.payments.paypal.adapter import PayPalGateway
from integrations.payments.stripe.adapter import API_VERSION, StripeGateway
from integrations.payments.wechatpay.adapter import WeChatPayGateway
from tests.support.sheets import sheet_tables

SHEETS = (
    StripeGateway.capabilities,
    PayPalGateway.capabilities,
    WeChatPayGateway.capabilities,
)

_INTRODUCTION = f"""\
# Payment providers

A tenant's connection for `payments` names one adapter; its tenders are paid back through it.
`backhaul tenants connect` and `POST /v1/connections` refuse one that lacks something, naming it.

| adapter | a payment is | secrets | settings | webhooks are proved by |
|---|---|---|---|---|
| `stripe` (version `{API_VERSION}`) | payment intent `pi_`, charge `ch_`, `py_` | `api_key`, \
`webhook_secret` | | HMAC-SHA256 of time and body, at most 5 minutes old |
| `paypal` (Payments v2) | capture | `client_id`, `client_secret`, `webhook_certificates` (PEM) | \
`webhook_id` | RSA-SHA256 under a certificate among the secrets, at most 4 days old |
| `wechatpay` (API v3) | transaction | `api_v3_key`, `merchant_key` (PEM), `merchant_serial`, \
`platform_certificates` (PEM) | `merchant_id` | RSA-SHA256 under a platform certificate, at most 5 \
minutes old, then AES-256-GCM |

Whatever a webhook says is read again at the provider before it counts.

- **Certificates** are put here by the merchant; an address that a message names is never fetched.
  Put the new one beside the old before a provider changes it. PayPal signs the CRC-32 of a body
  alone, so its webhooks prove who sent, not what.
- **PayPal** shows refunds only in the order of their capture: a capture without an order cannot be
  looked up, and its refund of unknown outcome waits for a person.
- **WeChat Pay** answers must be signed as well. `ABNORMAL` stays pending: the merchant sends that
  money on under the same number. Platform public keys in place of certificates are not read.
- **Holds** are placed on the tender's `hold_method`. Stripe needs a payment method saved for use
  without the customer, and its customer; PayPal an authorization that the platform had approved at
  checkout, since making one is no part of Payments v2. A PayPal hold is honoured for three days and
  valid for 29; what is renewed and its renewal are one hold there, so a void is asked of the first.
- **Stripe** is asked in one version, pinned on each request; `Stripe-Should-Retry` is obeyed, but
  a reading is repeated in any case. Its rate limits (100 requests a second, 1000 updates an
  hour of one payment) show as 429, and the wait it names is kept.

## Capability sheets

What each can be trusted for, and what it refuses whatever is sent, as the adapters declare it.
"any" and "none" stand for a limit that the provider does not have or does not tell.
"""
_SOURCES = """\
## Sources

Where each value comes from. Vendors' pages change: look again before relying on one anew, and first
at what is called unconfirmed.
"""


def page() -> str:
    values, sources = sheet_tables(SHEETS, named_by="provider")
    return f"{_INTRODUCTION}\n{values}\n{_SOURCES}\n{sources}"
