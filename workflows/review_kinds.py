"""What each command of a review asks of a return: checked before it enters history, then done."""

from temporalio import workflow

from domain.asking_info import answer, ask, check_answer, check_question
from domain.returns import Change, Return
from workflows.review_messages import AnswerInfo, AskInfo


def check_ask_info(ret: Return, command: AskInfo) -> None:
    check_question(ret, command.question)


def do_ask_info(ret: Return, command: AskInfo) -> Change:
    return ask(ret, command.question, by=command.info.actor, at=workflow.now())


def check_answer_info(ret: Return, command: AnswerInfo) -> None:
    check_answer(ret, command.answer, command.evidence)


def do_answer_info(ret: Return, command: AnswerInfo) -> Change:
    return answer(ret, command.answer, command.evidence, at=workflow.now())
