"""Commands given to a running return: checked before history, carried out once, answered."""

from collections.abc import Callable
from typing import Protocol

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.commands import may
from domain.drafts import is_draft
from domain.ids import content_hash, stated
from domain.reasons import Ground
from domain.returns import Change, Return
from domain.texts import WANTED, bad_text_in
from workflows.messages import (
    CommandAnswer,
    CommandInfo,
    RefusalDetail,
)
from workflows.recording import Case


class Command(Protocol):
    """Every update's payload names its command, who gives it and on which version."""

    @property
    def info(self) -> CommandInfo: ...


class Commands:
    """Carries commands out on a case; each command id once, then it answers the same.

    Args:
        answers: Those of the case, which writes them down with what they led to.
    """

    def __init__(self, answers: dict[str, CommandAnswer]) -> None:
        self._answers = answers

    def check(
        self, case: Case | None, name: str, command: Command, check: Callable[[Return], object]
    ) -> None:
        """Refuse a command before it enters history.

        Raises:
            ApplicationError: its type is the code of the refusal.
        """
        ret = case.ret if case is not None else None
        try:
            if not self.is_repeat(command):
                check(check_frame(ret, name, command.info))
        except RefusedError as error:
            raise refusal(error, ret) from error

    def is_repeat(self, command: Command) -> bool:
        """Say whether a command was carried out before.

        Raises:
            RefusedError: its id came with other content, or it holds text that cannot be kept.
        """
        if (field := bad_text_in(command)) is not None:
            raise RefusedError("invalid_request", WANTED, field=field)
        known = self._answers.get(command.info.command_id)
        if known is not None and known.content_hash != payload_hash(command):
            raise RefusedError("key_reused", "this command id came with other content")
        return known is not None

    def carry_out(
        self, case: Case, command: Command, act: Callable[[Return], Change]
    ) -> CommandAnswer:
        """Take the command's change in and answer it; a repeated command id changes nothing."""
        info = command.info
        if info.command_id not in self._answers:
            case.take(act(case.ret), actor=info.actor, cause_id=info.command_id)
            self.remember(case.ret, info.command_id, payload_hash(command))
        return self._answers[info.command_id]

    def is_known(self, command_id: str) -> bool:
        return command_id in self._answers

    def remember(self, ret: Return, command_id: str, content_hash: str) -> None:
        """Keep what a command that was carried out is answered, however often it comes."""
        self._answers[command_id] = CommandAnswer(
            command_id=command_id,
            content_hash=content_hash,
            version=ret.version,
            headline=ret.headline,
            allowed_commands=allowed_commands(ret),
        )


def check_frame(ret: Return | None, name: str, info: CommandInfo) -> Return:
    """Return the return that a command of this actor and version may be given to."""
    counts_refused = name == "receive" and ret is not None and ret.request.ground is Ground.REFUSAL
    if not may(info.actor.role, "report-refusal" if counts_refused else name):
        raise RefusedError("forbidden", f"role {info.actor.role} may not {name}")
    if ret is None:
        raise RefusedError("command_not_allowed", "the return is still being opened")
    if is_draft(ret) and name not in allowed_commands(ret):
        raise RefusedError("command_not_allowed", "the return is still a draft")
    if info.expected_version not in (None, ret.version):
        raise RefusedError(
            "stale_version", f"expected {info.expected_version}, found {ret.version}"
        )
    return ret


def payload_hash(command: Command) -> str:
    """Hash which command it is and what it says, without who says it and under which id."""
    said = {name: value for name, value in stated(command).items() if name not in _FOUND_OUT}
    return content_hash(said | {"info": type(command).__name__})


_FOUND_OUT = ("label_of",)
"""What is no part of what the caller says: looked up for him, it may differ when he repeats it."""


def refusal(error: RefusedError, ret: Return | None) -> ApplicationError:
    """Return the error that a refused update ends with."""
    detail = RefusalDetail(
        version=ret.version if ret else 0,
        allowed_commands=allowed_commands(ret) if ret else (),
        field=error.field,
    )
    return ApplicationError(
        str(error),
        detail,
        type=error.code,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )
