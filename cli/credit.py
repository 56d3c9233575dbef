"""``backhaul credit``: what customers hold with us in kind."""

import argparse

from backhaul_client import BackhaulClient, NewReversal
from cli import printing
from cli.asking import idempotency_key, positive
from cli.calling import calls
from cli.commands import key_of
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
    reverse = actions.add_parser(
        "reverse", help="take back what a settlement gave in kind, up to what is still there"
    )
    reverse.add_argument("return_id", help="id or RMA number")
    reverse.add_argument("settlement", type=positive, help="its number")
    reverse.add_argument("--key", type=idempotency_key, help="command id; a new one unless stated")
    printing.add_json(reverse)
    reverse.set_defaults(run=calls("reverse-credit", _reverse))


async def _reverse(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    wanted = NewReversal(return_id=arguments.return_id, settlement_no=arguments.settlement)
    done = await client.credit.reverse(wanted, idempotency_key=key_of(arguments))
    if arguments.json:
        printing.show_json(done)
    else:
        taken, short = (
            Money(minor, done.currency) for minor in (done.taken_minor, done.shortfall_minor)
        )
        print(f"{taken} taken back, {short} {done.shortfall}")


async def _show(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    account = (arguments.kind, arguments.owner, arguments.currency)
    held = await client.credit.balance(*account)
    if arguments.json:
        printing.show_json(held)
        return
    print(Money(held.balance_minor, held.currency))
    page = await client.credit.transactions(*account)
    rows = [
        (row.posted_at.isoformat(), row.purpose, str(Money(row.change_minor, held.currency)))
        for row in page.items
    ]
    printing.show_table(("at", "purpose", "change"), rows)
