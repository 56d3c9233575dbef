"""Compare a day's refunds and holds with the provider's, and take its word for what we lack."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog
from temporalio import activity

from activities import reconciling_holds
from activities.errors import translated
from activities.reading_back import read_back
from activities.reconciling_holds import compare_holds
from activities.refund_books import STATES, count_past_us, take_word
from domain.ids import is_id
from domain.reconciliation import Compared, Coverage, Kept, Shown, Verdict, compare_shown, missing
from integrations.directory import Connections, UnknownConnectionError
from integrations.errors import NotFoundError
from integrations.payments.port import ListsRefunds, PaymentGateway, Refund
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.holds import Holds
from storage.reconciliations import Reconciliations
from storage.records import Json
from storage.returns import Returns
from storage.rows import IntentRow
from storage.settlements import IntentStateError, Settlements
from storage.tenants import Tenants

_MARGIN = timedelta(hours=1)
"""Refunds around midnight: ours is stamped when it is sent, the provider's when it is made."""
_MOST_FINDINGS = 1000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcileDay:
    """One UTC day of one tenant."""

    tenant_id: str
    day: date


@dataclass(frozen=True, slots=True)
class ToTell:
    """What a return is to be told of one of its refunds."""

    return_id: str
    intent_id: str
    state: str
    refund_ref: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """``counts`` by verdict; empty where the tenant has no payment provider."""

    counts: dict[str, int]
    to_tell: tuple[ToTell, ...] = ()


class ReconcileActivities:
    def __init__(self, connections: Connections, database: Database) -> None:
        self._connections = connections
        self._tenants = Tenants(database)
        self._settlements = Settlements(database)
        self._externals = ExternalRefunds(database)
        self._returns = Returns(database)
        self._holds = Holds(database)
        self._reconciliations = Reconciliations(database)

    @activity.defn
    async def list_tenants(self) -> tuple[str, ...]:
        with translated():
            return tuple(sorted(tenant.tenant_id for tenant in await self._tenants.list_all()))

    @activity.defn
    async def reconcile(self, asked: ReconcileDay) -> Reconciled:
        """Compare, adopt what is ours, count what was made past us, and keep the report.

        Repeats find what they left; a day may be compared as often as one likes.
        """
        since = datetime.combine(asked.day, time(), UTC)
        until = since + timedelta(days=1)
        with translated():
            try:
                gateway = await self._connections.payments(asked.tenant_id)
            except UnknownConnectionError:
                return Reconciled({})
            sent = await self._settlements.sent_between(asked.tenant_id, since, until)
            told: list[ToTell] = []
            if isinstance(gateway, ListsRefunds):
                refunds = await gateway.list_refunds(since=since - _MARGIN, until=until + _MARGIN)
                found = await self._compare(asked.tenant_id, refunds, told)
                found += await self._missing(gateway, sent, refunds)
                coverage, not_read = Coverage.ALL, 0
            else:
                read = await read_back(gateway, sent)
                found = await self._compare(asked.tenant_id, read.refunds, told)
                found += missing([_kept(intent) for intent in read.unknown_there], {})
                coverage, not_read = Coverage.OWN, read.not_read
            # After the refunds: trouble with holds keeps nobody from the word of a refund.
            held = await compare_holds(gateway, self._holds, asked.tenant_id, since, until)
            verdicts = [str(one.verdict) for one in found] + [str(one.verdict) for one in held]
            counts = dict(Counter(verdicts))
            if not_read:
                counts["not_read"] = not_read
            await self._reconciliations.put(
                asked.tenant_id,
                asked.day,
                provider=gateway.capabilities.provider,
                coverage=coverage,
                counts=counts,
                findings=_findings(found) + reconciling_holds.findings(held)[:_MOST_FINDINGS],
            )
        for one in found:
            if one.needs_a_person:
                _log.warning("refund.differs", tenant_id=asked.tenant_id, **_finding(one))
        for difference in reconciling_holds.findings(held):
            _log.warning("hold.differs", tenant_id=asked.tenant_id, **difference)
        return Reconciled(counts, tuple(told))

    async def _compare(
        self, tenant_id: str, refunds: Sequence[Refund], told: list[ToTell]
    ) -> list[Compared]:
        named = {refund.intent_id for refund in refunds if is_id(refund.intent_id)}
        kept = await self._settlements.get_many(tenant_id, sorted(filter(None, named)))
        ours = {intent.intent_id: intent for intent in kept}
        shown_as = await self._returns.refund_states(
            tenant_id, sorted({intent.return_id for intent in kept})
        )
        found: list[Compared] = []
        for refund in refunds:
            intent = ours.get(refund.intent_id or "")
            if intent is None:
                found += await self._past_us(tenant_id, refund, told)
                continue
            one = compare_shown(_shown(refund), _kept(intent))
            if one.verdict is Verdict.ADOPTED:
                intent = await self._adopt(tenant_id, intent, refund)
            if intent.refund_ref == refund.refund_ref and shown_as.get(intent.intent_id) not in (
                None,
                intent.state,
            ):
                # Also what an earlier comparison adopted and died before it told.
                told.append(_to_tell(intent, refund))
            found.append(one)
        return found

    async def _adopt(self, tenant_id: str, intent: IntentRow, refund: Refund) -> IntentRow:
        try:
            return await take_word(self._settlements, tenant_id, intent, refund)
        except IntentStateError:
            # It moved on since it was read; the next comparison sees how.
            return intent

    async def _past_us(self, tenant_id: str, refund: Refund, told: list[ToTell]) -> list[Compared]:
        external = await count_past_us(self._externals, tenant_id, refund)
        if external is None and refund.intent_id is None:
            return []
        if external is None or (paid := external.intent) is None:
            return [compare_shown(_shown(refund), None)]
        told.append(_to_tell(paid, refund))
        state = STATES[refund.outcome]
        return [
            Compared(
                Verdict.ADOPTED,
                refund.amount,
                refund.refund_ref,
                paid.intent_id,
                paid.return_id,
                now=state,
            )
        ]

    async def _missing(
        self, gateway: PaymentGateway, sent: Sequence[IntentRow], refunds: Sequence[Refund]
    ) -> list[Compared]:
        """Ask for each that the list lacks by its name: it may have been made another day."""
        listed = {refund.refund_ref: _shown(refund) for refund in refunds}
        found = []
        for one in missing([_kept(intent) for intent in sent], listed):
            try:
                await gateway.get_refund(one.refund_ref or "")
            except NotFoundError:
                found.append(one)
        return found


def _to_tell(intent: IntentRow, refund: Refund) -> ToTell:
    return ToTell(
        intent.return_id,
        intent.intent_id,
        intent.state,
        refund.refund_ref,
        refund.failure_reason,
    )


def _shown(refund: Refund) -> Shown:
    return Shown(refund.refund_ref, refund.amount, STATES[refund.outcome], refund.intent_id)


def _kept(intent: IntentRow) -> Kept:
    return Kept(intent.intent_id, intent.return_id, intent.amount, intent.state, intent.refund_ref)


def _findings(found: Sequence[Compared]) -> list[Json]:
    """Keep what differs, what needs a person first."""
    worth = [one for one in found if one.verdict is not Verdict.AGREES]
    worth.sort(key=lambda one: (not one.needs_a_person, one.verdict, one.refund_ref or ""))
    return [_finding(one) for one in worth[:_MOST_FINDINGS]]


def _finding(one: Compared) -> Json:
    return {
        "verdict": str(one.verdict),
        "amount_minor": one.amount.minor,
        "currency": one.amount.currency,
        "refund_ref": one.refund_ref,
        "intent_id": one.intent_id,
        "return_id": one.return_id,
        "was": one.was,
        "now": one.now,
    }
