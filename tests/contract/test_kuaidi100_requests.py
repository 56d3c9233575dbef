"""What Kuaidi100 is asked for, and what becomes of its answers, the odd ones one by one."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from domain.money import Money
from domain.tracking import ScanStatus
from integrations.carriers.kuaidi100 import scans, wire
from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier
from integrations.carriers.port import PickupRequest, Visit
from integrations.errors import (
    AmbiguousOutcomeError,
    ConfigurationError,
    InProgressError,
    IntegrationError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    UnansweredError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from tests.contract.answers import Answering, form_of, json_answer
from tests.contract.inside_china import CUSTOMER, KEY, NOW, VISIT, request_of
from tests.contract.kuaidi100_answers import (
    NUMBERS,
    PLACED,
    QUOTED,
    SALT,
    answer,
    carrier,
    detail,
    param_of,
    refusal,
)
from tests.contract.shared_data import read_json

Asking = Callable[[Kuaidi100Carrier], Awaitable[object]]
HOUR = timedelta(hours=1)
NUMBER = "YT2213099035201"


def test_signs_as_the_vector_has_it() -> None:
    """The sign of a push is that of the vector, and no other one is taken."""
    vector = read_json("webhook-vectors", "vectors.json")["kuaidi100_push"]

    wire.verify_push(vector["value"], vector["param"], vector["salt"])

    for sign in (None, "", vector["value"].lower(), "é"):
        with pytest.raises(WebhookSignatureError):
            wire.verify_push(sign, vector["param"], vector["salt"])


async def test_orders_label_and_courier_in_one() -> None:
    """The order names who, what, and when by the clock of the address; never our own texts."""
    async with carrier(answer(NUMBERS)) as (kuaidi100, asked):
        label = await kuaidi100.purchase_label(QUOTED, request_of())

    form, param = form_of(asked.last), param_of(asked.last)
    signed = form["param"] + form["t"] + "key" + "secret"
    assert form["method"] == "bOrder"
    assert form["t"] == str(int(NOW.timestamp() * 1000))
    assert form["sign"] == hashlib.md5(signed.encode()).hexdigest().upper()
    assert (param["dayType"], param["pickupStartTime"], param["pickupEndTime"]) == (
        "明天",
        "09:00",
        "11:30",
    )
    assert param["sendManPrintAddr"] == "广东省深圳市例子路1号"
    assert (param["weight"], param["thirdOrderId"]) == ("0.901", KEY)
    assert (label.shipment_ref, label.tracker_ref) == (PLACED, PLACED)
    assert (label.tracking_code, label.cost) == (NUMBER, Money(850, "CNY"))
    assert label.label_url == ""


async def test_goes_by_our_key_until_there_is_a_number() -> None:
    """Some courier companies give their number later: then the key is the tracking code."""
    async with carrier(answer({**NUMBERS, "kuaidinum": None})) as (kuaidi100, _):
        label = await kuaidi100.purchase_label(QUOTED, request_of())

    assert label.tracking_code == KEY


@pytest.mark.parametrize(
    ("days", "word"), [(0, "今天"), (1, "明天"), (2, "后天")], ids=["today", "tomorrow", "after"]
)
async def test_names_one_of_three_days(days: int, word: str) -> None:
    """The day is counted from today, local to the address."""
    visit = Visit(NOW + HOUR + timedelta(days=days), NOW + 2 * HOUR + timedelta(days=days), "PRC")
    async with carrier(answer(NUMBERS)) as (kuaidi100, asked):
        await kuaidi100.purchase_label(QUOTED, request_of(visit=visit))

    assert param_of(asked.last)["dayType"] == word


async def test_edge_30_knows_that_the_day_has_changed_in_china() -> None:
    """At five in the afternoon in London it is tomorrow in China already."""
    late = datetime(2026, 6, 10, 17, tzinfo=UTC)
    async with carrier(answer(NUMBERS), now=late) as (kuaidi100, asked):
        await kuaidi100.purchase_label(QUOTED, request_of())

    assert param_of(asked.last)["dayType"] == "今天"


@pytest.mark.parametrize(
    "visit",
    [
        None,
        Visit(VISIT.not_before + timedelta(days=3), VISIT.not_after + timedelta(days=3), "PRC"),
        Visit(VISIT.not_before, VISIT.not_after + timedelta(days=1), "PRC"),
    ],
    ids=["none", "too far", "over night"],
)
async def test_orders_nobody_for_a_window_it_has_not(visit: Visit | None) -> None:
    """Nothing is quoted nor ordered, and nothing is sent."""
    async with carrier(answer()) as (kuaidi100, asked):
        draft = await kuaidi100.create_shipment(request_of(visit=visit))
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.purchase_label(QUOTED, request_of(visit=visit))

    assert (draft.shipment_ref, draft.offer) == (KEY, None)
    assert caught.value.code == "no_rates"
    assert asked.requests == []


async def test_says_that_there_is_no_such_time_zone() -> None:
    """The field at fault is named."""
    async with carrier(answer()) as (kuaidi100, asked):
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.create_shipment(request_of(visit=replace(VISIT, time_zone="Mars")))

    assert caught.value.field == "time_zone"
    assert asked.requests == []


async def test_sends_nothing_again_for_a_window_that_is_over() -> None:
    """What was sent may stand; if it does not, another order would bring somebody at another
    time."""
    async with carrier(answer(NUMBERS), now=VISIT.not_after) as (kuaidi100, asked):
        draft = await kuaidi100.create_shipment(request_of())
        with pytest.raises(AmbiguousOutcomeError):
            await kuaidi100.purchase_label(QUOTED, request_of())

    assert draft.offer is None
    assert asked.requests == []


async def test_orders_nothing_that_was_not_quoted() -> None:
    """Without a price nothing is bought."""
    async with carrier(answer(NUMBERS)) as (kuaidi100, asked):
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.purchase_label(KEY, request_of())

    assert caught.value.code == "no_rates"
    assert asked.requests == []


async def test_serves_china_alone() -> None:
    """A parcel from abroad is offered nothing, and nobody is asked."""
    abroad = replace(CUSTOMER, country="DE")
    async with carrier(answer()) as (kuaidi100, asked):
        draft = await kuaidi100.create_shipment(request_of(sender=abroad))

    assert draft.offer is None
    assert asked.requests == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sender": replace(CUSTOMER, phone="")}, "sender.phone"),
        ({"recipient": replace(CUSTOMER, phone="")}, "recipient.phone"),
        ({"sender": replace(CUSTOMER, street1="路" * 95)}, "sender.street1"),
    ],
    ids=["no phone", "no phone there", "too long"],
)
async def test_names_what_an_address_lacks(changes: dict[str, object], field: str) -> None:
    """The field is named, its contents are not, and nothing is sent."""
    async with carrier(answer()) as (kuaidi100, asked):
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.create_shipment(request_of(**changes))

    assert caught.value.field == field
    assert "路" not in str(caught.value)
    assert asked.requests == []


@pytest.mark.parametrize(
    ("price", "minor"), [("8.50", 850), ("8", 800), (8.5, 850), (0.1, 10)], ids=str
)
async def test_reads_a_price_without_losing_a_fen(price: object, minor: int) -> None:
    """Text or number, it is exact."""
    async with carrier(answer({"price": price})) as (kuaidi100, _):
        draft = await kuaidi100.create_shipment(request_of())

    assert draft.offer is not None
    assert draft.offer.cost == Money(minor, "CNY")
    assert draft.shipment_ref == f"{KEY}-CNY{minor}"


@pytest.mark.parametrize("data", [None, {}, {"price": None}, {"price": ""}], ids=str)
async def test_offers_nothing_without_a_price(data: object) -> None:
    """Half an answer is no offer."""
    async with carrier(answer(data)) as (kuaidi100, _):
        draft = await kuaidi100.create_shipment(request_of())

    assert draft.offer is None


@pytest.mark.parametrize("price", ["1.005", "free", -1, True, [], "NaN"], ids=str)
async def test_believes_no_price_that_is_none(price: object) -> None:
    """A third of a fen and a word break the contract."""
    async with carrier(answer({"price": price})) as (kuaidi100, _):
        with pytest.raises(ProtocolError):
            await kuaidi100.create_shipment(request_of())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("400", RejectedError),
        ("500", UnansweredError),
        ("501", InProgressError),
        ("503", ConfigurationError),
        ("600", ConfigurationError),
        (601, ConfigurationError),
        ("31005", RejectedError),
    ],
    ids=str,
)
async def test_an_order_refused_with_http_200(code: object, kind: type[IntegrationError]) -> None:
    """``result: false`` is named by its code, and nothing of its words is told."""
    async with carrier(refusal(code)) as (kuaidi100, _):
        with pytest.raises(IntegrationError) as caught:
            await kuaidi100.purchase_label(QUOTED, request_of())

    assert type(caught.value) is kind
    assert caught.value.code == str(code)
    assert "例子路" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        answer(),
        answer({"taskId": "T"}),
        answer({**NUMBERS, "orderId": "20-1"}),
        json_answer({"returnCode": "200"}),
        json_answer([]),
        httpx.Response(200, content=b"<html>"),
    ],
    ids=["no data", "no number", "a hyphen", "no result", "a list", "a page"],
)
async def test_half_an_answer_to_an_order(given: httpx.Response) -> None:
    """It may have been placed: under its key it is sent again, or looked at by a person."""
    async with carrier(given) as (kuaidi100, _):
        with pytest.raises(AmbiguousOutcomeError):
            await kuaidi100.purchase_label(QUOTED, request_of())


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ReadTimeout("late"), UnansweredError),
        (json_answer({}, 500), UnansweredError),
        (json_answer({}, 503), TemporarilyUnavailableError),
    ],
    ids=["lost", "500", "503"],
)
async def test_an_order_without_an_answer(
    trouble: httpx.Response | Exception, kind: type[IntegrationError]
) -> None:
    """Under a key it may be sent again."""
    async with carrier(trouble) as (kuaidi100, _):
        with pytest.raises(kind):
            await kuaidi100.purchase_label(QUOTED, request_of())


@pytest.mark.parametrize(
    "ask",
    [
        lambda kuaidi100: kuaidi100.create_shipment(request_of()),
        lambda kuaidi100: kuaidi100.get_shipment(PLACED),
        lambda kuaidi100: kuaidi100.check(),
    ],
    ids=["price", "detail", "check"],
)
async def test_passing_trouble_of_a_reading_is_repeated(ask: Asking) -> None:
    """Nothing was ordered by it."""
    async with carrier(refusal("500")) as (kuaidi100, _):
        with pytest.raises(TemporarilyUnavailableError) as caught:
            await ask(kuaidi100)

    assert type(caught.value) is TemporarilyUnavailableError


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("0", "scheduled"),
        (1, "scheduled"),
        ("2", "scheduled"),
        ("9", "canceled"),
        ("99", "canceled"),
        ("10", "over"),
        ("11", "over"),
        ("15", "over"),
        ("610", "over"),
        ("777", "scheduled"),
    ],
    ids=str,
)
async def test_tells_what_became_of_a_visit(state: object, status: str) -> None:
    """The visit is the order's own state; one that nobody knows is still to come."""
    async with carrier(detail(state)) as (kuaidi100, asked):
        visit = await kuaidi100.get_pickup(PLACED)

    assert (visit.status, visit.confirmation, visit.cost) == (status, "20066771", Money(0, "CNY"))
    assert param_of(asked.last) == {"taskId": "9FC293CA417E431F33046E64F4C4EC20"}


async def test_cancels_the_whole_order() -> None:
    """Both of Kuaidi100's numbers are told, after the order was read."""
    async with carrier(detail("1"), answer()) as (kuaidi100, asked):
        visit = await kuaidi100.cancel_pickup(PLACED)

    assert visit.status == "canceled"
    assert form_of(asked.last)["method"] == "cancel"
    assert param_of(asked.last)["orderId"] == "20066771"


async def test_a_cancellation_that_came_second() -> None:
    """Refused because it was cancelled meanwhile, it is as it should be."""
    async with carrier(detail("1"), refusal("500"), detail("9")) as (kuaidi100, _):
        assert await kuaidi100.void_label(PLACED) == "refunded"


async def test_edge_29_a_cancellation_that_came_too_late() -> None:
    """Refused because the courier was there, it says so."""
    async with carrier(detail("1"), refusal("500"), detail("10")) as (kuaidi100, _):
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.cancel_pickup(PLACED)

    assert caught.value.code == "collected"


@pytest.mark.parametrize(
    ("code", "kind"), [("500", TemporarilyUnavailableError), ("400", RejectedError)], ids=str
)
async def test_a_cancellation_that_is_refused(code: str, kind: type[IntegrationError]) -> None:
    """While the order stands, passing trouble is repeated, and a refusal is one."""
    async with carrier(detail("1"), refusal(code), detail("1")) as (kuaidi100, _):
        with pytest.raises(kind) as caught:
            await kuaidi100.cancel_pickup(PLACED)

    assert type(caught.value) is kind


async def test_gives_back_nothing_of_an_order_that_failed() -> None:
    """No courier company took it: there is no money in it."""
    async with carrier(detail("610")) as (kuaidi100, _):
        assert await kuaidi100.void_label(PLACED) == "not_applicable"


async def test_orders_no_courier_by_himself() -> None:
    """He is ordered with the label, or not at all."""
    wanted = PickupRequest(
        "return-1/pickup/2", KEY, PLACED, CUSTOMER, VISIT.not_before, VISIT.not_after, "PRC"
    )
    async with carrier(answer()) as (kuaidi100, asked):
        with pytest.raises(RejectedError) as caught:
            await kuaidi100.buy_pickup(PLACED, wanted)

    assert caught.value.code == "no_rates"
    assert asked.requests == []


def track(*steps: dict[str, object], state: object = "0") -> httpx.Response:
    return json_answer({"message": "ok", "nu": NUMBER, "state": state, "data": list(steps)})


def step(code: object = None, time: str = "2026-06-11 10:00:00") -> dict[str, object]:
    coded = {} if code is None else {"statusCode": code}
    return {"time": time, "context": "text", **coded}


async def test_reads_a_track_oldest_first() -> None:
    """Times are China's, and a time that cannot be read is no scan."""
    steps = (step("301"), step("0", "yesterday"), step("103", "2026-06-10 09:30:00"))
    async with carrier(track(*steps)) as (kuaidi100, asked):
        found = await kuaidi100.track(NUMBER)

    form = form_of(asked.last)
    signed = hashlib.md5((form["param"] + "key" + "customer").encode()).hexdigest()
    assert form["sign"] == signed.upper()
    assert [scan.status for scan in found.scans] == [ScanStatus.ACCEPTED, ScanStatus.DELIVERED]
    assert found.scans[0].occurred_at == datetime(2026, 6, 10, 1, 30, tzinfo=UTC)


async def test_takes_the_state_for_the_newest_scan_alone() -> None:
    """Steps without codes are unknown, but for the newest, whose state is told."""
    async with carrier(track(step(), step(), state="4")) as (kuaidi100, _):
        found = await kuaidi100.track(NUMBER)

    assert [scan.status for scan in found.scans] == [
        ScanStatus.UNKNOWN,
        ScanStatus.RETURNED_TO_SENDER,
    ]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("0", ScanStatus.IN_TRANSIT),
        ("1", ScanStatus.ACCEPTED),
        ("2", ScanStatus.EXCEPTION),
        ("3", ScanStatus.DELIVERED),
        ("4", ScanStatus.RETURNED_TO_SENDER),
        ("5", ScanStatus.OUT_FOR_DELIVERY),
        ("6", ScanStatus.EXCEPTION),
        ("7", ScanStatus.IN_TRANSIT),
        ("14", ScanStatus.EXCEPTION),
        ("102", ScanStatus.LABEL_CREATED),
        ("501", ScanStatus.AVAILABLE_FOR_PICKUP),
        ("9999", ScanStatus.UNKNOWN),
        (None, ScanStatus.UNKNOWN),
    ],
    ids=str,
)
def test_puts_states_into_our_words(code: str | None, status: ScanStatus) -> None:
    """What nobody knows is unknown, never an error."""
    assert scans.status_of(code) is status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("500", NotFoundError),
        ("501", TemporarilyUnavailableError),
        ("502", TemporarilyUnavailableError),
        ("503", ConfigurationError),
        ("601", ConfigurationError),
        ("400", RejectedError),
    ],
    ids=str,
)
async def test_a_query_refused_with_http_200(code: str, kind: type[IntegrationError]) -> None:
    """The same codes mean other things than for an order."""
    async with carrier(refusal(code)) as (kuaidi100, _):
        with pytest.raises(IntegrationError) as caught:
            await kuaidi100.track(NUMBER)

    assert type(caught.value) is kind


async def test_an_order_without_a_number_has_no_track() -> None:
    """Its courier company gave none yet."""
    async with carrier(detail("1", kuaidiNum="")) as (kuaidi100, _):
        with pytest.raises(NotFoundError):
            await kuaidi100.track(PLACED)


def pushed(param: str) -> bytes:
    sign = hashlib.md5((param + SALT).encode()).hexdigest().upper()
    return urlencode({"sign": sign, "param": param}).encode()


async def test_believes_a_push_only_as_to_which_parcel() -> None:
    """Told again, it is the same event."""
    body = pushed('{"status":"polling","lastResult":{"nu":"YT1","state":"3"}}')
    async with carrier(answer()) as (kuaidi100, _):
        first, second = (kuaidi100.parse_webhook({}, body, NOW) for _ in range(2))

    assert first == second
    assert first is not None
    assert (first.tracker_ref, first.tracking_code) == ("YT1", "YT1")


async def test_looks_at_nothing_else_of_a_push() -> None:
    """What nobody believes can be as odd as it likes."""
    body = pushed('{"status":"polling","lastResult":{"nu":"YT1","state":{},"data":"none"}}')
    async with carrier(answer()) as (kuaidi100, _):
        event = kuaidi100.parse_webhook({}, body, NOW)

    assert event is not None
    assert event.tracking_code == "YT1"


async def test_follows_no_push_about_orders() -> None:
    """What is told of an order on the same address is read when it is wanted."""
    body = pushed('{"kuaidicom":"yuantong","status":"200","data":{"orderId":"1","status":10}}')
    async with carrier(answer()) as (kuaidi100, _):
        assert kuaidi100.parse_webhook({}, body, NOW) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", WebhookSignatureError),
        (b"sign=0&param={}", WebhookSignatureError),
        (b"\xff", WebhookMalformedError),
        (b"&".join([b"a=b"] * 30), WebhookMalformedError),
        (pushed("[]"), WebhookMalformedError),
        (pushed("no json"), WebhookMalformedError),
        (pushed('{"lastResult":{"nu":""}}'), WebhookMalformedError),
    ],
    ids=["empty", "forged", "no text", "too much", "a list", "no json", "no number"],
)
async def test_refuses_what_is_no_push(body: bytes, kind: type[Exception]) -> None:
    """Forged or malformed, nothing of it is believed."""
    async with carrier(answer()) as (kuaidi100, _):
        with pytest.raises(kind):
            kuaidi100.parse_webhook({}, body, NOW)


async def test_checks_that_it_answers() -> None:
    """A refusal of the account is told as any call would tell it."""
    transport: Answering
    async with carrier(refusal("600")) as (kuaidi100, transport):
        with pytest.raises(ConfigurationError):
            await kuaidi100.check()

    assert form_of(transport.last)["method"] == "price"


@pytest.mark.parametrize("code", ["400", "31005"])
async def test_takes_a_refused_price_for_a_sign_of_life(code: str) -> None:
    """The company may go nowhere from the place that is asked about: it answers nevertheless."""
    async with carrier(refusal(code)) as (kuaidi100, asked):
        await kuaidi100.check()

    assert len(asked.requests) == 1
