"""``backhaul returns arrivals``: what a warehouse may expect on a day, or on some."""

import argparse
from collections.abc import Sequence
from datetime import date

from backhaul_client import BackhaulClient
from backhaul_client.arrivals import ArrivalDay, ArrivalView, ExpectedUnits
from cli import printing
from cli.calling import calls
from cli.tables import show_csv


def add_arrivals(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser("arrivals", help="parcels that a warehouse may expect")
    parser.add_argument("--location", help="all of them unless stated")
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="of the location")
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="the last of several days"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--csv", action="store_true", help="print the parcels as CSV")
    printing.add_json(output)
    parser.set_defaults(run=calls("read-arrivals", _show))


_HEADINGS = (
    "expected",
    "location",
    "RMA",
    "parcel",
    "state",
    "basis",
    "method",
    "carrier",
    "tracking code",
    "units",
)


async def _show(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.list_expected_arrivals(
        arguments.day, arguments.until or arguments.day, location=arguments.location
    )
    if arguments.json:
        printing.show_json(found)
        return
    rows = [_row(arrival) for arrival in found.items]
    if arguments.csv:
        show_csv(_HEADINGS, rows)
        return
    for day in found.days:
        print(_said(day))
    if rows:
        printing.show_table(_HEADINGS, rows)
    else:
        print("nothing is expected")


def _row(arrival: ArrivalView) -> tuple[str, ...]:
    return (
        arrival.expected_on.isoformat(),
        arrival.location_id,
        arrival.rma_no,
        arrival.delivery_id,
        arrival.state,
        arrival.basis,
        arrival.method,
        arrival.carrier or "",
        arrival.tracking_code or "",
        _units(arrival.units),
    )


def _said(day: ArrivalDay) -> str:
    parcels = "1 parcel" if day.parcels == 1 else f"{day.parcels} parcels"
    return f"{day.expected_on} {day.location_id}: {parcels}, {_units(day.units) or 'no units'}"


def _units(units: Sequence[ExpectedUnits]) -> str:
    return ", ".join(f"{one.quantity} × {one.sku}" for one in units)
