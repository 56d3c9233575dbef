"""``backhaul returns``: ask for returns, read them, and move them, through the API."""

import argparse

from backhaul_client import Accepted, BackhaulClient
from cli import printing
from cli.arrivals import add_arrivals
from cli.asking import add_request, idempotency_key, new_return, positive
from cli.calling import Action, calls
from cli.commands import add_commands, key_of
from cli.documents import add_documents
from cli.handing_over import add_handover_commands, add_parcel_commands
from cli.late_parcels import add_late_parcel_commands
from cli.parcels import add_parcels
from cli.refusing import add_refused
from cli.reviewing import add_review_commands
from cli.showing_review import show_customer_history
from domain.blockers import WAITS
from domain.lifecycle import Headline


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    returns = subparsers.add_parser("returns", help="ask for, read and move returns")
    actions = returns.add_subparsers(metavar="ACTION", required=True)
    _add_reading(actions)
    add_documents(actions)
    add_arrivals(actions)
    add_parcels(actions)
    add_commands(actions)
    add_review_commands(actions)
    add_handover_commands(actions)
    add_parcel_commands(actions)
    add_late_parcel_commands(actions)
    add_refused(actions)


def _add_reading(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    preview = actions.add_parser("preview", help="what would be granted and paid")
    add_request(preview)
    _finish(preview, "preview", _preview)
    start = actions.add_parser("start", help="ask for a return")
    add_request(start)
    start.add_argument(
        "--key", type=idempotency_key, help="idempotency key; a new one unless stated"
    )
    _finish(start, "start", _start)
    get = actions.add_parser("get", help="show one return")
    get.add_argument("return_id", help="id or RMA number")
    _finish(get, "get", _get)
    listing = actions.add_parser("list", help="list returns, newest first")
    listing.add_argument("--headline", choices=[*map(str, Headline)], metavar="HEADLINE")
    listing.add_argument("--order")
    listing.add_argument("--blocker", choices=[*WAITS], metavar="CODE", help="of docs/blockers.md")
    listing.add_argument("--limit", type=positive, default=50)
    _finish(listing, "get", _list)
    history = actions.add_parser("history", help="what became of the customer's other returns")
    history.add_argument("return_id", help="id or RMA number")
    _finish(history, "explain", _history)
    timeline = actions.add_parser("timeline", help="what happened to a return")
    timeline.add_argument("return_id", help="id or RMA number")
    _finish(timeline, "timeline", _timeline)


def _finish(parser: argparse.ArgumentParser, command: str, action: Action) -> None:
    printing.add_json(parser)
    parser.set_defaults(run=calls(command, action))


async def _preview(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.preview(new_return(arguments))
    if arguments.json:
        printing.show_json(found)
    else:
        printing.show_preview(found)


async def _start(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    key = key_of(arguments)
    answer = await client.start_return(new_return(arguments), idempotency_key=key)
    if arguments.json:
        printing.show_json(answer)
    elif isinstance(answer, Accepted):
        state = "parked" if answer.status == "parked" else "accepted"
        print(f"{state} as {answer.return_id}; repeat with --key {key} to learn how it went")
        if state == "parked":
            print(f"`backhaul ops explain {answer.return_id}` says why")
    else:
        printing.show_return(answer)


async def _get(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    view = await client.get_return(arguments.return_id)
    if arguments.json:
        printing.show_json(view)
    else:
        printing.show_return(view)


async def _history(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.customer_history(arguments.return_id)
    if arguments.json:
        printing.show_json(found)
    else:
        show_customer_history(found)


async def _list(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    rows: list[tuple[str, ...]] = []
    found = client.list_returns(
        headline=arguments.headline,
        order_id=arguments.order,
        blocker=arguments.blocker,
        page_size=min(arguments.limit, 200),
    )
    async for item in printing.first(found, arguments.limit):
        if arguments.json:
            print(item.model_dump_json())
        due = f"{item.next_deadline:%Y-%m-%d %H:%M}" if item.next_deadline else ""
        owner = item.owner_role or ""
        rows.append((item.rma_no, item.headline, item.order_id, owner, due, item.return_id))
    if not arguments.json:
        printing.show_table(("RMA", "headline", "order", "owner", "until (UTC)", "id"), rows)


async def _timeline(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    for event in await client.timeline(arguments.return_id):
        if arguments.json:
            print(event.model_dump_json())
        else:
            printing.show_event(event)
