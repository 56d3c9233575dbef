"""What every payment provider's adapter must do, whatever the provider."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import pytest

from domain.money import Money
from integrations.errors import (
    AlreadyDoneError,
    ConfigurationError,
    InProgressError,
    KeyConflictError,
    NotFoundError,
    NotSentError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from integrations.payments.port import PaymentGateway, RefundOutcome, RefundRequest
from tests.contract.outside import unique


@dataclass(frozen=True, slots=True)
class PaidBack:
    """One refund as the provider counts it."""

    refund_ref: str
    amount: Money
    return_id: str | None


class PaymentWorld(Protocol):
    """The provider's side of a suite."""

    def paid(self, amount: Money, *, kind: str = "CARD") -> str: ...

    def paid_back(self, payment_ref: str) -> list[PaidBack]: ...

    def stamped(self, return_id: str) -> str | None:
        """Return the id of the return that a refund bears at the provider, if it can."""

    def fail_refund(self, refund_ref: str) -> None: ...

    def losing_the_answer(self) -> AbstractContextManager[None]:
        """Let the next refund happen without an answer."""

    def forgetting_keys(self) -> AbstractContextManager[None]: ...

    def answering(self, status: int) -> AbstractContextManager[None]: ...


def refund_of(payment_ref: str, amount: Money) -> RefundRequest:
    return RefundRequest(
        payment_ref=payment_ref,
        amount=amount,
        intent_id=unique("intent"),
        idempotency_key=unique("key"),
        return_id=unique("return"),
    )


def sent(request: RefundRequest) -> dict[str, str]:
    """Name a request as its look-up does."""
    return {
        "payment_ref": request.payment_ref,
        "intent_id": request.intent_id,
        "idempotency_key": request.idempotency_key,
    }


class PaymentGatewayContract(ABC):
    @pytest.fixture
    @abstractmethod
    def gateway(self) -> PaymentGateway:
        """The adapter under test."""

    @pytest.fixture
    @abstractmethod
    def world(self) -> PaymentWorld:
        """The other side."""

    @pytest.fixture
    @abstractmethod
    def elsewhere(self) -> Callable[[str], PaymentGateway]:
        """Make an adapter that is ``unreachable`` or has a ``wrong key``."""

    CURRENCY = "EUR"
    UNKNOWN_PAYMENT = "pi_unknown"
    UNKNOWN_REFUND = "re_unknown"
    WITH_NOTHING_LEFT: type[Exception] = AlreadyDoneError
    """What a refund of a payment without anything left is refused with."""

    def money(self, minor: int) -> Money:
        return Money(minor, self.CURRENCY)

    @pytest.fixture
    def amounts(self) -> tuple[Money, ...]:
        """Amounts of each kind of currency that the provider has."""
        return (Money(1_999, "EUR"), Money(500, "JPY"), Money(7_250, "KWD"), Money(88_800, "CNY"))

    async def test_gives_back_exactly_what_was_asked(
        self, gateway: PaymentGateway, world: PaymentWorld, amounts: tuple[Money, ...]
    ) -> None:
        """In every kind of currency the provider counts one refund of the amount, ours."""
        for amount in amounts:
            payment = world.paid(amount)
            request = refund_of(payment, amount)

            refund = await gateway.refund(request)

            assert (refund.amount, refund.intent_id) == (amount, request.intent_id)
            assert refund.outcome in {RefundOutcome.SUCCEEDED, RefundOutcome.PENDING}
            expected = PaidBack(refund.refund_ref, amount, world.stamped(request.return_id))
            assert world.paid_back(payment) == [expected]

    async def test_gives_back_to_a_wallet(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """A payment that has no payment intent is refunded and found by its charge."""
        payment = world.paid(self.money(900), kind="WALLET")
        request = refund_of(payment, self.money(300))

        refund = await gateway.refund(request)

        found = await gateway.find_refund(**sent(request))

        assert len(world.paid_back(payment)) == 1
        assert found is not None
        assert found.refund_ref == refund.refund_ref

    async def test_pays_once_under_one_key(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """The same request twice is one refund, and both answers name it."""
        payment = world.paid(self.money(1_000))
        request = refund_of(payment, self.money(400))

        first, second = await gateway.refund(request), await gateway.refund(request)

        assert (first.refund_ref, first.amount) == (second.refund_ref, second.amount)
        assert len(world.paid_back(payment)) == 1

    async def test_names_the_payment_of_a_refund(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """Whoever reads a refund again, made by us or not, finds the tender that it is of."""
        payment = world.paid(self.money(1_000))
        refund = await gateway.refund(refund_of(payment, self.money(400)))

        read = await gateway.get_refund(refund.refund_ref)

        assert payment in read.payment_refs

    async def test_refuses_another_amount_under_the_same_key(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """A key stands for one refund: another amount under it is our own bug."""
        payment = world.paid(self.money(1_000))
        request = refund_of(payment, self.money(400))
        await gateway.refund(request)

        with pytest.raises(KeyConflictError):
            await gateway.refund(replace(request, amount=self.money(500)))

        assert len(world.paid_back(payment)) == 1

    async def test_pays_once_when_the_answer_is_lost(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """The repeat after a lost answer brings the answer, not a second refund."""
        payment = world.paid(self.money(1_000))
        request = refund_of(payment, self.money(400))
        with world.losing_the_answer(), pytest.raises(TemporarilyUnavailableError):
            await gateway.refund(request)

        refund = await gateway.refund(request)

        assert [paid.refund_ref for paid in world.paid_back(payment)] == [refund.refund_ref]

    async def test_finds_a_refund_whose_answer_was_lost(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """Once the key is forgotten, the look-up by our intent finds what was paid."""
        payment = world.paid(self.money(1_000))
        await gateway.refund(refund_of(payment, self.money(100)))
        request = refund_of(payment, self.money(400))
        with (
            world.losing_the_answer(),
            world.forgetting_keys(),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.refund(request)

        found = await gateway.find_refund(**sent(request))

        assert found is not None
        assert found.amount == self.money(400)
        assert found.refund_ref in {paid.refund_ref for paid in world.paid_back(payment)}

    async def test_finds_nothing_that_was_not_sent(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """The look-up of an intent nobody sent answers none, whatever else was refunded."""
        payment = world.paid(self.money(1_000))
        await gateway.refund(refund_of(payment, self.money(100)))

        unsent = refund_of(payment, self.money(400))

        assert await gateway.find_refund(**sent(unsent)) is None

    async def test_never_gives_back_more_than_was_paid(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """A refund of more than is left is refused and none of it is paid."""
        payment = world.paid(self.money(1_000))

        with pytest.raises(RejectedError):
            await gateway.refund(refund_of(payment, self.money(1_001)))

        assert world.paid_back(payment) == []

    async def test_says_when_all_was_given_back_before(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """On a payment with nothing left, the caller is told to look up who got it."""
        payment = world.paid(self.money(1_000))
        await gateway.refund(refund_of(payment, self.money(1_000)))

        with pytest.raises(self.WITH_NOTHING_LEFT):
            await gateway.refund(refund_of(payment, self.money(1_000)))

    async def test_knows_no_payment_that_was_never_made(self, gateway: PaymentGateway) -> None:
        """A payment the provider does not know is named as such."""
        with pytest.raises(NotFoundError):
            await gateway.refund(refund_of(self.UNKNOWN_PAYMENT, self.money(100)))
        with pytest.raises(NotFoundError):
            await gateway.get_refund(self.UNKNOWN_REFUND)

    async def test_reports_a_failure_after_success(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """A refund that bounces days later reads as failed, with the reason."""
        payment = world.paid(self.money(1_000))
        refund = await gateway.refund(refund_of(payment, self.money(400)))
        world.fail_refund(refund.refund_ref)

        found = await gateway.get_refund(refund.refund_ref)

        assert found.outcome is RefundOutcome.FAILED
        assert found.failure_reason

    async def test_passes_on_how_long_to_wait(
        self, gateway: PaymentGateway, world: PaymentWorld
    ) -> None:
        """A provider that asks for patience says how much."""
        payment = world.paid(self.money(1_000))

        with world.answering(429), pytest.raises(ThrottledError) as caught:
            await gateway.refund(refund_of(payment, self.money(400)))

        assert caught.value.retry_after == timedelta(seconds=1)
        assert world.paid_back(payment) == []

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (409, InProgressError),
            (500, TemporarilyUnavailableError),
            (503, TemporarilyUnavailableError),
        ],
    )
    async def test_waits_for_a_provider_in_trouble(
        self,
        gateway: PaymentGateway,
        world: PaymentWorld,
        status: int,
        expected: type[Exception],
    ) -> None:
        """After trouble on the provider's side the same request is paid once."""
        payment = world.paid(self.money(1_000))
        request = refund_of(payment, self.money(400))
        with world.answering(status), pytest.raises(expected):
            await gateway.refund(request)

        await gateway.refund(request)

        assert len(world.paid_back(payment)) == 1

    async def test_says_when_nothing_was_sent(
        self, elsewhere: Callable[[str], PaymentGateway]
    ) -> None:
        """Without a connection nothing left this machine."""
        with pytest.raises(NotSentError):
            await elsewhere("unreachable").refund(refund_of(self.UNKNOWN_PAYMENT, self.money(1)))

    async def test_says_when_the_account_is_wrong(
        self, elsewhere: Callable[[str], PaymentGateway]
    ) -> None:
        """A refused key is a setting for people to correct."""
        with pytest.raises(ConfigurationError):
            await elsewhere("wrong key").get_refund(self.UNKNOWN_REFUND)
