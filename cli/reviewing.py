"""``backhaul returns ask|answer|offer|accept-offer|decline-offer``: the talk of a review."""

import argparse

from backhaul_client import (
    AcceptOfferCommand,
    AnswerInfoCommand,
    AskInfoCommand,
    BackhaulClient,
    CounterOfferCommand,
    DeclineOfferCommand,
    PhotoReference,
)
from cli.asking import positive
from cli.commands import add_command, give


def add_review_commands(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask = add_command(actions, "ask", "ask-info", "ask the customer during a review", _ask)
    ask.add_argument("question", help="the customer reads it")
    answer = add_command(actions, "answer", "answer-info", "answer a reviewer's question", _answer)
    answer.add_argument("answer", nargs="?", default="")
    answer.add_argument(
        "--evidence",
        action="append",
        default=[],
        type=evidence,
        metavar="SHA256=URL",
        help="a photo or paper by reference; repeatable",
    )
    _add_offers(actions)


def _add_offers(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    offer = add_command(
        actions, "offer", "counter-offer", "let the goods be kept for a part of the money", _offer
    )
    part = offer.add_mutually_exclusive_group(required=True)
    part.add_argument("--percent", type=positive, help="of what was paid for the goods")
    part.add_argument("--amount", type=positive, metavar="MINOR", help="in minor units")
    offer.add_argument("--message", required=True, help="the customer reads it")
    accept = add_command(actions, "accept-offer", "accept-offer", "keep the goods for it", _accept)
    accept.add_argument("offer", type=positive, help="its number, as `returns get` shows it")
    decline = add_command(
        actions, "decline-offer", "decline-offer", "leave it to the reviewer", _decline
    )
    decline.add_argument("offer", type=positive, help="its number, as `returns get` shows it")


def evidence(text: str) -> PhotoReference:
    """Read ``SHA256=URL``."""
    digest, _, url = text.partition("=")
    try:
        return PhotoReference(url=url, sha256=digest)
    except ValueError as error:
        raise argparse.ArgumentTypeError("wanted SHA256=URL") from error


async def _ask(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = AskInfoCommand(expected_version=arguments.version, question=arguments.question)
    await give(client.ask_info, arguments, command)


async def _answer(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = AnswerInfoCommand(
        expected_version=arguments.version,
        answer=arguments.answer,
        evidence=tuple(arguments.evidence),
    )
    await give(client.answer_info, arguments, command)


async def _offer(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = CounterOfferCommand(
        expected_version=arguments.version,
        percent=arguments.percent,
        amount_minor=arguments.amount,
        message=arguments.message,
    )
    await give(client.counter_offer, arguments, command)


async def _accept(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = AcceptOfferCommand(expected_version=arguments.version, offer_no=arguments.offer)
    await give(client.accept_offer, arguments, command)


async def _decline(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = DeclineOfferCommand(expected_version=arguments.version, offer_no=arguments.offer)
    await give(client.decline_offer, arguments, command)
