"""A mail server that keeps every message it accepts."""

import asyncio
import functools
import secrets
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.clock import iso_now
from sandbox.faults import FaultKind, FaultPlan
from sandbox.world import World

_LATER = (FaultKind.HTTP_503, FaultKind.CONFLICT, FaultKind.THROTTLED)
_NEVER = (FaultKind.HTTP_500, FaultKind.STORED_500)


class Mailbox:
    """Handles one SMTP session after another; accepted messages are on disk before the 250."""

    def __init__(self, world: World) -> None:
        self._world = world

    # aiosmtpd finds its hooks by these names and passes all of these arguments.
    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        hits = await self._world.faults.hit_request("smtp", "RCPT")
        refusal = await _refusal(hits)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        hits = await self._world.faults.hit_request("smtp", "DATA")
        refusal = await _refusal(hits)
        if refusal is not None:
            return refusal
        await self._keep(envelope)
        if FaultKind.LOST_REPLY in hits and server.transport is not None:
            server.transport.close()
        return "250 OK"

    async def _keep(self, envelope: Envelope) -> None:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        mail = {
            "message_id": _header(message, "Message-ID"),
            "to": list(envelope.rcpt_tos),
            "sender": envelope.mail_from,
            "subject": _header(message, "Subject"),
            "return_id": _header(message, "X-Backhaul-Return"),
            "text": _text_of(message),
            "received_at": iso_now(),
        }
        async with self._world.ledger.transaction():
            self._world.ledger.add("mail", secrets.token_hex(12), mail)


async def serve_smtp(world: World, listener: socket.socket) -> asyncio.Server:
    """Start accepting mail on a bound socket."""
    loop = asyncio.get_running_loop()
    session = functools.partial(
        SMTP, Mailbox(world), hostname="sandbox.localhost", enable_SMTPUTF8=True, loop=loop
    )
    return await loop.create_server(session, sock=listener)


async def _refusal(hits: dict[FaultKind, FaultPlan]) -> str | None:
    if FaultKind.DELAY in hits:
        await asyncio.sleep(hits[FaultKind.DELAY].delay_ms / 1000)
    if any(kind in hits for kind in _LATER):
        return "451 4.3.0 try again later"
    if any(kind in hits for kind in _NEVER):
        return "550 5.1.1 no such mailbox here"
    return None


def _header(message: EmailMessage, name: str) -> str | None:
    value = message[name]
    return None if value is None else str(value)


def _text_of(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    return "" if body is None else str(body.get_content()).strip()
