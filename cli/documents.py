"""``backhaul returns documents`` and ``packing-slip``: what a parcel needs on paper."""

import argparse
import sys
from pathlib import Path

from backhaul_client import BackhaulClient, BackhaulError
from cli import printing
from cli.calling import Run, calls


def add_documents(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = actions.add_parser("documents", help="labels, codes and packing slips of a return")
    listing.add_argument("return_id", help="id or RMA number")
    printing.add_json(listing)
    listing.set_defaults(run=calls("get", _list))
    slip = actions.add_parser("packing-slip", help="the page that goes into a parcel, as PDF")
    slip.add_argument("return_id", help="id or RMA number")
    slip.add_argument("delivery", nargs="?", help="the parcel's id; the newest unless stated")
    slip.add_argument("--out", type=Path, metavar="FILE", help="named for the parcel unless stated")
    slip.add_argument("--force", action="store_true", help="write over a file that is there")
    slip.set_defaults(run=_writing(calls("get", _packing_slip)))


def _writing(run: Run) -> Run:
    """Say of a file that cannot be written what is wrong, and end with 1."""

    def told(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except FileExistsError as error:
            print(f"backhaul: {error.filename} is there; --force writes over it", file=sys.stderr)
        except OSError as error:
            print(f"backhaul: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1

    return told


async def _list(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.list_documents(arguments.return_id)
    if arguments.json:
        printing.show_json(found)
        return
    rows = [(d.delivery_id, d.kind, d.media_type or "", d.href) for d in found.items]
    printing.show_table(("parcel", "document", "type", "address"), rows)


async def _packing_slip(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    delivery = arguments.delivery or await _newest(client, arguments.return_id)
    paper = await client.get_packing_slip(arguments.return_id, delivery)
    # Of the name only its last part counts, whoever answered.
    out: Path = arguments.out or Path(Path(paper.file_name).name or "packing-slip.pdf")
    with out.open("wb" if arguments.force else "xb") as file:
        file.write(paper.content)
    print(f"wrote {out}")


async def _newest(client: BackhaulClient, return_id: str) -> str:
    found = await client.list_documents(return_id)
    parcels = [d.delivery_id for d in found.items if d.kind == "packing_slip"]
    if not parcels:
        raise BackhaulError(
            status=409,
            code="document_not_available",
            detail="the return has no parcel to be sent",
        )
    return parcels[-1]
