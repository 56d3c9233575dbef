"""``backhaul credit``: what customers hold with us in kind."""

import argparse

from backhaul_client import BackhaulClient
from cli import printing
from cli.calling import calls
from domain.money import Money


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    credit = subparsers.add_parser("credit", help="gift cards, store credit, points and coupons")
    actions = credit.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="what an account holds, and what changed it last")
    show.add_argument("kind", choices=["GIFT_CARD", "STORE_CREDIT", "POINTS", "COUPON"])
    show.add_argument("owner", help="the issuer's name of the card or account")
    show.add_argument("currency", help="ISO 4217, such as EUR")
    printing.add_json(show)
    show.set_defaults(run=calls("read-credit", _show))


async def _show(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    account = (arguments.kind, arguments.owner, arguments.currency)
    held = await client.get_credit(*account)
    if arguments.json:
        printing.show_json(held)
        return
    print(Money(held.balance_minor, held.currency))
    page = await client.list_credit_transactions(*account)
    rows = [
        (row.posted_at.isoformat(), row.purpose, str(Money(row.change_minor, held.currency)))
        for row in page.items
    ]
    printing.show_table(("at", "purpose", "change"), rows)
