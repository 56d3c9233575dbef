"""``backhaul returns refused``: a parcel came back although nobody asked for a return."""

import argparse

from backhaul_client import Accepted, BackhaulClient, NewRefusal
from cli import printing
from cli.asking import counted, units
from cli.calling import calls


def add_refused(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser(
        "refused", help="tell what a parcel holds that came back though nobody asked"
    )
    parser.add_argument("order", help="the platform's order id")
    parser.add_argument("parcel", help="tracking code or any mark")
    parser.add_argument("counts", nargs="+", type=units, metavar="SKU[:QUANTITY]")
    parser.add_argument("--receipt", help="the warehouse's own id of this count")
    parser.add_argument("--location", help="that of the return unless stated")
    printing.add_json(parser)
    parser.set_defaults(run=calls("report-refusal", _report))


async def _report(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    refusal = NewRefusal(
        order_id=arguments.order,
        parcel=arguments.parcel,
        receipt_id=arguments.receipt,
        location_id=arguments.location,
        entries=counted(arguments),
    )
    answer = await client.report_refusal(refusal)
    if arguments.json:
        printing.show_json(answer)
    elif isinstance(answer, Accepted):
        print(f"{answer.status} as {answer.return_id}; repeat the command to have it counted")
    else:
        printing.show_return(answer)
        if not answer.receipts:
            print("not counted yet: repeat the command when the review has granted it")
