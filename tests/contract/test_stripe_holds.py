"""The hold contract on Stripe's adapter; what it asks, held to Stripe's specification."""

from collections.abc import AsyncIterator, Iterator

import pytest
import stripe

from domain.money import Money
from domain.orders import HoldMethod
from integrations.errors import RejectedError, StoredFailureError, TemporarilyUnavailableError
from integrations.payments.holds import HeldMoney, HoldOutcome
from integrations.payments.stripe.adapter import StripeGateway, open_stripe_client
from tests.contract.answers import Answering, form_of, json_answer
from tests.contract.hold_contract import HoldContract, capturing, hold_on, voiding
from tests.contract.outside import Outside
from tests.contract.shapes import violations
from tests.contract.shared_data import read_json
from tests.support.sandbox import Sandbox

PLACE = "POST /v1/payment_intents"
CARD = HoldMethod("pm_1", "cus_1")
UNTIL = 1_800_000_000


class TestStripeHolds(HoldContract):
    PROVIDER = "stripe"
    CAPTURE = "POST /v1/payment_intents/{intent}/capture"
    VOID = "POST /v1/payment_intents/{intent}/cancel"

    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[StripeGateway]:
        async with open_stripe_client(shared_sandbox.stripe_url, "sk_test_1") as client:
            yield StripeGateway(client, webhook_secret="whsec_test")

    @pytest.fixture
    def amounts(self) -> tuple[Money, ...]:
        return (Money(1_999, "EUR"), Money(500, "JPY"), Money(7_250, "KWD"))

    async def test_finds_a_hold_whose_answer_was_lost(
        self, gateway: StripeGateway, outside: Outside
    ) -> None:
        """Once the key is forgotten, our id on it finds it among its customer's."""
        amount = Money(5_000, "EUR")
        request = hold_on(outside.agreed(amount, provider="stripe"), amount)
        with (
            outside.fault("stripe", PLACE, "lost_reply"),
            outside.fault("stripe", PLACE, "forget_keys"),
            pytest.raises(TemporarilyUnavailableError),
        ):
            await gateway.holds.authorize(request)

        found = await gateway.holds.find_authorization(request)

        assert found is not None
        assert (found.outcome, found.amount) == (HoldOutcome.AUTHORIZED, amount)
        assert found.expires_at is not None
        assert [h["hold_ref"] for h in outside.holds_on(request.method)] == [found.hold_ref]

    async def test_finds_nothing_that_was_not_sent(
        self, gateway: StripeGateway, outside: Outside
    ) -> None:
        """The look-up of a hold nobody placed answers none, whatever else the customer has."""
        amount = Money(5_000, "EUR")
        request = hold_on(outside.agreed(amount, provider="stripe"), amount)
        await gateway.holds.authorize(request)

        assert await gateway.holds.find_authorization(hold_on(request.method, amount)) is None

    async def test_looks_up_what_stripe_stored_as_failed(
        self, gateway: StripeGateway, outside: Outside
    ) -> None:
        """A repeat of a stored 500 asks for a look-up, which finds the one hold."""
        amount = Money(5_000, "EUR")
        request = hold_on(outside.agreed(amount, provider="stripe"), amount)
        with outside.fault("stripe", PLACE, "stored_500", effect=True):
            with pytest.raises(TemporarilyUnavailableError):
                await gateway.holds.authorize(request)
            with pytest.raises(StoredFailureError):
                await gateway.holds.authorize(request)

        found = await gateway.holds.find_authorization(request)

        assert found is not None
        assert [h["hold_ref"] for h in outside.holds_on(request.method)] == [found.hold_ref]

    @pytest.mark.parametrize(
        ("method", "code"),
        [
            ("pm_card_chargeDeclined", "card_declined"),
            ("pm_card_authenticationRequired", "authentication_required"),
        ],
    )
    async def test_says_what_the_issuer_says(
        self, gateway: StripeGateway, method: str, code: str
    ) -> None:
        """A card that is declined, or wants its owner, is refused by that name."""
        with pytest.raises(RejectedError) as caught:
            await gateway.holds.authorize(
                hold_on(HoldMethod(method, "cus_of_nobody"), Money(5_000, "EUR"))
            )

        assert caught.value.code == code

    async def test_asks_for_the_customer_of_a_payment_method(self, gateway: StripeGateway) -> None:
        """Without a customer nothing is sent: Stripe holds on saved methods of one alone."""
        with pytest.raises(RejectedError) as caught:
            await gateway.holds.authorize(hold_on(HoldMethod("pm_1"), Money(5_000, "EUR")))

        assert caught.value.field == "payer_ref"


def intent(**changes: object) -> dict[str, object]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 5000,
        "amount_received": 0,
        "currency": "eur",
        "status": "requires_capture",
        "metadata": {},
        "latest_charge": {
            "id": "ch_1",
            "payment_method_details": {"card": {"capture_before": UNTIL}},
        },
        **changes,
    }


@pytest.fixture
def requests_of_stripe() -> Answering:
    return Answering(json_answer(intent()))


async def test_all_that_is_asked_fits_the_specification(requests_of_stripe: Answering) -> None:
    """Every form field of placing, capturing and voiding is one that Stripe names."""
    document = read_json("stripe/openapi.refunds.subset.json")
    money = HeldMoney("hold-1", "pi_1", CARD)
    async with open_stripe_client("http://stripe.test", "sk", requests_of_stripe) as client:
        holds = StripeGateway(client, webhook_secret="whsec_test").holds
        await holds.authorize(hold_on(CARD, Money(5_000, "EUR")))
        await holds.capture(capturing(money, Money(2_000, "EUR")))
        await holds.void(voiding(money))

    templates = [
        "/v1/payment_intents",
        "/v1/payment_intents/{intent}/capture",
        "/v1/payment_intents/{intent}/cancel",
    ]
    for request, template in zip(requests_of_stripe.requests, templates, strict=True):
        content = document["paths"][template]["post"]["requestBody"]["content"]
        named = content["application/x-www-form-urlencoded"]["schema"]["properties"]
        assert request.url.path == template.replace("{intent}", "pi_1")
        assert {name.partition("[")[0] for name in form_of(request)} <= set(named)
        assert request.headers["Idempotency-Key"]
    placed = form_of(requests_of_stripe.requests[0])
    assert placed["capture_method"] in _enum(document, "capture_method")
    assert (placed["confirm"], placed["off_session"]) == ("true", "true")


async def test_a_refused_attempt_does_not_hide_the_hold() -> None:
    """Of several payment intents under our id the one that holds counts."""
    ours = {"hold_id": "hold-1"}
    refused = intent(
        id="pi_2",
        status="requires_payment_method",
        metadata=ours,
        last_payment_error={"code": "card_declined"},
    )
    page = {"data": [refused, intent(metadata=ours)], "has_more": False}
    async with open_stripe_client("http://stripe.test", "sk", Answering(json_answer(page))) as http:
        gateway = StripeGateway(http, webhook_secret="whsec_test")
        request = hold_on(CARD, Money(5_000, "EUR"))
        found = await gateway.holds.find_authorization(
            type(request)("hold-1", "key", "return", request.amount, CARD)
        )

    assert found is not None
    assert (found.hold_ref, found.outcome) == ("pi_1", HoldOutcome.AUTHORIZED)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "processing"}, HoldOutcome.PENDING),
        ({"status": "requires_action"}, HoldOutcome.REFUSED),
        ({"status": "canceled", "cancellation_reason": "automatic"}, HoldOutcome.EXPIRED),
        ({"status": "canceled", "cancellation_reason": "abandoned"}, HoldOutcome.VOIDED),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(dict(value).values()),
)
async def test_reads_each_status(changes: dict[str, str], outcome: HoldOutcome) -> None:
    """What Stripe calls it, and what it means for the money."""
    answer = Answering(json_answer(intent(**changes)))
    async with open_stripe_client("http://stripe.test", "sk", answer) as http:
        gateway = StripeGateway(http, webhook_secret="whsec_test")
        hold = await gateway.holds.get_authorization(HeldMoney("hold-1", "pi_1", CARD))

    assert hold.outcome is outcome


class TestVendorsClient:
    """Stripe's official client takes the sandbox's holds for Stripe's."""

    @pytest.fixture
    def vendor(self, shared_sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
        http = stripe.RequestsClient()
        yield stripe.StripeClient(
            "sk_test_vendor", base_addresses={"api": shared_sandbox.stripe_url}, http_client=http
        )
        http.close()  # type: ignore[no-untyped-call]  # the vendor's client leaves it untyped

    def test_places_captures_and_cancels(self, vendor: stripe.StripeClient) -> None:
        """A hold in the vendor's own words, in the shapes of the vendor's own specification."""
        document = read_json("stripe/openapi.refunds.subset.json")
        placed = vendor.v1.payment_intents.create(
            {
                "amount": 5_000,
                "currency": "eur",
                "capture_method": "manual",
                "customer": "cus_vendor",
                "payment_method": "pm_vendor",
                "confirm": True,
                "off_session": True,
                "expand": ["latest_charge"],
            }
        )
        assert (placed.status, placed.amount_capturable) == ("requires_capture", 5_000)
        charge = placed.latest_charge
        assert isinstance(charge, stripe.Charge)
        assert (charge.captured, charge.amount_captured) == (False, 0)
        schemas = document["components"]["schemas"]
        plain = vendor.v1.payment_intents.retrieve(placed.id)
        assert violations(plain.to_dict(), schemas["payment_intent"], document) == []
        assert violations(charge.to_dict(), schemas["charge"], document) == []

        taken = vendor.v1.payment_intents.capture(placed.id, {"amount_to_capture": 1_500})

        assert (taken.status, taken.amount_received) == ("succeeded", 1_500)
        with pytest.raises(stripe.InvalidRequestError) as caught:
            vendor.v1.payment_intents.cancel(placed.id)
        assert caught.value.code == "payment_intent_unexpected_state"
        refund = vendor.v1.refunds.create({"payment_intent": placed.id})
        assert refund.amount == 1_500


def _enum(document: dict[str, object], name: str) -> set[str]:
    schema: dict[str, object] = document["paths"]["/v1/payment_intents"]["post"]["requestBody"][  # type: ignore[index]  # JSON
        "content"
    ]["application/x-www-form-urlencoded"]["schema"]["properties"]
    return set(schema[name]["enum"])  # type: ignore[index]  # JSON
