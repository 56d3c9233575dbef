"""What every adapter of a provider with holds must do, whatever the provider."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.money import Money
from domain.orders import HoldMethod
from integrations.errors import (
    InProgressError,
    NotFoundError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from integrations.payments.holds import (
    Authorization,
    AuthorizeRequest,
    CaptureRequest,
    HeldMoney,
    HoldOutcome,
    VoidRequest,
)
from integrations.payments.port import PaymentGateway
from tests.contract.outside import Outside, unique
from tests.contract.payment_contract import refund_of


def hold_on(method: HoldMethod, amount: Money, *, renews: bool = False) -> AuthorizeRequest:
    return AuthorizeRequest(
        hold_id=unique("hold"),
        idempotency_key=unique("key"),
        return_id=unique("return"),
        amount=amount,
        method=method,
        renews=renews,
    )


def held(request: AuthorizeRequest, hold: Authorization) -> HeldMoney:
    return HeldMoney(request.hold_id, hold.hold_ref, request.method)


def capturing(held_money: HeldMoney, amount: Money) -> CaptureRequest:
    return CaptureRequest(held_money, amount, unique("key"))


def voiding(held_money: HeldMoney) -> VoidRequest:
    return VoidRequest(held_money, unique("key"))


class HoldContract(ABC):
    PROVIDER: str
    CAPTURE: str
    VOID: str
    ENDED_AS_EXPIRED = HoldOutcome.EXPIRED

    @pytest.fixture
    @abstractmethod
    def gateway(self) -> PaymentGateway:
        """The adapter under test."""

    @pytest.fixture
    def amounts(self) -> tuple[Money, ...]:
        """Amounts of each kind of currency that the provider has."""
        return (Money(1_999, "EUR"), Money(500, "JPY"))

    async def place(
        self, gateway: PaymentGateway, outside: Outside, amount: Money
    ) -> tuple[AuthorizeRequest, HeldMoney]:
        request = hold_on(outside.agreed(amount, provider=self.PROVIDER), amount)
        hold = await gateway.holds.authorize(request)
        return request, held(request, hold)

    def counted(self, outside: Outside, method: HoldMethod) -> list[tuple[str, int]]:
        """Return status and captured amount of each hold at the provider, but renewed ones."""
        holds = outside.holds_on(method)
        return [(h["status"], h["captured_minor"]) for h in holds if h["status"] != "renewed"]

    async def test_holds_exactly_what_was_asked(
        self, gateway: PaymentGateway, outside: Outside, amounts: tuple[Money, ...]
    ) -> None:
        """In every kind of currency one hold of the amount stands, and says until when."""
        for amount in amounts:
            request = hold_on(outside.agreed(amount, provider=self.PROVIDER), amount)

            hold = await gateway.holds.authorize(request)

            assert (hold.outcome, hold.amount) == (HoldOutcome.AUTHORIZED, amount)
            assert hold.expires_at is not None
            assert hold.expires_at > datetime.now(UTC) + timedelta(days=1)
            (counted,) = outside.holds_on(request.method)
            assert (counted["amount_minor"], counted["status"]) == (amount.minor, "held")

    async def test_holds_once_under_one_key(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """The same request twice is one hold, and both answers name it."""
        request, first = await self.place(gateway, outside, Money(5_000, "EUR"))

        again = await gateway.holds.authorize(request)

        assert again.hold_ref == first.hold_ref
        assert self.counted(outside, request.method) == [("held", 0)]

    async def test_captures_a_part_and_releases_the_rest(
        self, gateway: PaymentGateway, outside: Outside, amounts: tuple[Money, ...]
    ) -> None:
        """What was captured is a payment that can be refunded, and nothing stays held."""
        for amount in amounts:
            part = Money(amount.minor - 100, amount.currency)
            request, money = await self.place(gateway, outside, amount)

            hold = await gateway.holds.capture(capturing(money, part))

            assert (hold.outcome, hold.captured) == (HoldOutcome.CAPTURED, part)
            assert self.counted(outside, request.method) == [("captured", part.minor)]
            assert hold.payment_ref is not None
            refund = await gateway.refund(refund_of(hold.payment_ref, part))
            assert refund.amount == part

    async def test_captures_once_under_one_key(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """A repeat, under the same key or another, takes nothing more and says what was taken."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        asked = capturing(money, Money(2_000, "EUR"))

        first = await gateway.holds.capture(asked)
        second = await gateway.holds.capture(asked)
        other = await gateway.holds.capture(replace(asked, idempotency_key=unique("key")))

        assert first.payment_ref == second.payment_ref == other.payment_ref
        assert first.captured == second.captured == other.captured
        assert self.counted(outside, request.method) == [("captured", 2_000)]

    async def test_never_captures_more_than_is_held(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """More is refused, and the money stays held."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))

        with pytest.raises(RejectedError):
            await gateway.holds.capture(capturing(money, Money(5_001, "EUR")))

        assert self.counted(outside, request.method) == [("held", 0)]

    async def test_voids_once_however_often_it_is_asked(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """A hold that was voided before is answered as voided."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))

        first = await gateway.holds.void(voiding(money))
        second = await gateway.holds.void(voiding(money))

        assert first.outcome is second.outcome is HoldOutcome.VOIDED
        assert first.hold_ref == money.hold_ref
        assert self.counted(outside, request.method) == [("voided", 0)]

    async def test_a_voided_hold_is_not_captured(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """It is answered as it is now, and nothing was taken."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        await gateway.holds.void(voiding(money))

        hold = await gateway.holds.capture(capturing(money, Money(5_000, "EUR")))

        assert (hold.outcome, hold.captured) == (HoldOutcome.VOIDED, None)
        assert self.counted(outside, request.method) == [("voided", 0)]

    async def test_a_captured_hold_is_not_voided(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """It is answered with what was taken."""
        _, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        await gateway.holds.capture(capturing(money, Money(3_000, "EUR")))

        hold = await gateway.holds.void(voiding(money))

        assert (hold.outcome, hold.captured) == (HoldOutcome.CAPTURED, Money(3_000, "EUR"))

    async def test_a_hold_that_ran_out_is_not_captured(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """It is named expired, by a capture and by a reading."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        outside.let_hold_end(money.hold_ref)

        hold = await gateway.holds.capture(capturing(money, Money(5_000, "EUR")))

        assert hold.outcome is HoldOutcome.EXPIRED
        read = await gateway.holds.get_authorization(money)
        assert read.outcome is HoldOutcome.EXPIRED
        assert self.counted(outside, request.method) == [("expired", 0)]

    async def test_captures_once_when_the_answer_is_lost(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """The repeat after a lost answer brings the answer, not a second capture."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        asked = capturing(money, Money(4_000, "EUR"))
        with (
            outside.fault(self.PROVIDER, self.CAPTURE, "lost_reply"),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.holds.capture(asked)

        read = await gateway.holds.get_authorization(money)
        again = await gateway.holds.capture(asked)

        assert (again.outcome, again.captured) == (HoldOutcome.CAPTURED, asked.amount)
        assert (read.outcome, read.payment_ref) == (HoldOutcome.CAPTURED, again.payment_ref)
        assert self.counted(outside, request.method) == [("captured", 4_000)]

    async def test_voids_when_the_answer_is_lost(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """The repeat after a lost answer says that it is voided."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        asked = voiding(money)
        with (
            outside.fault(self.PROVIDER, self.VOID, "lost_reply"),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.holds.void(asked)

        assert (await gateway.holds.void(asked)).outcome is HoldOutcome.VOIDED
        assert self.counted(outside, request.method) == [("voided", 0)]

    async def test_a_renewal_holds_the_same_again(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """The next hold stands under a name of its own; voided, nothing of either is held."""
        amount = Money(5_000, "EUR")
        request, first = await self.place(gateway, outside, amount)
        renewal = hold_on(request.method, amount, renews=True)

        hold = await gateway.holds.authorize(renewal)
        again = await gateway.holds.authorize(renewal)

        assert (hold.outcome, hold.amount) == (HoldOutcome.AUTHORIZED, amount)
        assert again.hold_ref == hold.hold_ref != first.hold_ref
        if not gateway.capabilities.renewal_takes_over:
            await gateway.holds.void(voiding(first))
        await gateway.holds.void(voiding(held(renewal, hold)))
        assert {status for status, _ in self.counted(outside, request.method)} == {"voided"}

    async def test_a_renewal_is_captured_in_part(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        """What stands after a renewal can be taken."""
        amount = Money(5_000, "EUR")
        request, _ = await self.place(gateway, outside, amount)
        renewal = hold_on(request.method, amount, renews=True)
        hold = await gateway.holds.authorize(renewal)

        taken = await gateway.holds.capture(capturing(held(renewal, hold), Money(1_200, "EUR")))

        assert (taken.outcome, taken.captured) == (HoldOutcome.CAPTURED, Money(1_200, "EUR"))
        assert ("captured", 1_200) in self.counted(outside, request.method)

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ("409", InProgressError),
            ("429", ThrottledError),
            ("http_500", TemporarilyUnavailableError),
            ("http_503", TemporarilyUnavailableError),
        ],
    )
    async def test_waits_for_a_provider_in_trouble(
        self, gateway: PaymentGateway, outside: Outside, fault: str, expected: type[Exception]
    ) -> None:
        """After trouble on the provider's side the same request captures once."""
        request, money = await self.place(gateway, outside, Money(5_000, "EUR"))
        asked = capturing(money, Money(5_000, "EUR"))
        with outside.fault(self.PROVIDER, self.CAPTURE, fault), pytest.raises(expected):
            await gateway.holds.capture(asked)

        await gateway.holds.capture(asked)

        assert self.counted(outside, request.method) == [("captured", 5_000)]

    async def test_knows_no_hold_that_was_never_placed(self, gateway: PaymentGateway) -> None:
        """A hold the provider does not know is named as such."""
        unknown = HeldMoney(unique("hold"), "nothing", HoldMethod("nothing", "nobody"))

        with pytest.raises(NotFoundError):
            await gateway.holds.capture(capturing(unknown, Money(100, "EUR")))
        with pytest.raises(NotFoundError):
            await gateway.holds.void(voiding(unknown))
        with pytest.raises(NotFoundError):
            await gateway.holds.get_authorization(unknown)
