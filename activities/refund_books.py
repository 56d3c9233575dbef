"""What a provider's books show of a refund, and from when its silence counts."""

from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.limits import Limits
from domain.refunding import Sent, Trust, believed_from, is_believed
from integrations.payments.port import LookUp, PaymentGateway, Refund, RefundOutcome
from storage.externals import External, ExternalRefunds
from storage.rows import IntentRow
from storage.settlements import Settlements
from storage.states import IntentState

UNKNOWN = "OutcomeUnknown"
"""Type of the error that leaves open whether money went."""

STORED = "stored_failure"
"""Failure of an intent whose key the provider keeps a failure under."""

STATES = {
    RefundOutcome.SUCCEEDED: IntentState.SUCCEEDED,
    RefundOutcome.PENDING: IntentState.PENDING,
    RefundOutcome.FAILED: IntentState.REJECTED,
}
"""What a provider's word makes of an intent."""


async def look_up(gateway: PaymentGateway, intent: IntentRow) -> Refund | None:
    found = await find_refund(gateway, intent)
    if found is None and intent.state is IntentState.PENDING and intent.refund_ref:
        return await gateway.get_refund(intent.refund_ref)
    return found


async def find_refund(gateway: PaymentGateway, intent: IntentRow) -> Refund | None:
    """Find a refund of this intent that did not fail; a failed one moved no money."""
    if gateway.capabilities.lookup is LookUp.NONE:
        return None
    found = await gateway.find_refund(
        payment_ref=intent.payment_ref,
        intent_id=intent.intent_id,
        idempotency_key=intent.idempotency_key,
    )
    return found if found is not None and found.outcome is not RefundOutcome.FAILED else None


async def take_word(
    settlements: Settlements, tenant_id: str, intent: IntentRow, refund: Refund
) -> IntentRow:
    """Note what a provider, read again, says of the try that ``intent`` shows.

    Raises:
        IntentStateError: it moved on meanwhile.
    """
    return await settlements.finish(
        tenant_id,
        intent.intent_id,
        state=STATES[refund.outcome],
        refund_ref=refund.refund_ref,
        failure=refund.failure_reason,
        generation=intent.generation,
    )


async def count_past_us(
    externals: ExternalRefunds, tenant_id: str, refund: Refund
) -> External | None:
    """Keep a refund that is of none of our intents; one by hand may pay what was refused.

    One that bears a mark was made by an installation of ours, and pays nothing here.
    """
    return await externals.note(
        tenant_id,
        refund.refund_ref,
        payment_refs=refund.payment_refs,
        amount=refund.amount,
        state=STATES[refund.outcome],
        may_match=refund.intent_id is None,
    )


def is_silence_believed(gateway: PaymentGateway, intent: IntentRow) -> bool:
    """Say whether a look-up that finds nothing shows by now that no money went."""
    # What was refused is known to be without effect.
    refused_before = intent.state is IntentState.REJECTED
    return refused_before or is_believed(sent_of(intent), trust_of(gateway), now=datetime.now(UTC))


def too_early(gateway: PaymentGateway, intent: IntentRow) -> ApplicationError:
    until = believed_from(sent_of(intent), trust_of(gateway))
    return ApplicationError(
        f"a look-up that finds nothing is believed from {until:%Y-%m-%d %H:%M:%S} UTC",
        type=UNKNOWN,
        next_retry_delay=max(until - datetime.now(UTC), timedelta(seconds=1)),
        category=ApplicationErrorCategory.BENIGN,
    )


def sent_of(intent: IntentRow) -> Sent:
    if intent.first_sent_at is None or intent.last_sent_at is None:
        raise ValueError(f"refund intent {intent.intent_id} is {intent.state} and was never sent")
    return Sent(intent.first_sent_at, intent.last_sent_at, intent.failure == STORED)


def trust_of(gateway: PaymentGateway) -> Trust:
    sheet = gateway.capabilities
    return Trust(sheet.key_window, sheet.lookup is not LookUp.NONE, sheet.settle_time)


def limits_of(gateway: PaymentGateway) -> Limits:
    sheet = gateway.capabilities
    return Limits(sheet.max_refunds, sheet.min_spacing, sheet.max_age)
