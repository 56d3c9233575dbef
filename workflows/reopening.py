"""What a run does first that follows a closed one: say so, and take in why."""

from temporalio import workflow

from domain.codes import RefusedError
from domain.reopening import ASKED, REFUND_FAILED, reopen
from domain.returns import Return
from workflows.commands import Commands
from workflows.messages import CommandAnswer, Reopen, Reopened
from workflows.recording import Case
from workflows.settlement import take_news

UPDATE = "reopen"


def listen(case: Case, commands: Commands) -> None:
    """Answer the command that this run began with, however often it comes; refuse others."""

    def answer(command: Reopen) -> CommandAnswer:
        return case.answers[command.info.command_id]

    def check(command: Reopen) -> None:
        commands.check(case, UPDATE, command, _refuse)

    workflow.set_update_handler(UPDATE, answer, validator=check)


def begin(case: Case, commands: Commands, reopened: Reopened | None) -> None:
    """Reopen the return of a run that was started for it, before anything else is heard."""
    if reopened is None:
        return
    now, command = workflow.now(), reopened.command
    if command is None:
        case.take(reopen(case.ret, why=REFUND_FAILED, at=now))
    else:
        commands.carry_out(case, command, lambda ret: reopen(ret, why=ASKED, at=now))
    for news in reopened.news:
        take_news(case, news)


def _refuse(ret: Return) -> None:
    raise RefusedError("command_not_allowed", f"the return is {ret.headline}, not CLOSED")
