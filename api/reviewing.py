"""The wire's words of a review into the engine's."""

from backhaul_client import review
from domain.inspection import Photo
from workflows.messages import CommandInfo
from workflows.review_messages import AnswerInfo, AskInfo


def ask_info(info: CommandInfo, body: review.AskInfoCommand) -> AskInfo:
    return AskInfo(info, body.question)


def answer_info(info: CommandInfo, body: review.AnswerInfoCommand) -> AnswerInfo:
    evidence = tuple(Photo(row.url, row.sha256) for row in body.evidence)
    return AnswerInfo(info, body.answer, evidence)
