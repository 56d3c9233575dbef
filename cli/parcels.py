"""``backhaul returns parcel``: a parcel by its number, and what to do when a bulk one is lost."""

import argparse
from collections.abc import Sequence

from backhaul_client import BackhaulClient, BackhaulError, MarkLostCommand
from backhaul_client.parcels import InParcel
from cli import printing
from cli.calling import calls
from domain.ids import part_id

_HEADINGS = ("RMA", "delivery", "state", "bag")


def add_parcels(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parcel = actions.add_parser("parcel", help="the returns that travel under a tracking code")
    parcel.add_argument("tracking_code")
    printing.add_json(parcel)
    parcel.set_defaults(run=calls("read-parcel", _show))
    lost = actions.add_parser("lost-bulk", help="say that the carrier lost a bulk parcel, or bags")
    lost.add_argument("tracking_code")
    lost.add_argument("--bag", action="append", default=[], help="this bag alone; several may be")
    lost.add_argument("--evidence", required=True, help="what the carrier says")
    lost.add_argument("--claim", help="our claim at the carrier")
    lost.add_argument("--do", action="store_true", help="do it; without it, what would be is shown")
    lost.set_defaults(run=calls("mark-lost", _lose))


async def _show(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.read_parcel(arguments.tracking_code)
    if arguments.json:
        printing.show_json(found)
        return
    _table(found.returns)


async def _lose(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    """Mark each return of the parcel, or of its bags; a repeat goes on where it was."""
    found = await client.read_parcel(arguments.tracking_code)
    lost = [one for one in found.returns if not arguments.bag or one.bag in arguments.bag]
    if not arguments.do or not lost:
        _table(lost)
        print("nothing was done: --do marks them lost" if lost else "nothing travels in it")
        return
    refused = 0
    for one in lost:
        command = MarkLostCommand(
            delivery_id=one.delivery_id, evidence=arguments.evidence, claim_ref=arguments.claim
        )
        # The same loss of the same parcel is the same command, however often it is given.
        claim = arguments.claim or ""
        key = part_id(one.return_id, "lost", one.delivery_id, arguments.evidence, claim)
        try:
            await client.mark_lost(one.return_id, command, idempotency_key=key)
        except BackhaulError as error:
            refused += 1
            print(f"{one.rma_no}: {error}")
        else:
            print(f"{one.rma_no}: lost")
    print(f"{len(lost) - refused} of {len(lost)} marked lost")


def _table(returns: Sequence[InParcel]) -> None:
    if not returns:
        print("nothing travels under this number")
        return
    rows = [(one.rma_no, one.delivery_id, one.state, one.bag or "") for one in returns]
    printing.show_table(_HEADINGS, rows)
