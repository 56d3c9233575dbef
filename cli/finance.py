"""``backhaul finance``: money that needs a person."""

import argparse

from backhaul_client import BackhaulClient, ReconcileRefundCommand
from cli.commands import add_command, give


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    finance = subparsers.add_parser("finance", help="settle what only the books can tell")
    actions = finance.add_subparsers(metavar="ACTION", required=True)
    reconcile = add_command(
        actions,
        "reconcile-refund",
        "reconcile-refund",
        "say, with proof, whether a refund of unknown end was paid",
        _reconcile_refund,
    )
    reconcile.add_argument("intent", help="the refund's id, as `returns get --json` shows it")
    reconcile.add_argument("outcome", choices=["paid", "not_paid"])
    reconcile.add_argument("--proof", required=True, help="where the provider's books show it")
    reconcile.add_argument("--refund-ref", help="the provider's name of what was paid")


async def _reconcile_refund(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReconcileRefundCommand(
        expected_version=arguments.version,
        intent_id=arguments.intent,
        outcome=arguments.outcome,
        proof=arguments.proof,
        refund_ref=arguments.refund_ref,
    )
    await give(client.reconcile_refund, arguments, command)
