"""Give one refund intent its one effect, whatever became of earlier tries."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from temporalio.exceptions import ApplicationError

from activities.errors import refused, translated
from activities.refund_books import (
    STATES,
    STORED,
    UNKNOWN,
    find_refund,
    is_silence_believed,
    limits_of,
    look_up,
    sent_of,
    too_early,
    trust_of,
)
from domain.diverting import bonus_of
from domain.intents import Redirect, Ruling
from domain.orders import Destination
from domain.refunding import (
    CHARGED_BACK,
    Way,
    is_about,
    way_on,
)
from integrations.directory import Connections, UnknownConnectionError
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    DisputedError,
    IntegrationError,
    KeyConflictError,
    NotFoundError,
    RejectedError,
    StoredFailureError,
    UnansweredError,
)
from integrations.payments.port import LookUp, PaymentGateway, Refund, RefundRequest
from storage.chargebacks import ChargedBackError
from storage.externals import ExternalRefunds
from storage.payments import LimitReachedError
from storage.redirects import Redirects
from storage.rows import Begun, IntentRow
from storage.sealing import OverRefundError
from storage.settlements import NO_LIMITS, IntentStateError, Settlements
from storage.states import IntentState


@dataclass(frozen=True, slots=True)
class IssueRefund:
    """Pay one intent. A ``generation`` above the stored one is a new try after a refusal.

    It is raised only if a look-up shows that no money went; asking for it again changes nothing.
    ``ruling`` is what a person found in the provider's books; it counts only while nobody else
    knows. Above ``gate_minor`` no new key goes out after a stored failure without one.
    ``redirect`` is where it goes instead: refused before, or chosen when it was sealed.
    """

    tenant_id: str
    intent_id: str
    generation: int = 1
    ruling: Ruling | None = None
    gate_minor: int | None = None
    redirect: Redirect | None = None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """``state`` is ``succeeded``, ``pending``, ``rejected`` or ``covered``.

    After a first try it is also ``sending``, or still ``planned``. ``failure`` is the provider's
    code; ``covered_minor`` was given back by a chargeback, and not sent.
    """

    state: str
    generation: int = 1
    refund_ref: str | None = None
    failure: str | None = None
    covered_minor: int = 0
    destination: str = Destination.ORIGINAL
    bonus_minor: int | None = None
    """What came on top, where it was paid as credit just now."""


UNSENT = ("ChargedBack", "RefundSpacing", "RefundLimit")
"""Types of errors of an intent that stays planned."""


class Refunder:
    def __init__(
        self,
        connections: Connections,
        settlements: Settlements,
        externals: ExternalRefunds,
        redirects: Redirects,
    ) -> None:
        self._connections = connections
        self._settlements = settlements
        self._externals = externals
        self._redirects = redirects

    async def issue(self, asked: IssueRefund) -> RefundAnswer:
        """Send one intent, unless it went already.

        Whatever was sent before is looked up first, by our id on the refund. What is not there is
        sent again under its key, under a new one, later or not at all, as
        :func:`domain.refunding.way_on` says.

        Raises:
            ApplicationError: of type ``OutcomeUnknown`` whenever the money may have gone, and of
                type ``ChargedBack`` while the customer's bank decides on the payment.
        """
        with translated(unknown=UNKNOWN):
            if asked.redirect is not None:
                elsewhere = await self._pay_elsewhere(asked, asked.redirect)
                if elsewhere is not None:
                    return elsewhere
            known = await self._gateway(asked.tenant_id)
            before, intent = await self._begin(asked.tenant_id, asked.intent_id, known)
            if intent.state in (IntentState.SUCCEEDED, IntentState.COVERED) or (
                before.state is IntentState.REJECTED and asked.generation <= before.generation
            ):
                return answer_of(intent)
            gateway = known or await self._connections.payments(asked.tenant_id)
        # What keeps us from asking does not matter as much as that nobody knows.
        outage = UNKNOWN if before.state is IntentState.UNKNOWN else "ProviderUnavailable"
        with translated(unknown=UNKNOWN, outage=outage):
            if before.state is IntentState.PLANNED:
                return await self._send(asked.tenant_id, gateway, intent)
            return await self._go_on(asked, gateway, intent)

    async def try_once(self, asked: IssueRefund) -> RefundAnswer:
        """Send one intent without trying again: its trouble must not hold back what stands beside.

        Without a certain end it is ``sending``, to be tried again, looked up first.
        """
        try:
            return await self.issue(asked)
        except (ApplicationError, IntentStateError) as error:
            unsent = isinstance(error, ApplicationError) and error.type in UNSENT
            state = IntentState.PLANNED if unsent else IntentState.SENDING
            return RefundAnswer(state, asked.generation)

    async def _begin(self, tenant_id: str, intent_id: str, gateway: PaymentGateway | None) -> Begun:
        limits = NO_LIMITS if gateway is None else limits_of(gateway)
        try:
            return await self._settlements.begin(tenant_id, intent_id, limits=limits)
        except ChargedBackError as error:
            raise refused("ChargedBack", str(error), until=error.evidence_due_by) from error
        except LimitReachedError as error:
            kind = "RefundLimit" if error.until is None else "RefundSpacing"
            raise refused(kind, str(error), until=error.until) from error

    async def _gateway(self, tenant_id: str) -> PaymentGateway | None:
        """Return the tenant's, if it can be had: what keeps it from us is told when it is used."""
        try:
            return await self._connections.payments(tenant_id)
        except (IntegrationError, UnknownConnectionError):
            return None

    async def _pay_elsewhere(self, asked: IssueRefund, redirect: Redirect) -> RefundAnswer | None:
        """Pay an intent elsewhere, unless it turns out to be paid: refused before, or never sent.

        ``None``: it is not known to be without effect, so it goes on as if nobody had asked.
        """
        tenant_id = asked.tenant_id
        intent = await self._settlements.get(tenant_id, asked.intent_id)
        if intent is None or intent.state not in (IntentState.REJECTED, IntentState.PLANNED):
            return None
        if intent.state is IntentState.REJECTED:
            try:
                gateway = await self._connections.payments(tenant_id)
                found = await look_up(gateway, intent)
            except (IntegrationError, UnknownConnectionError):
                # The account may be closed: what it refused once is refused.
                found = None
            if found is not None:
                return await self._finish(tenant_id, intent, found)
            if await self._externals.fitting(tenant_id, intent):
                return answer_of(await self._externals.claim(tenant_id, intent))
        try:
            paid = await self._redirects.redirect(
                tenant_id, intent, redirect, generation=asked.generation
            )
        except OverRefundError as error:
            raise refused("NothingLeft", str(error)) from error
        except ChargedBackError as error:
            raise refused("ChargedBack", str(error), until=error.evidence_due_by) from error
        bonus = bonus_of(redirect, paid.amount.minor, paid.amount_minor)
        return replace(answer_of(paid), bonus_minor=bonus)

    async def _go_on(
        self, asked: IssueRefund, gateway: PaymentGateway, intent: IntentRow
    ) -> RefundAnswer:
        tenant_id = asked.tenant_id
        found = await look_up(gateway, intent)
        if found is not None:
            return await self._finish(tenant_id, intent, found)
        if await self._externals.fitting(tenant_id, intent):
            # Made by hand while ours may still turn up: one of the two pays it.
            if not is_silence_believed(gateway, intent):
                raise too_early(gateway, intent)
            return answer_of(await self._externals.claim(tenant_id, intent))
        if intent.state is IntentState.REJECTED:
            return await self._send_anew(tenant_id, gateway, intent)
        sent, ruling = sent_of(intent), asked.ruling
        unknown = intent.state is not IntentState.PENDING
        if unknown and ruling is not None and is_about(ruling, sent, used=intent.ruling_id):
            return await self._follow(tenant_id, gateway, intent, ruling)
        way = way_on(sent, trust_of(gateway), now=datetime.now(UTC))
        match way:
            case Way.SEND_AGAIN:
                return await self._send_again(tenant_id, gateway, intent)
            case Way.NEXT_GENERATION:
                _check_gate(asked, intent)
                return await self._send_anew(tenant_id, gateway, intent)
            case Way.WAIT:
                raise too_early(gateway, intent)
            case Way.ASK_A_PERSON:
                message = "its key is spent and the provider cannot look refunds up"
                raise refused(UNKNOWN, message)
            case _:
                assert_never(way)

    async def _follow(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow, ruling: Ruling
    ) -> RefundAnswer:
        """Do what finance found in the books; what the provider says of it counts before it."""
        if not ruling.paid:
            if not is_silence_believed(gateway, intent):
                raise too_early(gateway, intent)
            return await self._send_anew(tenant_id, gateway, intent, ruling_id=ruling.ruling_id)
        refund_ref = ruling.refund_ref or ""
        try:
            shown = await gateway.get_refund(refund_ref)
        except NotFoundError as error:
            raise refused(UNKNOWN, f"the provider has no refund {refund_ref}") from error
        except IntegrationError:
            # It cannot be asked now; whoever ruled has seen its books.
            return await self._note(tenant_id, intent, IntentState.SUCCEEDED, refund_ref=refund_ref)
        return await self._finish(tenant_id, intent, shown)

    async def _send_again(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow
    ) -> RefundAnswer:
        try:
            await self._settlements.send_again(tenant_id, intent)
        except ChargedBackError as error:
            # It may have gone before: that is what has to be found out.
            raise refused(UNKNOWN, str(error)) from error
        return await self._send(tenant_id, gateway, intent, again=True)

    async def _send_anew(
        self,
        tenant_id: str,
        gateway: PaymentGateway,
        intent: IntentRow,
        *,
        ruling_id: str | None = None,
    ) -> RefundAnswer:
        try:
            await self._settlements.next_generation(
                tenant_id,
                intent.intent_id,
                generation=intent.generation + 1,
                without_effect=True,
                ruling_id=ruling_id,
            )
        except OverRefundError as error:
            raise refused("NothingLeft", str(error)) from error
        begun = await self._begin(tenant_id, intent.intent_id, gateway)
        if begun.after.state is IntentState.COVERED:
            return answer_of(begun.after)
        return await self._send(tenant_id, gateway, begun.after)

    async def _send(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow, *, again: bool = False
    ) -> RefundAnswer:
        request = RefundRequest(
            payment_ref=intent.payment_ref,
            amount=intent.amount,
            intent_id=intent.intent_id,
            idempotency_key=intent.idempotency_key,
            return_id=intent.return_id,
        )
        try:
            refund = await gateway.refund(request)
        except AlreadyDoneError as error:
            return await self._already_done(tenant_id, gateway, intent, error.code)
        except DisputedError:
            # Of a chargeback that we were not told of, or whose provider tells of none.
            return await self._reject(tenant_id, intent, CHARGED_BACK)
        except RejectedError as error:
            return await self._reject(tenant_id, intent, error.code or "rejected")
        except KeyConflictError as error:
            # Somebody used our key for something else: what, only the provider's books can tell.
            await self._note(tenant_id, intent, IntentState.UNKNOWN, failure="key_conflict")
            raise refused(UNKNOWN, str(error), code=error.code, field=error.field) from error
        except (AmbiguousOutcomeError, UnansweredError) as error:
            stored = STORED if isinstance(error, StoredFailureError) else None
            await self._note(tenant_id, intent, IntentState.UNKNOWN, failure=stored)
            raise
        if again:
            refund = await self._read_again(tenant_id, gateway, intent, refund)
        return await self._finish(tenant_id, intent, refund)

    async def _read_again(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow, refund: Refund
    ) -> Refund:
        """Read what was perhaps the first answer, kept under the key: it may have failed since."""
        try:
            return await gateway.get_refund(refund.refund_ref)
        except IntegrationError as error:
            await self._note(tenant_id, intent, IntentState.UNKNOWN, refund_ref=refund.refund_ref)
            raise AmbiguousOutcomeError(
                error.system, f"refund {refund.refund_ref} was taken and cannot be read"
            ) from error

    async def _already_done(
        self, tenant_id: str, gateway: PaymentGateway, intent: IntentRow, code: str | None
    ) -> RefundAnswer:
        """Adopt what gave all of the payment back before, if it is ours."""
        found = await find_refund(gateway, intent)
        if found is not None:
            return await self._finish(tenant_id, intent, found)
        if gateway.capabilities.lookup is LookUp.NONE:
            await self._note(tenant_id, intent, IntentState.UNKNOWN)
            raise refused(UNKNOWN, "the payment is refunded, and by whom the provider cannot tell")
        return await self._reject(tenant_id, intent, code or "already_refunded")

    async def _finish(self, tenant_id: str, intent: IntentRow, refund: Refund) -> RefundAnswer:
        if refund.amount != intent.amount:
            # Taken for the end, it would close the return with another sum than the customer has.
            raise refused(
                "BadUpstreamData",
                f"refund {refund.refund_ref} is of {refund.amount}, asked for {intent.amount}",
                field="amount",
            )
        return await self._note(
            tenant_id,
            intent,
            STATES[refund.outcome],
            refund_ref=refund.refund_ref,
            failure=refund.failure_reason,
        )

    async def _reject(self, tenant_id: str, intent: IntentRow, code: str) -> RefundAnswer:
        return await self._note(tenant_id, intent, IntentState.REJECTED, failure=code)

    async def _note(
        self,
        tenant_id: str,
        intent: IntentRow,
        state: IntentState,
        *,
        refund_ref: str | None = None,
        failure: str | None = None,
    ) -> RefundAnswer:
        row = await self._settlements.finish(
            tenant_id,
            intent.intent_id,
            state=state,
            refund_ref=refund_ref,
            failure=failure,
            generation=intent.generation,
        )
        return answer_of(row)


def _check_gate(asked: IssueRefund, intent: IntentRow) -> None:
    """Raise where a person has to allow the next key: the last one met a stored failure."""
    stored = intent.failure == STORED
    if not stored or asked.gate_minor is None or intent.amount.minor <= asked.gate_minor:
        return
    raise refused(
        "RefundGated",
        f"its key is spent on a stored failure; looked up {datetime.now(UTC):%Y-%m-%d %H:%M:%S} "
        f"UTC by {intent.intent_id}, and nothing was found",
    )


def answer_of(row: IntentRow) -> RefundAnswer:
    return RefundAnswer(
        row.state, row.generation, row.refund_ref, row.failure, row.covered_minor, row.destination
    )
