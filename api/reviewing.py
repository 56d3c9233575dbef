"""The wire's words of a review into the engine's."""

from backhaul_client import review
from domain.inspection import Photo
from workflows.messages import CommandInfo
from workflows.review_messages import AcceptOffer, AnswerInfo, AskInfo, DeclineOffer, MakeOffer


def ask_info(info: CommandInfo, body: review.AskInfoCommand) -> AskInfo:
    return AskInfo(info, body.question)


def answer_info(info: CommandInfo, body: review.AnswerInfoCommand) -> AnswerInfo:
    evidence = tuple(Photo(row.url, row.sha256) for row in body.evidence)
    return AnswerInfo(info, body.answer, evidence)


def counter_offer(info: CommandInfo, body: review.CounterOfferCommand) -> MakeOffer:
    return MakeOffer(info, body.message, body.percent, body.amount_minor)


def accept_offer(info: CommandInfo, body: review.AcceptOfferCommand) -> AcceptOffer:
    return AcceptOffer(info, body.offer_no)


def decline_offer(info: CommandInfo, body: review.DeclineOfferCommand) -> DeclineOffer:
    return DeclineOffer(info, body.offer_no)
