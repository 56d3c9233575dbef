"""``backhaul finance``: money that needs a person."""

import argparse
import csv
import sys
import uuid
from datetime import UTC, date, datetime, timedelta

from backhaul_client import BackhaulClient, ReconcileRefundCommand, ResolveRecoveryCommand
from backhaul_client.listing import ReconciliationFinding
from cli import printing
from cli.calling import calls
from cli.commands import add_command, give
from domain.money import Money


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
    recover = add_command(
        actions,
        "resolve-recovery",
        "resolve-recovery",
        "say how value that went out before its goods came back",
        _resolve_recovery,
    )
    recover.add_argument("lot")
    recover.add_argument("outcome", choices=["charged", "collections", "written_off", "given_back"])
    recover.add_argument("--reason", required=True)
    recover.add_argument("--proof", help="where the charge, or its way back, stands")
    compare = actions.add_parser(
        "reconcile", help="compare a day's refunds with the provider's, and adopt what it knows"
    )
    compare.add_argument("--day", type=date.fromisoformat, help="UTC; yesterday unless stated")
    compare.add_argument("--read", action="store_true", help="as it was last compared, not anew")
    compare.add_argument("--csv", action="store_true", help="print what differs as CSV")
    printing.add_json(compare)
    compare.set_defaults(run=calls("reconcile", _reconcile))


async def _reconcile(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    day = arguments.day or datetime.now(UTC).date() - timedelta(days=1)
    if arguments.read:
        found = await client.get_reconciliation(day)
    else:
        found = await client.reconcile(day, idempotency_key=str(uuid.uuid4()))
    if arguments.json:
        printing.show_json(found)
    elif arguments.csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(_COLUMNS)
        table.writerows(_row(finding) for finding in found.findings)
    else:
        counts = ", ".join(f"{number} {name}" for name, number in sorted(found.counts.items()))
        print(f"{found.day} at {found.provider}: {counts or 'no refunds'}")
        if found.findings:
            printing.show_table(_COLUMNS, [_row(finding) for finding in found.findings])


_COLUMNS = ("verdict", "amount", "refund", "intent", "return", "was", "now")


def _row(finding: ReconciliationFinding) -> tuple[str, ...]:
    amount = str(Money(finding.amount_minor, finding.currency))
    ids = (finding.refund_ref or finding.hold_ref, finding.intent_id, finding.return_id)
    return (finding.verdict, amount, *(each or "" for each in (*ids, finding.was, finding.now)))


async def _reconcile_refund(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReconcileRefundCommand(
        expected_version=arguments.version,
        intent_id=arguments.intent,
        outcome=arguments.outcome,
        proof=arguments.proof,
        refund_ref=arguments.refund_ref,
    )
    await give(client.reconcile_refund, arguments, command)


async def _resolve_recovery(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ResolveRecoveryCommand(
        expected_version=arguments.version,
        lot_id=arguments.lot,
        outcome=arguments.outcome,
        reason=arguments.reason,
        proof=arguments.proof,
    )
    await give(client.resolve_recovery, arguments, command)
