"""Tenants, their connections to outside systems, and their API keys, on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from backhaul_client.answer_model import AnswerModel
from backhaul_client.requests import Id, RequestModel

RoleName = Literal["platform", "warehouse", "reviewer", "ops", "finance", "auditor", "admin"]
ConnectionKind = Literal["payments", "carrier", "commerce", "mail"]
AdapterName = Literal[
    "stripe", "paypal", "wechatpay", "easypost", "ups", "kuaidi100", "sf", "http", "smtp"
]
Setting = Annotated[
    str, StringConstraints(strict=True, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*$")
]
# Certificates and keys in PEM have lines.
Secret = Annotated[
    str, StringConstraints(strict=True, max_length=20_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")
]


class NewTenant(RequestModel):
    """``tenant_id`` is a slug of lower-case letters, digits and hyphens, for good."""

    tenant_id: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    name: Id


class TenantView(AnswerModel):
    tenant_id: str
    name: str


class CreatedTenant(TenantView):
    """``admin_key`` is the new tenant's first key: it is shown this once."""

    admin_key: str


class NewConnection(RequestModel):
    """One account at one outside system; it replaces the tenant's earlier one of this kind.

    ``secrets`` are never answered: stripe and easypost need ``api_key`` and ``webhook_secret``,
    paypal ``client_id``, ``client_secret`` and ``webhook_certificates`` (PEM), wechatpay
    ``api_v3_key``, ``merchant_key`` (PEM), ``merchant_serial`` and ``platform_certificates`` (PEM),
    ups ``client_id``, ``client_secret`` and ``webhook_credential``, kuaidi100 ``api_key``,
    ``secret`` and ``webhook_salt``, sf ``check_word``, http ``token`` and ``webhook_secret``; smtp
    may have ``username`` and ``password``. Among ``settings``, paypal needs ``webhook_id``,
    wechatpay ``merchant_id``, ups ``account_number`` and ``account_country``, kuaidi100
    ``customer``, ``courier_company`` and ``webhook_url``, sf ``partner_id``, ``monthly_card`` and
    ``product``, smtp ``sender``.
    """

    kind: ConnectionKind
    adapter: AdapterName
    base_url: Annotated[Setting, StringConstraints(min_length=1)]
    secrets: dict[Id, Secret] = Field(default_factory=dict, max_length=20, repr=False)
    settings: dict[Id, Setting] = Field(default_factory=dict, max_length=20)


class ConnectionView(AnswerModel):
    """``webhook_url`` is where the outside system sends its webhooks."""

    connection_id: str
    kind: str
    adapter: str
    base_url: str
    settings: dict[str, str]
    webhook_url: str


class NewKey(RequestModel):
    role: RoleName
    label: Id
    expires_at: AwareDatetime | None = None


class KeyView(AnswerModel):
    """``prefix`` is the part of the key that may be shown: ``bh_<prefix>_…``."""

    key_id: str
    prefix: str
    role: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class CreatedKey(AnswerModel):
    """``key`` is shown this once."""

    key_id: str
    role: str
    key: str


class TenantList(AnswerModel):
    items: tuple[TenantView, ...]


class ConnectionList(AnswerModel):
    items: tuple[ConnectionView, ...]


class KeyList(AnswerModel):
    items: tuple[KeyView, ...]
