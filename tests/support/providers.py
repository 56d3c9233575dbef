"""The payment providers that the sandbox plays besides Stripe, as a tenant is connected to them."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.rows import ConnectionRow
from tests.support.house import TENANT
from tests.support.sandbox_client import SandboxClient


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    currency: str
    refund: str
    reads: tuple[str, ...]
    """What is read on the way to a refund, or to find it again."""
    failed: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def refunds(self) -> dict[str, str]:
        """Name the provider's refunds to a fault."""
        return {"system": self.name, "operation": self.refund}

    def connection(self, sandbox: SandboxClient) -> ConnectionRow:
        """Describe the tenant's connection to this provider in the sandbox."""
        account = sandbox.http.get(f"/_control/accounts/{self.name}").json()
        settings = {name: account.pop(name) for name in ("merchant_id",) if name in account}
        return ConnectionRow(
            connection_id=str(uuid.uuid4()),
            tenant_id=TENANT,
            kind="payments",
            adapter=self.name,
            base_url=f"{sandbox.http.base_url.join(self.name)}",
            secrets=account,
            settings=settings | self.settings,
        )

    def order(self, sandbox: SandboxClient, example: str = "three-units") -> dict[str, Any]:
        """Store an example's order, in the provider's currency and paid through it."""
        order: dict[str, Any] = sandbox.order(example)
        paid = [
            tender | {"provider": self.name, "payment_ref": None} for tender in order["tenders"]
        ]
        order |= {"currency": self.currency, "tenders": paid}
        stored: dict[str, Any] = sandbox.put(f"orders/{order['order_id']}", order)
        return stored


PAYPAL = Provider(
    "paypal",
    "EUR",
    "POST /v2/payments/captures/{capture}/refund",
    ("GET /v2/payments/captures/{capture}", "GET /v2/checkout/orders/{order}"),
    "FAILED",
    {"webhook_id": "5GP028458E2496506"},
)
WECHAT_PAY = Provider(
    "wechatpay",
    "CNY",
    "POST /v3/refund/domestic/refunds",
    ("GET /v3/pay/transactions/id/{transaction}", "GET /v3/refund/domestic/refunds/{number}"),
    "CLOSED",
)
PROVIDERS = pytest.mark.parametrize(
    "provider", [PAYPAL, WECHAT_PAY], ids=lambda provider: provider.name
)
