"""What UPS is asked about labels, in whose name.

The shapes are those of Rating.yaml and Shipping.yaml of UPS-API/api-documentation, release 2409.
"""

from dataclasses import replace
from typing import Any

import pytest

from integrations.carriers.port import ShipmentRequest
from integrations.carriers.ups.adapter import open_ups_client
from integrations.errors import (
    ConfigurationError,
    RejectedError,
)
from tests.contract.answers import Answering, json_of
from tests.contract.carrier_contract import CUSTOMER, WAREHOUSE
from tests.contract.ups_answers import (
    INSIDE_THE_USA,
    KEY,
    NUMBER,
    QUOTED,
    TOKEN,
    about_to_buy,
    carrier,
    connected,
    rate,
    rates,
    refusal,
    request_of,
    shipped,
    tracked,
)


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
