"""News of a chargeback: kept, refunds beside it stopped, evidence left, its returns told."""

from collections.abc import Awaitable
from typing import Protocol

import structlog

from activities.refunds import take_word
from domain.ids import content_hash
from integrations.errors import RejectedError
from integrations.payments.port import ChargebackState, Disputes, PaymentEvent
from runtime.missing_runs import RunMissingError
from storage import states
from storage.chargebacks import Chargebacks, Noted
from storage.database import Database
from storage.rows import ChargebackRow, IntentRow
from storage.settlements import IntentStateError, Settlements
from storage.states import IntentState
from workflows.messages import CHARGEBACK_SIGNAL, ChargebackNews, RefundNews

_UNDER_WAY = (
    IntentState.SENDING,
    IntentState.PENDING,
    IntentState.UNKNOWN,
    IntentState.SUCCEEDED,
)
"""States in which the customer has the money, or may have."""
_log = structlog.get_logger(__name__)


class Tell(Protocol):
    def __call__(
        self, tenant_id: str, return_id: str, name: str, told: object
    ) -> Awaitable[None]: ...


class ChargebackDesk:
    """``tell`` signals a return; one that has ended hears nothing."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._chargebacks = Chargebacks(database)
        self._settlements = Settlements(database)
        self._tell = tell

    async def take(
        self, tenant_id: str, gateway: Disputes, event: PaymentEvent, *, again: bool
    ) -> None:
        """Read the chargeback again, and act on what is new of it; ``again`` acts in any case."""
        found = await gateway.get_chargeback(event.dispute_ref or "")
        if found.state is ChargebackState.INQUIRY:
            _log.info("chargeback.inquiry", dispute_ref=found.dispute_ref)
            return
        noted = await self._chargebacks.note(
            tenant_id,
            found.dispute_ref,
            payment_refs=found.payment_refs,
            amount=found.amount,
            state=states.ChargebackState(found.state),
            reason=found.reason,
            evidence_due_by=found.evidence_due_by,
        )
        if noted is None or not (noted.has_changed or again):
            return
        kept = noted.chargeback
        sent: tuple[str, ...] = ()
        if kept.state is states.ChargebackState.OPEN:
            intents = await self._stop(tenant_id, gateway, event, noted)
            sent = await self._contest(tenant_id, gateway, kept, intents)
        _log.warning(
            "chargeback.noted",
            order_id=kept.order_id,
            dispute_ref=kept.dispute_ref,
            state=str(kept.state),
            amount_minor=kept.amount_minor,
            currency=kept.currency,
            refunds_sent=len(sent),
        )
        told = _news(kept, sent, event)
        missing: RunMissingError | None = None
        for return_id in noted.return_ids:
            try:
                await self._tell(tenant_id, return_id, CHARGEBACK_SIGNAL, told)
            except RunMissingError as error:
                # Of one alone: the others are told now, this one when its run is there again.
                missing = error
        if missing is not None:
            raise missing

    async def _stop(
        self, tenant_id: str, gateway: Disputes, event: PaymentEvent, noted: Noted
    ) -> tuple[IntentRow, ...]:
        """Cancel at the provider what can be; return the intents as they are then."""
        after = []
        for intent in noted.intents:
            stopped = None
            if intent.state is IntentState.PENDING and intent.refund_ref is not None:
                stopped = await self._cancel(tenant_id, gateway, intent)
            if stopped is not None:
                told = RefundNews(
                    intent_id=stopped.intent_id,
                    state=stopped.state.value,
                    refund_ref=stopped.refund_ref or "",
                    failure=stopped.failure,
                    event_id=f"{event.event_id}/{stopped.intent_id}",
                )
                await self._tell(tenant_id, stopped.return_id, "refund_news", told)
            after.append(stopped or intent)
        return tuple(after)

    async def _cancel(
        self, tenant_id: str, gateway: Disputes, intent: IntentRow
    ) -> IntentRow | None:
        assert intent.refund_ref is not None
        try:
            refund = await gateway.cancel_refund(
                intent.refund_ref, idempotency_key=f"{intent.idempotency_key}/cancel"
            )
            return await take_word(self._settlements, tenant_id, intent, refund)
        except RejectedError as error:
            # Its money is on its way: only the bank can be told.
            _log.info("refund.not_stopped", intent_id=intent.intent_id, code=error.code)
        except IntentStateError:
            _log.info("refund.moved_on", intent_id=intent.intent_id)
        return None

    async def _contest(
        self,
        tenant_id: str,
        gateway: Disputes,
        kept: ChargebackRow,
        intents: tuple[IntentRow, ...],
    ) -> tuple[str, ...]:
        """Leave at the provider what was refunded already; return the names of those refunds."""
        both = [one for one in intents if one.state in _UNDER_WAY]
        sent = tuple(one.refund_ref or one.intent_id for one in both)
        if not both:
            return ()
        # The customer may have the money twice: from us, and from the bank.
        _log.error(
            "refund.charged_back_too",
            tenant_id=tenant_id,
            order_id=kept.order_id,
            dispute_ref=kept.dispute_ref,
            refunds_sent=sent,
        )
        text = "Refunded before the dispute, wholly or in part: " + "; ".join(
            f"{one.amount} as {one.refund_ref or one.intent_id} ({one.state})" for one in both
        )
        try:
            # The same words once; what has changed since is another request.
            key = f"{kept.dispute_ref}/{content_hash({'text': text})}"
            await gateway.attach_evidence(kept.dispute_ref, text, idempotency_key=key)
        except RejectedError as error:
            _log.warning("chargeback.evidence_refused", code=error.code)
        return sent


def _news(kept: ChargebackRow, sent: tuple[str, ...], event: PaymentEvent) -> ChargebackNews:
    return ChargebackNews(
        dispute_ref=kept.dispute_ref,
        tender_id=kept.tender_id,
        amount_minor=kept.amount_minor,
        state=kept.state.value,
        reason=kept.reason,
        evidence_due_by=kept.evidence_due_by,
        refunds_sent=sent,
        event_id=event.event_id,
    )
