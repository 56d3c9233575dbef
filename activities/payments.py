"""Seal refund intents in the order's ledger, and give the money back exactly once."""

import asyncio
from dataclasses import dataclass
from functools import partial

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import refused, translated
from activities.refunds import IssueRefund, RefundAnswer, Refunder
from domain.intents import Intent
from domain.money import Money
from domain.policies import TENDER_ORDER
from domain.promotions import Standing, Units
from domain.tenders import NothingLeftError, TenderLeft, TenderOrder, split_over_tenders
from integrations.directory import Connections
from storage.externals import ExternalRefunds
from storage.rows import IntentRow, TenderBalance
from storage.sealing import (
    OtherLotsError,
    OverRefundError,
    SealedOtherwiseError,
    SplitError,
    StandingChangedError,
)
from storage.settlements import IntentStateError, Settlements
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


class PaymentActivities:
    def __init__(
        self, connections: Connections, settlements: Settlements, externals: ExternalRefunds
    ) -> None:
        self._refunder = Refunder(connections, settlements, externals)
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
        return Settled(tuple(map(intent_of, rows)), tuple(await asyncio.gather(*tries)))

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
        """Send one intent, unless it went already; see :mod:`activities.refunds`."""
        return await self._refunder.issue(asked)


def _split(
    balances: tuple[TenderBalance, ...], amount_minor: int, *, order: TenderOrder
) -> tuple[int, ...]:
    tenders = [
        TenderLeft(b.tender_id, b.captured_minor, b.refunded_minor, b.kind) for b in balances
    ]
    return split_over_tenders(tenders, amount_minor, order)


def intent_of(row: IntentRow) -> Intent:
    """Return an intent as a return keeps it."""
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
