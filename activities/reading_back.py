"""Read refunds of ours back one by one, at a provider that cannot list what was refunded."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.errors import NotFoundError, RejectedError
from integrations.payments.port import LookUp, PaymentGateway, Refund
from storage.rows import IntentRow
from storage.states import IntentState

MOST_READ = 2_000
"""Of one day. What is beyond is counted as not read, and the next nights come to the same end."""
_SENT = (
    IntentState.SENDING,
    IntentState.PENDING,
    IntentState.UNKNOWN,
    IntentState.SUCCEEDED,
    IntentState.REJECTED,
)


@dataclass(frozen=True, slots=True)
class ReadBack:
    """``unknown_there`` are intents whose refund the provider does not know by its own name."""

    refunds: tuple[Refund, ...]
    unknown_there: tuple[IntentRow, ...]
    not_read: int


async def read_back(gateway: PaymentGateway, sent: Sequence[IntentRow]) -> ReadBack:
    """Read each refund by its name, or where it has none by ours, with the provider's pause.

    Raises:
        IntegrationError: the provider cannot be asked; what was read is for nothing.
    """
    wanted = [intent for intent in sent if intent.state in _SENT]
    refunds, unknown_there = [], []
    not_read = max(len(wanted) - MOST_READ, 0)
    for intent in wanted[:MOST_READ]:
        try:
            found = await _read(gateway, intent)
        except NotFoundError:
            unknown_there.append(intent)
        except RejectedError:
            # Such as of a payment whose refunds it does not show.
            not_read += 1
        else:
            if found is not None:
                refunds.append(found)
        await asyncio.sleep(gateway.capabilities.read_spacing.total_seconds())
    return ReadBack(tuple(refunds), tuple(unknown_there), not_read)


async def _read(gateway: PaymentGateway, intent: IntentRow) -> Refund | None:
    if intent.refund_ref is not None:
        return await gateway.get_refund(intent.refund_ref)
    if gateway.capabilities.lookup is LookUp.NONE:
        return None
    return await gateway.find_refund(
        payment_ref=intent.payment_ref,
        intent_id=intent.intent_id,
        idempotency_key=intent.idempotency_key,
    )
