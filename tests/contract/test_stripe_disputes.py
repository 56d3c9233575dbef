"""Chargebacks through Stripe: its official client and its specification judge the sandbox."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stripe

from domain.money import Money
from integrations.errors import DisputedError, NotFoundError, RejectedError
from integrations.payments.port import ChargebackState, Disputes, RefundOutcome
from integrations.payments.stripe.adapter import StripeGateway, open_stripe_client
from tests.contract.outside import unique
from tests.contract.payment_contract import refund_of
from tests.contract.test_sandbox_stripe import broken
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

SECRET = "whsec_of_the_test"


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[StripeGateway]:
    async with open_stripe_client(sandbox.stripe_url, "sk_test_1") as http:
        yield StripeGateway(http, webhook_secret=SECRET)


@pytest.fixture
def vendor(sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient()
    yield stripe.StripeClient(
        "sk_test_contract", base_addresses={"api": sandbox.stripe_url}, http_client=http
    )
    http.close()  # type: ignore[no-untyped-call]  # the vendor's client leaves it untyped


def payment(control: SandboxClient) -> tuple[str, Money]:
    order = control.order("three-units")
    (tender,) = order["tenders"]
    return tender["payment_ref"], Money(tender["captured_minor"], order["currency"])


def disputed(control: SandboxClient, payment_ref: str, **how: Any) -> str:
    return str(control.post(f"payments/{payment_ref}/dispute", how)["id"])


def test_the_sheet_and_the_adapter_say_the_same() -> None:
    """Who calls chargebacks a capability can be asked for them."""
    assert StripeGateway.capabilities.chargebacks
    assert issubclass(StripeGateway, Disputes)


async def test_a_chargeback_is_read(gateway: StripeGateway, control: SandboxClient) -> None:
    """With its payment as a tender names it, its amount, and until when evidence is taken."""
    payment_ref, captured = payment(control)
    dispute_ref = disputed(control, payment_ref, due_in_s=3600)

    found = await gateway.get_chargeback(dispute_ref)

    assert payment_ref in found.payment_refs
    assert (found.amount, found.state) == (captured, ChargebackState.OPEN)
    assert found.reason == "credit_not_processed"
    assert found.evidence_due_by is not None
    assert 0 < (found.evidence_due_by - datetime.now(UTC)).total_seconds() <= 3600


@pytest.mark.parametrize(
    ("outcome", "state"), [("won", ChargebackState.WON), ("lost", ChargebackState.LOST)]
)
async def test_a_decision_is_read(
    gateway: StripeGateway, control: SandboxClient, outcome: str, state: ChargebackState
) -> None:
    """What the bank decided, by its provider's word."""
    dispute_ref = disputed(control, payment(control)[0])
    control.post(f"disputes/{dispute_ref}/close", {"outcome": outcome})

    assert (await gateway.get_chargeback(dispute_ref)).state is state


async def test_an_unknown_chargeback_is_not_found(gateway: StripeGateway) -> None:
    """As every other object."""
    with pytest.raises(NotFoundError):
        await gateway.get_chargeback("du_unknown")


async def test_evidence_is_laid_beside_it_and_not_handed_in(
    gateway: StripeGateway, control: SandboxClient, vendor: stripe.StripeClient
) -> None:
    """A person completes it: the bank takes evidence once."""
    dispute_ref = disputed(control, payment(control)[0])

    await gateway.attach_evidence(dispute_ref, "refunded as re_1", idempotency_key=unique("key"))

    read = vendor.v1.disputes.retrieve(dispute_ref)
    assert read.evidence.uncategorized_text == "refunded as re_1"
    assert (read.status, read.evidence_details.submission_count) == ("needs_response", 0)


async def test_evidence_comes_too_late_after_the_decision(
    gateway: StripeGateway, control: SandboxClient
) -> None:
    """What is decided takes none."""
    dispute_ref = disputed(control, payment(control)[0])
    control.post(f"disputes/{dispute_ref}/close", {"outcome": "lost"})

    with pytest.raises(RejectedError):
        await gateway.attach_evidence(dispute_ref, "refunded", idempotency_key=unique("key"))


async def test_a_charged_back_payment_refuses_refunds(
    gateway: StripeGateway, control: SandboxClient
) -> None:
    """By a name of its own, so that it is not taken for any refusal."""
    payment_ref, captured = payment(control)
    disputed(control, payment_ref)

    with pytest.raises(DisputedError):
        await gateway.refund(refund_of(payment_ref, captured))


async def test_only_a_refund_that_waits_for_the_customer_is_cancelled(
    gateway: StripeGateway, control: SandboxClient
) -> None:
    """Money on its way stays so."""
    payment_ref, captured = payment(control)
    plan = {"system": "stripe", "operation": "POST /v1/refunds", "kind": "pending_refund"}
    with control.fault(**plan):
        refund = await gateway.refund(refund_of(payment_ref, captured))
    with pytest.raises(RejectedError):
        await gateway.cancel_refund(refund.refund_ref, idempotency_key=unique("key"))
    control.post(f"refunds/{refund.refund_ref}/ask-customer")

    stopped = await gateway.cancel_refund(refund.refund_ref, idempotency_key=unique("key"))

    assert (stopped.outcome, stopped.failure_reason) == (RefundOutcome.FAILED, "canceled")


async def test_webhooks_name_the_chargeback(gateway: StripeGateway, control: SandboxClient) -> None:
    """Verified, and believed no further than what to read again."""
    with control.listening("stripe", SECRET) as receiver:
        dispute_ref = disputed(control, payment(control)[0])
        control.post(f"disputes/{dispute_ref}/close", {"outcome": "won"})
        told: list[tuple[str, str | None, str]] = []
        while len(told) < 2:
            received = receiver.next()
            event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))
            if event is not None and event.dispute_ref == dispute_ref:
                told.append((event.event_type, event.refund_ref, event.dispute_ref))

    assert told == [
        ("charge.dispute.created", None, dispute_ref),
        ("charge.dispute.closed", None, dispute_ref),
    ]


@pytest.mark.parametrize("how", [{}, {"status": "warning_needs_response"}], ids=["open", "asked"])
def test_the_sandbox_keeps_to_the_specification(
    control: SandboxClient, sandbox: Sandbox, how: dict[str, str]
) -> None:
    """Each field of a dispute as Stripe's own document has it, before and after the decision."""
    dispute_ref = disputed(control, payment(control)[0], **how)
    headers = {"Authorization": "Bearer sk_test_1"}
    url = f"{sandbox.stripe_url}/v1/disputes/{dispute_ref}"

    before = httpx.get(url, headers=headers, trust_env=False).json()
    control.post(f"disputes/{dispute_ref}/close", {"outcome": "lost"})
    after = httpx.get(url, headers=headers, trust_env=False).json()

    assert [broken(before, "dispute"), broken(after, "dispute")] == [[], []]
