"""``backhaul returns ask|answer``: what passes between reviewer and customer in a review."""

import argparse

from backhaul_client import AnswerInfoCommand, AskInfoCommand, BackhaulClient, PhotoReference
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
