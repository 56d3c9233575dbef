"""One tenant's holds: rows in PostgreSQL, money in the sandbox, the activities between them."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from cryptography.fernet import Fernet
from sqlalchemy import update

from activities.giving_back import GiveBack, GivenBack, GivingBackActivities
from activities.holds import (
    CaptureHold,
    HoldActivities,
    HoldAnswer,
    PlaceHold,
    RenewHold,
    VoidHold,
)
from activities.payments import PaymentActivities
from domain.ids import return_id_for
from domain.money import Money
from domain.orders import HoldMethod
from integrations.directory import Connections
from integrations.payments.holds import CaptureRequest, HeldMoney
from runtime.connections import stored_connections
from storage.credit_notes import CreditNotes
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.hold_rows import HoldRow
from storage.holds import Holds
from storage.models.effects import RefundIntentModel
from storage.models.holds import HoldModel
from storage.records import Opening, TenderFacts
from storage.redirects import Redirects
from storage.returns import Returns
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.settlements import Settlements
from storage.tenants import Tenants
from tests.support.house import TENANT, Settings
from tests.support.postgres import Database as DatabaseAddress
from tests.support.providers import PAYPAL, WECHAT_PAY
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

LOT = "line-1/1"
Provider = Literal["stripe", "paypal", "wechatpay"]


@dataclass
class Desk:
    """One return at a time, of an order that was paid through ``provider``."""

    provider: Provider
    database: Database
    connections: Connections
    sandbox: SandboxClient
    activities: HoldActivities
    return_id: str = ""
    order_id: str = ""
    method: HoldMethod | None = None
    _payment_ref: str = ""
    _lines: int = 0

    async def open(self, amount: Money) -> None:
        """Open a return of an order whose customer agreed to a hold of ``amount``."""
        example = self.sandbox.order()
        self.order_id = example["order_id"]
        tender: dict[str, Any] = {
            "tender_id": "card",
            "kind": "CARD",
            "provider": self.provider,
            "captured_minor": 100_000,
        }
        if self.provider != "wechatpay":
            tender["holdable_minor"] = amount.minor
        order = example | {"currency": amount.currency, "tenders": [tender]}
        (paid,) = self.sandbox.put(f"orders/{self.order_id}", order)["tenders"]
        agreed = paid["hold_method"] or {"method_ref": paid["payment_ref"], "payer_ref": ""}
        self.method = HoldMethod(agreed["method_ref"], agreed["payer_ref"])
        self._payment_ref = paid["payment_ref"]
        await self.open_another(amount)

    async def open_another(self, amount: Money) -> None:
        """Open a return of another line of the same order."""
        self._lines += 1
        self.return_id = return_id_for(TENANT, uuid.uuid4().hex)
        await Returns(self.database).open_return(
            Opening(
                tenant_id=TENANT,
                return_id=self.return_id,
                order_id=self.order_id,
                currency=amount.currency,
                request_hash="sha256:1",
                fulfilled=((f"line-{self._lines}", 1),),
                tenders=(TenderFacts("card", self._payment_ref, 100_000),),
                wanted=((f"line-{self._lines}", 1),),
            )
        )

    async def place(self, amount: Money) -> HoldAnswer:
        assert self.method is not None
        asked = PlaceHold(TENANT, self.return_id, self.order_id, LOT, amount, self.method)
        return await self.activities.place_hold(asked)

    async def renew(self, number: int = 2) -> HoldAnswer:
        asked = RenewHold(TENANT, self.return_id, LOT, number)
        return await self.activities.renew_hold(asked)

    async def capture(self, amount: Money) -> HoldAnswer:
        return await self.activities.capture_hold(CaptureHold(TENANT, self.return_id, LOT, amount))

    async def void(self) -> HoldAnswer:
        return await self.activities.void_hold(VoidHold(TENANT, self.return_id, LOT))

    async def taken_past_us(self, amount: Money) -> None:
        """Let somebody else who knows the provider's account capture the newest hold."""
        assert self.method is not None
        newest = (await self.rows())[-1]
        assert newest.hold_ref is not None
        gateway = await self.connections.payments(TENANT)
        held = HeldMoney("theirs", newest.hold_ref, self.method)
        await gateway.holds.capture(CaptureRequest(held, amount, uuid.uuid4().hex))

    async def give_back(self, amount: Money, *, gate_minor: int | None = None) -> GivenBack:
        activities = GivingBackActivities(self.connections, self.database)
        asked = GiveBack(TENANT, self.return_id, LOT, amount, gate_minor)
        return await activities.give_back(asked)

    @property
    def payments(self) -> PaymentActivities:
        return PaymentActivities(
            self.connections,
            Settlements(self.database),
            ExternalRefunds(self.database),
            CreditNotes(self.database),
            Redirects(self.database),
        )

    async def rows(self) -> tuple[HoldRow, ...]:
        return await Holds(self.database).of_purpose(TENANT, self.return_id, LOT)

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def pass_time(self, time: timedelta) -> None:
        """Let whatever was sent have been sent that much earlier."""
        async with self.database.tenant(TENANT) as connection:
            for sent in (HoldModel, RefundIntentModel):
                await connection.execute(
                    update(sent)
                    .where(sent.tenant_id == TENANT, sent.return_id == self.return_id)
                    .values(
                        first_sent_at=sent.first_sent_at - time,
                        last_sent_at=sent.last_sent_at - time,
                    )
                )

    def held(self) -> list[dict[str, Any]]:
        """Return the provider's holds, oldest first, as its ledger counts them."""
        holds: list[dict[str, Any]] = self.sandbox.ledger(order_id=self.order_id)["holds"]
        return holds

    def counted(self) -> list[tuple[str, int]]:
        """Return status and captured amount of each hold at the provider, oldest first."""
        return [
            (hold["status"], hold["captured_minor"])
            for hold in self.held()
            if hold["status"] != "renewed"
        ]


@asynccontextmanager
async def open_desk(
    provider: Provider, address: DatabaseAddress, sandbox: Sandbox, outside: SandboxClient
) -> AsyncIterator[Desk]:
    """Open a tenant that is connected to one provider."""
    database = Database(address.app_url)
    tenants = Tenants(database, SecretBox(Fernet.generate_key().decode()))
    await tenants.create(TENANT, "Acme")
    await tenants.put_connection(_connection(provider, sandbox, outside))
    connections = stored_connections(tenants, Settings(1.0, sandbox.url))
    activities = HoldActivities(connections, database)
    yield Desk(provider, database, connections, outside, activities)
    await connections.aclose()
    await database.aclose()


def _connection(provider: Provider, sandbox: Sandbox, outside: SandboxClient) -> ConnectionRow:
    if provider != "stripe":
        return (PAYPAL if provider == "paypal" else WECHAT_PAY).connection(outside)
    return ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind="payments",
        adapter="stripe",
        base_url=sandbox.stripe_url,
        secrets={"api_key": "sk_test_1", "webhook_secret": "whsec_1"},
        settings={},
    )
