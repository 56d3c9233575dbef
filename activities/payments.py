"""Seal refund intents in the order's ledger, and give the money back exactly once."""

import asyncio
from dataclasses import dataclass
from functools import partial

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import refused, translated
from domain.intents import Intent
from domain.money import Money
from domain.policies import TENDER_ORDER
from domain.promotions import Standing, Units
from domain.tenders import NothingLeftError, TenderLeft, TenderOrder, split_over_tenders
from integrations.directory import Connections
from integrations.errors import AlreadyDoneError, RejectedError
from integrations.payments.port import PaymentGateway, Refund, RefundOutcome, RefundRequest
from storage.rows import IntentRow, TenderBalance
from storage.settlements import (
    IntentStateError,
    NoProviderError,
    OtherLotsError,
    OverRefundError,
    SealedOtherwiseError,
    Settlements,
    SplitError,
    StandingChangedError,
)
from storage.states import IntentState


@dataclass(frozen=True, slots=True)
class Settle:
    """``units`` is what the lots hold and ``clawback_minor`` what the amount keeps back.

    ``standing`` is what it was computed on, where a promotion is looked at. Tenders are filled in
    the policy's ``tender_order``.
    """

    tenant_id: str
    return_id: str
    order_id: str
    number: int
    amount: Money
    lot_ids: tuple[str, ...]
    units: Units = ()
    clawback_minor: int = 0
    standing: Standing | None = None
    tender_order: TenderOrder = TENDER_ORDER


@dataclass(frozen=True, slots=True)
class Settled:
    """``intents`` as they were sealed, and beside each what its first try led to.

    A try without a certain end is ``sending``: it is to be tried again, looked up first. With
    ``other_lots`` nothing was done: a run that was lost had sealed the number for those. With
    ``standing`` neither: that is what the amount has to be computed on.
    """

    intents: tuple[Intent, ...] = ()
    first_tries: tuple["RefundAnswer", ...] = ()
    other_lots: tuple[str, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class IssueRefund:
    """Pay one intent. A ``generation`` above the stored one is a new try after a refusal.

    It is raised only if a look-up shows that no money went; asking for it again changes nothing.
    """

    tenant_id: str
    intent_id: str
    generation: int = 1


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """``state`` is ``succeeded``, ``pending`` or ``rejected``, after a first try also ``sending``.

    ``failure`` is the provider's code.
    """

    state: str
    generation: int = 1
    refund_ref: str | None = None
    failure: str | None = None


_STATES = {
    RefundOutcome.SUCCEEDED: IntentState.SUCCEEDED,
    RefundOutcome.PENDING: IntentState.PENDING,
    RefundOutcome.FAILED: IntentState.REJECTED,
}


class PaymentActivities:
    def __init__(self, connections: Connections, settlements: Settlements) -> None:
        self._connections = connections
        self._settlements = settlements

    @activity.defn
    async def settle(self, asked: Settle) -> Settled:
        """Split the amount over the order's tenders, store the intents, then send each once.

        The split is made under the ledger's lock; the intents are stored before any is sent. A
        repeat answers the intents that were sealed first, and sends none of them blindly.

        Raises:
            ApplicationError: type ``NothingLeft`` when more is owed than the order has left.
        """
        with translated():
            try:
                rows = await self._seal(asked)
            except OtherLotsError as error:
                return Settled(other_lots=error.lot_ids)
            except StandingChangedError as error:
                return Settled(standing=error.standing)
        tries = [self._try_once(asked.tenant_id, row) for row in rows]
        return Settled(tuple(map(_intent, rows)), tuple(await asyncio.gather(*tries)))

    async def _seal(self, asked: Settle) -> tuple[IntentRow, ...]:
        try:
            return await self._settlements.seal(
                asked.tenant_id,
                asked.return_id,
                order_id=asked.order_id,
                number=asked.number,
                amount_minor=asked.amount.minor,
                currency=asked.amount.currency,
                split=partial(_split, order=asked.tender_order),
                lot_ids=asked.lot_ids,
                units=asked.units,
                clawback_minor=asked.clawback_minor,
                standing=asked.standing,
            )
        except (NothingLeftError, OverRefundError) as error:
            raise refused("NothingLeft", str(error)) from error
        except (SealedOtherwiseError, SplitError) as error:
            raise refused("SealedOtherwise", str(error)) from error

    async def _try_once(self, tenant_id: str, row: IntentRow) -> RefundAnswer:
        """Send one intent without trying again: its trouble must not hold back the others."""
        try:
            return await self.issue_refund(IssueRefund(tenant_id, row.intent_id, row.generation))
        except (ApplicationError, IntentStateError) as error:
            unsent = isinstance(error, ApplicationError) and error.type == "NoProvider"
            state = IntentState.PLANNED if unsent else IntentState.SENDING
            return RefundAnswer(state, row.generation)

    @activity.defn
    async def issue_refund(self, asked: IssueRefund) -> RefundAnswer:
        """Send one intent.

        Whatever was sent before is looked up first, by our id on the refund; only what is not there
        is sent, under the key of its generation.
        """
        with translated(unknown="OutcomeUnknown"):
            try:
                before, intent = await self._settlements.begin(asked.tenant_id, asked.intent_id)
            except NoProviderError as error:
                raise refused("NoProvider", str(error)) from error
            rejected = before.state is IntentState.REJECTED
            if before.state is IntentState.SUCCEEDED or (
                rejected and asked.generation <= before.generation
            ):
                return _answer(before)
            gateway = await self._connections.payments(asked.tenant_id)
            if before.state is not IntentState.PLANNED:
                found = await _find(gateway, intent)
                if found is not None:
                    return await self._finish(asked.tenant_id, intent, found)
            if rejected:
                intent = await self._next_generation(asked, before)
            return await self._send(asked.tenant_id, gateway, intent)

    async def _next_generation(self, asked: IssueRefund, rejected: IntentRow) -> IntentRow:
        try:
            await self._settlements.next_generation(
                asked.tenant_id, rejected.intent_id, generation=rejected.generation + 1
            )
        except OverRefundError as error:
            raise refused("NothingLeft", str(error)) from error
        return (await self._settlements.begin(asked.tenant_id, rejected.intent_id)).after

    async def _send(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow
    ) -> RefundAnswer:
        try:
            refund = await gateway.refund(
                RefundRequest(
                    payment_ref=intent.payment_ref,
                    amount=intent.amount,
                    intent_id=intent.intent_id,
                    idempotency_key=intent.idempotency_key,
                    return_id=intent.return_id,
                )
            )
        except AlreadyDoneError as error:
            found = await _find(gateway, intent)
            if found is not None:
                return await self._finish(tenant_id, intent, found)
            return await self._reject(tenant_id, intent, error.code or "already_refunded")
        except RejectedError as error:
            return await self._reject(tenant_id, intent, error.code or "rejected")
        return await self._finish(tenant_id, intent, refund)

    async def _finish(self, tenant_id: str, intent: IntentRow, refund: Refund) -> RefundAnswer:
        if refund.amount != intent.amount:
            # Taken for the end, it would close the return with another sum than the customer has.
            raise refused(
                "BadUpstreamData",
                f"refund {refund.refund_ref} is of {refund.amount}, asked for {intent.amount}",
                field="amount",
            )
        row = await self._settlements.finish(
            tenant_id,
            intent.intent_id,
            state=_STATES[refund.outcome],
            refund_ref=refund.refund_ref,
            failure=refund.failure_reason,
        )
        return _answer(row)

    async def _reject(self, tenant_id: str, intent: IntentRow, code: str) -> RefundAnswer:
        row = await self._settlements.finish(
            tenant_id, intent.intent_id, state=IntentState.REJECTED, failure=code
        )
        return _answer(row)


async def _find(gateway: PaymentGateway, intent: IntentRow) -> Refund | None:
    """Find a refund of this intent that did not fail; a failed one moved no money."""
    found = await gateway.find_refund(payment_ref=intent.payment_ref, intent_id=intent.intent_id)
    return found if found is not None and found.outcome is not RefundOutcome.FAILED else None


def _split(
    balances: tuple[TenderBalance, ...], amount_minor: int, *, order: TenderOrder
) -> tuple[int, ...]:
    tenders = [
        TenderLeft(b.tender_id, b.captured_minor, b.refunded_minor, b.kind) for b in balances
    ]
    return split_over_tenders(tenders, amount_minor, order)


def _intent(row: IntentRow) -> Intent:
    return Intent(
        intent_id=row.intent_id,
        tender_id=row.tender_id,
        payment_ref=row.payment_ref,
        amount_minor=row.amount_minor,
        state=row.state,
        generation=row.generation,
        refund_ref=row.refund_ref,
        failure=row.failure,
    )


def _answer(row: IntentRow) -> RefundAnswer:
    return RefundAnswer(row.state, row.generation, row.refund_ref, row.failure)
