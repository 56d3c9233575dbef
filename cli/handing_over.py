"""``backhaul returns handover|sent|new-label|lost``: what becomes of a parcel on its way back."""

import argparse
from datetime import datetime

from backhaul_client import (
    BackhaulClient,
    ChangeHandoverCommand,
    Drawback,
    MarkLostCommand,
    RecordCustomsPapersCommand,
    RecordSendingCommand,
    ReplaceLabelCommand,
)
from cli.asking import add_pickup, pickup_of
from cli.commands import add_command, give
from domain.requests import HandoverMethod


def add_handover_commands(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    change = add_command(actions, "handover", "change-handover", "choose another way back", _change)
    ways = [str(method) for method in HandoverMethod if method is not HandoverMethod.KEEP]
    change.add_argument("method", choices=ways)
    add_pickup(change)
    sent = add_command(
        actions, "sent", "record-sending", "say with proof that the parcel was sent", _sent
    )
    sent.add_argument("sent_at", type=datetime.fromisoformat, metavar="WHEN", help="with offset")
    sent.add_argument("--carrier", default="")
    sent.add_argument("--tracking-code", default="")
    sent.add_argument("--reference", default="", help="where the receipt is kept")
    sent.add_argument("--bag", default="", help="its bag, where the code is of a bulk parcel")


def add_parcel_commands(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    label = add_command(actions, "new-label", "replace-label", "buy another label", _new_label)
    label.add_argument("delivery", help="the parcel's id, as `returns get` shows it")
    label.add_argument("--reason", required=True)
    papers = add_command(
        actions, "customs", "record-customs-papers", "say where the customs papers are", _papers
    )
    papers.add_argument("reference", help="where the papers are kept")
    papers.add_argument(
        "--drawback", type=_amount, metavar="'MINOR CUR'", help="duty got back, as '1250 EUR'"
    )
    lost = add_command(actions, "lost", "mark-lost", "say that the carrier lost a parcel", _lost)
    lost.add_argument("delivery", help="the parcel's id, as `returns get` shows it")
    lost.add_argument("--evidence", required=True, help="what the carrier says")
    lost.add_argument("--claim", help="our claim at the carrier")


def _amount(text: str) -> Drawback:
    """Read ``1250 EUR``: minor units, and the currency."""
    minor, _, currency = text.partition(" ")
    return Drawback.model_validate({"amount_minor": minor, "currency": currency})


async def _papers(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = RecordCustomsPapersCommand(
        expected_version=arguments.version,
        reference=arguments.reference,
        drawback=arguments.drawback,
    )
    await give(client.record_customs_papers, arguments, command)


async def _new_label(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReplaceLabelCommand(
        expected_version=arguments.version,
        delivery_id=arguments.delivery,
        reason=arguments.reason,
    )
    await give(client.replace_label, arguments, command)


async def _lost(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = MarkLostCommand(
        expected_version=arguments.version,
        delivery_id=arguments.delivery,
        evidence=arguments.evidence,
        claim_ref=arguments.claim,
    )
    await give(client.mark_lost, arguments, command)


async def _change(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ChangeHandoverCommand.model_validate(
        {
            "expected_version": arguments.version,
            "handover": arguments.method,
            "pickup_window": pickup_of(arguments),
        }
    )
    await give(client.change_handover, arguments, command)


async def _sent(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = RecordSendingCommand(
        expected_version=arguments.version,
        sent_at=arguments.sent_at,
        carrier=arguments.carrier,
        tracking_code=arguments.tracking_code,
        bag=arguments.bag,
        reference=arguments.reference,
    )
    await give(client.record_sending, arguments, command)
