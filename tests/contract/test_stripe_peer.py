"""The Stripe adapter against a Stripe that others wrote: the npm package stripe-stateful-mock.

It plays an older version of the API and keeps no version of ours, which is why it is a peer for the
rules of money alone: ``make peer`` installs it where Node.js is.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from domain.money import Money
from integrations.errors import AlreadyDoneError, KeyConflictError, RejectedError
from integrations.payments.port import RefundOutcome
from integrations.payments.stripe.adapter import StripeGateway, open_stripe_client
from runtime.devstack.ports import free_port
from tests.contract.payment_contract import refund_of

_FOLDER = Path(__file__).parent / "stripe_stateful_mock"
_PROGRAM = _FOLDER / "node_modules" / "stripe-stateful-mock" / "dist" / "cli.js"
_KEY = "sk_test_peer"
TEN = Money(1_000, "EUR")


@pytest.fixture(scope="module")
def peer_url() -> Iterator[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js here")
    if not _PROGRAM.exists():
        pytest.skip("stripe-stateful-mock is not installed: make peer")
    port = free_port()
    environment = {"PORT": str(port), "LOG_LEVEL": "silent"}
    with subprocess.Popen([node, str(_PROGRAM)], env=environment) as peer:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            peer.terminate()


@pytest_asyncio.fixture
async def stripe(peer_url: str) -> AsyncIterator[StripeGateway]:
    async with open_stripe_client(peer_url, _KEY) as http:
        yield StripeGateway(http, webhook_secret="whsec_peer")


@pytest_asyncio.fixture
async def charge(peer_url: str) -> str:
    """Ten euros that a customer paid."""
    transport = httpx.AsyncHTTPTransport(retries=5)
    async with httpx.AsyncClient(base_url=peer_url, transport=transport) as http:
        for _ in range(100):
            try:
                answer = await http.post(
                    "/v1/charges",
                    data={"amount": "1000", "currency": "eur", "source": "tok_visa"},
                    headers={"Authorization": f"Bearer {_KEY}"},
                )
            except httpx.ConnectError:
                # The program is still starting.
                await asyncio.sleep(0.05)
                continue
            charge_id: str = answer.json()["id"]
            return charge_id
    raise AssertionError("stripe-stateful-mock does not come up")


async def test_the_same_key_is_one_refund(
    stripe: StripeGateway, charge: str, peer_url: str
) -> None:
    """Sent twice, paid once: both answers name the same refund."""
    request = refund_of(charge, Money(400, "EUR"))

    first, second = await stripe.refund(request), await stripe.refund(request)

    assert first == second
    assert first.outcome is RefundOutcome.SUCCEEDED
    assert await refunded(peer_url, charge) == [400]


async def test_the_same_key_with_other_content_is_refused(
    stripe: StripeGateway, charge: str, peer_url: str
) -> None:
    """A mistake of ours is told, and pays nothing."""
    request = refund_of(charge, Money(400, "EUR"))
    await stripe.refund(request)

    with pytest.raises(KeyConflictError):
        await stripe.refund(replace(request, amount=Money(401, "EUR")))

    assert await refunded(peer_url, charge) == [400]


async def test_more_than_is_left_is_refused(
    stripe: StripeGateway, charge: str, peer_url: str
) -> None:
    """Nobody gets back more than was paid."""
    await stripe.refund(refund_of(charge, Money(700, "EUR")))

    with pytest.raises(RejectedError) as refused:
        await stripe.refund(refund_of(charge, Money(301, "EUR")))

    assert refused.value.field == "amount"
    assert await refunded(peer_url, charge) == [700]


async def test_what_is_refunded_already_is_adopted_only_if_it_is_ours(
    stripe: StripeGateway, charge: str
) -> None:
    """The refund that took all is found by our id, and not by that of another."""
    ours, other = refund_of(charge, TEN), refund_of(charge, TEN)
    made = await stripe.refund(ours)

    with pytest.raises(AlreadyDoneError):
        await stripe.refund(replace(ours, idempotency_key="another key"))

    found = await stripe.find_refund(
        payment_ref=charge, intent_id=ours.intent_id, idempotency_key=ours.idempotency_key
    )
    assert found == made
    stranger = await stripe.find_refund(
        payment_ref=charge, intent_id=other.intent_id, idempotency_key=other.idempotency_key
    )
    assert stranger is None


async def refunded(peer_url: str, charge: str) -> list[int]:
    """What the peer's own list says was given back."""
    async with httpx.AsyncClient(base_url=peer_url) as http:
        answer = await http.get(
            "/v1/refunds", params={"charge": charge}, headers={"Authorization": f"Bearer {_KEY}"}
        )
    return [refund["amount"] for refund in answer.json()["data"]]
