"""The commerce contract on the HTTP adapter, against the sandbox."""

import base64
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from domain.money import Money
from domain.orders import HoldMethod
from integrations.commerce.http_platform import HttpCommercePlatform, open_commerce_client
from tests.contract.commerce_contract import CommercePlatformContract, CommerceWorld
from tests.contract.outside import Outside, order_document
from tests.support.sandbox import Sandbox
from tests.support.webhook_receiver import webhook_receiver

SECRET = "whsec_" + base64.b64encode(b"a secret of the contract test").decode()
OPERATIONS = {"move stock": "POST /stock-moves", "replace": "POST /replacement-orders"}


class SandboxPlatform:
    """The sandbox as a merchant's platform."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.put_product = outside.put_product
        self.put_location = outside.put_location
        self.close_location = outside.close_location
        self.advance_replacement = outside.advance_replacement

    def put_order(self, order_id: str, total: Money) -> str:
        stored = self._outside.put_order(order_document(order_id, total=total))
        return str(stored["tenders"][0]["payment_ref"])

    def moves(self, move_id: str) -> int:
        return len(self._outside.effects("stock_moves", move_id=move_id))

    def replacements(self, reference: str) -> int:
        return len(self._outside.effects("replacements", reference=reference))

    def losing_the_answer(self, operation: str) -> AbstractContextManager[None]:
        return self._outside.fault("commerce", OPERATIONS[operation], "lost_reply")


class TestHttpPlatform(CommercePlatformContract):
    @pytest.fixture
    async def platform(self, shared_sandbox: Sandbox) -> AsyncIterator[HttpCommercePlatform]:
        async with open_commerce_client(shared_sandbox.commerce_url, "ct_1") as client:
            yield HttpCommercePlatform(client, webhook_secret=SECRET)

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxPlatform:
        return SandboxPlatform(outside)

    async def test_reads_what_may_be_held(
        self, platform: HttpCommercePlatform, outside: Outside
    ) -> None:
        """A tender whose customer agreed to a hold names on what; others do not."""
        agreed, plain = (
            order_document("o-1", total=Money(100, "EUR")),
            order_document("o-2", total=Money(100, "EUR")),
        )
        agreed["tenders"][0]["hold_method"] = {"method_ref": "pm_1", "payer_ref": "cus_1"}
        for document in (agreed, plain):
            outside.put_order(document)

        (held,) = (await platform.get_order("o-1")).tenders
        (other,) = (await platform.get_order("o-2")).tenders

        assert held.hold_method == HoldMethod("pm_1", "cus_1")
        assert other.hold_method is None

    async def test_verifies_the_webhook_of_a_shipped_replacement(
        self, platform: HttpCommercePlatform, world: CommerceWorld, outside: Outside
    ) -> None:
        """The event of a shipped replacement, as it arrives, names the order to read again."""
        request = self.replacement_request(world, in_stock=1)
        created = await platform.create_replacement(request)
        with (
            webhook_receiver() as receiver,
            outside.webhooks_to(receiver.url, "commerce", secret=SECRET),
        ):
            world.advance_replacement(created.replacement_order_id, "shipped")
            event = None
            while event is None or event.reference != request.reference:
                received = receiver.next()
                event = platform.parse_webhook(received.headers, received.body, datetime.now(UTC))

        assert event.event_type == "replacement.shipped"
        assert event.replacement_order_id == created.replacement_order_id
        assert event.event_id
