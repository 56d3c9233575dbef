"""A return is paid back through each payment provider, exactly once."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.rows import ConnectionRow
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import FINANCE, info, whole_order
from workflows.messages import Retry


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    currency: str
    refund: str
    failed: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def refunds(self) -> dict[str, str]:
        """Name the provider's refunds to a fault."""
        return {"system": self.name, "operation": self.refund}


PAYPAL = Provider(
    "paypal",
    "EUR",
    "POST /v2/payments/captures/{capture_id}/refund",
    "FAILED",
    {"webhook_id": "5GP028458E2496506"},
)
WECHAT_PAY = Provider("wechatpay", "CNY", "POST /v3/refund/domestic/refunds", "CLOSED")
PROVIDERS = pytest.mark.parametrize(
    "provider", [PAYPAL, WECHAT_PAY], ids=lambda provider: provider.name
)


async def connect(house: House, provider: Provider) -> None:
    """Let the tenant's payments go through this provider."""
    account = house.sandbox.http.get(f"/_control/accounts/{provider.name}").json()
    settings = {name: account.pop(name) for name in ("merchant_id",) if name in account}
    await house.tenants.put_connection(
        ConnectionRow(
            connection_id=str(uuid.uuid4()),
            tenant_id=TENANT,
            kind="payments",
            adapter=provider.name,
            base_url=f"{house.sandbox.http.base_url.join(provider.name)}",
            secrets=account,
            settings=settings | provider.settings,
        )
    )


def order_paid_by(house: House, provider: Provider, example: str) -> dict[str, Any]:
    """Store an example's order again, in the provider's currency and paid through it."""
    order: dict[str, Any] = house.sandbox.order(example)
    paid = [
        tender | {"provider": provider.name, "payment_ref": None} for tender in order["tenders"]
    ]
    order |= {"currency": provider.currency, "tenders": paid}
    stored: dict[str, Any] = house.sandbox.put(f"orders/{order['order_id']}", order)
    return stored


async def accepted(
    house: House, provider: Provider, example: str = "three-units"
) -> tuple[OpenReturn, dict[str, Any]]:
    """A return of a whole order of this provider, arrived and graded as new."""
    await connect(house, provider)
    order = order_paid_by(house, provider, example)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    return opened, order


async def until_taken(opened: OpenReturn) -> None:
    """Wait until the provider took every refund in; a word on its end may be asked for later."""
    await opened.until(
        lambda view: bool(states_of(view)) and states_of(view) <= {"pending", "succeeded"}
    )


def states_of(view: dict[str, Any]) -> set[str]:
    return {intent["state"] for settled in view["settlements"] for intent in settled["refunds"]}


def paid_back(house: House, order: dict[str, Any], provider: Provider) -> list[int]:
    """The amounts of the order's refunds at the provider that did not fail."""
    refunds = house.sandbox.ledger(order_id=order["order_id"])["refunds"]
    return sorted(one["amount_minor"] for one in refunds if one["status"] != provider.failed)


@PROVIDERS
async def test_a_whole_order_is_paid_back_to_its_tenders(house: House, provider: Provider) -> None:
    """Both tenders get back to the cent what came from them, and the return closes."""
    opened, order = await accepted(house, provider, "no-reason-return")
    await until_taken(opened)

    outcome = await opened.ends()

    assert outcome.headline == "CLOSED"
    assert paid_back(house, order, provider) == [2977, 9825]


@PROVIDERS
async def test_a_lost_answer_pays_once(house: House, provider: Provider) -> None:
    """A refund that was made and not answered is found, not made again."""
    with house.sandbox.fault(**provider.refunds, kind="lost_reply"):
        opened, order = await accepted(house, provider)
        await opened.until_event("settlement.sealed")
        await house.pass_time(seconds=30)
    await until_taken(opened)

    outcome = await opened.ends()

    assert outcome.headline == "CLOSED"
    assert paid_back(house, order, provider) == [order["tenders"][0]["captured_minor"]]


@PROVIDERS
async def test_a_provider_that_is_down_is_waited_for(house: House, provider: Provider) -> None:
    """Refused for longer than the patience, a refund parks by name and goes on by `retry`."""
    with house.sandbox.fault(**provider.refunds, kind="http_503", times=1000):
        opened, order = await accepted(house, provider)
        await opened.until_event("settlement.sealed")
        await house.pass_time(minutes=3)
        await opened.until_waiting("provider_unavailable")
        assert paid_back(house, order, provider) == []

    await opened.do(Retry(info(FINANCE)))

    await until_taken(opened)
    assert (await opened.ends()).headline == "CLOSED"
    assert len(paid_back(house, order, provider)) == 1
