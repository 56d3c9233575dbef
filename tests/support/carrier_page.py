"""docs/carriers.md: the carriers' capability sheets, as the code has them."""

from runtime.adapters import CARRIER_SHEETS
from tests.support.sheets import sheet_tables

SHEETS = tuple(CARRIER_SHEETS.values())

_INTRODUCTION = """\
# Carriers

A tenant may have a connection of kind `carrier` for each adapter below. How to write another one:
[adding a carrier](adding-a-carrier.md); how a parcel goes: [the way back](handover.md).

| adapter | base address | secrets | settings | webhooks are proved by |
|---|---|---|---|---|
| `easypost` | `https://api.easypost.com/v2` | `api_key`, `webhook_secret` | | \
HMAC-SHA256 of the body |
| `ups` | `https://onlinetools.ups.com` | `client_id`, `client_secret`, `webhook_credential` | \
`account_number`, `account_country` (ISO 3166-1 alpha-2) | a credential, which signs nothing |
| `kuaidi100` | `https://poll.kuaidi100.com` | `api_key`, `secret`, `webhook_salt` | `customer`, \
`courier_company` (its code, as `yuantong`), `webhook_url` | MD5 of param and salt |
| `sf` | `https://bspgw.sf-express.com` | `check_word` | `partner_id`, `monthly_card`, `product` \
(its code, as `2`) | nothing: its pushes are not taken |

UPS sends its Track Alerts for an account that is subscribed to them once, at UPS, with the webhook
address of the connection and its credential. Until then its parcels are read, not told of.

Kuaidi100 is told with every order where to push its tracks: connect it once to learn the webhook
address of the connection, and once more with that as `webhook_url`. It wants a phone number of both
ends. SF (`shunfeng`) is not ordered through it: its tracks are shown only to who knows such a
number. An order whose answer was lost is sent again under its key for 48 hours; later only a person
can ask what became of it. Orders are read and cancelled by Kuaidi100's own numbers, which are part
of the bought label's `shipment_ref`; without them nothing is cancelled, and the error is
`order_unknown`.

SF is asked for the price of the agreed product and paid by the monthly card: the account needs the
services for prices (`EXP_RECE_QUERY_DELIVERTM`), orders, look-ups, cancellations and routes, and
the signature of URL encoding and MD5. It wants a phone number of both ends. Its courier brings the
label; scans are read, not told of.

## Which one takes a parcel

An account is asked for what it takes: its carrier's area and weights below, within the settings of
its connection, all optional: `countries` of the sender (`DE,FR`), `max_weight_grams`, and `closed`
(`yes`: no new parcels; those under way are followed). One account alone needs no choice. Several
are asked for their price at once, and stand in this order:

1. who can send the courier that was wished for;
2. who kept at least four of five promises, of the last 500 labels and 20 parcels or more that were
   delivered (from the first scan to delivery, against the service's promised days);
3. the price, in the return's currency; other currencies are not converted and come after it;
4. the promised days.

The log says who was taken and what put each other one behind it (`carrier.chosen`).

- **Fail-over.** Who refuses the parcel, or does not answer for 45 seconds, is left for the next one
  (`carrier.failed_over`), as long as nothing was sent to it. From then on it alone can tell whether
  it sold the label: it is looked up, in the ways of the table, and no other one is asked.
- **Outage.** Where nobody else takes it, the work parks as `courier_unavailable`. A round over all
  carriers every quarter of an hour lets everything go on together once they answer. The time to
  hand over begins with the label, so nobody loses days to it.
- **Rates.** The calls of each carrier are a task queue of their own (`returns-easypost`), whose
  rate over all workers is `calls_per_second` below, or what `BACKHAUL_CARRIER_RATES` says instead.
- **Scans.** What no webhook told is read: every six hours of a carrier that pushes its scans, every
  hour of one that does not. A return is told what it does not know; all else is kept in the table.
- **Orphans.** What was sold although its booking was given up, and what a carrier lists under a
  reference of ours that we hold nothing for, is given back by the same round.

## Capability sheets

What each can be trusted for, and what it does at all, as the adapters declare it. "any" and "none"
stand for a limit that the carrier does not have or does not tell. One that is not proven was built
from documents alone: no account and no recorded traffic has confirmed it yet.
"""
_SOURCES = """\
## Sources

Where each value comes from. Vendors' pages change: look again before relying on one anew, and first
at what is called unconfirmed.
"""


def page() -> str:
    values, sources = sheet_tables(SHEETS, named_by="carrier")
    return f"{_INTRODUCTION}\n{values}\n{_SOURCES}\n{sources}"
