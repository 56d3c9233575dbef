"""The sandbox misbehaves as it is told, for as often as it is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from runtime.devstack.processes import wait_until
from tests.support.sandbox_client import SandboxClient
from tests.support.webhook_receiver import WebhookReceiver

KEYS = {"stripe": "sk_test_x", "paypal": "A21_x", "easypost": "EZTK_x", "commerce": "ct_x"}
PROBES = {
    "stripe": ("GET", "/stripe/v1/refunds"),
    "paypal": ("GET", "/paypal/v2/payments/refunds/none"),
    "easypost": ("GET", "/easypost/v2/trackers"),
    "commerce": ("GET", "/commerce/v1/products/none"),
}


@pytest.fixture
def receiver(control: SandboxClient) -> Iterator[WebhookReceiver]:
    with control.listening("stripe", "whsec_x") as listening:
        yield listening


def ask(control: SandboxClient, system: str, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {KEYS[system]}", **more.pop("headers", {})}
    return control.http.request(method, path, headers=headers, **more)


def refund(
    control: SandboxClient, intent: str, *, key: str = "", amount: int = 5
) -> httpx.Response:
    return ask(
        control,
        "stripe",
        "POST",
        "/stripe/v1/refunds",
        data={"payment_intent": intent, "amount": str(amount)},
        headers={"Idempotency-Key": key} if key else {},
    )


def card_payment(control: SandboxClient) -> str:
    return str(control.order()["tenders"][0]["payment_ref"])


def paid_back(control: SandboxClient, intent: str) -> list[int]:
    refunds = control.ledger()["refunds"]
    return [found["amount_minor"] for found in refunds if found["payment_ref"] == intent]


@pytest.mark.parametrize("system", list(PROBES))
@pytest.mark.parametrize(
    ("kind", "status"), [("http_500", 500), ("http_503", 503), ("409", 409), ("429", 429)]
)
def test_every_system_refuses_in_its_own_words(
    control: SandboxClient, system: str, kind: str, status: int
) -> None:
    """One answer is replaced by an error in the vendor's envelope; the next is normal."""
    method, path = PROBES[system]

    with control.fault(system=system, kind=kind, retry_after_s=7):
        struck, after = (ask(control, system, method, path) for _ in range(2))

    assert struck.status_code == status
    assert struck.json().get("error", struck.json())["message"]
    assert struck.headers.get("Retry-After") == ("7" if status in {429, 503} else None)
    assert after.status_code in {200, 404}


def test_a_fault_waits_and_strikes_as_often_as_it_is_told(control: SandboxClient) -> None:
    """After two requests three fail; then all is well again."""
    with control.fault(system="stripe", operation="*", kind="http_503", after=2, times=3):
        answers = [ask(control, "stripe", *PROBES["stripe"]).status_code for _ in range(7)]

    assert answers == [200, 200, 503, 503, 503, 200, 200]


@pytest.mark.parametrize(
    ("operation", "struck"),
    [
        ("GET /v1/refunds", True),
        ("GET /v1/refunds/{anything}", False),
        ("POST /v1/refunds", False),
    ],
)
def test_a_fault_strikes_its_operation_alone(
    control: SandboxClient, operation: str, *, struck: bool
) -> None:
    """Method and path template must both fit."""
    with control.fault(system="stripe", operation=operation, kind="http_500"):
        answer = ask(control, "stripe", *PROBES["stripe"])

    assert (answer.status_code == 500) is struck


@pytest.mark.parametrize("operation", ["GET /products/{id}", "GET /v1/products/{sku}"])
def test_commerce_operations_may_leave_out_the_base(control: SandboxClient, operation: str) -> None:
    """The contract is written without its base path, and so may be the fault."""
    with control.fault(system="commerce", operation=operation, kind="http_500"):
        assert ask(control, "commerce", *PROBES["commerce"]).status_code == 500


class TestLostReply:
    def test_the_refund_happened_although_nobody_was_told(self, control: SandboxClient) -> None:
        """The connection drops after the effect; the same key finds the answer."""
        intent = card_payment(control)
        with (
            control.fault(system="stripe", operation="POST /v1/refunds", kind="lost_reply"),
            pytest.raises(httpx.RemoteProtocolError),
        ):
            refund(control, intent, key=f"lost-{intent}")
        assert paid_back(control, intent) == [5]

        again = refund(control, intent, key=f"lost-{intent}")

        assert again.headers["Idempotent-Replayed"] == "true"
        assert paid_back(control, intent) == [5]

    def test_without_a_key_it_happens_twice(self, control: SandboxClient) -> None:
        """A blind second try pays a second time: the ledger shows it."""
        intent = card_payment(control)
        with (
            control.fault(system="stripe", operation="POST /v1/refunds", kind="lost_reply"),
            pytest.raises(httpx.RemoteProtocolError),
        ):
            refund(control, intent)

        refund(control, intent)

        assert paid_back(control, intent) == [5, 5]


class TestStored500:
    @pytest.mark.parametrize(("effect", "paid"), [(False, []), (True, [5])])
    def test_the_error_is_kept_under_its_key(
        self, control: SandboxClient, *, effect: bool, paid: list[int]
    ) -> None:
        """The same key meets the same 500 for ever, whether or not money moved."""
        intent = card_payment(control)
        with control.fault(
            system="stripe", operation="POST /v1/refunds", kind="stored_500", effect=effect
        ):
            first = refund(control, intent, key=f"stored-{intent}")

        again = refund(control, intent, key=f"stored-{intent}")

        assert (first.status_code, again.status_code) == (500, 500)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert paid_back(control, intent) == paid

    @pytest.mark.parametrize("kind", ["http_500", "http_503", "429", "409"])
    def test_other_errors_are_not_kept(self, control: SandboxClient, kind: str) -> None:
        """A failure on the way leaves the key free."""
        intent = card_payment(control)
        with control.fault(system="stripe", operation="POST /v1/refunds", kind=kind):
            refund(control, intent, key=f"free-{kind}-{intent}")

        assert refund(control, intent, key=f"free-{kind}-{intent}").status_code == 200


def test_forgotten_keys_pay_again(control: SandboxClient) -> None:
    """When the provider forgets a key, only a look-up can save the money."""
    intent = card_payment(control)
    refund(control, intent, key=f"forgotten-{intent}")

    with control.fault(system="stripe", operation="POST /v1/refunds", kind="forget_keys"):
        refund(control, intent, key=f"forgotten-{intent}")

    assert paid_back(control, intent) == [5, 5]


class TestWebhooks:
    def test_are_sent_again_until_somebody_takes_them(
        self, control: SandboxClient, receiver: WebhookReceiver
    ) -> None:
        """A refused delivery comes again, the same event under a fresh signature."""
        statuses = iter([500, 302])
        wanted = about("refund.created")
        receiver.answer = lambda found: next(statuses, 200) if wanted(found) else 200

        refund(control, card_payment(control))

        first = receiver.next(about("refund.created"))
        second = receiver.next(same(first))
        third = receiver.next(same(first))
        assert first.body == second.body == third.body

    def test_can_come_twice(self, control: SandboxClient, receiver: WebhookReceiver) -> None:
        """A duplicate has the same event id."""
        with control.fault(system="stripe", operation="refund.created", kind="duplicate_webhooks"):
            refund(control, card_payment(control))

        first = receiver.next(about("refund.created"))
        assert receiver.next(about("refund.created")).event["id"] == first.event["id"]

    def test_can_come_in_the_wrong_order(
        self, control: SandboxClient, receiver: WebhookReceiver
    ) -> None:
        """The later event overtakes the earlier one."""
        intent = card_payment(control)
        with control.fault(system="stripe", operation="refund.created", kind="reorder_webhooks"):
            for amount in (1, 2):
                refund(control, intent, amount=amount)

            told = [receiver.next(about("refund.created", intent)) for _ in range(2)]

        assert [found.event["data"]["object"]["amount"] for found in told] == [2, 1]

    def test_can_be_held_back(self, control: SandboxClient, receiver: WebhookReceiver) -> None:
        """Nothing comes until the fault is taken away."""
        with control.fault(system="stripe", operation="refund.created", kind="hold_webhooks"):
            refund_id = refund(control, card_payment(control)).json()["id"]
            # A charge event queued after it has arrived, so the refund's could have.
            receiver.next(about("charge.refunded"))
            deliveries = control.http.get("/_ledger/webhooks", params={"system": "stripe"}).json()
            assert [found["state"] for found in deliveries].count("held") == 1

        held = receiver.next(about("refund.created"))
        assert held.event["data"]["object"]["id"] == refund_id

    def test_go_nowhere_once_their_target_is_taken_away(
        self, control: SandboxClient, receiver: WebhookReceiver
    ) -> None:
        """What was told stays told; of what was not, and of what comes, nobody is told later."""
        refund(control, card_payment(control))
        receiver.next(about("refund.created"))
        with control.fault(system="stripe", operation="*", kind="hold_webhooks"):
            refund(control, card_payment(control))
            control.http.delete("/_control/webhooks/stripe").raise_for_status()
        refund(control, card_payment(control))

        deliveries = control.http.get("/_ledger/webhooks", params={"system": "stripe"}).json()
        assert [found for found in deliveries if found["state"] != "delivered"] == []

    @pytest.mark.parametrize(
        "url", ["https://example.com/x", "http://10.0.0.1/x", "ftp://127.0.0.1/x", "nonsense"]
    )
    def test_go_nowhere_but_to_this_machine(self, control: SandboxClient, url: str) -> None:
        """A target that is not a loopback address is refused."""
        answer = control.http.put("/_control/webhooks/stripe", json={"url": url, "secret": "s"})

        assert answer.status_code == 422


def test_a_fault_concerns_one_order_alone(control: SandboxClient) -> None:
    """What is told of one order strikes requests about it, and nobody else's."""
    mine, other = control.order()["order_id"], control.order()["order_id"]
    paths = [f"/commerce/v1/orders/{order_id}" for order_id in (other, mine, other)]

    with control.fault(system="commerce", kind="http_503", containing=mine):
        statuses = [ask(control, "commerce", "GET", path).status_code for path in paths]

    assert statuses == [200, 503, 200]


@pytest.mark.parametrize(
    ("charge", "amounts"), [(True, [5]), (False, [5, 5])], ids=["of this payment", "of another"]
)
def test_a_fault_looks_into_bodies(
    control: SandboxClient, *, charge: bool, amounts: list[int]
) -> None:
    """A payment is named in a form's body: it is found there too."""
    intent = card_payment(control)
    about = intent if charge else "pi_of_somebody_else"

    with control.fault(system="stripe", kind="http_500", containing=about):
        refund(control, intent)
    refund(control, intent)

    assert paid_back(control, intent) == amounts


class TestNonsense:
    @pytest.mark.parametrize(
        ("change", "read"),
        [
            (
                {"path": "ship_to.time_zone", "value": 7},
                lambda order: order["ship_to"]["time_zone"],
            ),
            ({"path": "lines[0].gross_minor", "value": 7}, lambda o: o["lines"][0]["gross_minor"]),
        ],
        ids=["a field", "in a list"],
    )
    def test_alters_one_place_of_one_answer(
        self, control: SandboxClient, change: dict[str, Any], read: Any
    ) -> None:
        """The next answer is the true one again."""
        path = f"/commerce/v1/orders/{control.order()['order_id']}"
        with control.fault(system="commerce", kind="nonsense", set=change):
            odd, good = (ask(control, "commerce", "GET", path).json() for _ in range(2))

        assert read(odd) == 7
        assert read(good) != 7

    @pytest.mark.parametrize(
        ("change", "left"),
        [({"path": "currency", "value": None}, {"currency": None}), ({"path": "currency"}, {})],
    )
    def test_can_take_a_field_away(
        self, control: SandboxClient, change: dict[str, Any], left: dict[str, Any]
    ) -> None:
        """No value and no field are two things."""
        delete = {"delete": True} if "value" not in change else {}
        path = f"/commerce/v1/orders/{control.order()['order_id']}"
        with control.fault(system="commerce", kind="nonsense", set=change | delete):
            found = ask(control, "commerce", "GET", path).json()

        assert {k: v for k, v in found.items() if k == "currency"} == left

    def test_hides_what_happened(self, control: SandboxClient) -> None:
        """The refund is made; only what is said about it is wrong, and a repeat says it right."""
        intent = card_payment(control)
        with control.fault(
            system="stripe",
            operation="POST /v1/refunds",
            kind="nonsense",
            set={"path": "amount", "value": "much"},
        ):
            odd = refund(control, intent, key=f"odd-{intent}").json()

        again = refund(control, intent, key=f"odd-{intent}").json()
        assert (odd["amount"], again["amount"]) == ("much", 5)
        assert paid_back(control, intent) == [5]

    def test_leaves_refusals_as_they_are(self, control: SandboxClient) -> None:
        """What is no good answer cannot be made worse."""
        change = {"path": "error.code", "value": 7}
        with control.fault(system="commerce", kind="nonsense", set=change):
            answer = ask(control, "commerce", *PROBES["commerce"])

        assert (answer.status_code, answer.json()["error"]["code"] == 7) == (404, False)


class TestAHeldRequest:
    """A request stands still at a known place, so that a process can be killed there."""

    @pytest.mark.parametrize(("kind", "paid"), [("hold_before", 0), ("hold_after", 1)])
    def test_waits_before_or_after_its_effect(
        self, control: SandboxClient, kind: str, paid: int
    ) -> None:
        """While it waits its fault has struck, the effect is or is not there; then it goes on."""
        intent = card_payment(control)
        with ThreadPoolExecutor(1) as elsewhere:
            with control.fault(
                system="stripe", operation="POST /v1/refunds", kind=kind, delay_ms=60_000
            ):
                asked = elsewhere.submit(refund, control, intent)
                assert wait_until(lambda: has_struck(control), 30)
                assert len(refunds_of(control, intent)) == paid
                assert not asked.done()
            answer = asked.result(timeout=30)

        assert answer.status_code == 200
        assert len(refunds_of(control, intent)) == 1

    def test_goes_on_by_itself(self, control: SandboxClient) -> None:
        """Nobody has to come back: after its time it is answered."""
        with control.fault(system="stripe", kind="hold_before", delay_ms=50):
            assert refund(control, card_payment(control)).status_code == 200

    def test_holds_back_nothing_else(self, control: SandboxClient) -> None:
        """Other requests are answered while one waits."""
        intent = card_payment(control)
        with ThreadPoolExecutor(1) as elsewhere:
            with control.fault(
                system="stripe", operation="POST /v1/refunds", kind="hold_after", delay_ms=60_000
            ):
                asked = elsewhere.submit(refund, control, intent)
                assert wait_until(lambda: has_struck(control), 30)
                assert refund(control, card_payment(control)).status_code == 200
            asked.result(timeout=30)


def test_an_impossible_fault_is_refused(control: SandboxClient) -> None:
    """Unknown kinds and fields, and what does not fit the kind, are a 422."""
    change = {"path": "id", "value": 1}
    for plan in (
        {"system": "stripe", "kind": "mood"},
        {"system": "bank", "kind": "delay"},
        {"system": "stripe", "kind": "nonsense"},
        {"system": "stripe", "kind": "delay", "set": change},
        {"system": "stripe", "kind": "nonsense", "set": {"path": "a..b", "value": 1}},
        {"system": "smtp", "kind": "delay", "containing": "x"},
        {"system": "smtp", "kind": "hold_before", "delay_ms": 5},
        {"system": "stripe", "kind": "hold_after"},
    ):
        assert control.http.put("/_control/faults/x", json=plan).status_code == 422


def has_struck(control: SandboxClient) -> bool:
    return any(fault["struck"] for fault in control.faults().values())


def refunds_of(control: SandboxClient, intent: str) -> list[Any]:
    return [row for row in control.ledger()["refunds"] if row["payment_ref"] == intent]


def about(event_type: str, intent: str | None = None) -> Any:
    def wanted(received: Any) -> bool:
        event = received.event
        subject = event["data"]["object"]
        return event["type"] == event_type and intent in {None, subject["payment_intent"]}

    return wanted


def same(first: Any) -> Any:
    return lambda received: received.event["id"] == first.event["id"]
