"""The one loop of our own beside Temporal: numbers events, sends messages, retries webhooks."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from activities.notifications import render
from domain.gift_returns import ToWhom, written_to
from integrations.commerce.port import CommercePlatform, Contact
from integrations.directory import Connections, UnknownConnectionError
from integrations.errors import RejectedError
from storage.relay import Outbox
from storage.returns import Returns
from storage.rows import NoticeRow, ReturnRow
from storage.tenants import Tenants

log = structlog.get_logger()

_POSITIONS = 500
_NOTICES = 10
"""Few at a time: they are sent one after the other, and their lease is a minute."""
_IDLE_SECONDS = 0.5
_FIRST_RETRY = timedelta(seconds=5)
_LAST_RETRY = timedelta(hours=1)
_GIVE_UP_AFTER = 40
"""Tries of one message: with the waits above about a day and a half."""


class Relay:
    """Several may run side by side: positions have one writer at a time, messages are leased.

    Args:
        retry_webhooks: Processes again what came in but could not be processed.
        survey_link: Turns a return id into the address of its survey.
    """

    def __init__(
        self,
        *,
        tenants: Tenants,
        outbox: Outbox,
        returns: Returns,
        connections: Connections,
        retry_webhooks: Callable[[], Awaitable[int]],
        survey_link: Callable[[str], str],
    ) -> None:
        self._tenants = tenants
        self._outbox = outbox
        self._returns = returns
        self._connections = connections
        self._retry_webhooks = retry_webhooks
        self._survey_link = survey_link

    async def run(self) -> None:
        """Work until cancelled; trouble with the database is logged and tried again."""
        this = asyncio.current_task()
        while True:
            try:
                busy = await self.once()
            except Exception:
                log.exception("relay.failed")
                busy = False
            if this is not None and this.cancelling():
                # A library took it for trouble of its own and told of that instead.
                raise asyncio.CancelledError
            await asyncio.sleep(0 if busy else _IDLE_SECONDS)

    async def once(self) -> bool:
        """Do one round over all tenants; say whether there was anything to do."""
        done = await self._retry_webhooks()
        for tenant in await self._tenants.list_all():
            done += await self._outbox.assign_positions(tenant.tenant_id, _POSITIONS)
            for notice in await self._outbox.claim_notices(tenant.tenant_id, _NOTICES):
                await self._send(tenant.tenant_id, notice)
                done += 1
        return done > 0

    async def _send(self, tenant_id: str, notice: NoticeRow) -> None:
        try:
            mailer = await self._connections.mailer(tenant_id)
        except UnknownConnectionError:
            await self._outbox.notice_suppressed(tenant_id, notice.notice_id, "no mail connection")
            return
        try:
            row = await self._returns.get(tenant_id, notice.return_id)
            if row is None:
                return
            platform = await self._connections.commerce(tenant_id)
            message = render(
                notice.notice_id,
                notice.kind,
                notice.data,
                contact=await _reader(platform, row, notice),
                return_id=notice.return_id,
                survey_link=self._survey_link(notice.return_id),
            )
            await mailer.send(message)
        except Exception as error:  # noqa: BLE001  # one bad message must not stop the others
            await self._failed(tenant_id, notice, error)
        else:
            await self._outbox.notice_sent(tenant_id, notice.notice_id)
            log.info("notice.sent", return_id=notice.return_id, kind=notice.kind)

    async def _failed(self, tenant_id: str, notice: NoticeRow, error: Exception) -> None:
        final = isinstance(error, RejectedError) or notice.attempts >= _GIVE_UP_AFTER
        wait = min(_FIRST_RETRY * 2 ** min(notice.attempts - 1, 10), _LAST_RETRY)
        await self._outbox.notice_failed(
            tenant_id,
            notice.notice_id,
            type(error).__name__,
            retry_at=None if final else datetime.now(UTC) + wait,
        )
        log.warning(
            "notice.failed",
            return_id=notice.return_id,
            kind=notice.kind,
            error=type(error).__name__,
        )


async def _reader(platform: CommercePlatform, row: ReturnRow, notice: NoticeRow) -> Contact:
    """Read who is written to: a gift's recipient, but of the purchaser's money the purchaser."""
    by = (row.snapshot or {}).get("by")
    to = written_to(notice.kind, notice.data.get("destination"))
    if by == ToWhom.RECIPIENT and to is ToWhom.RECIPIENT:
        return await platform.get_recipient(row.order_id)
    return await platform.get_contact(row.order_id)
