"""Seal refund intents in the order's ledger, and give the money back exactly once."""

import asyncio
from dataclasses import dataclass
from functools import partial

from temporalio import activity

from activities.errors import refused, translated
from activities.refunds import IssueRefund, RefundAnswer, Refunder
from domain.credit_notes import NewNote
from domain.diverting import NOWHERE_ELSE, Diversion
from domain.intents import Intent, Redirect
from domain.money import Money
from domain.orders import TenderKind
from domain.policies import TENDER_ORDER
from domain.promotions import Standing, Units
from domain.proposals import Approval, ByTender
from domain.tenders import NothingLeftError, TenderLeft, TenderOrder, split_over_tenders
from integrations.directory import Connections
from storage.credit_notes import CreditNotes
from storage.externals import ExternalRefunds
from storage.ledger import OtherCurrencyError
from storage.redirects import Redirects
from storage.rows import IntentRow, TenderBalance
from storage.sealing import (
    OtherLotsError,
    OverRefundError,
    SealedOtherwiseError,
    SplitChangedError,
    SplitError,
    StandingChangedError,
)
from storage.settlements import Settlements


@dataclass(frozen=True, slots=True)
class Settle:
    """``units`` is what the lots hold and ``clawback_minor`` what the amount keeps back.

    ``standing`` is what it was computed on, where a promotion is looked at. Tenders are filled in
    the policy's ``tender_order``. ``note`` is the credit note that is issued with it,
    ``approval`` what a person approved, where one had to; ``gate_minor`` is as
    :class:`IssueRefund` has it. ``diversion`` says what does not go back to its tender.
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
    note: NewNote | None = None
    approval: Approval | None = None
    gate_minor: int | None = None
    diversion: Diversion = NOWHERE_ELSE


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
    credit_note_no: str | None = None
    """The number of its note; a settlement of nothing has none."""
    by_tender: ByTender | None = None
    """Set when nothing was done: how it would be split, which is not as it was approved."""


class PaymentActivities:
    def __init__(
        self,
        connections: Connections,
        settlements: Settlements,
        externals: ExternalRefunds,
        credit_notes: CreditNotes,
        redirects: Redirects,
    ) -> None:
        self._refunder = Refunder(connections, settlements, externals, redirects)
        self._settlements = settlements
        self._credit_notes = credit_notes

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
                note_no = await self._credit_notes.number_of(
                    asked.tenant_id, asked.return_id, asked.number
                )
            except OtherLotsError as error:
                return Settled(other_lots=error.lot_ids)
            except SplitChangedError as error:
                return Settled(by_tender=error.by_tender)
            except StandingChangedError as error:
                return Settled(standing=error.standing)
        elsewhere = asked.diversion.of(
            [(TenderKind(row.tender_kind), row.amount_minor) for row in rows]
        )
        tries = [
            self._refunder.try_once(
                IssueRefund(
                    asked.tenant_id,
                    row.intent_id,
                    row.generation,
                    gate_minor=asked.gate_minor,
                    redirect=redirect,
                )
            )
            for row, redirect in zip(rows, elsewhere, strict=True)
        ]
        first_tries = tuple(await asyncio.gather(*tries))
        intents = tuple(map(intent_of, rows, elsewhere))
        return Settled(intents, first_tries, credit_note_no=note_no)

    async def _seal(self, asked: Settle) -> tuple[IntentRow, ...]:
        try:
            return await self._settlements.seal(
                asked.tenant_id,
                asked.return_id,
                order_id=asked.order_id,
                number=asked.number,
                amount_minor=asked.amount.minor,
                currency=asked.amount.currency,
                split=partial(split_balances, order=asked.tender_order),
                lot_ids=asked.lot_ids,
                units=asked.units,
                clawback_minor=asked.clawback_minor,
                standing=asked.standing,
                note=asked.note,
                approval=asked.approval,
            )
        except (NothingLeftError, OverRefundError) as error:
            raise refused("NothingLeft", str(error)) from error
        except (SealedOtherwiseError, SplitError, OtherCurrencyError) as error:
            raise refused("SealedOtherwise", str(error)) from error

    @activity.defn
    async def issue_refund(self, asked: IssueRefund) -> RefundAnswer:
        """Send one intent, unless it went already; see :mod:`activities.refunds`."""
        return await self._refunder.issue(asked)


def split_balances(
    balances: tuple[TenderBalance, ...], amount_minor: int, *, order: TenderOrder
) -> tuple[int, ...]:
    tenders = [
        TenderLeft(b.tender_id, b.captured_minor, b.refunded_minor, b.kind) for b in balances
    ]
    return split_over_tenders(tenders, amount_minor, order)


def intent_of(row: IntentRow, redirect: Redirect | None = None) -> Intent:
    """Return an intent as a return keeps it; one that was sealed goes where ``redirect`` says."""
    return Intent(
        intent_id=row.intent_id,
        tender_id=row.tender_id,
        payment_ref=row.payment_ref,
        amount_minor=row.amount_minor,
        state=row.state,
        generation=row.generation,
        refund_ref=row.refund_ref,
        failure=row.failure,
        covered_minor=row.covered_minor,
        redirect=redirect,
        bonus_minor=redirect.bonus_minor if redirect is not None else 0,
    )
