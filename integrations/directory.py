"""Which outside systems a tenant is connected to, and how to reach them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from domain.carriers import Account
from integrations.carriers.port import CarrierGateway
from integrations.commerce.port import CommercePlatform
from integrations.errors import ConfigurationError
from integrations.notifications.port import Mailer
from integrations.payments.keys import certified_keys, private_key
from integrations.payments.port import PaymentGateway

ConnectionKind = Literal["payments", "carrier", "commerce", "mail"]
AdapterName = Literal[
    "stripe", "paypal", "wechatpay", "easypost", "ups", "kuaidi100", "sf", "http", "smtp"
]
Gateway = PaymentGateway | CarrierGateway | CommercePlatform | Mailer


@dataclass(frozen=True, slots=True)
class AdapterNeeds:
    """What a connection must hold for an adapter to work, its certificates and keys in PEM.

    ``options`` are settings that it may hold.
    """

    kind: ConnectionKind
    secrets: frozenset[str] = frozenset()
    certificates: frozenset[str] = frozenset()
    private_keys: frozenset[str] = frozenset()
    keys_of_32_bytes: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset({"http", "https"})


CARRIER_OPTIONS = frozenset({"closed", "countries", "max_weight_grams"})
"""Which parcels an account is for: ``closed`` (``yes``) takes no new ones, those under way are
followed; ``countries`` of the sender, as ``DE,FR``; how heavy at most."""

ADAPTERS: Mapping[AdapterName, AdapterNeeds] = {
    "stripe": AdapterNeeds("payments", frozenset({"api_key", "webhook_secret"})),
    "paypal": AdapterNeeds(
        "payments",
        frozenset({"client_id", "client_secret", "webhook_certificates"}),
        certificates=frozenset({"webhook_certificates"}),
        settings=frozenset({"webhook_id"}),
    ),
    "wechatpay": AdapterNeeds(
        "payments",
        frozenset({"api_v3_key", "merchant_key", "merchant_serial", "platform_certificates"}),
        certificates=frozenset({"platform_certificates"}),
        private_keys=frozenset({"merchant_key"}),
        keys_of_32_bytes=frozenset({"api_v3_key"}),
        settings=frozenset({"merchant_id"}),
    ),
    "easypost": AdapterNeeds(
        "carrier", frozenset({"api_key", "webhook_secret"}), options=CARRIER_OPTIONS
    ),
    "ups": AdapterNeeds(
        "carrier",
        frozenset({"client_id", "client_secret", "webhook_credential"}),
        settings=frozenset({"account_number", "account_country"}),
        options=CARRIER_OPTIONS,
    ),
    "kuaidi100": AdapterNeeds(
        "carrier",
        frozenset({"api_key", "secret", "webhook_salt"}),
        settings=frozenset({"customer", "courier_company", "webhook_url"}),
        options=CARRIER_OPTIONS,
    ),
    "sf": AdapterNeeds(
        "carrier",
        frozenset({"check_word"}),
        settings=frozenset({"partner_id", "monthly_card", "product"}),
        options=CARRIER_OPTIONS,
    ),
    "http": AdapterNeeds("commerce", frozenset({"token", "webhook_secret"})),
    "smtp": AdapterNeeds(
        "mail", settings=frozenset({"sender"}), schemes=frozenset({"smtp", "smtps"})
    ),
}


class UnknownConnectionError(LookupError):
    """A tenant has no connection of the wanted kind, or no connection has the given id."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One account of one tenant at one outside system."""

    connection_id: str
    tenant_id: str
    kind: ConnectionKind
    adapter: AdapterName
    base_url: str
    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """A tenant's account at a carrier: ``account`` is what of it matters for the choice."""

    account: Account
    gateway: CarrierGateway

    @property
    def connection_id(self) -> str:
        return self.account.connection_id


class WebhookTarget(NamedTuple):
    """Who a webhook is for and what can verify it."""

    tenant_id: str
    kind: ConnectionKind
    gateway: Gateway


class Connections(Protocol):
    """A tenant's gateways. Each method raises :class:`UnknownConnectionError` for want of one."""

    async def payments(self, tenant_id: str) -> PaymentGateway: ...

    async def carriers(self, tenant_id: str) -> tuple[CarrierAccount, ...]:
        """Return every account at a carrier, also closed ones; at least one."""

    async def commerce(self, tenant_id: str) -> CommercePlatform: ...

    async def mailer(self, tenant_id: str) -> Mailer: ...

    async def by_id(self, connection_id: str) -> WebhookTarget: ...


def check_connection(connection: Connection) -> Connection:
    """Return ``connection`` if its adapter has all it needs.

    Raises:
        ConfigurationError: the message and ``field`` name what is missing or does not fit.
    """
    needs = ADAPTERS.get(connection.adapter)
    if needs is None or needs.kind != connection.kind:
        raise ConfigurationError(
            connection.adapter, f"no such adapter for {connection.kind}", field="adapter"
        )
    if not _is_address(connection.base_url, needs.schemes):
        wanted = " or ".join(sorted(f"{scheme}://host" for scheme in needs.schemes))
        raise ConfigurationError(connection.adapter, f"wanted {wanted}", field="base_url")
    for name in sorted(needs.secrets):
        if not connection.secrets.get(name):
            raise ConfigurationError(
                connection.adapter, f"the secret {name} is missing", field=f"secrets.{name}"
            )
    _check_keys(connection, needs)
    for name in sorted(needs.settings):
        if not connection.settings.get(name):
            raise ConfigurationError(
                connection.adapter, f"the setting {name} is missing", field=f"settings.{name}"
            )
    for name in sorted(connection.settings.keys() & (needs.settings | needs.options)):
        _check_format(connection, name)
    return connection


def account_of(connection: Connection, gateway: CarrierGateway) -> Account:
    """Return what an account takes: what its carrier does, within its own options."""
    sheet, settings = gateway.capabilities, connection.settings
    countries, heaviest = settings.get("countries"), settings.get("max_weight_grams")
    own = frozenset(countries.split(",")) if countries else None
    limits = [int(heaviest)] if heaviest else []
    limits += [sheet.max_weight_grams] if sheet.max_weight_grams is not None else []
    return Account(
        connection_id=connection.connection_id,
        carrier=connection.adapter,
        labels=sheet.labels,
        couriers=sheet.couriers,
        courier_brings_label=sheet.courier_brings_label,
        qr_codes=sheet.qr_codes,
        countries=sheet.countries if own is None else own & (sheet.countries or own),
        max_weight_grams=min(limits, default=None),
        is_closed=settings.get("closed") == "yes",
    )


def _check_format(connection: Connection, name: str) -> None:
    value, wanted = connection.settings[name], _FORMATS.get(name)
    if wanted is not None and not re.fullmatch(wanted.pattern, value):
        raise ConfigurationError(
            connection.adapter, f"wanted {wanted.words}", field=f"settings.{name}"
        )


class _Format(NamedTuple):
    pattern: str
    words: str


_FORMATS = {
    "account_country": _Format("[A-Z]{2}", "a country code, as DE"),
    "account_number": _Format("[0-9A-Z]{6}", "six digits or capital letters"),
    "closed": _Format("yes|no", "yes or no"),
    # SF shows its tracks only to who knows a phone number of theirs, which is not kept for it.
    "courier_company": _Format(
        "(?!shunfeng$)[a-z0-9]{2,30}", "Kuaidi100's code of a company, as yuantong, not shunfeng"
    ),
    "monthly_card": _Format("[0-9]{10}", "ten digits"),
    "partner_id": _Format("[!-~]{1,64}", "SF's code of a partner, of at most 64 characters"),
    "product": _Format("[1-9][0-9]{0,4}", "SF's code of the product that was agreed, as 2"),
    "webhook_url": _Format("https?://[!-~]{1,190}", "an address of at most 200 characters"),
    "countries": _Format("[A-Z]{2}(,[A-Z]{2})*", "country codes, as DE,FR"),
    "max_weight_grams": _Format("[1-9][0-9]{0,7}", "a weight in whole grams"),
}


def _check_keys(connection: Connection, needs: AdapterNeeds) -> None:
    for name in sorted(needs.keys_of_32_bytes):
        if len(connection.secrets[name].encode()) != 32:
            raise ConfigurationError(
                connection.adapter, f"the secret {name} has 32 bytes", field=f"secrets.{name}"
            )
    for name in sorted(needs.certificates):
        certified_keys(connection.adapter, connection.secrets[name], name=name)
    for name in sorted(needs.private_keys):
        private_key(connection.adapter, connection.secrets[name], name=name)
    for name in sorted(connection.secrets.keys() - needs.certificates - needs.private_keys):
        # It would not fit into a header.
        if "\n" in connection.secrets[name]:
            raise ConfigurationError(
                connection.adapter, f"the secret {name} is of one line", field=f"secrets.{name}"
            )


def _is_address(url: str, schemes: frozenset[str]) -> bool:
    try:
        parts = urlsplit(url)
        usable_port = parts.port != 0
    except ValueError:
        return False
    # Secrets have a field of their own, which is not shown.
    bare = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in schemes and bool(parts.hostname) and usable_port and bare
