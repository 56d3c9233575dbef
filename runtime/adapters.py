"""Chooses the adapter of every connection: the only place that names them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never, cast
from urllib.parse import urlsplit

import httpx

from integrations.carriers.capabilities import CarrierCapabilities
from integrations.carriers.easypost.adapter import EasyPostCarrier, open_easypost_client
from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier, open_kuaidi100_client
from integrations.carriers.port import CarrierGateway
from integrations.carriers.sf.adapter import SfCarrier, open_sf_client
from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from integrations.commerce.http_platform import HttpCommercePlatform, open_commerce_client
from integrations.commerce.port import CommercePlatform
from integrations.directory import (
    CarrierAccount,
    Connection,
    ConnectionKind,
    Gateway,
    UnknownConnectionError,
    WebhookTarget,
    account_of,
    check_connection,
)
from integrations.errors import ConfigurationError
from integrations.notifications.port import Mailer
from integrations.notifications.smtp import SmtpMailer, SmtpServer, is_loopback
from integrations.payments.paypal.adapter import PayPalGateway, open_paypal_client
from integrations.payments.port import PaymentGateway
from integrations.payments.stripe.adapter import StripeGateway, open_stripe_client
from integrations.payments.wechatpay.adapter import WeChatPayGateway, open_wechatpay_client

CARRIER_SHEETS: Mapping[str, CarrierCapabilities] = {
    sheet.carrier: sheet
    for sheet in (
        EasyPostCarrier.capabilities,
        UpsCarrier.capabilities,
        Kuaidi100Carrier.capabilities,
        SfCarrier.capabilities,
    )
}
"""Every carrier's capability sheet, by its adapter's name."""

LoadTenant = Callable[[str], Awaitable[Sequence[Connection]]]
LoadOne = Callable[[str], Awaitable[Connection | None]]


class TimeScale(Protocol):
    """The settings that make a rehearsal: faster waits, and the sandbox they are allowed for."""

    @property
    def time_scale(self) -> float: ...

    @property
    def sandbox_url(self) -> str | None: ...


class TimeScaleRefusedError(ConfigurationError):
    """Time is scaled, but a connection leads to the real world."""


@dataclass(frozen=True, slots=True)
class _Opened:
    connection: Connection
    gateway: Gateway


class AdapterDirectory:
    """Every tenant's gateways, made from stored connections when first asked for.

    A connection is read each time, so a changed key counts at once; its gateway and HTTP client
    are kept until it changes. Clients of changed connections close with the directory, because
    somebody may still be using them.
    """

    def __init__(self, load_tenant: LoadTenant, load_one: LoadOne, settings: TimeScale) -> None:
        self._load_tenant = load_tenant
        self._load_one = load_one
        self._settings = settings
        self._opened: dict[str, _Opened] = {}
        self._clients: list[httpx.AsyncClient] = []

    # The casts hold because check_connection lets each kind have adapters of its own port alone.

    async def payments(self, tenant_id: str) -> PaymentGateway:
        return cast("PaymentGateway", await self._gateway(tenant_id, "payments"))

    async def carriers(self, tenant_id: str) -> tuple[CarrierAccount, ...]:
        opened = []
        for connection in await self._of_kind(tenant_id, "carrier"):
            gateway = cast("CarrierGateway", self._open(connection))
            opened.append(CarrierAccount(account_of(connection, gateway), gateway))
        return tuple(opened)

    async def commerce(self, tenant_id: str) -> CommercePlatform:
        return cast("CommercePlatform", await self._gateway(tenant_id, "commerce"))

    async def mailer(self, tenant_id: str) -> Mailer:
        return cast("Mailer", await self._gateway(tenant_id, "mail"))

    async def by_id(self, connection_id: str) -> WebhookTarget:
        connection = await self._load_one(connection_id)
        if connection is None:
            raise UnknownConnectionError(f"no connection {connection_id}")
        return WebhookTarget(connection.tenant_id, connection.kind, self._open(connection))

    async def aclose(self) -> None:
        self._opened.clear()
        while self._clients:
            await self._clients.pop().aclose()

    async def _gateway(self, tenant_id: str, kind: ConnectionKind) -> Gateway:
        (connection, *_) = await self._of_kind(tenant_id, kind)
        return self._open(connection)

    async def _of_kind(self, tenant_id: str, kind: ConnectionKind) -> list[Connection]:
        found = [c for c in await self._load_tenant(tenant_id) if c.kind == kind]
        if not found:
            raise UnknownConnectionError(f"tenant {tenant_id} has no connection for {kind}")
        return sorted(found, key=lambda connection: connection.connection_id)

    def _open(self, connection: Connection) -> Gateway:
        opened = self._opened.get(connection.connection_id)
        if opened is None or opened.connection != connection:
            check_connection(connection)
            check_time_scale([connection], self._settings)
            gateway = self._made(connection)
            opened = self._opened[connection.connection_id] = _Opened(connection, gateway)
        return opened.gateway

    def _made(self, connection: Connection) -> Gateway:
        secrets, url = connection.secrets, connection.base_url
        match connection.adapter:
            case "stripe":
                http = self._kept(open_stripe_client(url, secrets["api_key"]))
                return StripeGateway(http, webhook_secret=secrets["webhook_secret"])
            case "paypal":
                pair = secrets["client_id"], secrets["client_secret"]
                return PayPalGateway(
                    self._kept(open_paypal_client(url, *pair)),
                    webhook_id=connection.settings["webhook_id"],
                    webhook_certificates=secrets["webhook_certificates"],
                )
            case "wechatpay":
                merchant_id = connection.settings["merchant_id"]
                client = open_wechatpay_client(
                    url,
                    merchant_id=merchant_id,
                    merchant_serial=secrets["merchant_serial"],
                    merchant_key=secrets["merchant_key"],
                    platform_certificates=secrets["platform_certificates"],
                )
                return WeChatPayGateway(
                    self._kept(client),
                    merchant_id=merchant_id,
                    api_v3_key=secrets["api_v3_key"],
                    platform_certificates=secrets["platform_certificates"],
                )
            case "easypost":
                http = self._kept(open_easypost_client(url, secrets["api_key"]))
                return EasyPostCarrier(http, webhook_secret=secrets["webhook_secret"])
            case "ups":
                pair = secrets["client_id"], secrets["client_secret"]
                return UpsCarrier(
                    self._kept(open_ups_client(url, *pair)),
                    account_number=connection.settings["account_number"],
                    account_country=connection.settings["account_country"],
                    webhook_credential=secrets["webhook_credential"],
                )
            case "kuaidi100":
                return Kuaidi100Carrier(
                    self._kept(open_kuaidi100_client(url)),
                    api_key=secrets["api_key"],
                    secret=secrets["secret"],
                    customer=connection.settings["customer"],
                    courier_company=connection.settings["courier_company"],
                    webhook_url=connection.settings["webhook_url"],
                    webhook_salt=secrets["webhook_salt"],
                )
            case "sf":
                return SfCarrier(
                    self._kept(open_sf_client(url)),
                    partner_id=connection.settings["partner_id"],
                    check_word=secrets["check_word"],
                    monthly_card=connection.settings["monthly_card"],
                    product=connection.settings["product"],
                )
            case "http":
                http = self._kept(open_commerce_client(url, secrets["token"]))
                return HttpCommercePlatform(http, webhook_secret=secrets["webhook_secret"])
            case "smtp":
                sender = connection.settings["sender"]
                return SmtpMailer(
                    SmtpServer(url, sender, secrets.get("username"), secrets.get("password"))
                )
        assert_never(connection.adapter)

    def _kept(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        self._clients.append(client)
        return client


def check_time_scale(connections: Iterable[Connection], settings: TimeScale) -> None:
    """Refuse scaled time unless every connection leads to the sandbox. Called at process start.

    Raises:
        TimeScaleRefusedError: one does not; the message names it and its host.
    """
    if settings.time_scale == 1:
        return
    for connection in connections:
        if not _leads_to_sandbox(connection, settings.sandbox_url):
            raise TimeScaleRefusedError(
                connection.adapter,
                f"time is scaled by {settings.time_scale:g}, which only the sandbox at"
                f" {settings.sandbox_url} may see, but connection {connection.connection_id} leads"
                f" to {_place(connection.base_url) or 'a malformed address'}",
                field="base_url",
            )


def _leads_to_sandbox(connection: Connection, sandbox_url: str | None) -> bool:
    if sandbox_url is None:
        return False
    place = _place(connection.base_url)
    if connection.adapter == "smtp":
        # The sandbox takes mail on a port of its own.
        return place is not None and is_loopback(urlsplit(place).hostname)
    return place is not None and place == _place(sandbox_url)


def _place(url: str) -> str | None:
    """Return scheme, host and port alone; ``None`` for a malformed address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"
