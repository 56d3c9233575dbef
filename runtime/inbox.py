"""Webhooks in: verified, kept, read again at their sender, and told to the return they are about.

The contents of a webhook are not believed: they only say what to read again. Each row is processed
once; one that fails stays and is tried again by :meth:`InboxProcessor.process_waiting`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from integrations.carriers.port import CarrierGateway, TrackingEvent
from integrations.commerce.port import CommercePlatform, ReplacementEvent
from integrations.directory import Connections, UnknownConnectionError, WebhookTarget
from integrations.errors import IntegrationError, NotFoundError
from integrations.payments.port import PaymentEvent, PaymentGateway
from runtime.missing_runs import RunMissingError
from runtime.news import Event, News
from storage.database import UNREACHABLE, Database
from storage.inbox import Inbox
from storage.rows import InboxEntry
from storage.tenants import Tenants

_BATCH = 50
_EVENTS: dict[str, type[Event]] = {
    "payments": PaymentEvent,
    "carrier": TrackingEvent,
    "commerce": ReplacementEvent,
}
_PASSING = (IntegrationError, UnknownConnectionError, RunMissingError, RPCError, *UNREACHABLE)
_log = structlog.get_logger(__name__)


class InboxProcessor:
    """``task_queue`` is where a closed return goes on that is owed a refund again."""

    def __init__(
        self, client: Client, connections: Connections, database: Database, *, task_queue: str
    ) -> None:
        self._connections = connections
        self._inbox = Inbox(database)
        self._tenants = Tenants(database)
        self._news = News(client, database, task_queue=task_queue)

    async def receive(
        self, connection_id: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> str:
        """Take one webhook in.

        Returns:
            ``processed``; ``ignored`` for kinds that nobody follows; ``stored`` when it could not
            be processed now and will be tried again.

        Raises:
            UnknownConnectionError: nobody is connected under this id.
            WebhookError: it is not from whom it claims, or not what they send; nothing is stored.
        """
        target = await self._connections.by_id(connection_id)
        event = _parsed(target, headers, body, now)
        if event is None:
            return "ignored"
        # What was read out of the verified body, and no more: bodies hold personal data.
        kept = json.dumps(asdict(event)).encode()
        row = await self._inbox.receive(
            target.tenant_id, connection_id, event.event_id, event.event_type, kept
        )
        if row.processed_at is not None:
            return "processed"
        done = await self._process(target, row.inbox_id, event, again=not row.is_new)
        return "processed" if done else "stored"

    async def process_waiting(self, *, older_than_seconds: float = 30) -> int:
        """Try again what failed or was interrupted, of every tenant; return how many are done.

        Younger ones are left to whoever received them, who may still be at it.
        """
        done = 0
        for tenant in await self._tenants.list_all():
            waiting = await self._inbox.unprocessed(
                tenant.tenant_id, limit=_BATCH, older_than_seconds=older_than_seconds
            )
            for entry in waiting:
                done += await self._process_again(tenant.tenant_id, entry)
        return done

    async def _process_again(self, tenant_id: str, entry: InboxEntry) -> bool:
        try:
            target = await self._connections.by_id(entry.connection_id)
        except (IntegrationError, UnknownConnectionError) as error:
            await self._inbox.failed(tenant_id, entry.inbox_id, type(error).__name__)
            return False
        event = _EVENTS[target.kind](**json.loads(entry.body))
        return await self._process(target, entry.inbox_id, event, again=True)

    async def _process(
        self, target: WebhookTarget, inbox_id: str, event: Event, *, again: bool
    ) -> bool:
        log = _log.bind(event_id=event.event_id, event_type=event.event_type)
        try:
            await self._news.tell(target, event, again=again)
        except NotFoundError:
            # Its sender does not know it any more: there is nothing to learn.
            log.warning("webhook.unknown_at_sender")
        except _PASSING as error:
            log.warning("webhook.failed", error=type(error).__name__)
            await self._inbox.failed(target.tenant_id, inbox_id, type(error).__name__)
            return False
        await self._inbox.processed(target.tenant_id, inbox_id)
        return True


def _parsed(
    target: WebhookTarget, headers: Mapping[str, str], body: bytes, now: datetime
) -> Event | None:
    if target.kind not in _EVENTS:
        raise UnknownConnectionError(f"a connection for {target.kind} gets no webhooks")
    gateway = cast("PaymentGateway | CarrierGateway | CommercePlatform", target.gateway)
    event: Any = gateway.parse_webhook(headers, body, now)
    return cast("Event | None", event)
