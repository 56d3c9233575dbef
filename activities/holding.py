"""Give every step of a hold its one effect, whatever became of earlier tries."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.errors import refused
from domain.holds import ENDED, UNPLACED, HoldState, HoldStep
from domain.money import Money
from domain.recovery import CAPTURED_PAST_US
from domain.refunding import Sent, Trust, Way, believed_from, is_believed, way_on
from integrations.errors import (
    AmbiguousOutcomeError,
    RejectedError,
    StoredFailureError,
    UnansweredError,
)
from integrations.payments.holds import (
    Authorization,
    AuthorizeRequest,
    CaptureRequest,
    HeldMoney,
    HoldOutcome,
    VoidRequest,
)
from integrations.payments.port import LookUp, PaymentGateway
from storage.hold_rows import HoldRow
from storage.holds import Holds

UNKNOWN = "OutcomeUnknown"
NEVER_PLACED = "never_placed"
_STORED = "stored_failure"
_S, _O = HoldState, HoldOutcome
STATES = {
    _O.AUTHORIZED: _S.AUTHORIZED,
    _O.CAPTURED: _S.CAPTURED,
    _O.VOIDED: _S.VOIDED,
    _O.EXPIRED: _S.EXPIRED,
    _O.REFUSED: _S.REJECTED,
}
"""What a provider's word makes of a hold; while it is undecided there is none."""


class Holder:
    """One tenant's holds at its provider. Each method takes a stored row and returns the next.

    Raises, all of them:
        ApplicationError: of type ``OutcomeUnknown`` while nobody can know what happened.
        IntegrationError: as :mod:`integrations.errors` says.
    """

    def __init__(self, tenant_id: str, gateway: PaymentGateway, holds: Holds) -> None:
        self._tenant_id = tenant_id
        self._gateway = gateway
        self._holds = holds

    @property
    def renewal_takes_over(self) -> bool:
        return self._gateway.capabilities.renewal_takes_over

    async def place(self, row: HoldRow) -> HoldRow:
        """Place a planned hold; of one that was sent, find out what became of it first."""
        if row.state is _S.PLANNED:
            return await self._send_place(
                await self._holds.begin(self._tenant_id, row, HoldStep.PLACE)
            )
        if row.state not in UNPLACED:
            return row
        found = await self._found(row)
        if found is not None:
            return await self._take(row, found)
        return await self._send_place(
            await self._once_more(row, HoldStep.PLACE, self._trust_in_look_ups)
        )

    async def go_on(self, row: HoldRow) -> HoldRow:
        """Bring the step that was begun to its end, if one was; what was asked stays asked."""
        if row.state is _S.CAPTURING:
            return await self.finish_capture(row)
        if row.state is _S.VOIDING:
            return await self.release(row)
        return await self.place(row)

    async def find_out(self, row: HoldRow) -> HoldRow:
        """Find out whether a hold that was sent stands; what was only planned stays so."""
        return row if row.state is _S.PLANNED else await self.place(row)

    async def capture(self, row: HoldRow, amount: Money) -> HoldRow:
        """Take ``amount`` of an authorized hold."""
        begun = await self._holds.begin(
            self._tenant_id, row, HoldStep.CAPTURE, capture_minor=amount.minor
        )
        return await self._send_capture(begun)

    async def finish_capture(self, row: HoldRow) -> HoldRow:
        """Go on with a capture that was begun, for the amount that it was begun with."""
        now = await self._read(row)
        if now.outcome is not _O.AUTHORIZED:
            return await self._take(row, now)
        return await self._send_capture(
            await self._once_more(row, HoldStep.CAPTURE, self._trust_in_its_state)
        )

    async def release(self, row: HoldRow) -> HoldRow:
        """End a hold without taking money; one that is being captured is captured first."""
        if row.state is _S.PLANNED:
            return await self._holds.note(self._tenant_id, row, _S.VOIDED)
        if row.state in UNPLACED:
            row = await self._settled(row)
        if row.state is _S.CAPTURING:
            row = await self.finish_capture(row)
        if row.state is _S.AUTHORIZED:
            return await self._send_void(
                await self._holds.begin(self._tenant_id, row, HoldStep.VOID)
            )
        if row.state in ENDED:
            return row
        now = await self._read(row)
        if now.outcome is not _O.AUTHORIZED:
            return await self._take(row, now)
        return await self._send_void(
            await self._once_more(row, HoldStep.VOID, self._trust_in_its_state)
        )

    async def _settled(self, row: HoldRow) -> HoldRow:
        """Find out whether a hold was placed, without placing it if that can be helped."""
        if not self._trust_in_look_ups.finds_again:
            # Its key tells as well: a repeat is answered with what the first try made.
            return await self.place(row)
        found = await self._found(row)
        if found is not None:
            return await self._take(row, found)
        if not is_believed(_sent(row), self._trust_in_look_ups, now=datetime.now(UTC)):
            raise self._too_early(row, self._trust_in_look_ups)
        return await self._holds.note(self._tenant_id, row, _S.REJECTED, failure=NEVER_PLACED)

    async def _once_more(self, row: HoldRow, step: HoldStep, trust: Trust) -> HoldRow:
        """Note that a step is asked once more, as far as :func:`way_on` allows it."""
        way = way_on(_sent(row), trust, now=datetime.now(UTC))
        if way is Way.WAIT:
            raise self._too_early(row, trust)
        if way is Way.ASK_A_PERSON:
            raise refused(UNKNOWN, "its key is spent and the provider cannot look holds up")
        new_key = way is Way.NEXT_GENERATION
        return await self._holds.again(self._tenant_id, row, step, new_key=new_key)

    async def _send_place(self, row: HoldRow) -> HoldRow:
        try:
            answer = await self._sent(row, self._gateway.holds.authorize(request_for(row)))
        except RejectedError as error:
            code = error.code or "rejected"
            return await self._holds.note(self._tenant_id, row, _S.REJECTED, failure=code)
        return await self._take(row, answer)

    async def _send_capture(self, row: HoldRow) -> HoldRow:
        amount = Money(row.capture_minor or 0, row.currency)
        request = CaptureRequest(held(row), amount, row.idempotency_key)
        try:
            answer = await self._sent(row, self._gateway.holds.capture(request))
        except RejectedError as error:
            # The money is held still.
            code = error.code or "rejected"
            return await self._holds.note(self._tenant_id, row, _S.AUTHORIZED, failure=code)
        return await self._take(row, answer)

    async def _send_void(self, row: HoldRow) -> HoldRow:
        request = VoidRequest(held(row), row.idempotency_key)
        return await self._take(row, await self._sent(row, self._gateway.holds.void(request)))

    async def _sent(self, row: HoldRow, call: Awaitable[Authorization]) -> Authorization:
        try:
            return await call
        except (AmbiguousOutcomeError, UnansweredError) as error:
            stored = _STORED if isinstance(error, StoredFailureError) else None
            state = _S.UNKNOWN if row.state in UNPLACED else row.state
            await self._holds.note(self._tenant_id, row, state, failure=stored)
            raise

    async def _take(self, row: HoldRow, now: Authorization) -> HoldRow:
        """Note what the provider says of a hold."""
        covers = now.amount.currency == row.currency and now.amount.minor >= row.amount_minor
        if row.state in UNPLACED and not covers:
            raise refused(
                "BadUpstreamData",
                f"hold {now.hold_ref} is of {now.amount}, asked for {row.amount}",
                field="amount",
            )
        if now.outcome is _O.PENDING:
            state = _S.UNKNOWN if row.state in UNPLACED else row.state
            await self._holds.note(self._tenant_id, row, state, hold_ref=now.hold_ref)
            raise _benign(f"hold {now.hold_ref} is not decided yet")
        state, failure = STATES[now.outcome], now.failure
        if state is _S.CAPTURED and (now.captured is None or now.payment_ref is None):
            # Whoever took it is not us: nothing is held any more, and finance has to look.
            state, failure = _S.EXPIRED, CAPTURED_PAST_US
        if state is _S.REJECTED and row.state not in UNPLACED:
            # It was good once; denied later it is gone, as if its time were over.
            state = _S.EXPIRED
        is_under_way = state is _S.AUTHORIZED and row.state in (_S.CAPTURING, _S.VOIDING)
        if is_under_way:
            # What was asked of it may still come.
            state = row.state
        noted = await self._holds.note(
            self._tenant_id,
            row,
            state,
            hold_ref=now.hold_ref,
            expires_at=now.expires_at,
            captured=now.captured,
            payment_ref=now.payment_ref,
            failure=failure,
        )
        if is_under_way:
            raise _benign(f"hold {now.hold_ref} stands still, its end is not decided yet")
        return noted

    async def _found(self, row: HoldRow) -> Authorization | None:
        """Find a hold that was not refused; a refused one holds nothing."""
        if row.hold_ref is not None:
            found: Authorization | None = await self._read(row)
        elif self._trust_in_look_ups.finds_again:
            found = await self._gateway.holds.find_authorization(request_for(row))
        else:
            found = None
        return None if found is None or found.outcome is _O.REFUSED else found

    async def _read(self, row: HoldRow) -> Authorization:
        return await self._gateway.holds.get_authorization(held(row))

    @property
    def _trust_in_look_ups(self) -> Trust:
        sheet = self._gateway.capabilities
        return Trust(sheet.key_window, sheet.hold_lookup is not LookUp.NONE, sheet.settle_time)

    @property
    def _trust_in_its_state(self) -> Trust:
        # A hold is read by its own name, so that what was asked of it shows.
        sheet = self._gateway.capabilities
        return Trust(sheet.key_window, finds_again=True, settle_time=sheet.settle_time)

    def _too_early(self, row: HoldRow, trust: Trust) -> ApplicationError:
        until = believed_from(_sent(row), trust)
        return _benign(
            f"a look-up that finds nothing is believed from {until:%Y-%m-%d %H:%M:%S} UTC",
            wait=max(until - datetime.now(UTC), timedelta(seconds=1)),
        )


def _benign(message: str, *, wait: timedelta | None = None) -> ApplicationError:
    return ApplicationError(
        message, type=UNKNOWN, next_retry_delay=wait, category=ApplicationErrorCategory.BENIGN
    )


def request_for(row: HoldRow) -> AuthorizeRequest:
    """Return what a hold was asked for with, or is found again by."""
    return AuthorizeRequest(
        hold_id=row.hold_id,
        idempotency_key=row.idempotency_key,
        return_id=row.return_id,
        amount=row.amount,
        method=row.method,
        renews=row.number > 1,
    )


def held(row: HoldRow) -> HeldMoney:
    """Name a hold as its provider does."""
    if row.hold_ref is None:
        raise ValueError(f"hold {row.hold_id} is {row.state} and has no name at its provider")
    return HeldMoney(row.hold_id, row.hold_ref, row.method)


def _sent(row: HoldRow) -> Sent:
    if row.first_sent_at is None or row.last_sent_at is None:
        raise ValueError(f"hold {row.hold_id} is {row.state} and was never sent")
    return Sent(row.first_sent_at, row.last_sent_at, row.failure == _STORED)
