"""EasyPost's answers that no recording holds: errors, odd prices, every kind of scan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from domain.money import Money
from domain.tracking import ScanStatus
from integrations.carriers.easypost.adapter import EasyPostCarrier, open_easypost_client
from integrations.carriers.port import Booked
from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    InProgressError,
    IntegrationError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
)
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.carrier_contract import pickup_request, shipment_request

Rate = dict[str, object]


def rate(price: object, **changes: str) -> Rate:
    return {
        "id": "rate_1",
        "carrier": "USPS",
        "service": "Ground",
        "rate": price,
        "currency": "USD",
        **changes,
    }


def shipment(*rates: Rate, **more: object) -> httpx.Response:
    return json_answer({"id": "shp_1", "rates": list(rates), "messages": [], **more})


def bought(of: Rate) -> httpx.Response:
    return shipment(
        of,
        selected_rate=of,
        tracking_code="1Z",
        postage_label={"label_url": "https://labels.example.com/1"},
        tracker={"id": "trk_1"},
    )


def pickup(status: str = "unknown") -> httpx.Response:
    return json_answer({"id": "pickup_1", "status": status, "pickup_rates": [rate("3.00")]})


def refusal(code: str, status: int = 422) -> httpx.Response:
    return json_answer({"error": {"code": code, "message": "no", "errors": []}}, status)


@asynccontextmanager
async def carrier(*answers: Answer) -> AsyncIterator[tuple[EasyPostCarrier, Answering]]:
    transport = Answering(*answers)
    async with open_easypost_client("http://easypost.test/v2", "EZTK_1", transport) as client:
        yield EasyPostCarrier(client, webhook_secret="secret"), transport


class TestChoosingARate:
    async def test_takes_the_cheapest(self) -> None:
        """Prices are compared as numbers: 9.90 is less than 10.00."""
        rates = (rate("10.00", id="rate_1"), rate("9.90", id="rate_2"), rate("11", id="rate_3"))
        async with carrier(shipment(*rates), bought(rates[1])) as (easypost, transport):
            label = await easypost.purchase_label("shp_1", shipment_request())

        assert json_of(transport.last) == {"rate": {"id": "rate_2"}}
        assert label.cost == Money(990, "USD")

    async def test_takes_the_same_among_equals(self) -> None:
        """Whatever the order of the offers, the same one of equal price is bought."""
        rates = (rate("5.00", id="rate_b", service="B"), rate("5.00", id="rate_a", service="A"))
        for offered in (rates, rates[::-1]):
            async with carrier(shipment(*offered), bought(rates[1])) as (easypost, transport):
                await easypost.purchase_label("shp_1", shipment_request())

            assert json_of(transport.last) == {"rate": {"id": "rate_a"}}

    async def test_compares_no_dollars_with_yen(self) -> None:
        """Prices in several currencies are left to people."""
        offers = shipment(rate("5.00"), rate("100", currency="JPY"))
        async with carrier(offers) as (easypost, _):
            with pytest.raises(RejectedError) as caught:
                await easypost.purchase_label("shp_1", shipment_request())

        assert caught.value.code == "mixed_currencies"

    async def test_buys_nothing_at_a_price_that_is_no_money(self) -> None:
        """A third of a cent is refused before anything is bought."""
        async with carrier(shipment(rate("5.333"))) as (easypost, transport):
            with pytest.raises(ProtocolError):
                await easypost.purchase_label("shp_1", shipment_request())

        assert len(transport.requests) == 1

    @pytest.mark.parametrize("price", ["free", "-1.00", "NaN", "", None, [], "1" * 30])
    async def test_reads_no_price_that_is_no_number(self, price: object) -> None:
        """A price that is no amount breaks the contract."""
        async with carrier(shipment(rate(price))) as (easypost, _):
            with pytest.raises(ProtocolError):
                await easypost.get_shipment("shp_1")

    @pytest.mark.parametrize(
        ("price", "currency", "expected"),
        [
            ("0.10", "USD", Money(10, "USD")),
            ("1200", "JPY", Money(1_200, "JPY")),
            ("1200.00", "JPY", Money(1_200, "JPY")),
            ("1.234", "KWD", Money(1_234, "KWD")),
            ("90071992547.41", "USD", None),
            ("9007199254.41", "USD", Money(900_719_925_441, "USD")),
        ],
    )
    async def test_reads_prices_to_the_last_digit(
        self, price: str, currency: str, expected: Money | None
    ) -> None:
        """Prices never pass through a float, in any currency; absurd ones are refused."""
        async with carrier(bought(rate(price, currency=currency))) as (easypost, _):
            if expected is None:
                with pytest.raises(ProtocolError):
                    await easypost.get_shipment("shp_1")
            else:
                label = (await easypost.get_shipment("shp_1")).label
                assert label is not None
                assert label.cost == expected


class TestBuying:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal("SHIPMENT.POSTAGE.EXISTS"), AlreadyDoneError),
            (refusal("SHIPMENT.PURCHASE.IN_PROGRESS"), InProgressError),
            (refusal("SHIPMENT.POSTAGE.NO_RESPONSE"), AmbiguousOutcomeError),
            (refusal("SHIPMENT.POSTAGE.FAILURE"), RejectedError),
            (refusal("PAYMENT_REQUIRED", 402), ActionRequiredError),
            (refusal("UNAUTHORIZED", 401), ConfigurationError),
            (refusal("INTERNAL_SERVER_ERROR", 500), AmbiguousOutcomeError),
            (httpx.Response(502), AmbiguousOutcomeError),
            (httpx.ReadTimeout("read"), AmbiguousOutcomeError),
            (httpx.Response(200, content=b"<html>"), AmbiguousOutcomeError),
            (shipment(rate("5.00")), AmbiguousOutcomeError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """A purchase has no key: whatever might have happened is looked up."""
        async with carrier(shipment(rate("5.00")), answer) as (easypost, _):
            with pytest.raises(IntegrationError) as caught:
                await easypost.purchase_label("shp_1", shipment_request())

        assert type(caught.value) is expected

    async def test_reads_a_refused_visit_again(self) -> None:
        """A forbidden order of a visit means that it is ordered, or that it cannot be."""
        forbidden = refusal("PICKUP.BUY.FORBIDDEN")
        async with carrier(pickup(), forbidden, pickup("scheduled")) as (easypost, _):
            with pytest.raises(AlreadyDoneError):
                await easypost.buy_pickup("pickup_1", pickup_request("shp_1"))
        async with carrier(pickup(), forbidden, pickup()) as (easypost, _):
            with pytest.raises(RejectedError):
                await easypost.buy_pickup("pickup_1", pickup_request("shp_1"))

    async def test_knows_three_states_of_a_visit(self) -> None:
        """A fourth state breaks the contract."""
        async with carrier(pickup("on_its_way")) as (easypost, _):
            with pytest.raises(ProtocolError):
                await easypost.get_pickup("pickup_1")


class TestDrafts:
    @pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("read")])
    async def test_may_be_made_again(self, answer: Answer) -> None:
        """Drafts are free: after trouble another one is made."""
        async with carrier(answer) as (easypost, _):
            with pytest.raises(TemporarilyUnavailableError):
                await easypost.create_shipment(shipment_request())


class TestListing:
    async def test_reads_all_pages_of_what_was_sold(self) -> None:
        """Labels and visits of drafts made since, page by page, and only those that stand."""

        def sold(name: str, **more: object) -> dict[str, object]:
            known = {"id": name, "reference": f"of {name}", "created_at": "2026-06-02T08:00:00Z"}
            return {**known, "postage_label": {"label_url": "https://labels.example.com/1"}, **more}

        first = {"shipments": [sold("shp_3"), sold("shp_2")], "has_more": True}
        given_back = sold("shp_0", refund_status="submitted")
        second = {"shipments": [sold("shp_1"), given_back], "has_more": False}
        visits = [sold("pickup_1", status="scheduled"), sold("pickup_0", status="canceled")]
        pages = (first, second, {"pickups": visits, "has_more": False})
        since = datetime(2026, 6, 1, 12, tzinfo=UTC)
        async with carrier(*map(json_answer, pages)) as (easypost, transport):
            found = await easypost.list_bookings(since=since)

        asked = {"page_size": "100", "start_datetime": "2026-06-01T12:00:00Z"}
        assert [(r.url.path, dict(r.url.params)) for r in transport.requests] == [
            ("/v2/shipments", asked),
            ("/v2/shipments", {**asked, "before_id": "shp_2"}),
            ("/v2/pickups", asked),
        ]
        created_at = datetime(2026, 6, 2, 8, tzinfo=UTC)
        assert found == tuple(
            Booked(name, f"of {name}", created_at, is_visit=name.startswith("pickup"))
            for name in ("shp_3", "shp_2", "shp_1", "pickup_1")
        )


class TestScans:
    @pytest.mark.parametrize(
        ("status", "detail", "expected"),
        [
            ("unknown", None, ScanStatus.UNKNOWN),
            ("pre_transit", "label_created", ScanStatus.LABEL_CREATED),
            ("in_transit", "received_at_origin_facility", ScanStatus.ACCEPTED),
            ("in_transit", "departed_facility", ScanStatus.IN_TRANSIT),
            ("out_for_delivery", None, ScanStatus.OUT_FOR_DELIVERY),
            ("available_for_pickup", None, ScanStatus.AVAILABLE_FOR_PICKUP),
            ("delivered", None, ScanStatus.DELIVERED),
            ("return_to_sender", None, ScanStatus.RETURNED_TO_SENDER),
            ("failure", "lost", ScanStatus.EXCEPTION),
            ("error", None, ScanStatus.EXCEPTION),
            ("cancelled", None, ScanStatus.UNKNOWN),
            ("beamed", None, ScanStatus.UNKNOWN),
        ],
    )
    async def test_are_put_into_our_words(
        self, status: str, detail: str | None, expected: ScanStatus
    ) -> None:
        """Every word EasyPost has for a scan is one of ours; a new one is unknown."""
        scan = {"status": status, "status_detail": detail, "datetime": "2026-06-01T12:00:00Z"}
        tracker = {"id": "trk_1", "tracking_code": "1Z", "tracking_details": [scan]}
        async with carrier(json_answer(tracker)) as (easypost, _):
            snapshot = await easypost.track("trk_1")

        assert [found.status for found in snapshot.scans] == [expected]

    async def test_without_a_time_are_left_out(self) -> None:
        """A scan that nobody dated proves nothing."""
        scan = {"status": "delivered", "datetime": None}
        tracker = {"id": "trk_1", "tracking_code": "1Z", "tracking_details": [scan]}
        async with carrier(json_answer(tracker)) as (easypost, _):
            assert (await easypost.track("trk_1")).scans == ()
