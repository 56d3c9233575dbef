"""What each command of a review asks of a return: checked before it enters history, then done."""

from temporalio import workflow

from domain.asking_info import answer, ask, check_answer, check_question
from domain.offers import accept, check_offer, check_open, decline, offer
from domain.returns import Change, Return
from workflows.review_messages import AcceptOffer, AnswerInfo, AskInfo, DeclineOffer, MakeOffer


def check_ask_info(ret: Return, command: AskInfo) -> None:
    check_question(ret, command.question)


def do_ask_info(ret: Return, command: AskInfo) -> Change:
    return ask(ret, command.question, by=command.info.actor, at=workflow.now())


def check_answer_info(ret: Return, command: AnswerInfo) -> None:
    check_answer(ret, command.answer, command.evidence)


def do_answer_info(ret: Return, command: AnswerInfo) -> Change:
    return answer(ret, command.answer, command.evidence, at=workflow.now())


def check_make_offer(ret: Return, command: MakeOffer) -> None:
    by, known_as = command.info.actor, command.info.known_as
    percent, amount = command.percent, command.amount_minor
    check_offer(ret, percent, amount, command.message, by=by, known_as=known_as)


def do_make_offer(ret: Return, command: MakeOffer) -> Change:
    by, at, percent = command.info.actor, workflow.now(), command.percent
    return offer(ret, percent, command.amount_minor, command.message, by=by, at=at)


def check_accept_offer(ret: Return, command: AcceptOffer) -> None:
    check_open(ret, command.offer_no)


def do_accept_offer(ret: Return, command: AcceptOffer) -> Change:
    return accept(ret, command.offer_no, at=workflow.now())


def check_decline_offer(ret: Return, command: DeclineOffer) -> None:
    check_open(ret, command.offer_no)


def do_decline_offer(ret: Return, command: DeclineOffer) -> Change:
    return decline(ret, command.offer_no, at=workflow.now())
