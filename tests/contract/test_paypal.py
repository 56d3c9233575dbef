"""The payment contract on PayPal's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from domain.money import Money
from integrations.errors import AlreadyDoneError, TemporarilyUnavailableError
from integrations.payments.paypal.adapter import PayPalGateway, open_paypal_client
from integrations.payments.port import PaymentGateway, RefundOutcome
from runtime.devstack.ports import PortWish, choose_ports
from tests.contract.outside import Outside
from tests.contract.payment_contract import (
    PaymentGatewayContract,
    PaymentWorld,
    refund_of,
    sent,
)
from tests.contract.sandbox_provider import SandboxProvider
from tests.support.sandbox import Sandbox
from tests.support.webhook_receiver import webhook_receiver

REFUND = "POST /v2/payments/captures/{capture_id}/refund"
WEBHOOK_ID = "5GP028458E2496506"


class TestPayPal(PaymentGatewayContract):
    UNKNOWN_PAYMENT = "2GG279541U471931P"
    UNKNOWN_REFUND = "1JU08902781691411"

    @pytest.fixture
    def amounts(self) -> tuple[Money, ...]:
        return (Money(1_999, "EUR"), Money(500, "JPY"), Money(7_200, "HUF"), Money(88_800, "CNY"))

    @pytest.fixture
    async def clients(self) -> AsyncIterator[list[httpx.AsyncClient]]:
        opened: list[httpx.AsyncClient] = []
        yield opened
        for client in opened:
            await client.aclose()

    @pytest.fixture
    def connect(
        self, outside: Outside, clients: list[httpx.AsyncClient]
    ) -> Callable[..., PayPalGateway]:
        account = outside.account("paypal")

        def make(url: str, client_id: str = account["client_id"]) -> PayPalGateway:
            clients.append(open_paypal_client(url, client_id, account["client_secret"]))
            certificates = account["webhook_certificates"]
            return PayPalGateway(
                clients[-1], webhook_id=WEBHOOK_ID, webhook_certificates=certificates
            )

        return make

    @pytest.fixture
    def gateway(
        self, shared_sandbox: Sandbox, connect: Callable[..., PayPalGateway]
    ) -> PayPalGateway:
        return connect(shared_sandbox.paypal_url)

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxProvider:
        return SandboxProvider(outside, "paypal", REFUND)

    @pytest.fixture
    def elsewhere(
        self, shared_sandbox: Sandbox, connect: Callable[..., PayPalGateway]
    ) -> Callable[[str], PaymentGateway]:
        def make(how: str) -> PaymentGateway:
            if how == "unreachable":
                port = choose_ports([PortWish("nobody")], remembered={})["nobody"]
                return connect(f"http://127.0.0.1:{port}")
            return connect(shared_sandbox.paypal_url, "nobody")

        return make

    async def test_answers_a_used_key_by_what_became_of_its_refund(
        self, gateway: PayPalGateway, world: PaymentWorld
    ) -> None:
        """PayPal repeats no first answer: a refund that failed since reads as failed."""
        request = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        refund = await gateway.refund(request)
        world.fail_refund(refund.refund_ref)

        again = await gateway.refund(request)

        assert (again.refund_ref, again.outcome) == (refund.refund_ref, RefundOutcome.FAILED)

    async def test_is_not_paid_twice_once_the_key_is_forgotten(
        self, gateway: PayPalGateway, world: PaymentWorld
    ) -> None:
        """The invoice id is a second guard: after 45 days a repeat is told that it was done."""
        request = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        await gateway.refund(request)

        with world.forgetting_keys(), pytest.raises(AlreadyDoneError):
            await gateway.refund(request)

        assert len(world.paid_back(request.payment_ref)) == 1

    async def test_lets_the_next_generation_follow_one_that_failed(
        self, gateway: PayPalGateway, world: PaymentWorld
    ) -> None:
        """A failed refund keeps its invoice id; the next try has its own, and is the one found."""
        first = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        world.fail_refund((await gateway.refund(first)).refund_ref)

        refund = await gateway.refund(replace(first, idempotency_key="key-of-the-next"))

        assert refund.outcome is RefundOutcome.SUCCEEDED
        found = await gateway.find_refund(**sent(first))
        assert found is not None
        assert found.refund_ref == refund.refund_ref

    async def test_finds_what_an_error_hid(
        self, gateway: PayPalGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """After a 500 with an effect, the same request brings the refund, not the 500 again."""
        request = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        with outside.fault("paypal", REFUND, "stored_500", effect=True):
            with pytest.raises(TemporarilyUnavailableError):
                await gateway.refund(request)

            refund = await gateway.refund(request)

        assert [p.refund_ref for p in world.paid_back(request.payment_ref)] == [refund.refund_ref]

    async def test_waits_for_a_bank(
        self, gateway: PayPalGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """A refund that waits for an e-check is pending until PayPal says otherwise."""
        request = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        with outside.fault("paypal", REFUND, "pending_refund"):
            refund = await gateway.refund(request)
        assert refund.outcome is RefundOutcome.PENDING

        outside.settle_refund(refund.refund_ref)

        settled = await gateway.get_refund(refund.refund_ref)
        assert settled.outcome is RefundOutcome.SUCCEEDED

    async def test_verifies_the_webhook_of_a_late_failure(
        self, gateway: PayPalGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """The event of a refund that failed, as it arrives, names the refund to read again."""
        request = refund_of(world.paid(Money(1_000, "EUR")), Money(400, "EUR"))
        refund = await gateway.refund(request)
        types: list[str] = []
        with (
            webhook_receiver() as receiver,
            outside.webhooks_to(receiver.url, "paypal", secret=WEBHOOK_ID),
        ):
            outside.fail_refund(refund.refund_ref)
            while "PAYMENT.REFUND.FAILED" not in types:
                received = receiver.next()
                event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))
                if event is not None and event.refund_ref == refund.refund_ref:
                    types.append(event.event_type)

        assert types == ["PAYMENT.REFUND.FAILED"]
