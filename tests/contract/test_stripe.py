"""The payment contract on Stripe's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from domain.money import Money
from integrations.errors import AmbiguousOutcomeError, TemporarilyUnavailableError
from integrations.payments.port import PaymentGateway
from integrations.payments.stripe.adapter import StripeGateway, open_stripe_client
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

REFUND = "POST /v1/refunds"
SECRET = "whsec_of_the_test"


class TestStripe(PaymentGatewayContract):
    @pytest.fixture
    async def clients(self) -> AsyncIterator[list[httpx.AsyncClient]]:
        opened: list[httpx.AsyncClient] = []
        yield opened
        for client in opened:
            await client.aclose()

    @pytest.fixture
    def gateway(self, shared_sandbox: Sandbox, clients: list[httpx.AsyncClient]) -> StripeGateway:
        clients.append(open_stripe_client(shared_sandbox.stripe_url, "sk_test_1"))
        return StripeGateway(clients[-1], webhook_secret=SECRET)

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxProvider:
        return SandboxProvider(outside, "stripe", REFUND)

    @pytest.fixture
    def elsewhere(
        self, shared_sandbox: Sandbox, clients: list[httpx.AsyncClient]
    ) -> Callable[[str], PaymentGateway]:
        def make(how: str) -> PaymentGateway:
            port = choose_ports([PortWish("nobody")], remembered={})["nobody"]
            clients.append(
                open_stripe_client(f"http://127.0.0.1:{port}", "sk_test_1")
                if how == "unreachable"
                else open_stripe_client(shared_sandbox.stripe_url, "sk_live_nothing")
            )
            return StripeGateway(clients[-1], webhook_secret=SECRET)

        return make

    async def test_looks_up_what_stripe_stored_as_failed(
        self, gateway: StripeGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """Stripe repeats a stored 500 for a day: the second one asks for a look-up."""
        payment = world.paid(Money(1_000, "EUR"))
        request = refund_of(payment, Money(400, "EUR"))
        with outside.fault("stripe", REFUND, "stored_500", effect=True):
            with pytest.raises(TemporarilyUnavailableError):
                await gateway.refund(request)
            with pytest.raises(AmbiguousOutcomeError):
                await gateway.refund(request)

        found = await gateway.find_refund(**sent(request))

        assert found is not None
        assert [paid.refund_ref for paid in world.paid_back(payment)] == [found.refund_ref]

    async def test_verifies_the_webhook_of_a_late_failure(
        self, gateway: StripeGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """The event of a bounced refund, as it arrives, names the refund to read again."""
        payment = world.paid(Money(1_000, "EUR"))
        refund = await gateway.refund(refund_of(payment, Money(400, "EUR")))
        types: set[str] = set()
        with (
            webhook_receiver() as receiver,
            outside.webhooks_to(receiver.url, "stripe", secret=SECRET),
        ):
            outside.fail_refund(refund.refund_ref)
            while "refund.failed" not in types:
                received = receiver.next()
                event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))
                if event is not None and event.refund_ref == refund.refund_ref:
                    types.add(event.event_type)

        # Of its creation whoever listened before was told, or is told now.
        assert types - {"refund.created"} <= {
            "refund.updated",
            "refund.failed",
            "charge.refund.updated",
        }
