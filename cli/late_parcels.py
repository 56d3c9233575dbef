"""``backhaul returns leave-expired``: what becomes of a parcel that came after its return ended."""

import argparse

from backhaul_client import BackhaulClient, LeaveExpiredCommand
from cli.commands import add_command, give


def add_late_parcel_commands(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    leave = add_command(
        actions,
        "leave-expired",
        "leave-expired",
        "leave an expired return so, whose parcel was scanned late",
        _leave_expired,
    )
    leave.add_argument("--reason", required=True, help="what became of the goods")


async def _leave_expired(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = LeaveExpiredCommand(expected_version=arguments.version, reason=arguments.reason)
    await give(client.leave_expired, arguments, command)
