"""A tenant's connections become the right adapters, and a rehearsal stays in the sandbox."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from integrations.carriers.easypost.adapter import EasyPostCarrier
from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier
from integrations.carriers.sf.adapter import SfCarrier
from integrations.carriers.ups.adapter import UpsCarrier
from integrations.commerce.http_platform import HttpCommercePlatform
from integrations.directory import Connection, UnknownConnectionError, check_connection
from integrations.errors import ConfigurationError, NotFoundError
from integrations.notifications.smtp import SmtpMailer
from integrations.payments.paypal.adapter import PayPalGateway
from integrations.payments.stripe.adapter import StripeGateway
from integrations.payments.wechatpay.adapter import WeChatPayGateway
from runtime.adapters import AdapterDirectory, TimeScaleRefusedError, check_time_scale
from tests.contract.certificates import certificate_of, pem_of, rsa_key
from tests.support.sandbox import Sandbox

SANDBOX = "http://127.0.0.1:9999"


@dataclass(frozen=True, slots=True)
class Pace:
    time_scale: float = 1.0
    sandbox_url: str | None = None


def stripe(**changes: Any) -> Connection:
    connection = Connection(
        connection_id="c-stripe",
        tenant_id="tenant-1",
        kind="payments",
        adapter="stripe",
        base_url=f"{SANDBOX}/stripe",
        secrets={"api_key": "sk_test_1", "webhook_secret": "whsec_1"},
    )
    return replace(connection, **changes)


def paypal(**changes: Any) -> Connection:
    secrets = {
        "client_id": "client",
        "client_secret": "secret",
        "webhook_certificates": certificate_of(rsa_key("paypal")),
    }
    connection = Connection(
        connection_id="c-paypal",
        tenant_id="tenant-2",
        kind="payments",
        adapter="paypal",
        base_url=f"{SANDBOX}/paypal",
        secrets=secrets | changes.pop("secrets", {}),
        settings={"webhook_id": "5GP028458E2496506"},
    )
    return replace(connection, **changes)


def wechatpay(**changes: Any) -> Connection:
    secrets = {
        "api_v3_key": "k" * 32,
        "merchant_key": pem_of(rsa_key("merchant")),
        "merchant_serial": "C0FFEE",
        "platform_certificates": certificate_of(rsa_key("platform")),
    }
    connection = Connection(
        connection_id="c-wechatpay",
        tenant_id="tenant-4",
        kind="payments",
        adapter="wechatpay",
        base_url=f"{SANDBOX}/wechatpay",
        secrets=secrets | changes.pop("secrets", {}),
        settings={"merchant_id": "1900000109"},
    )
    return replace(connection, **changes)


def smtp(**changes: Any) -> Connection:
    connection = Connection(
        connection_id="c-smtp",
        tenant_id="tenant-1",
        kind="mail",
        adapter="smtp",
        base_url="smtp://127.0.0.1:2525",
        secrets={},
        settings={"sender": "returns@shop.example.com"},
    )
    return replace(connection, **changes)


def easypost() -> Connection:
    return Connection(
        connection_id="c-easypost",
        tenant_id="tenant-1",
        kind="carrier",
        adapter="easypost",
        base_url=f"{SANDBOX}/easypost/v2",
        secrets={"api_key": "EZTK_1", "webhook_secret": "secret"},
    )


def ups(**changes: Any) -> Connection:
    connection = Connection(
        connection_id="c-ups",
        tenant_id="tenant-5",
        kind="carrier",
        adapter="ups",
        base_url=f"{SANDBOX}/ups",
        secrets={
            "client_id": "UPS_client",
            "client_secret": "secret",
            "webhook_credential": "credential",
        },
        settings={"account_number": "A1B2C3", "account_country": "DE"},
    )
    return replace(connection, **changes)


def kuaidi100(**changes: Any) -> Connection:
    connection = Connection(
        connection_id="c-kuaidi100",
        tenant_id="tenant-6",
        kind="carrier",
        adapter="kuaidi100",
        base_url=f"{SANDBOX}/kuaidi100",
        secrets={"api_key": "KDtest", "secret": "KDsecret", "webhook_salt": "salt"},
        settings={
            "customer": "KDcustomer",
            "courier_company": "yuantong",
            "webhook_url": "https://backhaul.example/webhooks/c-kuaidi100",
        },
    )
    return replace(connection, **changes)


def sf(**changes: Any) -> Connection:
    connection = Connection(
        connection_id="c-sf",
        tenant_id="tenant-7",
        kind="carrier",
        adapter="sf",
        base_url=f"{SANDBOX}/sf",
        secrets={"check_word": "SFcheckword"},
        settings={"partner_id": "SFtest", "monthly_card": "7551234567", "product": "2"},
    )
    return replace(connection, **changes)


def commerce() -> Connection:
    return Connection(
        connection_id="c-commerce",
        tenant_id="tenant-1",
        kind="commerce",
        adapter="http",
        base_url=f"{SANDBOX}/commerce/v1",
        secrets={"token": "ct_1", "webhook_secret": "whsec_AAAA"},
    )


@dataclass(slots=True)
class Stored:
    """Connections as a table would hold them."""

    rows: list[Connection] = field(default_factory=list)

    async def of_tenant(self, tenant_id: str) -> Sequence[Connection]:
        return [row for row in self.rows if row.tenant_id == tenant_id]

    async def one(self, connection_id: str) -> Connection | None:
        return next((row for row in self.rows if row.connection_id == connection_id), None)

    def directory(self, pace: Pace | None = None) -> AdapterDirectory:
        return AdapterDirectory(self.of_tenant, self.one, pace or Pace())


class TestDirectory:
    @pytest.fixture
    def stored(self) -> Stored:
        return Stored(
            [
                stripe(),
                easypost(),
                commerce(),
                smtp(),
                paypal(),
                wechatpay(),
                ups(),
                kuaidi100(),
                sf(),
            ]
        )

    @pytest.fixture
    async def directory(self, stored: Stored) -> AsyncIterator[AdapterDirectory]:
        directory = stored.directory()
        yield directory
        await directory.aclose()

    async def test_chooses_the_adapter_of_each_connection(
        self, directory: AdapterDirectory
    ) -> None:
        """A tenant's systems are reached by the adapters its connections name."""
        assert isinstance(await directory.payments("tenant-1"), StripeGateway)
        (account,) = await directory.carriers("tenant-1")
        assert isinstance(account.gateway, EasyPostCarrier)
        assert isinstance(await directory.commerce("tenant-1"), HttpCommercePlatform)
        assert isinstance(await directory.mailer("tenant-1"), SmtpMailer)
        assert isinstance(await directory.payments("tenant-2"), PayPalGateway)
        assert isinstance(await directory.payments("tenant-4"), WeChatPayGateway)
        (by_ups,) = await directory.carriers("tenant-5")
        assert isinstance(by_ups.gateway, UpsCarrier)
        (by_kuaidi100,) = await directory.carriers("tenant-6")
        assert isinstance(by_kuaidi100.gateway, Kuaidi100Carrier)
        (by_sf,) = await directory.carriers("tenant-7")
        assert isinstance(by_sf.gateway, SfCarrier)

    async def test_keeps_what_it_opened(self, directory: AdapterDirectory) -> None:
        """The same connection is opened once."""
        assert await directory.payments("tenant-1") is await directory.payments("tenant-1")

    async def test_takes_a_changed_secret_at_once(
        self, directory: AdapterDirectory, stored: Stored
    ) -> None:
        """A rolled key counts from the next call on."""
        before = await directory.payments("tenant-1")
        stored.rows[0] = stripe(secrets={"api_key": "sk_test_2", "webhook_secret": "whsec_1"})

        assert await directory.payments("tenant-1") is not before

    async def test_gives_a_tenant_only_its_own(self, directory: AdapterDirectory) -> None:
        """Another tenant has no connection until it makes one."""
        with pytest.raises(UnknownConnectionError):
            await directory.payments("tenant-3")

    async def test_finds_who_a_webhook_is_for(self, directory: AdapterDirectory) -> None:
        """A connection's id names tenant and kind, and the gateway that verifies."""
        tenant_id, kind, gateway = await directory.by_id("c-easypost")

        assert (tenant_id, kind) == ("tenant-1", "carrier")
        (account,) = await directory.carriers("tenant-1")
        assert account.gateway is gateway
        with pytest.raises(UnknownConnectionError):
            await directory.by_id("c-unknown")

    async def test_reaches_the_running_system(self, shared_sandbox: Sandbox) -> None:
        """A gateway from the directory talks to the address of its connection."""
        stored = Stored([stripe(base_url=shared_sandbox.stripe_url)])
        directory = stored.directory(Pace(60, shared_sandbox.url))

        with pytest.raises(NotFoundError):
            await (await directory.payments("tenant-1")).get_refund("re_unknown")

        await directory.aclose()


class TestConnection:
    def test_shows_no_secrets(self) -> None:
        """A connection can be printed."""
        assert "sk_test_1" not in repr(stripe())

    @pytest.mark.parametrize(
        "connection",
        [stripe(), paypal(), wechatpay(), easypost(), ups(), kuaidi100(), sf(), commerce(), smtp()],
    )
    def test_is_taken_when_complete(self, connection: Connection) -> None:
        """With address, secrets and settings, a connection is what its adapter needs."""
        assert check_connection(connection) is connection

    @pytest.mark.parametrize(
        ("connection", "field_at_fault"),
        [
            (stripe(secrets={"api_key": "sk_test_1"}), "secrets.webhook_secret"),
            (stripe(secrets={"api_key": "", "webhook_secret": "x"}), "secrets.api_key"),
            (stripe(kind="carrier"), "adapter"),
            (stripe(adapter="adyen"), "adapter"),
            (stripe(base_url="api.stripe.com"), "base_url"),
            (stripe(secrets={"api_key": "sk\n", "webhook_secret": "x"}), "secrets.api_key"),
            (paypal(secrets={"client_secret": ""}), "secrets.client_secret"),
            (paypal(secrets={"webhook_certificates": "PEM"}), "secrets.webhook_certificates"),
            (paypal(settings={}), "settings.webhook_id"),
            (wechatpay(secrets={"merchant_serial": ""}), "secrets.merchant_serial"),
            (wechatpay(secrets={"merchant_key": "PEM"}), "secrets.merchant_key"),
            (wechatpay(secrets={"platform_certificates": "-"}), "secrets.platform_certificates"),
            (wechatpay(secrets={"api_v3_key": "short"}), "secrets.api_v3_key"),
            (wechatpay(settings={}), "settings.merchant_id"),
            (ups(secrets={"client_id": "UPS", "client_secret": "s"}), "secrets.webhook_credential"),
            (ups(settings={"account_number": "A1B2C3"}), "settings.account_country"),
            (
                ups(settings={"account_number": "A1B2C3", "account_country": "Germany"}),
                "settings.account_country",
            ),
            (
                ups(settings={"account_number": "a1b2c3é", "account_country": "DE"}),
                "settings.account_number",
            ),
            (kuaidi100(secrets={"api_key": "k", "secret": "s"}), "secrets.webhook_salt"),
            (kuaidi100(settings={}), "settings.courier_company"),
            (
                kuaidi100(settings={**kuaidi100().settings, "courier_company": "shunfeng"}),
                "settings.courier_company",
            ),
            (
                kuaidi100(settings={**kuaidi100().settings, "webhook_url": "/webhooks"}),
                "settings.webhook_url",
            ),
            (sf(secrets={}), "secrets.check_word"),
            (sf(settings={}), "settings.monthly_card"),
            (sf(settings={**sf().settings, "monthly_card": "755"}), "settings.monthly_card"),
            (sf(settings={**sf().settings, "product": "0"}), "settings.product"),
            (sf(settings={**sf().settings, "partner_id": "a b"}), "settings.partner_id"),
            (stripe(base_url="ftp://api.stripe.com"), "base_url"),
            (stripe(base_url="https://"), "base_url"),
            (stripe(base_url="https://host:99999"), "base_url"),
            (stripe(base_url="https://user:secret@host"), "base_url"),
            (smtp(base_url="http://127.0.0.1:25"), "base_url"),
            (smtp(settings={}), "settings.sender"),
        ],
    )
    def test_names_what_it_lacks(self, connection: Connection, field_at_fault: str) -> None:
        """An incomplete connection is refused with the field at fault, and shows no secret."""
        with pytest.raises(ConfigurationError) as caught:
            check_connection(connection)

        assert caught.value.field == field_at_fault
        assert "secret@" not in str(caught.value)


class TestScaledTime:
    PACE = Pace(time_scale=600, sandbox_url=SANDBOX)

    def test_runs_against_the_sandbox(self) -> None:
        """A rehearsal whose connections all lead to the sandbox may scale time."""
        check_time_scale([stripe(), easypost(), commerce(), smtp()], self.PACE)

    @pytest.mark.parametrize(
        "connection",
        [
            stripe(base_url="https://api.stripe.com"),
            stripe(base_url="http://127.0.0.1:9998/stripe"),
            stripe(base_url="https://127.0.0.1:9999/stripe"),
            stripe(base_url="http://127.0.0.1.example.com:9999/stripe"),
            stripe(base_url="http://127.0.0.1:9999@example.com/stripe"),
            stripe(base_url="http://127.0.0.1:99999/"),
            smtp(base_url="smtp://mail.example.com:25"),
            smtp(base_url="smtp://localhost.example.com:25"),
        ],
        ids=lambda connection: connection.base_url,
    )
    def test_never_reaches_the_real_world(self, connection: Connection) -> None:
        """One connection that leads elsewhere stops the process, and is named."""
        with pytest.raises(TimeScaleRefusedError, match=connection.connection_id):
            check_time_scale([easypost(), connection], self.PACE)

    @pytest.mark.parametrize("connection", [stripe(), smtp()])
    def test_needs_a_sandbox(self, connection: Connection) -> None:
        """Without a sandbox there is nothing to rehearse against."""
        with pytest.raises(TimeScaleRefusedError):
            check_time_scale([connection], Pace(time_scale=2))

    def test_leaves_real_time_alone(self) -> None:
        """Time as it is may be spent anywhere."""
        check_time_scale([stripe(base_url="https://api.stripe.com")], Pace())

    async def test_opens_no_later_connection_to_the_real_world(self) -> None:
        """A connection added after the start is refused when it is first used."""
        directory = Stored([stripe(base_url="https://api.stripe.com")]).directory(self.PACE)

        with pytest.raises(TimeScaleRefusedError):
            await directory.payments("tenant-1")
        with pytest.raises(TimeScaleRefusedError):
            await directory.by_id("c-stripe")

        await directory.aclose()
