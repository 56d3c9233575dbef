"""News of a chargeback: kept, refunds beside it stopped, evidence left, its returns told."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

import structlog

from activities.refund_books import take_word
from domain.ids import content_hash
from integrations.errors import IntegrationError, RejectedError
from integrations.payments.port import ChargebackState, Disputes, PaymentEvent
from storage import states
from storage.chargebacks import Chargebacks, Noted
from storage.database import Database
from storage.rows import ChargebackRow, IntentRow
from storage.settlements import IntentStateError, Settlements
from storage.states import UNDER_WAY, IntentState
from workflows.messages import CHARGEBACK_SIGNAL, ChargebackNews, RefundNews

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
        """Read the chargeback again, and act on what is new of it; ``again`` acts in any case.

        Every return of the order is told before the provider is asked to stop or take anything, and
        whatever becomes of the others.

        Raises:
            Exception: the first return that could not be told, once all else is done.
        """
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
        is_open = kept.state is states.ChargebackState.OPEN
        sent = _sent(noted.intents) if is_open else ()
        _log.warning(
            "chargeback.noted",
            order_id=kept.order_id,
            dispute_ref=kept.dispute_ref,
            state=str(kept.state),
            amount_minor=kept.amount_minor,
            currency=kept.currency,
            refunds_sent=len(sent),
        )
        failures = await self._tell_all(tenant_id, noted, _news(kept, sent, event.event_id))
        if is_open:
            intents = await self._stop(tenant_id, gateway, event, noted)
            if again or _sent(intents) != sent:
                told = _news(kept, _sent(intents), f"{event.event_id}/stopped")
                failures += await self._tell_all(tenant_id, noted, told)
            await self._contest(tenant_id, gateway, kept, intents)
        if failures:
            raise failures[0]

    async def _tell_all(
        self, tenant_id: str, noted: Noted, told: ChargebackNews
    ) -> list[Exception]:
        """Tell each return of the order; return why some could not be told."""
        answers = await asyncio.gather(
            *(
                self._tell(tenant_id, return_id, CHARGEBACK_SIGNAL, told)
                for return_id in noted.return_ids
            ),
            return_exceptions=True,
        )
        return [answer for answer in answers if isinstance(answer, Exception)]

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
    ) -> None:
        """Leave at the provider what was refunded already; later news of it tries again."""
        both = [one for one in intents if one.state in UNDER_WAY]
        if not both:
            return
        # The customer may have the money twice: from us, and from the bank.
        _log.error(
            "refund.charged_back_too",
            tenant_id=tenant_id,
            order_id=kept.order_id,
            dispute_ref=kept.dispute_ref,
            refunds_sent=_sent(intents),
        )
        text = "Refunded before the dispute, wholly or in part: " + "; ".join(
            f"{one.amount} as {one.refund_ref or one.intent_id} ({one.state})" for one in both
        )
        try:
            # The same words once; what has changed since is another request.
            key = f"{kept.dispute_ref}/{content_hash({'text': text})}"
            await gateway.attach_evidence(kept.dispute_ref, text, idempotency_key=key)
        except IntegrationError as error:
            # Finance is told until when, and of which refunds: it can be left by hand as well.
            _log.warning(
                "chargeback.evidence_not_left", dispute_ref=kept.dispute_ref, code=error.code
            )


def _sent(intents: tuple[IntentRow, ...]) -> tuple[str, ...]:
    """Return the names of the refunds of which the customer has the money, or may have."""
    return tuple(one.refund_ref or one.intent_id for one in intents if one.state in UNDER_WAY)


def _news(kept: ChargebackRow, sent: tuple[str, ...], event_id: str) -> ChargebackNews:
    return ChargebackNews(
        dispute_ref=kept.dispute_ref,
        tender_id=kept.tender_id,
        amount_minor=kept.amount_minor,
        state=kept.state.value,
        reason=kept.reason,
        evidence_due_by=kept.evidence_due_by,
        refunds_sent=sent,
        event_id=event_id,
    )
