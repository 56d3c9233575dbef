"""What UPS is asked about courier visits, held to UPS's own specification; its answers."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.money import Money
from integrations.carriers.port import Pickup, PickupRequest
from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from integrations.errors import (
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    NotFoundError,
    NotSentError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.carrier_contract import CUSTOMER
from tests.contract.shapes import violations
from tests.contract.shared_data import read_yaml

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
TOKEN = json_answer({"access_token": "UPStoken", "token_type": "Bearer", "expires_in": "14399"})
KEY = "0123456789abcdef0123456789abcdef"
LABEL_REF = f"{KEY}-11-NL-EUR837"
DRAFT_REF = f"{KEY}-20260612-EUR585"
TODAYS_REF = f"{KEY}-20260610-EUR585"
PRN = "29123456789"
NOTHING_PENDING = json_answer({"PickupPendingStatusResponse": {"PendingStatus": []}})
# The specification gives them fewer characters than its own values and formats have.
LONG_OPTION = "PickupRateRequest.ServiceDateOption is longer than 1 characters"
LONG_DATE = "PickupCreationRequest.PickupDateInfo.PickupDate is longer than 4 characters"


def visit(**changes: Any) -> PickupRequest:
    request = PickupRequest(
        reference="return-1/pickup/1",
        key=KEY,
        shipment_ref=LABEL_REF,
        address=CUSTOMER,
        not_before=datetime(2026, 6, 12, 7, tzinfo=UTC),
        not_after=datetime(2026, 6, 12, 11, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    return replace(request, **changes)


def refusal(code: str = "9999999", status: int = 400) -> httpx.Response:
    errors = [{"code": code, "message": "Example Street 1 is not served"}]
    return json_answer({"response": {"errors": errors}}, status)


def quoted(**rate: str) -> httpx.Response:
    return json_answer({"PickupRateResponse": {"RateResult": {"CurrencyCode": "EUR", **rate}}})


def created(status: str = "01", **rate: str) -> httpx.Response:
    answer: dict[str, object] = {"PRN": PRN, "RateStatus": {"Code": status}}
    if rate:
        answer["RateResult"] = {"CurrencyCode": "EUR", **rate}
    return json_answer({"PickupCreationResponse": answer})


def pending(**changes: str | None) -> httpx.Response:
    listed = {
        "PickupType": "01",
        "ServiceDate": "20260610",
        "PRN": PRN,
        "OnCallStatusCode": "002",
        "PickupStatusMessage": "Dispatched to driver",
        "ReferenceNumber": KEY,
        **changes,
    }
    return json_answer({"PickupPendingStatusResponse": {"PendingStatus": [listed]}})


@asynccontextmanager
async def carrier(*answers: Answer) -> AsyncIterator[tuple[UpsCarrier, Answering]]:
    """Open an adapter whose first request is answered by a token."""
    transport = Answering(TOKEN, *answers)
    async with open_ups_client("http://ups.test", "UPS_client", "secret", transport) as client:
        yield (
            UpsCarrier(
                client,
                account_number="A1B2C3",
                account_country="DE",
                webhook_credential="credential",
                clock=lambda: NOW,
            ),
            transport,
        )


async def error_of_order(answer: Answer, request: PickupRequest | None = None) -> IntegrationError:
    async with carrier(answer) as (ups, _):
        with pytest.raises(IntegrationError) as caught:
            await ups.buy_pickup(DRAFT_REF, request or visit())
    return caught.value


@functools.cache
def specification_of_pickups() -> Any:
    return read_yaml("ups", "Pickup.yaml")


def broken_by(request: httpx.Request, path: str) -> list[str]:
    """Say where a request breaks the operation at a path of the specification."""
    specification, method = specification_of_pickups(), request.method.lower()
    operation = specification["paths"][path][method]
    fields = [p for p in operation["parameters"] if p["in"] == "header" and p["required"]]
    missing = [f"{p['name']} is missing" for p in fields if p["name"] not in request.headers]
    if "requestBody" not in operation:
        return missing
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = schema.get("oneOf", [schema])[0]
    found = violations(json_of(request), schema, specification)
    return missing + [text.removeprefix(".") for text in found]


class TestRequests:
    """Pickup.yaml of UPS-API/api-documentation, which stands in the shared data."""

    @pytest.fixture
    def long(self) -> PickupRequest:
        """A visit to an address whose every part is as long as we take it."""
        address = replace(
            CUSTOMER,
            name="N" * 100,
            street1="S" * 50,
            street2="T" * 22,
            city="C" * 100,
            region="R" * 60,
            phone="0" * 40,
            postal_code="123 45-6789",
        )
        return visit(address=address)

    async def test_of_a_price_keep_to_the_specification(self, long: PickupRequest) -> None:
        """Path, headers and body of a quote stand in the document."""
        async with carrier(quoted(GrandTotalOfAllCharge="00005.85")) as (ups, transport):
            await ups.create_pickup(long)

        path = "/shipments/{version}/pickup/{pickuptype}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/oncall"
        assert broken_by(transport.last, path) == [LONG_OPTION]

    async def test_of_a_visit_keep_to_the_specification(self, long: PickupRequest) -> None:
        """Path, headers and body of an order stand in the document."""
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, long)

        path = "/pickupcreation/{version}/pickup"
        assert transport.last.url.path == "/api/pickupcreation/v2409/pickup"
        assert broken_by(transport.last, path) == [LONG_DATE]

    async def test_of_what_is_to_come_keep_to_the_specification(self) -> None:
        """UPS is told whose visits are to be listed."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            await ups.check()

        path = "/shipments/{version}/pickup/{pickuptype}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/oncall"
        assert broken_by(transport.last, path) == []
        assert transport.last.headers["AccountNumber"] == "A1B2C3"

    async def test_of_calling_off_keep_to_the_specification(self) -> None:
        """A visit is called off by its own number, never by the account's."""
        answer = json_answer({"PickupCancelResponse": {"PickupType": "01"}})
        async with carrier(answer) as (ups, transport):
            await ups.cancel_pickup(DRAFT_REF, PRN)

        path = "/shipments/{version}/pickup/{CancelBy}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/02"
        assert broken_by(transport.last, path) == []
        assert transport.last.headers["Prn"] == PRN

    async def test_of_a_visit_say_when_and_where_in_local_time(self) -> None:
        """Nine o'clock in Berlin is seven at Greenwich; our key and account stand in the order."""
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, visit())

        order: Any = json_of(transport.last)["PickupCreationRequest"]
        assert order["PickupDateInfo"] == {
            "PickupDate": "20260612",
            "ReadyTime": "0900",
            "CloseTime": "1300",
        }
        assert order["ReferenceNumber"] == KEY
        assert order["Shipper"]["Account"] == {
            "AccountNumber": "A1B2C3",
            "AccountCountryCode": "DE",
        }
        assert order["PickupPiece"] == [
            {
                "ServiceCode": "011",
                "Quantity": "1",
                "DestinationCountryCode": "NL",
                "ContainerCode": "01",
            }
        ]

    @pytest.mark.parametrize(
        ("zone", "start", "hours", "expected"),
        [
            # The night in which the clock goes back has 25 hours, the other one 23.
            ("Europe/Berlin", "2026-10-24T22:30Z", 4, ("20261025", "0030", "0330")),
            ("Europe/Berlin", "2027-03-27T23:30Z", 4, ("20270328", "0030", "0530")),
            ("America/Los_Angeles", "2026-06-13T05:00Z", 4, ("20260612", "2200", "2359")),
            ("Asia/Tokyo", "2026-06-12T22:00Z", 4, ("20260613", "0700", "1100")),
        ],
    )
    async def test_edge_30_of_a_visit_name_the_local_day(
        self, zone: str, start: str, hours: int, expected: tuple[str, str, str]
    ) -> None:
        """Whatever the clocks do, day and hours are those at the door, and of one day."""
        begin = datetime.fromisoformat(start)
        request = visit(time_zone=zone, not_before=begin, not_after=begin + timedelta(hours=hours))
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, request)

        order: Any = json_of(transport.last)["PickupCreationRequest"]
        assert tuple(order["PickupDateInfo"].values()) == expected

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (visit(address=replace(CUSTOMER, phone=" ")), "phone"),
            (visit(address=replace(CUSTOMER, street1="S" * 74)), "street1"),
            (visit(address=replace(CUSTOMER, street1="")), "street1"),
            (visit(time_zone="Europe/Nowhere"), "time_zone"),
        ],
        ids=("no phone", "a long street", "no street", "no such zone"),
    )
    async def test_are_not_sent_when_they_cannot_be_right(
        self, request_: PickupRequest, field: str
    ) -> None:
        """What UPS cannot be told is refused before anybody is asked, by the field at fault."""
        async with carrier(created()) as (ups, transport):
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(DRAFT_REF, request_)

        assert caught.value.field == field
        assert not transport.requests


class TestPrice:
    @pytest.mark.parametrize(
        ("rate", "expected"),
        [
            ({"GrandTotalOfAllCharge": "00005.85"}, Money(585, "EUR")),
            ({"GrandTotalOfAllCharge": "    5.85"}, Money(585, "EUR")),
            (
                {"GrandTotalOfAllCharge": "00005.85", "GrandTotalOfAllIncentedCharge": "4.00"},
                Money(400, "EUR"),
            ),
            ({"GrandTotalOfAllCharge": "00000.00"}, Money(0, "EUR")),
        ],
        ids=("filled up", "padded", "agreed", "free"),
    )
    async def test_is_the_agreed_one(self, rate: dict[str, str], expected: Money) -> None:
        """A quote is kept in the draft's name, in minor units, and nothing is ordered."""
        async with carrier(quoted(**rate)) as (ups, _):
            draft = await ups.create_pickup(visit())

        assert draft == Pickup(f"{KEY}-20260612-EUR{expected.minor}", "unbooked")

    @pytest.mark.parametrize(
        "rate", [{}, {"GrandTotalOfAllCharge": "5.855"}, {"GrandTotalOfAllCharge": "free"}]
    )
    async def test_that_is_no_money_breaks_the_contract(self, rate: dict[str, str]) -> None:
        """Nothing is ordered at a price that nobody can pay."""
        async with carrier(quoted(**rate)) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.create_pickup(visit())

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (created("01", GrandTotalOfAllCharge="00006.10"), Money(610, "EUR")),
            (created("02"), Money(585, "EUR")),
            (created("03"), Money(0, "EUR")),
            (created("04"), Money(585, "EUR")),
        ],
        ids=("rated", "no rate", "not charged", "not asked"),
    )
    async def test_of_an_order_is_what_is_charged(self, answer: Answer, expected: Money) -> None:
        """Where the order tells no rate it costs what was quoted, or nothing if UPS says so."""
        async with carrier(answer) as (ups, _):
            found = await ups.buy_pickup(DRAFT_REF, visit())

        assert found == Pickup(DRAFT_REF, "scheduled", PRN, expected)


class TestOrdering:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("250003", 400), ConfigurationError),
            (refusal(status=403), ConfigurationError),
            (refusal(status=404), NotFoundError),
            (httpx.Response(429, headers={"Retry-After": "7"}), ThrottledError),
            (httpx.Response(500), AmbiguousOutcomeError),
            (httpx.Response(503), AmbiguousOutcomeError),
            (httpx.ReadTimeout("read"), AmbiguousOutcomeError),
            (httpx.ConnectTimeout("connect"), NotSentError),
            (httpx.Response(200, content=b"<html>"), AmbiguousOutcomeError),
            (
                json_answer({"PickupCreationResponse": {"RateStatus": {"Code": "01"}}}),
                AmbiguousOutcomeError,
            ),
            (json_answer({"response": "down"}, 400), RejectedError),
            (json_answer({"response": {"errors": ["no"]}}, 400), RejectedError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """An order has no key: whatever might have happened is looked up or asked again."""
        error = await error_of_order(answer)

        assert type(error) is expected
        assert "Street" not in str(error)

    async def test_tells_how_long_to_wait(self) -> None:
        """A throttled order names the time after which it may be tried again."""
        error = await error_of_order(httpx.Response(429, headers={"Retry-After": "7"}))

        assert isinstance(error, ThrottledError)
        assert error.retry_after == timedelta(seconds=7)

    async def test_names_a_window_that_is_over(self) -> None:
        """Nobody can come yesterday: UPS is not asked."""
        past = visit(not_before=NOW - timedelta(hours=6), not_after=NOW - timedelta(hours=2))
        async with carrier(created()) as (ups, transport):
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(TODAYS_REF, past)

        assert caught.value.code == "slot_gone"
        assert not transport.requests

    async def test_edge_26_takes_a_refusal_for_today_for_the_end_of_the_day(self) -> None:
        """What was offered and is refused for today may be had another day."""
        today = visit(not_before=NOW, not_after=NOW + timedelta(hours=4))

        assert (await error_of_order(refusal(), today)).code == "slot_gone"
        assert (await error_of_order(refusal())).code == "9999999"

    async def test_offers_nothing_where_nothing_was_quoted(self) -> None:
        """Where UPS told no price there is nothing to order, and the refusal repeats no address."""
        async with carrier(refusal()) as (ups, transport):
            draft = await ups.create_pickup(visit())
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(draft.pickup_ref, visit())

        assert draft == Pickup(KEY, "unbooked")
        assert caught.value.code == "no_rates"
        assert len(transport.requests) == 2

    @pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("read")])
    async def test_asks_for_a_price_again_after_trouble(self, answer: Answer) -> None:
        """A quote is free: after trouble another one is asked for."""
        async with carrier(answer) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.create_pickup(visit())


class TestReading:
    @pytest.mark.parametrize(
        ("code", "message", "expected"),
        [
            ("001", "Received at dispatch", "scheduled"),
            ("002", "Dispatched to driver", "scheduled"),
            ("003", "Order successfully completed", "over"),
            ("004", "Order unsuccessfully completed", "over"),
            ("005", "Missed commit", "scheduled"),
            ("007", "Cancelled", "canceled"),
            ("008", "Order has invalid order status", "over"),
            ("012", "Your pickup request is being processed", "scheduled"),
            ("099", "Something new", "scheduled"),
            (None, "007 = Cancelled", "canceled"),
            (None, "On its way", "scheduled"),
        ],
    )
    async def test_puts_every_status_into_our_words(
        self, code: str | None, message: str, expected: str
    ) -> None:
        """A status nobody knows stands: it is listed among what is to come."""
        async with carrier(pending(OnCallStatusCode=code, PickupStatusMessage=message)) as (ups, _):
            found = await ups.get_pickup(TODAYS_REF, PRN)

        assert found == Pickup(TODAYS_REF, expected, PRN, Money(585, "EUR"))

    async def test_finds_ours_by_key_and_nobody_elses(self) -> None:
        """Without its number a visit is known by our key alone."""
        async with carrier(pending(), pending(ReferenceNumber="f" * 32)) as (ups, _):
            ours = await ups.get_pickup(TODAYS_REF)
            others = await ups.get_pickup(TODAYS_REF)

        assert (ours.status, ours.confirmation) == ("scheduled", PRN)
        assert others == Pickup(TODAYS_REF, "unbooked")

    @pytest.mark.parametrize(
        ("pickup_ref", "expected"),
        [
            (f"{KEY}-20260609-EUR585", "over"),
            (f"{KEY}-20260610-EUR585", "over"),
            (f"{KEY}-20260611-EUR585", "scheduled"),
            (f"{KEY}-20260620-EUR585", "scheduled"),
        ],
        ids=("yesterday", "today", "tomorrow", "next week"),
    )
    async def test_believes_a_list_only_of_the_days_it_shows(
        self, pickup_ref: str, expected: str
    ) -> None:
        """UPS lists today and tomorrow: what is not listed is over once its day has come."""
        async with carrier(NOTHING_PENDING) as (ups, _):
            assert (await ups.get_pickup(pickup_ref, PRN)).status == expected

    async def test_takes_a_refused_list_for_an_empty_one(self) -> None:
        """Believed wrongly, a visit is ordered again, and UPS answers the one that stands."""
        async with carrier(refusal()) as (ups, _):
            assert (await ups.get_pickup(DRAFT_REF)).status == "unbooked"

    @pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("read")])
    async def test_believes_no_trouble(self, answer: Answer) -> None:
        """Without an answer nothing is known."""
        async with carrier(answer) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.get_pickup(DRAFT_REF, PRN)

    @pytest.mark.parametrize("name", ["pickup_1", "", KEY[:-1], f"{KEY}-20261399-EUR1"])
    async def test_knows_no_foreign_names(self, name: str) -> None:
        """A name that we never gave is nobody's visit."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            with pytest.raises(NotFoundError):
                await ups.get_pickup(name, PRN)

        assert not transport.requests


class TestCallingOff:
    async def test_edge_29_is_refused_while_the_visit_stands(self) -> None:
        """A courier who cannot be called back is listed still."""
        async with carrier(refusal(), pending()) as (ups, _):
            with pytest.raises(RejectedError):
                await ups.cancel_pickup(TODAYS_REF, PRN)

    async def test_is_over_for_what_nobody_lists(self) -> None:
        """What UPS neither calls off nor lists does not stand."""
        async with carrier(refusal(), NOTHING_PENDING) as (ups, _):
            found = await ups.cancel_pickup(DRAFT_REF, PRN)

        assert found == Pickup(DRAFT_REF, "over", PRN, Money(585, "EUR"))

    async def test_leaves_alone_what_was_never_ordered(self) -> None:
        """Without a number, and none listed under our key, nobody is called off."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            found = await ups.cancel_pickup(DRAFT_REF)

        assert found == Pickup(DRAFT_REF, "unbooked")
        assert {request.method for request in transport.requests[1:]} == {"GET"}

    async def test_may_be_repeated_after_trouble(self) -> None:
        """A lost answer does no harm."""
        async with carrier(httpx.ReadTimeout("read")) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.cancel_pickup(DRAFT_REF, PRN)
