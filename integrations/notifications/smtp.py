"""Mail through an SMTP server."""

import ipaddress
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

import aiosmtplib
import structlog

from integrations.errors import (
    ConfigurationError,
    IntegrationError,
    NotSentError,
    RejectedError,
    TemporarilyUnavailableError,
)
from integrations.notifications.port import Message

log = structlog.get_logger()

SYSTEM = "smtp"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out: ``smtp://host:port``, or ``smtps://`` for TLS from the first byte.

    Over ``smtp://`` TLS is taken where the server offers it, and required before a password is
    sent to another machine.
    """

    url: str
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """The mail port on SMTP: one connection per message, no state to close."""

    def __init__(self, server: SmtpServer) -> None:
        parts = urlsplit(server.url)
        _, address = parseaddr(server.sender)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not parts.port:
            raise ConfigurationError(SYSTEM, "wanted smtp://host:port", field="base_url")
        if "@" not in address:
            raise ConfigurationError(SYSTEM, "wanted an address to send from", field="sender")
        self._server = server
        self._host = parts.hostname
        self._port = parts.port
        self._tls = parts.scheme == "smtps"
        self._domain = address.rpartition("@")[2]

    async def send(self, message: Message) -> None:
        started = time.monotonic()
        failure: str | None = None
        try:
            await self._deliver(self._written(message))
        except IntegrationError as error:
            failure = error.code or type(error).__name__
            raise
        finally:
            log.info(
                "smtp.called",
                system=SYSTEM,
                failure=failure,
                ms=round((time.monotonic() - started) * 1000),
            )

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"] = self._server.sender
            mail["To"] = message.recipient
            mail["Subject"] = message.subject
            mail["Message-ID"] = f"<{message.message_id}@{self._domain}>"
            if message.return_id:
                mail["X-Backhaul-Return"] = message.return_id
        except ValueError:
            # Without its cause, which holds the address. A line break would forge a header.
            raise RejectedError(SYSTEM, "a header cannot be written", code="bad_header") from None
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    async def _deliver(self, mail: EmailMessage) -> None:
        exposed = self._server.password is not None and not is_loopback(self._host)
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=self._server.username,
                password=self._server.password,
                use_tls=self._tls,
                # None takes TLS where it is offered.
                start_tls=True if exposed and not self._tls else None,
                timeout=30,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(max(refusal.code for refusal in error.recipients)) from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise _refused(error.code, ConfigurationError) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code) from None
        except aiosmtplib.SMTPConnectError:
            raise NotSentError(SYSTEM, "no connection") from None
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError):
            raise TemporarilyUnavailableError(SYSTEM, "the connection broke") from None
        except (aiosmtplib.SMTPNotSupported, ValueError):
            raise RejectedError(SYSTEM, "the message cannot be sent", code="unsendable") from None
        except aiosmtplib.SMTPException:
            raise ConfigurationError(
                SYSTEM, "the server lacks TLS or a way to log in", field="base_url"
            ) from None


def _refused(code: int, kind: type[IntegrationError] = RejectedError) -> IntegrationError:
    """Return the error of an SMTP reply; its text is left out: servers repeat the address."""
    if code < 500:
        kind = TemporarilyUnavailableError
    return kind(SYSTEM, f"the server answered {code}", code=str(code))


def is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
