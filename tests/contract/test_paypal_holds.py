"""The hold contract on PayPal's adapter; what it asks, held to PayPal's specification."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.money import Money
from domain.orders import HoldMethod
from integrations.errors import (
    ActionRequiredError,
    KeyConflictError,
    RejectedError,
    TemporarilyUnavailableError,
)
from integrations.payments.holds import Authorization, HeldMoney, HoldOutcome
from integrations.payments.paypal.adapter import PayPalGateway, open_paypal_client
from integrations.payments.stamps import stamp
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.certificates import certificate_of, rsa_key
from tests.contract.hold_contract import HoldContract, capturing, hold_on, voiding
from tests.contract.outside import Outside
from tests.contract.shapes import violations
from tests.contract.shared_data import read_json
from tests.support.sandbox import Sandbox

RENEW = "POST /v2/payments/authorizations/{authorization}/reauthorize"
APPROVED = HoldMethod("A1")
TOKEN = json_answer({"access_token": "A21AAtoken", "token_type": "Bearer", "expires_in": 32400})


class TestPayPalHolds(HoldContract):
    PROVIDER = "paypal"
    CAPTURE = "POST /v2/payments/authorizations/{authorization}/capture"
    VOID = "POST /v2/payments/authorizations/{authorization}/void"

    @pytest.fixture
    async def gateway(
        self, shared_sandbox: Sandbox, outside: Outside
    ) -> AsyncIterator[PayPalGateway]:
        account = outside.account("paypal")
        pair = account["client_id"], account["client_secret"]
        async with open_paypal_client(shared_sandbox.paypal_url, *pair) as client:
            yield PayPalGateway(
                client, webhook_id="W1", webhook_certificates=account["webhook_certificates"]
            )

    async def test_a_renewal_is_made_once_when_the_answer_is_lost(
        self, gateway: PayPalGateway, outside: Outside
    ) -> None:
        """A reauthorization bears no reference of ours: its key finds it again."""
        amount = Money(5_000, "EUR")
        request, _ = await self.place(gateway, outside, amount)
        renewal = hold_on(request.method, amount, renews=True)
        with (
            outside.fault("paypal", RENEW, "lost_reply"),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.holds.authorize(renewal)
        with pytest.raises(ActionRequiredError) as caught:
            await gateway.holds.find_authorization(renewal)

        hold = await gateway.holds.authorize(renewal)

        assert caught.value.code == "no_look_up"
        assert hold.outcome is HoldOutcome.AUTHORIZED
        assert len(outside.holds_on(request.method)) == 2

    async def test_a_renewal_is_not_renewed(self, gateway: PayPalGateway, outside: Outside) -> None:
        """Every renewal is asked of what the customer approved, which PayPal answers for."""
        amount = Money(5_000, "EUR")
        request, _ = await self.place(gateway, outside, amount)
        first = await gateway.holds.authorize(hold_on(request.method, amount, renews=True))
        on_the_renewal = hold_on(HoldMethod(first.hold_ref), amount, renews=True)

        with pytest.raises(RejectedError) as caught:
            await gateway.holds.authorize(on_the_renewal)

        assert caught.value.code == "REAUTHORIZATION_NOT_SUPPORTED"

    async def test_an_approval_of_less_is_no_security(
        self, gateway: PayPalGateway, outside: Outside
    ) -> None:
        """What the customer approved has to cover what is to be secured."""
        method = outside.agreed(Money(4_999, "EUR"), provider="paypal")

        for asked in (Money(5_000, "EUR"), Money(4_000, "USD")):
            with pytest.raises(RejectedError) as caught:
                await gateway.holds.authorize(hold_on(method, asked))
            assert caught.value.code == "hold_too_small"

    async def test_finds_what_the_customer_approved(
        self, gateway: PayPalGateway, outside: Outside
    ) -> None:
        """Placing a hold reads it; so does looking for it, and neither holds more."""
        amount = Money(5_000, "EUR")
        request, money = await self.place(gateway, outside, amount)

        found = await gateway.holds.find_authorization(request)

        assert found is not None
        assert found.hold_ref == money.hold_ref == request.method.method_ref
        assert len(outside.holds_on(request.method)) == 1


def authorization(**changes: object) -> dict[str, object]:
    return {
        "id": "A1",
        "status": "CREATED",
        "amount": {"currency_code": "EUR", "value": "50.00"},
        "expiration_time": (datetime.now(UTC) + timedelta(days=29)).isoformat(),
        **changes,
    }


def captured(**changes: object) -> dict[str, object]:
    amount = {"currency_code": "EUR", "value": "20.00"}
    return {"id": "C1", "status": "COMPLETED", "amount": amount, **changes}


async def paypal_with(*answers: Answer) -> tuple[PayPalGateway, Answering]:
    transport = Answering(TOKEN, *answers)
    client = open_paypal_client("http://paypal.test", "client", "secret", transport)
    certificate = certificate_of(rsa_key("paypal"))
    return PayPalGateway(client, webhook_id="W1", webhook_certificates=certificate), transport


async def test_all_that_is_asked_fits_the_specification() -> None:
    """Bodies of renewing and capturing are as PayPal specifies them; a void has none, nor a key."""
    document = read_json("paypal/payments_payment_v2.json")
    base = "/v2/payments/authorizations/{authorization_id}"
    gateway, transport = await paypal_with(
        json_answer(authorization()), json_answer(captured(), 201), httpx.ReadTimeout("lost")
    )
    money = HeldMoney("hold-1", "A1", APPROVED)

    await gateway.holds.authorize(hold_on(APPROVED, Money(5_000, "EUR"), renews=True))
    await gateway.holds.capture(capturing(money, Money(2_000, "EUR")))
    with pytest.raises(TemporarilyUnavailableError):
        await gateway.holds.void(voiding(money))

    _, renewal, capture, void = transport.requests
    for request, step in ((renewal, "reauthorize"), (capture, "capture")):
        operation = document["paths"][f"{base}/{step}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert violations(json_of(request), schema, document) == []
        assert request.url.path == f"/v2/payments/authorizations/A1/{step}"
        assert request.headers["PayPal-Request-Id"]
    parameters = str(document["paths"][f"{base}/void"]["post"]["parameters"])
    assert "paypal_request_id" not in parameters
    assert "PayPal-Request-Id" not in void.headers
    assert json_of(capture)["final_capture"] is True


async def test_a_key_that_captured_another_amount_is_a_bug_of_ours() -> None:
    """PayPal answers a used key with what was done first: the amount shows it."""
    gateway, _ = await paypal_with(json_answer(captured(), 201))

    with pytest.raises(KeyConflictError):
        await gateway.holds.capture(
            capturing(HeldMoney("hold-1", "A1", APPROVED), Money(1_999, "EUR"))
        )


async def test_a_declined_capture_takes_nothing() -> None:
    """The refusal names the capture's status."""
    gateway, _ = await paypal_with(json_answer(captured(status="DECLINED"), 201))

    with pytest.raises(RejectedError) as caught:
        await gateway.holds.capture(
            capturing(HeldMoney("hold-1", "A1", APPROVED), Money(2_000, "EUR"))
        )

    assert caught.value.code == "DECLINED"


async def test_a_capture_that_waits_is_pending() -> None:
    """What PayPal reviews has moved no money yet."""
    gateway, _ = await paypal_with(json_answer(captured(status="PENDING"), 201))

    hold = await gateway.holds.capture(
        capturing(HeldMoney("hold-1", "A1", APPROVED), Money(2_000, "EUR"))
    )

    assert (hold.outcome, hold.captured) == (HoldOutcome.PENDING, None)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", HoldOutcome.PENDING),
        ("DENIED", HoldOutcome.REFUSED),
        ("VOIDED", HoldOutcome.VOIDED),
        ("A_WORD_TO_COME", HoldOutcome.PENDING),
    ],
)
async def test_reads_each_status(status: str, outcome: HoldOutcome) -> None:
    """What PayPal calls it, and what it means for the money."""
    gateway, _ = await paypal_with(json_answer(authorization(status=status)))

    hold = await gateway.holds.get_authorization(HeldMoney("hold-1", "A1", APPROVED))

    assert hold.outcome is outcome


async def read_with(*captures: dict[str, Any]) -> Authorization:
    """Read hold-1, whose order shows these captures."""
    related = {"related_ids": {"order_id": "O1"}}
    order = {"id": "O1", "purchase_units": [{"payments": {"captures": captures}}]}
    gateway, _ = await paypal_with(
        json_answer(authorization(status="CAPTURED", supplementary_data=related)),
        json_answer(order),
    )
    return await gateway.holds.get_authorization(HeldMoney("hold-1", "A1", APPROVED))


def ours(generation: int, **changes: Any) -> dict[str, Any]:
    return captured(id=f"C{generation}", invoice_id=stamp("hold-1", f"key-{generation}"), **changes)


async def test_a_declined_capture_is_not_taken_for_the_one_after_it() -> None:
    """Both bear our stamp; the money came with the second."""
    hold = await read_with(ours(1, status="DECLINED"), ours(2, status="COMPLETED"))

    assert (hold.outcome, hold.payment_ref) == (HoldOutcome.CAPTURED, "C2")


async def test_a_capture_that_still_waits_is_read_as_pending() -> None:
    """Nothing is said of its money before PayPal has decided."""
    hold = await read_with(ours(1, status="DECLINED"), ours(2, status="PENDING"))

    assert (hold.outcome, hold.payment_ref) == (HoldOutcome.PENDING, None)


async def test_what_was_captured_past_us_is_not_taken_for_ours() -> None:
    """A capture that does not bear our stamp tells no amount."""
    hold = await read_with(captured())

    assert (hold.outcome, hold.captured, hold.payment_ref) == (HoldOutcome.CAPTURED, None, None)
