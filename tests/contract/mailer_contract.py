"""What every mailer must do, whatever carries the mail."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from integrations.errors import NotSentError, RejectedError, TemporarilyUnavailableError
from integrations.notifications.port import Mailer, Message
from tests.contract.outside import unique


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived."""

    to: tuple[str, ...]
    subject: str
    text: str
    return_id: str | None


class MailWorld(Protocol):
    """The receiving side of a suite."""

    def arrived(self, message_id: str) -> list[Mail]:
        """Return the mails whose Message-ID begins with ours."""

    def refusing(self, *, for_good: bool) -> AbstractContextManager[None]: ...

    def losing_the_answer(self) -> AbstractContextManager[None]: ...


def message(**changes: str) -> Message:
    mail = Message(
        message_id=unique("mail"),
        recipient="kim@example.com",
        subject="Your return",
        text="We have it.",
    )
    return replace(mail, **changes)


class MailerContract(ABC):
    @pytest.fixture
    @abstractmethod
    def mailer(self) -> Mailer:
        """The adapter under test."""

    @pytest.fixture
    @abstractmethod
    def world(self) -> MailWorld:
        """The other side."""

    @pytest.fixture
    @abstractmethod
    def unreachable(self) -> Callable[[], Mailer]:
        """Make an adapter whose server is not there."""

    @pytest.mark.parametrize("text", ["We have it.", "Wir haben sie: 你好 ありがとう", "x" * 2_000])
    async def test_delivers_what_was_written(
        self, mailer: Mailer, world: MailWorld, text: str
    ) -> None:
        """A mail arrives once, in any language, marked with its return."""
        mail = message(subject="Retoure 退货", text=text, return_id="return-1")

        await mailer.send(mail)

        assert world.arrived(mail.message_id) == [
            Mail(("kim@example.com",), "Retoure 退货", text, "return-1")
        ]

    async def test_keeps_its_id_when_sent_again(self, mailer: Mailer, world: MailWorld) -> None:
        """When the server's last word is lost the mail may come twice, under one id."""
        mail = message()
        with world.losing_the_answer(), pytest.raises(TemporarilyUnavailableError):
            await mailer.send(mail)

        await mailer.send(mail)

        assert 1 <= len(world.arrived(mail.message_id)) <= 2

    async def test_waits_for_a_busy_server(self, mailer: Mailer, world: MailWorld) -> None:
        """A server that says later gets it later."""
        mail = message()
        with world.refusing(for_good=False), pytest.raises(TemporarilyUnavailableError):
            await mailer.send(mail)

        await mailer.send(mail)

        assert len(world.arrived(mail.message_id)) == 1

    async def test_says_when_nobody_has_the_address(self, mailer: Mailer, world: MailWorld) -> None:
        """An address refused for good is not tried again, and not repeated in the error."""
        with world.refusing(for_good=True), pytest.raises(RejectedError) as caught:
            await mailer.send(message())

        assert caught.value.code == "550"
        assert "kim" not in str(caught.value)

    @pytest.mark.parametrize("field", ["recipient", "subject", "return_id", "message_id"])
    async def test_forges_no_header(self, mailer: Mailer, field: str) -> None:
        """A line break in a header would start another one: such a mail is refused."""
        with pytest.raises(RejectedError):
            await mailer.send(message(**{field: "x@example.com\r\nBcc: all@example.com"}))

    async def test_says_when_nothing_was_sent(self, unreachable: Callable[[], Mailer]) -> None:
        """Without a server nothing left this machine."""
        with pytest.raises(NotSentError):
            await unreachable().send(message())
