"""The mail contract on the SMTP adapter, against the sandbox's mail server."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from integrations.errors import ConfigurationError
from integrations.notifications.smtp import SmtpMailer, SmtpServer, is_loopback
from runtime.devstack.ports import PortWish, choose_ports
from tests.contract.mailer_contract import Mail, MailerContract, message
from tests.contract.outside import Outside
from tests.support.sandbox import Sandbox

SENDER = "Example Shop <returns@shop.example.com>"


class SandboxMailbox:
    """The sandbox as everybody's mailbox."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def arrived(self, message_id: str) -> list[Mail]:
        wanted = f"<{message_id}@shop.example.com>"
        return [
            Mail(tuple(mail["to"]), mail["subject"], mail["text"], mail["return_id"])
            for mail in self._outside.effects("mails", message_id=wanted)
        ]

    def refusing(self, *, for_good: bool) -> AbstractContextManager[None]:
        return self._outside.fault("smtp", "RCPT", "http_500" if for_good else "http_503")

    def losing_the_answer(self) -> AbstractContextManager[None]:
        return self._outside.fault("smtp", "DATA", "lost_reply")


class TestSmtp(MailerContract):
    @pytest.fixture
    def mailer(self, shared_sandbox: Sandbox) -> SmtpMailer:
        return SmtpMailer(SmtpServer(f"smtp://127.0.0.1:{shared_sandbox.smtp_port}", SENDER))

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxMailbox:
        return SandboxMailbox(outside)

    @pytest.fixture
    def unreachable(self) -> Callable[[], SmtpMailer]:
        def make() -> SmtpMailer:
            port = choose_ports([PortWish("nobody")], remembered={})["nobody"]
            return SmtpMailer(SmtpServer(f"smtp://127.0.0.1:{port}", SENDER))

        return make

    async def test_logs_in_nowhere_without_being_asked_to(self, shared_sandbox: Sandbox) -> None:
        """A password for a server that takes none is a setting to correct, and nothing is sent."""
        server = SmtpServer(
            f"smtp://127.0.0.1:{shared_sandbox.smtp_port}", SENDER, "user", "a password"
        )

        with pytest.raises(ConfigurationError):
            await SmtpMailer(server).send(message())

    @pytest.mark.parametrize(
        ("url", "sender"),
        [
            ("http://127.0.0.1:25", SENDER),
            ("smtp://127.0.0.1", SENDER),
            ("smtp://:25", SENDER),
            ("smtp://127.0.0.1:25", "nobody"),
        ],
    )
    def test_needs_a_server_and_a_sender(self, url: str, sender: str) -> None:
        """A mailer without server, port or sender is refused before any mail."""
        with pytest.raises(ConfigurationError):
            SmtpMailer(SmtpServer(url, sender))

    def test_shows_no_password(self) -> None:
        """The settings of a mail server can be printed."""
        assert "hidden" not in repr(SmtpServer("smtp://a:1", SENDER, "user", "hidden"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.0.0.1.example.com", False),
        ("10.0.0.1", False),
        (None, False),
    ],
)
def test_knows_this_machine(host: str | None, expected: bool) -> None:
    """Only this machine's own addresses are loopback."""
    assert is_loopback(host) is expected
