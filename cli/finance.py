"""``backhaul finance``: money that needs a person."""

import argparse
import uuid
from datetime import UTC, date, datetime, timedelta

from backhaul_client import (
    ApproveSettlementCommand,
    BackhaulClient,
    ChangeTenderCommand,
    CustomersConsent,
    DeclineSettlementCommand,
    ReconcileRefundCommand,
    ResolveRecoveryCommand,
)
from backhaul_client.listing import ReconciliationFinding
from cli import printing
from cli.asking import moment
from cli.books import add_books
from cli.calling import calls
from cli.commands import add_command, give
from cli.tables import show_csv
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
    approve = add_command(
        actions,
        "approve-settlement",
        "approve-settlement",
        "let a settlement above the policy's limit be paid",
        _approve_settlement,
    )
    decline = add_command(
        actions,
        "decline-settlement",
        "decline-settlement",
        "say why a settlement above the policy's limit is not approved",
        _decline_settlement,
    )
    for parser in (approve, decline):
        parser.add_argument("settlement", type=int, help="its number, as `returns get` shows it")
        parser.add_argument("hash", help="the settlement hash that stands beside it")
    decline.add_argument("--reason", required=True)
    elsewhere = add_command(
        actions,
        "change-tender",
        "change-tender",
        "pay a refused refund elsewhere, with the customer's consent",
        _change_tender,
    )
    elsewhere.add_argument("intent", help="the refund's id, as `returns get --json` shows it")
    elsewhere.add_argument("destination", choices=["store_credit", "by_hand"])
    elsewhere.add_argument(
        "--reference", required=True, help="the credit account's owner, or the payment in the books"
    )
    elsewhere.add_argument("--consent-at", required=True, type=moment, help="with its offset")
    elsewhere.add_argument("--consent-how", required=True, help="phone, mail, chat, ...")
    elsewhere.add_argument("--consent-reference", required=True, help="where it is kept; no names")
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
    add_books(actions)
    compare.set_defaults(run=calls("reconcile", _reconcile))


async def _reconcile(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    day = arguments.day or datetime.now(UTC).date() - timedelta(days=1)
    if arguments.read:
        found = await client.books.get_reconciliation(day)
    else:
        found = await client.books.reconcile(day, idempotency_key=str(uuid.uuid4()))
    if arguments.json:
        printing.show_json(found)
    elif arguments.csv:
        show_csv(_COLUMNS, [_row(finding) for finding in found.findings])
    else:
        counts = ", ".join(f"{number} {name}" for name, number in sorted(found.counts.items()))
        print(f"{found.day} at {found.provider}: {counts or 'no refunds'}")
        if found.coverage == "own":
            print(f"{found.provider} lists no refunds: ours alone were read, others are not seen")
        if found.findings:
            printing.show_table(_COLUMNS, [_row(finding) for finding in found.findings])


_COLUMNS = ("verdict", "amount", "refund", "intent", "return", "was", "now")


def _row(finding: ReconciliationFinding) -> tuple[str, ...]:
    amount = str(Money(finding.amount_minor, finding.currency))
    ids = (finding.refund_ref or finding.hold_ref, finding.intent_id, finding.return_id)
    return (finding.verdict, amount, *(each or "" for each in (*ids, finding.was, finding.now)))


async def _approve_settlement(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ApproveSettlementCommand(
        expected_version=arguments.version,
        settlement_no=arguments.settlement,
        settlement_hash=arguments.hash,
    )
    await give(client.approve_settlement, arguments, command)


async def _decline_settlement(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = DeclineSettlementCommand(
        expected_version=arguments.version,
        settlement_no=arguments.settlement,
        settlement_hash=arguments.hash,
        reason=arguments.reason,
    )
    await give(client.decline_settlement, arguments, command)


async def _reconcile_refund(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReconcileRefundCommand(
        expected_version=arguments.version,
        intent_id=arguments.intent,
        outcome=arguments.outcome,
        proof=arguments.proof,
        refund_ref=arguments.refund_ref,
    )
    await give(client.reconcile_refund, arguments, command)


async def _change_tender(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ChangeTenderCommand(
        expected_version=arguments.version,
        intent_id=arguments.intent,
        destination=arguments.destination,
        reference=arguments.reference,
        consent=CustomersConsent(
            given_at=arguments.consent_at,
            how=arguments.consent_how,
            reference=arguments.consent_reference,
        ),
    )
    await give(client.change_tender, arguments, command)


async def _resolve_recovery(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ResolveRecoveryCommand(
        expected_version=arguments.version,
        lot_id=arguments.lot,
        outcome=arguments.outcome,
        reason=arguments.reason,
        proof=arguments.proof,
    )
    await give(client.resolve_recovery, arguments, command)
