"""Holds from their row to the provider and back, over real HTTP: each step has one effect."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from temporalio.exceptions import ApplicationError

from activities.holds import (
    CaptureHold,
    GiveBack,
    HoldActivities,
    HoldAnswer,
    LookUpHold,
    PlaceHold,
    RenewHold,
    VoidHold,
)
from activities.payments import PaymentActivities
from activities.refunds import IssueRefund
from domain.ids import return_id_for
from domain.money import Money
from domain.orders import HoldMethod
from runtime.connections import stored_connections
from storage.credit_notes import CreditNotes
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.holds import HoldRow, Holds
from storage.records import Opening, TenderFacts
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
PLACE = "POST /v1/payment_intents"
CAPTURE = "POST /v1/payment_intents/{intent}/capture"
VOID = "POST /v1/payment_intents/{intent}/cancel"
RENEW = "POST /v2/payments/authorizations/{authorization}/reauthorize"

_NONE = HoldMethod("none")


@dataclass
class Till:
    """One tenant, one open return at a time, and its holds on both sides."""

    activities: HoldActivities
    payments: PaymentActivities
    holds: Holds
    returns: Returns
    sandbox: SandboxClient
    return_id: str = ""
    order_id: str = ""
    method: HoldMethod = _NONE

    async def open(self, amount: Money, *, provider: str = "stripe") -> None:
        """Open a return of an order whose customer agreed to a hold of ``amount``."""
        example = self.sandbox.order()
        self.order_id = example["order_id"]
        paid = {"captured_minor": 100_000, "refunded_minor": 0, "kind": "CARD"}
        tender = {"tender_id": "card", "provider": provider, "holdable_minor": amount.minor, **paid}
        order = example | {"currency": amount.currency, "tenders": [tender]}
        if provider == "wechatpay":
            tender.pop("holdable_minor")
        (stored,) = self.sandbox.put(f"orders/{self.order_id}", order)["tenders"]
        if stored["hold_method"] is not None:
            agreed = stored["hold_method"]
            self.method = HoldMethod(agreed["method_ref"], agreed["payer_ref"])
        self.return_id = return_id_for(TENANT, uuid.uuid4().hex)
        await self.returns.open_return(
            Opening(
                tenant_id=TENANT,
                return_id=self.return_id,
                order_id=self.order_id,
                currency=amount.currency,
                request_hash="sha256:1",
                fulfilled=(("line-1", 1),),
                tenders=(TenderFacts("card", stored["payment_ref"], 100_000),),
                wanted=(("line-1", 1),),
            )
        )

    async def place(self, amount: Money, **changes: Any) -> HoldAnswer:
        asked = PlaceHold(TENANT, self.return_id, self.order_id, LOT, amount, self.method)
        return await self.activities.place_hold(replace(asked, **changes))

    async def renew(self, number: int = 2, generation: int = 0) -> HoldAnswer:
        return await self.activities.renew_hold(
            RenewHold(TENANT, self.return_id, LOT, number, generation)
        )

    async def capture(self, amount: Money) -> HoldAnswer:
        return await self.activities.capture_hold(CaptureHold(TENANT, self.return_id, LOT, amount))

    async def void(self) -> HoldAnswer:
        return await self.activities.void_hold(VoidHold(TENANT, self.return_id, LOT))

    async def look_up(self) -> HoldAnswer:
        return await self.activities.look_up_hold(LookUpHold(TENANT, self.return_id, LOT))

    async def rows(self) -> tuple[HoldRow, ...]:
        return await self.holds.of_purpose(TENANT, self.return_id, LOT)

    def counted(self) -> list[tuple[str, int]]:
        """Return status and captured amount of each hold at the provider, oldest first."""
        held = self.sandbox.ledger(order_id=self.order_id)["holds"]
        return [(hold["status"], hold["captured_minor"]) for hold in held]

    def held_as(self, status: str) -> int:
        return sum(found == status for found, _ in self.counted())


@pytest.fixture
async def till(
    database: DatabaseAddress, shared_sandbox: Sandbox, outside: SandboxClient
) -> AsyncIterator[Till]:
    """A tenant connected to Stripe."""
    store = Database(database.app_url)
    tenants = Tenants(store, SecretBox(Fernet.generate_key().decode()))
    await tenants.create(TENANT, "Acme")
    await tenants.put_connection(
        ConnectionRow(
            connection_id=str(uuid.uuid4()),
            tenant_id=TENANT,
            kind="payments",
            adapter="stripe",
            base_url=shared_sandbox.stripe_url,
            secrets={"api_key": "sk_test_1", "webhook_secret": "whsec_1"},
            settings={},
        )
    )
    async for opened in _opened(store, tenants, shared_sandbox, outside):
        yield opened


@pytest.fixture
async def paypal(
    database: DatabaseAddress, shared_sandbox: Sandbox, outside: SandboxClient
) -> AsyncIterator[Till]:
    """A tenant connected to PayPal."""
    store = Database(database.app_url)
    tenants = Tenants(store, SecretBox(Fernet.generate_key().decode()))
    await tenants.create(TENANT, "Acme")
    await tenants.put_connection(PAYPAL.connection(outside))
    async for opened in _opened(store, tenants, shared_sandbox, outside):
        yield opened


async def _opened(
    store: Database, tenants: Tenants, sandbox: Sandbox, outside: SandboxClient
) -> AsyncIterator[Till]:
    connections = stored_connections(tenants, Settings(1.0, sandbox.url))
    payments = PaymentActivities(
        connections, Settlements(store), ExternalRefunds(store), CreditNotes(store)
    )
    yield Till(HoldActivities(connections, store), payments, Holds(store), Returns(store), outside)
    await connections.aclose()
    await store.aclose()


FIFTY = Money(5_000, "EUR")
THIRTY = Money(3_000, "EUR")


async def test_money_is_held_then_let_go(till: Till) -> None:
    """A hold is placed once and voided once, however often each is asked."""
    await till.open(FIFTY)

    placed, again = await till.place(FIFTY), await till.place(FIFTY)
    voided, once_more = await till.void(), await till.void()

    assert placed == again
    assert placed.state == "authorized"
    assert placed.expires_at is not None
    assert (voided.state, once_more.state) == ("voided", "voided")
    assert till.counted() == [("voided", 0)]


async def test_a_part_is_taken_and_given_back_once(till: Till) -> None:
    """What was captured for goods that came after all is paid back by one refund."""
    await till.open(FIFTY)
    await till.place(FIFTY)
    taken, again = await till.capture(THIRTY), await till.capture(THIRTY)
    asked = GiveBack(TENANT, till.return_id, LOT, THIRTY)

    first = await till.activities.give_back(asked)
    second = await till.activities.give_back(asked)
    issued = await till.payments.issue_refund(
        IssueRefund(TENANT, first.intent.intent_id, first.intent.generation)
    )

    assert taken == again
    assert (taken.state, taken.captured) == ("captured", THIRTY)
    assert till.counted() == [("captured", 3_000)]
    assert {first.first_try.state, second.first_try.state, issued.state} == {"succeeded"}
    refunds = till.sandbox.ledger(return_id=till.return_id)["refunds"]
    assert [refund["amount_minor"] for refund in refunds] == [3_000]


async def test_paypal_holds_what_the_customer_approved(paypal: Till) -> None:
    """Placed, renewed, taken in part and given back, with one effect each."""
    await paypal.open(FIFTY, provider="paypal")
    placed = await paypal.place(FIFTY)
    renewed = await paypal.renew()

    taken = await paypal.capture(THIRTY)
    back = await paypal.activities.give_back(GiveBack(TENANT, paypal.return_id, LOT, THIRTY))

    assert (placed.state, renewed.state, taken.state) == ("authorized", "authorized", "captured")
    assert paypal.counted() == [("renewed", 3_000), ("captured", 3_000)]
    assert back.first_try.state == "succeeded"
    assert [row.state for row in await paypal.rows()] == ["voided", "captured"]


@pytest.mark.parametrize("amount", [Money(500, "JPY"), Money(7_250, "KWD")], ids=str)
async def test_every_currency_is_held_exactly(till: Till, amount: Money) -> None:
    """Without decimals and with three of them."""
    await till.open(amount)
    await till.place(amount)

    taken = await till.capture(amount)

    assert taken.captured == amount
    assert till.counted() == [("captured", amount.minor)]


async def test_more_than_is_held_is_not_taken(till: Till) -> None:
    """The refusal names the amount, and the hold stays as it was."""
    await till.open(FIFTY)
    await till.place(FIFTY)

    with pytest.raises(ApplicationError) as caught:
        await till.capture(Money(5_001, "EUR"))

    assert (caught.value.type, caught.value.non_retryable) == ("OverCapture", True)
    assert till.counted() == [("held", 0)]
    assert [row.state for row in await till.rows()] == ["authorized"]


async def test_edge_72_a_hold_that_ran_out_is_named_expired(till: Till) -> None:
    """A capture that comes too late takes nothing and says so."""
    await till.open(FIFTY)
    placed = await till.place(FIFTY)
    till.sandbox.post(f"holds/{placed.hold_ref}/expiry", {"in_seconds": 0})

    late = await till.capture(FIFTY)

    assert (late.state, late.captured) == ("expired", None)
    assert till.counted() == [("expired", 0)]


async def test_edge_72_a_hold_is_renewed_before_it_runs_out(till: Till) -> None:
    """The next one stands before the one before it is let go; a repeat renews nothing more."""
    await till.open(FIFTY)
    first = await till.place(FIFTY)

    second, again = await till.renew(), await till.renew()

    assert second == again
    assert (second.number, second.state) == (2, "authorized")
    assert second.hold_ref != first.hold_ref
    assert till.counted() == [("voided", 0), ("held", 0)]


async def test_a_declined_renewal_leaves_the_hold_as_it_was(till: Till) -> None:
    """The money stays held, and can still be taken."""
    await till.open(FIFTY)
    await till.place(FIFTY)
    with till.sandbox.fault(
        system="stripe",
        operation=PLACE,
        kind="nonsense",
        set={"path": "status", "value": "requires_action"},
    ):
        renewal = await till.renew()

    taken = await till.capture(THIRTY)

    assert renewal.state == "rejected"
    assert (taken.number, taken.state) == (1, "captured")


@pytest.mark.parametrize("step", [PLACE, CAPTURE, VOID])
@pytest.mark.parametrize("kind", ["lost_reply", "http_500", "http_503", "409", "429"])
async def test_trouble_at_any_step_has_one_effect(till: Till, step: str, kind: str) -> None:
    """Whatever goes wrong at a call, its repeat ends with one hold in one state."""
    await till.open(FIFTY)
    if step != PLACE:
        await till.place(FIFTY)
    work = {
        PLACE: lambda: till.place(FIFTY),
        CAPTURE: lambda: till.capture(THIRTY),
        VOID: till.void,
    }[step]
    with (
        till.sandbox.fault(system="stripe", operation=step, kind=kind),
        pytest.raises(ApplicationError) as caught,
    ):
        await work()

    answer = await work()

    assert not caught.value.non_retryable
    ends = {PLACE: ("authorized", "held", 0), CAPTURE: ("captured", "captured", 3_000)}
    state, status, minor = ends.get(step, ("voided", "voided", 0))
    assert answer.state == state
    assert till.counted() == [(status, minor)]


async def test_a_stored_failure_is_looked_up(till: Till) -> None:
    """A hold that Stripe answers with the same 500 for a day is found by our id on it."""
    await till.open(FIFTY)
    with till.sandbox.fault(system="stripe", operation=PLACE, kind="stored_500", effect=True):
        for _ in range(2):
            with pytest.raises(ApplicationError):
                await till.place(FIFTY)
            if till.held_as("held") == 1:
                break
        answer = await till.place(FIFTY)

    assert answer.state == "authorized"
    assert till.counted() == [("held", 0)]


async def test_a_provider_without_holds_is_named(
    database: DatabaseAddress, shared_sandbox: Sandbox, outside: SandboxClient
) -> None:
    """WeChat Pay is asked for nothing; the hold is rejected by name."""
    store = Database(database.app_url)
    tenants = Tenants(store, SecretBox(Fernet.generate_key().decode()))
    await tenants.create(TENANT, "Acme")
    await tenants.put_connection(WECHAT_PAY.connection(outside))
    amount = Money(5_000, "CNY")
    async for wechat in _opened(store, tenants, shared_sandbox, outside):
        await wechat.open(amount, provider="wechatpay")

        answer = await wechat.place(amount)

        assert (answer.state, answer.failure) == ("rejected", "cannot_hold")
