"""What a verified webhook makes us read again, and which return is told of it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.engine import ANSWERS_WITHIN
from activities.refund_books import count_past_us, take_word
from activities.reopening import RefundTold, Reopener, ReopenFor
from activities.scans import take_scans
from domain.ids import is_id, part_id, workflow_id_for
from domain.tracking import Reached, told_as
from integrations.carriers.port import CarrierGateway, TrackingEvent
from integrations.commerce.port import CommercePlatform, ReplacementEvent
from integrations.directory import WebhookTarget
from integrations.payments.port import Disputes, PaymentEvent, PaymentGateway, Refund, RefundOutcome
from runtime.chargebacks import ChargebackDesk
from runtime.late_scans import LateScans
from runtime.missing_runs import RunMissingError
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.returns import Returns
from storage.rows import IntentRow
from storage.settlements import IntentStateError, Settlements
from storage.tracking import Tracking
from workflows.messages import CarrierMilestones, RefundNews, ReplacementNews

Event = PaymentEvent | TrackingEvent | ReplacementEvent

_TOLD = ("created", "cancelled", "shipped", "delivered")
"""States of a replacement order that mean something to its return."""

_log = structlog.get_logger(__name__)


class News:
    def __init__(self, client: Client, database: Database, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._returns = Returns(database)
        self._settlements = Settlements(database)
        self._externals = ExternalRefunds(database)
        self._tracking = Tracking(database)
        self._reopener = Reopener(self._returns)
        self._late_scans = LateScans(client, self._returns, task_queue=task_queue)
        self._chargebacks = ChargebackDesk(database, self._signal)

    async def tell(self, target: WebhookTarget, event: Event, *, again: bool) -> None:
        """Read again what the event is about and tell the return, if it is ours and news to it.

        ``again``: an earlier try may have stored the news and died before telling, so tell it in
        any case; a return takes what it knows without a change.
        """
        match event:
            case TrackingEvent():
                carrier = cast("CarrierGateway", target.gateway)
                await self._scans(target.tenant_id, carrier, event, again=again)
            case PaymentEvent():
                payments = cast("PaymentGateway", target.gateway)
                if event.dispute_ref is not None and isinstance(payments, Disputes):
                    await self._chargebacks.take(target.tenant_id, payments, event, again=again)
                await self._refund(target.tenant_id, payments, event, again=again)
            case ReplacementEvent():
                platform = cast("CommercePlatform", target.gateway)
                await self._replacement(target.tenant_id, platform, event)

    async def _scans(
        self, tenant_id: str, carrier: CarrierGateway, event: TrackingEvent, *, again: bool
    ) -> None:
        code = event.tracking_code
        parcels = await self._tracking.deliveries_in(tenant_id, code)
        if not parcels:
            _log.info("parcel.unknown", event_id=event.event_id)
            return
        snapshot = await carrier.track(event.tracker_ref)
        after, is_new = await take_scans(self._tracking, tenant_id, code, snapshot.scans)
        if not (is_new or again):
            return
        # One of them that cannot be told keeps nobody else from hearing it.
        missing: RunMissingError | None = None
        for parcel in parcels:
            message = _message_id(event, parcel.return_id, after, again=again)
            told = CarrierMilestones(parcel.delivery_id, after, message)
            try:
                await self._signal(tenant_id, parcel.return_id, "carrier_milestones", told)
            except RunMissingError as error:
                missing = error
        if missing is not None:
            raise missing

    async def _refund(
        self, tenant_id: str, payments: PaymentGateway, event: PaymentEvent, *, again: bool
    ) -> None:
        if event.refund_ref is None:
            return
        refund = await payments.get_refund(event.refund_ref)
        intent = None
        if is_id(refund.intent_id):
            intent = await self._settlements.get(tenant_id, refund.intent_id or "")
        if intent is None:
            await self._past_us(tenant_id, refund, event, again=again)
            return
        if _is_of_another_generation(intent, refund):
            if refund.outcome is not RefundOutcome.FAILED:
                _log.error("refund.paid_twice", intent_id=intent.intent_id)
            return
        if refund.amount != intent.amount:
            # The step that looks the refund up parks it by name.
            _log.warning("refund.amount_differs", intent_id=intent.intent_id)
            return
        try:
            noted = await take_word(self._settlements, tenant_id, intent, refund)
        except IntentStateError:
            _log.warning("refund.news_too_late", intent_id=intent.intent_id, state=intent.state)
            return
        if noted.state is not intent.state or again:
            told = RefundNews(
                intent_id=intent.intent_id,
                state=noted.state.value,
                refund_ref=refund.refund_ref,
                failure=refund.failure_reason,
                event_id=event.event_id,
            )
            await self._signal(tenant_id, intent.return_id, "refund_news", told)

    async def _past_us(
        self, tenant_id: str, refund: Refund, event: PaymentEvent, *, again: bool
    ) -> None:
        """Count what was refunded by hand, at the provider; it may pay what we could not pay."""
        found = await count_past_us(self._externals, tenant_id, refund)
        if found is None:
            return
        if found.is_new or again:
            _log.warning(
                "refund.made_past_us",
                order_id=found.order_id,
                refund_ref=refund.refund_ref,
                intent_id=found.intent.intent_id if found.intent else None,
            )
        if found.intent is not None:
            told = RefundNews(
                intent_id=found.intent.intent_id,
                state=found.intent.state.value,
                refund_ref=refund.refund_ref,
                failure=refund.failure_reason,
                event_id=event.event_id,
            )
            await self._signal(tenant_id, found.intent.return_id, "refund_news", told)

    async def _replacement(
        self, tenant_id: str, platform: CommercePlatform, event: ReplacementEvent
    ) -> None:
        return_id = event.reference.partition("/")[0]
        if await self._returns.get(tenant_id, return_id) is None:
            return
        order = await platform.get_replacement(event.replacement_order_id)
        if order.reference != event.reference or order.status not in _TOLD:
            return
        told = ReplacementNews(order.reference, order.status, order.tracking_code, event.event_id)
        await self._signal(tenant_id, return_id, "replacement_news", told)

    async def _signal(self, tenant_id: str, return_id: str, name: str, told: object) -> None:
        handle = self._client.get_workflow_handle(workflow_id_for(return_id))
        try:
            await handle.signal(name, told, rpc_timeout=ANSWERS_WITHIN)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            row = await self._returns.get(tenant_id, return_id)
            if row is not None and not row.has_ended:
                raise RunMissingError(f"return {return_id} has no run to tell") from error
            if isinstance(told, RefundNews) and await self._reopened(tenant_id, return_id, told):
                return
            if isinstance(told, CarrierMilestones) and await self._late_scans.revive(
                tenant_id, return_id, told
            ):
                return
            _log.info("return.closed_before_news", return_id=return_id, signal=name)

    async def _reopened(self, tenant_id: str, return_id: str, news: RefundNews) -> bool:
        asked = ReopenFor(tenant_id, return_id, RefundTold(**asdict(news)))
        return await self._reopener.reopen(self._client, asked, task_queue=self._task_queue)


def _message_id(
    event: TrackingEvent, return_id: str, proven: Sequence[Reached], *, again: bool
) -> str:
    """Name what is told of one webhook.

    Told again after a crash, the carrier may prove more than at first: that is another message, for
    a return takes each once.
    """
    if not again:
        return event.event_id
    return part_id(return_id, "scans", event.event_id, *told_as(proven))


def _is_of_another_generation(intent: IntentRow, refund: Refund) -> bool:
    """Say whether the news is of an earlier try of the intent, which a later one replaced."""
    if intent.refund_ref is not None:
        return intent.refund_ref != refund.refund_ref
    # Nothing is known of this try yet; what failed is an earlier one.
    return refund.outcome is RefundOutcome.FAILED
