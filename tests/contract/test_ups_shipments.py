"""What UPS is asked about labels, and its answers: rates, purchases, look-ups, what was voided.

The shapes are those of Rating.yaml and Shipping.yaml of UPS-API/api-documentation, release 2409.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from integrations.carriers.port import Offer, Parcel, Shipment, ShipmentRequest
from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from integrations.carriers.ups.quotes import LabelQuote, label_ref, read_label_ref
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.carrier_contract import CUSTOMER, WAREHOUSE

TOKEN = json_answer({"access_token": "UPStoken", "token_type": "Bearer", "expires_in": "14399"})
KEY = "0123456789abcdef0123456789abcdef"
QUOTED = f"{KEY}-11-NL-EUR837"
NUMBER = "1ZA1B2C31112345678"
URL = "https://www.ups.com/uel/llp/label"
UNKNOWN_TO_TRACKING = json_answer({"response": {"errors": [{"code": "TW0001"}]}}, 404)


def request_of(**changes: Any) -> ShipmentRequest:
    request = ShipmentRequest(
        reference="return-1/label/1",
        key=KEY,
        sender=CUSTOMER,
        recipient=WAREHOUSE,
        parcel=Parcel(weight_grams=901, length_mm=200, width_mm=305, height_mm=101),
        is_return=True,
    )
    return replace(request, **changes)


INSIDE_THE_USA = request_of(
    sender=replace(CUSTOMER, country="US", region="NY"),
    recipient=replace(WAREHOUSE, country="US", region="GA"),
)


def refusal(code: str = "9999999", status: int = 400) -> httpx.Response:
    errors = [{"code": code, "message": "Example Street 1 is not served"}]
    return json_answer({"response": {"errors": errors}}, status)


def charge(amount: object, currency: str = "EUR") -> dict[str, object]:
    return {"CurrencyCode": currency, "MonetaryValue": amount}


def rate(code: str, amount: object, **more: object) -> dict[str, object]:
    return {"Service": {"Code": code}, "TotalCharges": charge(amount), **more}


def rates(*offers: dict[str, object]) -> httpx.Response:
    return json_answer({"RateResponse": {"RatedShipment": list(offers)}})


def shipped(**changes: object) -> httpx.Response:
    results: dict[str, object] = {
        "ShipmentCharges": {"TotalCharges": charge("9.30")},
        "PackageResults": [{"TrackingNumber": NUMBER}],
        "LabelURL": URL,
        **changes,
    }
    return json_answer({"ShipmentResponse": {"ShipmentResults": results}})


def recovered(*results: dict[str, object], **more: object) -> httpx.Response:
    return json_answer({"LabelRecoveryResponse": {"LabelResults": list(results), **more}})


LABEL: dict[str, object] = {"TrackingNumber": NUMBER, "LabelImage": {"URL": URL}}


def tracked(*types: str, number: str = NUMBER) -> httpx.Response:
    activity = [{"status": {"type": kind}} for kind in types]
    parcel = {"trackingNumber": number, "activity": activity}
    return json_answer({"trackResponse": {"shipment": [{"package": [parcel]}]}})


def connected(client: httpx.AsyncClient) -> UpsCarrier:
    return UpsCarrier(
        client, account_number="A1B2C3", account_country="DE", webhook_credential="credential"
    )


@asynccontextmanager
async def carrier(*answers: Answer) -> AsyncIterator[tuple[UpsCarrier, Answering]]:
    """Open an adapter whose first request is answered by a token."""
    transport = Answering(TOKEN, *answers)
    async with open_ups_client("http://ups.test", "UPS_client", "secret", transport) as client:
        yield connected(client), transport


@asynccontextmanager
async def about_to_buy(*answers: Answer) -> AsyncIterator[tuple[UpsCarrier, Answering]]:
    """Open an adapter that finds no label of ours yet."""
    async with carrier(refusal(), UNKNOWN_TO_TRACKING, *answers) as opened:
        yield opened


class TestToken:
    async def test_is_fetched_once_and_kept(self) -> None:
        """Many requests share a token; its lifetime is told as text."""
        async with carrier(rates(rate("11", "9.30"))) as (ups, transport):
            await ups.create_shipment(request_of())
            await ups.create_shipment(request_of())

        assert [one.url.path for one in transport.requests] == [
            "/security/v1/oauth/token",
            "/api/rating/v2409/Shop",
            "/api/rating/v2409/Shop",
        ]
        assert transport.last.headers["Authorization"] == "Bearer UPStoken"

    async def test_is_fetched_again_where_it_is_refused(self) -> None:
        """A token that ended early is renewed once; the request goes again with the new one."""
        ended = refusal("250003", 401)
        offers = rates(rate("11", "9.30"))
        async with carrier(offers, ended, TOKEN, offers) as (ups, transport):
            await ups.create_shipment(request_of())
            draft = await ups.create_shipment(request_of())

        assert draft.offer is not None
        assert len(transport.requests) == 5

    async def test_that_is_refused_again_is_a_matter_of_configuration(self) -> None:
        """Nobody asks a third time."""
        offers, ended = rates(rate("11", "9.30")), refusal("250003", 401)
        async with carrier(offers, ended, TOKEN, ended) as (ups, transport):
            await ups.create_shipment(request_of())
            with pytest.raises(ConfigurationError):
                await ups.create_shipment(request_of())

        assert len(transport.requests) == 5

    async def test_of_a_wrong_secret_names_it(self) -> None:
        """Whoever connected the account reads which secret was refused, and not the secret."""
        transport = Answering(refusal("10401", 401))
        async with open_ups_client("http://ups.test", "client", "hidden", transport) as client:
            ups = connected(client)
            with pytest.raises(ConfigurationError) as caught:
                await ups.check()

        assert caught.value.field == "secrets.client_secret"
        assert caught.value.system == "ups"
        assert "hidden" not in str(caught.value)


class TestRequests:
    async def test_names_every_request_for_tracking(self) -> None:
        """Tracking demands an id of each request, and who asks."""
        async with carrier(tracked("I")) as (ups, transport):
            await ups.track(NUMBER)
            await ups.track(NUMBER)

        first, second = transport.requests[1:]
        assert first.headers["transactionSrc"] == "backhaul"
        assert first.headers["transId"] != second.headers["transId"]
        assert len(first.headers["transId"]) == 32

    async def test_asks_for_the_price_of_a_return(self) -> None:
        """A return is rated as one, from the customer, at the account's own rates."""
        async with carrier(rates(rate("11", "9.30"))) as (ups, transport):
            await ups.create_shipment(request_of())

        shipment: Any = json_of(transport.last)["RateRequest"]
        shipment = shipment["Shipment"]
        assert shipment["Shipper"]["ShipperNumber"] == "A1B2C3"
        assert shipment["Shipper"]["Name"] == "Returns"
        assert shipment["ShipFrom"]["Address"] == {
            "AddressLine": ["Example Street 1"],
            "City": "Berlin",
            "PostalCode": "10115",
            "CountryCode": "DE",
        }
        assert shipment["ShipTo"]["Name"] == "Returns"
        assert shipment["ShipmentServiceOptions"] == {"ReturnService": {"Code": "9"}}
        assert "NegotiatedRatesIndicator" in shipment["ShipmentRatingOptions"]

    @pytest.mark.parametrize(
        ("request_", "path", "asked"),
        [(request_of(), "Shop", False), (INSIDE_THE_USA, "Shoptimeintransit", True)],
        ids=("across a border", "inland"),
    )
    async def test_asks_how_long_it_takes_where_that_is_told(
        self, request_: ShipmentRequest, path: str, asked: bool
    ) -> None:
        """Across a border the time is told only with the value of the goods, which is not known."""
        async with carrier(rates(rate("11", "9.30"))) as (ups, transport):
            await ups.create_shipment(request_)

        shipment: Any = json_of(transport.last)["RateRequest"]
        assert transport.last.url.path == f"/api/rating/v2409/{path}"
        assert shipment["Request"]["RequestOption"] == path
        assert ("DeliveryTimeInformation" in shipment["Shipment"]) is asked

    async def test_buys_the_quoted_service_with_our_key(self) -> None:
        """The order names service, payer and key, and wants an address of the label."""
        async with about_to_buy(shipped()) as (ups, transport):
            await ups.purchase_label(QUOTED, request_of())

        order: Any = json_of(transport.last)["ShipmentRequest"]
        shipment = order["Shipment"]
        assert transport.last.url.path == "/api/shipments/v2409/ship"
        assert order["Request"]["TransactionReference"] == {"CustomerContext": "return-1/label/1"}
        assert shipment["Service"] == {"Code": "11"}
        assert shipment["ReturnService"] == {"Code": "9"}
        assert shipment["ReferenceNumber"] == [{"Value": KEY}]
        assert shipment["PaymentInformation"] == {
            "ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": "A1B2C3"}}]
        }
        options = shipment["ShipmentServiceOptions"]
        assert options == {"LabelDelivery": {"LabelLinksIndicator": ""}}
        assert shipment["ShipFrom"]["Phone"] == {"Number": "49301234567"}
        (package,) = shipment["Package"]
        assert package["Description"]
        assert package["Dimensions"] == {
            "UnitOfMeasurement": {"Code": "CM", "Description": "Centimeters"},
            "Length": "31",
            "Width": "20",
            "Height": "11",
        }
        assert package["PackageWeight"] == {
            "UnitOfMeasurement": {"Code": "KGS", "Description": "Kilograms"},
            "Weight": "1.0",
        }

    async def test_puts_our_key_on_the_parcel_inside_the_usa(self) -> None:
        """There UPS takes references of parcels alone, and pounds and inches."""
        async with about_to_buy(shipped()) as (ups, transport):
            await ups.purchase_label(QUOTED, INSIDE_THE_USA)

        order: Any = json_of(transport.last)["ShipmentRequest"]
        (package,) = order["Shipment"]["Package"]
        assert "ReferenceNumber" not in order["Shipment"]
        assert package["ReferenceNumber"] == [{"Value": KEY}]
        assert package["PackageWeight"] == {
            "UnitOfMeasurement": {"Code": "LBS", "Description": "Pounds"},
            "Weight": "2.0",
        }
        assert package["Dimensions"]["Length"] == "13"
        assert order["Shipment"]["ShipFrom"]["Address"]["StateProvinceCode"] == "NY"

    async def test_sends_back_to_the_customer_without_a_return_service(self) -> None:
        """A rejected lot goes as any parcel, from the warehouse as its shipper."""
        back = request_of(sender=WAREHOUSE, recipient=CUSTOMER, is_return=False)
        async with about_to_buy(shipped()) as (ups, transport):
            await ups.purchase_label(QUOTED, back)

        order: Any = json_of(transport.last)["ShipmentRequest"]
        assert "ReturnService" not in order["Shipment"]
        assert order["Shipment"]["Shipper"]["Name"] == "Returns"
        assert order["Shipment"]["ShipTo"]["Name"] == "Kim Example"

    async def test_breaks_a_long_street_into_lines(self) -> None:
        """Thirty-five characters a line, broken between words; a name may be cut."""
        long = replace(CUSTOMER, name="N" * 40, street1="Long Street Name " * 4, street2="Back")
        async with carrier(rates(rate("11", "9.30"))) as (ups, transport):
            await ups.create_shipment(request_of(sender=long))

        rated: Any = json_of(transport.last)["RateRequest"]
        start = rated["Shipment"]["ShipFrom"]
        assert start["Name"] == "N" * 35
        assert start["Address"]["AddressLine"] == [
            "Long Street Name Long Street Name",
            "Long Street Name Long Street Name",
            "Back",
        ]

    @pytest.mark.parametrize("street", ["", "Long Street Name " * 8], ids=("none", "too long"))
    async def test_cuts_no_street(self, street: str) -> None:
        """A parcel would go somewhere else: it is refused before anybody is asked."""
        sender = replace(CUSTOMER, street1=street)
        async with carrier(rates(rate("11", "9.30"))) as (ups, transport):
            with pytest.raises(RejectedError) as caught:
                await ups.create_shipment(request_of(sender=sender))

        assert (caught.value.code, caught.value.field) == ("bad_address", "street1")
        assert not transport.requests


class TestQuoting:
    async def test_takes_the_cheapest_as_agreed(self) -> None:
        """Agreed prices count, and are compared as numbers; days are those of the calendar."""
        arrival = {"Arrival": {"Date": "20260615"}, "Pickup": {"Date": "20260612"}}
        offers = (
            rate("07", "9.90"),
            rate(
                "11",
                "12.00",
                NegotiatedRateCharges={"TotalCharge": charge("8.37")},
                TimeInTransit={"ServiceSummary": {"EstimatedArrival": arrival}},
            ),
            rate("65", "10.00"),
        )
        async with carrier(rates(*offers)) as (ups, _):
            draft = await ups.create_shipment(request_of())

        offer = Offer("UPS", "11", Money(837, "EUR"), 3)
        assert draft == Shipment(f"{QUOTED}-3", None, offer=offer)

    async def test_takes_the_same_among_equals(self) -> None:
        """Whatever the order of the offers, the same one of equal price is quoted."""
        offers = (rate("65", "9.90"), rate("11", "9.90"))
        for offered in (offers, offers[::-1]):
            async with carrier(rates(*offered)) as (ups, _):
                draft = await ups.create_shipment(request_of())

            assert draft.shipment_ref == f"{KEY}-11-NL-EUR990"

    @pytest.mark.parametrize("answer", [rates(), refusal("111210")], ids=("empty", "refused"))
    async def test_offers_nothing_where_no_service_goes(self, answer: Answer) -> None:
        """Empty or refused, it is the same: there is nothing to buy, and nothing is bought."""
        async with carrier(answer) as (ups, transport):
            draft = await ups.create_shipment(request_of())
            with pytest.raises(RejectedError) as caught:
                await ups.purchase_label(draft.shipment_ref, request_of())

        assert draft == Shipment(KEY, None)
        assert caught.value.code == "no_rates"
        assert len(transport.requests) == 2

    async def test_compares_no_euros_with_pounds(self) -> None:
        """Prices in several currencies are left to people."""
        other = {"Service": {"Code": "07"}, "TotalCharges": charge("9.00", "GBP")}
        async with carrier(rates(rate("11", "9.30"), other)) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.create_shipment(request_of())

        assert caught.value.code == "mixed_currencies"

    @pytest.mark.parametrize("price", ["free", "-1.00", "NaN", "", None, [], "1" * 30, "5.333"])
    async def test_reads_no_price_that_is_no_money(self, price: object) -> None:
        """A price that is no exact amount breaks the contract."""
        async with carrier(rates(rate("11", price))) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.create_shipment(request_of())

    async def test_says_what_else_was_refused(self) -> None:
        """A refusal that nobody foresaw keeps UPS's code, and nothing of its text."""
        async with carrier(refusal("111285")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.create_shipment(request_of())

        assert caught.value.code == "111285"
        assert "Street" not in str(caught.value)


class TestBuying:
    async def test_costs_what_is_charged(self) -> None:
        """The answer's own price counts, the agreed one first."""
        agreed = {"NegotiatedRateCharges": {"TotalCharge": charge("8.40")}}
        for changes, expected in ((agreed, 840), ({}, 930), ({"ShipmentCharges": None}, 837)):
            async with about_to_buy(shipped(**changes)) as (ups, _):
                label = await ups.purchase_label(QUOTED, request_of())

            assert label.cost == Money(expected, "EUR")
            assert (label.tracking_code, label.tracker_ref) == (NUMBER, NUMBER)
            assert (label.label_url, label.service) == (URL, "11")

    async def test_buys_nothing_that_was_bought(self) -> None:
        """A label that bears our key is not bought again."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            with pytest.raises(AlreadyDoneError):
                await ups.purchase_label(QUOTED, request_of())

        assert len(transport.requests) == 2

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("120124"), RejectedError),
            (refusal("250002"), ConfigurationError),
            (refusal(status=403), ConfigurationError),
            (httpx.Response(429), ThrottledError),
            (httpx.Response(500), AmbiguousOutcomeError),
            (httpx.Response(502), AmbiguousOutcomeError),
            (httpx.ReadTimeout("read"), AmbiguousOutcomeError),
            (httpx.Response(200, content=b"<html>"), AmbiguousOutcomeError),
            (shipped(LabelURL=None), AmbiguousOutcomeError),
            (shipped(PackageResults=[]), AmbiguousOutcomeError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """A purchase has no key: whatever might have happened is looked up."""
        async with about_to_buy(answer) as (ups, _):
            with pytest.raises(IntegrationError) as caught:
                await ups.purchase_label(QUOTED, request_of())

        assert type(caught.value) is expected

    async def test_names_a_service_that_is_gone_since(self) -> None:
        """What was quoted may not be had any more: the return goes another way."""
        async with about_to_buy(refusal("120124")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.purchase_label(QUOTED, request_of())

        assert caught.value.code == "no_rates"


class TestLookUp:
    async def test_finds_a_label_by_our_key(self) -> None:
        """Recovered by reference and account, it has the quoted price."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        asked: Any = json_of(transport.last)["LabelRecoveryRequest"]
        assert asked["ReferenceValues"] == {
            "ReferenceNumber": {"Value": KEY},
            "ShipperNumber": "A1B2C3",
        }
        assert asked["LabelDelivery"] == {"LabelLinkIndicator": ""}
        assert found.label is not None
        assert found.label.cost == Money(837, "EUR")
        assert (found.label.tracking_code, found.label.label_url) == (NUMBER, URL)

    async def test_asks_by_number_where_several_are_named(self) -> None:
        """UPS may name what bears a reference, and show it when asked by its number."""
        named = recovered(TrackingCandidate=[{"TrackingNumber": NUMBER}])
        async with carrier(named, recovered(LABEL)) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        asked: Any = json_of(transport.last)["LabelRecoveryRequest"]
        assert asked["TrackingNumber"] == NUMBER
        assert found.label is not None

    async def test_believes_two_registers_that_know_nothing(self) -> None:
        """Only where recovery refuses and tracking says 404, nothing was bought."""
        async with carrier(refusal(), UNKNOWN_TO_TRACKING) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        assert found == Shipment(QUOTED, None, offer=Offer("UPS", "11", Money(837, "EUR")))
        assert transport.last.url.path == f"/api/track/v1/reference/details/{KEY}"
        assert dict(transport.last.url.params) == {
            "shipperNum": "A1B2C3",
            "refNumType": "SmallPackage",
        }

    async def test_finds_in_tracking_what_is_not_recovered(self) -> None:
        """A label that recovery would not show by its reference is shown by its number."""
        async with carrier(refusal(), tracked("M"), recovered(LABEL)) as (ups, _):
            found = await ups.get_shipment(QUOTED)

        assert found.label is not None
        assert found.label.tracking_code == NUMBER

    async def test_knows_a_label_that_was_given_back(self) -> None:
        """Its manifest was voided: nothing can be printed, and nothing is bought again."""
        voided = (refusal(), tracked("MV", "M"))
        async with carrier(*voided, *voided) as (ups, transport):
            found = await ups.get_shipment(QUOTED)
            status = await ups.void_label(QUOTED)

        assert found.label is not None
        assert (found.label.label_url, found.refund_status) == ("", "refunded")
        assert status == "refunded"
        assert {one.method for one in transport.requests} == {"GET", "POST"}

    @pytest.mark.parametrize(
        ("second", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("250003"), ConfigurationError),
            (httpx.Response(429), ThrottledError),
            (httpx.Response(503), TemporarilyUnavailableError),
            (httpx.ReadTimeout("read"), TemporarilyUnavailableError),
        ],
    )
    async def test_believes_no_trouble(
        self, second: Answer, expected: type[IntegrationError]
    ) -> None:
        """Where tracking does not say 404, nobody concludes that nothing was bought."""
        async with carrier(refusal(), second) as (ups, _):
            with pytest.raises(IntegrationError) as caught:
                await ups.get_shipment(QUOTED)

        assert type(caught.value) is expected

    async def test_takes_no_label_without_an_address(self) -> None:
        """An image alone cannot be kept by reference: the contract is broken, aloud."""
        bare: dict[str, object] = {
            "TrackingNumber": NUMBER,
            "LabelImage": {"GraphicImage": "R0lGOD=="},
        }
        async with carrier(recovered(bare)) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.get_shipment(QUOTED)

    async def test_guesses_no_price(self) -> None:
        """A label under a key whose quote is not told has no price: a person decides."""
        async with carrier(recovered(LABEL)) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.get_shipment(KEY)

        assert caught.value.field == "shipment_ref"

    @pytest.mark.parametrize("name", ["shp_1", "", KEY[:-1], f"{KEY}-11-NL", f"{QUOTED}-x"])
    async def test_knows_no_foreign_names(self, name: str) -> None:
        """A name that we never gave is nobody's shipment."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            with pytest.raises(NotFoundError):
                await ups.get_shipment(name)

        assert not transport.requests


class TestGivingBack:
    @pytest.mark.parametrize(("code", "expected"), [("1", "refunded"), ("0", "rejected")])
    async def test_is_answered_by_its_status(self, code: str, expected: str) -> None:
        """A voided label is never charged; one that was not voided is not."""
        answer = json_answer(
            {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": code}}}}
        )
        async with carrier(recovered(LABEL), answer) as (ups, transport):
            assert await ups.void_label(QUOTED) == expected

        assert transport.last.method == "DELETE"
        assert transport.last.url.path == f"/api/shipments/v2409/void/cancel/{NUMBER}"

    async def test_is_refused_after_its_time(self) -> None:
        """UPS voids nothing that travels or is too old, and says so by its code."""
        async with carrier(recovered(LABEL), refusal("190102")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.void_label(QUOTED)

        assert caught.value.code == "190102"


@given(
    service=st.from_regex(r"[0-9A-Z]{2}", fullmatch=True),
    country=st.from_regex(r"[A-Z]{2}", fullmatch=True),
    currency=st.from_regex(r"[A-Z]{3}", fullmatch=True),
    minor=st.integers(0, 10**12 - 1),
    days=st.none() | st.integers(0, 999),
)
def test_a_quote_is_read_as_it_was_written(
    service: str, country: str, currency: str, minor: int, days: int | None
) -> None:
    """Whatever was quoted stands in the name of the shipment, and is read from it."""
    quote = LabelQuote(service, country, Money(minor, currency), days)

    assert read_label_ref(label_ref(KEY, quote)) == (KEY, quote)
