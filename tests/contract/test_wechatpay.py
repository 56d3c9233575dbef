"""The payment contract on WeChat Pay's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from domain.money import Money
from integrations.errors import RejectedError, TemporarilyUnavailableError
from integrations.payments.port import PaymentGateway, RefundOutcome
from integrations.payments.stamps import stamp
from integrations.payments.wechatpay.adapter import WeChatPayGateway, open_wechatpay_client
from runtime.devstack.ports import PortWish, choose_ports
from tests.contract.certificates import pem_of, rsa_key
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

REFUND = "POST /v3/refund/domestic/refunds"


class WeChatPayWorld(SandboxProvider):
    """A refund at WeChat Pay bears its number alone, and that names no return."""

    def stamped(self, return_id: str) -> None:
        del return_id


class TestWeChatPay(PaymentGatewayContract):
    CURRENCY = "CNY"
    UNKNOWN_PAYMENT = "4200000000000000000000000000"
    UNKNOWN_REFUND = "intent-0-0123456789abcdef"
    # It says no more than that the request is invalid; the number was looked up before.
    WITH_NOTHING_LEFT = RejectedError

    @pytest.fixture
    def amounts(self) -> tuple[Money, ...]:
        return (Money(88_800, "CNY"), Money(1, "CNY"))

    @pytest.fixture
    async def clients(self) -> AsyncIterator[list[httpx.AsyncClient]]:
        opened: list[httpx.AsyncClient] = []
        yield opened
        for client in opened:
            await client.aclose()

    @pytest.fixture
    def connect(
        self, outside: Outside, clients: list[httpx.AsyncClient]
    ) -> Callable[..., WeChatPayGateway]:
        account = outside.account("wechatpay")

        def make(url: str, merchant_key: str = account["merchant_key"]) -> WeChatPayGateway:
            client = open_wechatpay_client(
                url,
                merchant_id=account["merchant_id"],
                merchant_serial=account["merchant_serial"],
                merchant_key=merchant_key,
                platform_certificates=account["platform_certificates"],
            )
            clients.append(client)
            return WeChatPayGateway(
                client,
                merchant_id=account["merchant_id"],
                api_v3_key=account["api_v3_key"],
                platform_certificates=account["platform_certificates"],
            )

        return make

    @pytest.fixture
    def gateway(
        self, shared_sandbox: Sandbox, connect: Callable[..., WeChatPayGateway]
    ) -> WeChatPayGateway:
        return connect(shared_sandbox.wechatpay_url)

    @pytest.fixture
    def world(self, outside: Outside) -> WeChatPayWorld:
        return WeChatPayWorld(outside, "wechatpay", REFUND)

    @pytest.fixture
    def elsewhere(
        self, shared_sandbox: Sandbox, connect: Callable[..., WeChatPayGateway]
    ) -> Callable[[str], PaymentGateway]:
        def make(how: str) -> PaymentGateway:
            if how == "unreachable":
                port = choose_ports([PortWish("nobody")], remembered={})["nobody"]
                return connect(f"http://127.0.0.1:{port}")
            return connect(shared_sandbox.wechatpay_url, pem_of(rsa_key("stranger")))

        return make

    async def test_answers_acceptance_and_is_read_for_the_end(
        self, gateway: WeChatPayGateway, world: PaymentWorld
    ) -> None:
        """A refund is pending when it was taken, and succeeded when it is read again."""
        request = refund_of(world.paid(self.money(1_000)), self.money(400))

        taken = await gateway.refund(request)
        read = await gateway.find_refund(**sent(request))

        assert taken.outcome is RefundOutcome.PENDING
        assert read is not None
        assert read.outcome is RefundOutcome.SUCCEEDED
        assert read.refund_ref == stamp(request.intent_id, request.idempotency_key)

    async def test_finds_what_an_error_hid(
        self, gateway: WeChatPayGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """After a 500 with an effect, the same number brings the refund, once."""
        request = refund_of(world.paid(self.money(1_000)), self.money(400))
        with (
            outside.fault("wechatpay", REFUND, "stored_500", effect=True),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.refund(request)

        refund = await gateway.refund(request)

        assert [p.refund_ref for p in world.paid_back(request.payment_ref)] == [refund.refund_ref]

    async def test_verifies_and_decrypts_the_notice_of_an_end(
        self, gateway: WeChatPayGateway, world: PaymentWorld, outside: Outside
    ) -> None:
        """The notice of a refund that came to nothing, as it arrives, names the refund to read."""
        request = refund_of(world.paid(self.money(1_000)), self.money(400))
        refund = await gateway.refund(request)
        types: list[str] = []
        key = outside.account("wechatpay")["api_v3_key"]
        with (
            webhook_receiver() as receiver,
            outside.webhooks_to(receiver.url, "wechatpay", secret=key),
        ):
            outside.fail_refund(refund.refund_ref)
            while "REFUND.CLOSED" not in types:
                received = receiver.next()
                event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))
                if event is not None and event.refund_ref == refund.refund_ref:
                    types.append(event.event_type)

        assert types == ["REFUND.CLOSED"]
