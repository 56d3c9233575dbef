"""EasyPost's own traffic, recorded by EasyPost, read by our adapter.

Each cassette below is replayed in order: requests go out as the adapter writes them, answers come
back as EasyPost gave them. None of the recordings holds a 429, a pickup error or a return label.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from domain.money import Money
from domain.tracking import ScanStatus
from integrations.carriers.easypost.adapter import EasyPostCarrier, open_easypost_client
from integrations.errors import AlreadyDoneError, NotFoundError, RejectedError
from tests.contract.answers import Answer, Answering, json_answer, json_of
from tests.contract.carrier_contract import pickup_request, shipment_request
from tests.contract.shared_data import read_cassette, read_json


@dataclass(frozen=True, slots=True)
class Recorded:
    method: str
    path: str
    body: str
    answer: httpx.Response


def recorded(cassette: str) -> list[Recorded]:
    return [
        Recorded(
            method=exchange["request"]["method"],
            path=httpx.URL(exchange["request"]["uri"]).path,
            body=exchange["request"]["body"] or "",
            answer=httpx.Response(
                exchange["response"]["status"]["code"],
                content=exchange["response"]["body"]["string"],
                headers={"Content-Type": "application/json"},
            ),
        )
        for exchange in read_cassette(cassette)
    ]


def only(exchanges: list[Recorded], path_ends: str) -> Recorded:
    (found,) = [exchange for exchange in exchanges if exchange.path.endswith(path_ends)]
    return found


@asynccontextmanager
async def carrier(*answers: Answer) -> AsyncIterator[tuple[EasyPostCarrier, Answering]]:
    transport = Answering(*answers)
    async with open_easypost_client("https://api.easypost.com/v2", "EZTK_1", transport) as client:
        yield EasyPostCarrier(client, webhook_secret="secret"), transport


class TestForms:
    async def test_are_asked_for_as_recorded(self) -> None:
        """The request is EasyPost's own example; of an answer with another form no code is read."""
        _, made = recorded("test_shipment_generate_form")
        answered = made.answer.json() | {"forms": []}
        async with carrier(json_answer(answered), made.answer) as (easypost, transport):
            with pytest.raises(RejectedError) as caught:
                await easypost.label_qr_code("shp_1")

        assert caught.value.code == "no_qr_code"
        assert json_of(transport.last) == read_json("easypost/requests/form_label_qr_code.json")
        assert transport.last.url.path.endswith("/shipments/shp_1/forms")


class TestShipments:
    async def test_are_drafted_as_recorded(self) -> None:
        """A drafted shipment is read, and has no label."""
        (exchange,) = recorded("test_shipment_create")
        async with carrier(exchange.answer) as (easypost, transport):
            draft = await easypost.create_shipment(shipment_request())

        assert draft.shipment_ref.startswith("shp_")
        assert draft.label is None
        assert (transport.last.method, transport.last.url.path) == (exchange.method, exchange.path)
        assert json_of(transport.last).keys() == {"shipment"}

    async def test_are_bought_as_recorded(self) -> None:
        """The label is bought at the cheapest recorded rate, as EasyPost's own client did."""
        drafted, bought = recorded("test_shipment_buy")
        async with carrier(drafted.answer, bought.answer) as (easypost, transport):
            label = await easypost.purchase_label(
                "shp_16578f588f9546ec914afd2474e24ff5", shipment_request()
            )

        assert (transport.last.method, transport.last.url.path) == (bought.method, bought.path)
        assert transport.last.content.decode() == bought.body.replace(": ", ":")
        assert (label.carrier, label.service) == ("USPS", "GroundAdvantage")
        assert label.cost == Money(607, "USD")
        assert label.tracking_code == "9400100208303109505657"

    async def test_are_not_bought_again_once_recorded_as_bought(self) -> None:
        """A shipment that EasyPost shows as bought is looked up instead."""
        bought = recorded("test_shipment_buy")[1]
        async with carrier(bought.answer) as (easypost, transport):
            with pytest.raises(AlreadyDoneError):
                await easypost.purchase_label("shp_1", shipment_request())

        assert [request.method for request in transport.requests] == ["GET"]

    async def test_are_read_from_the_documentation(self) -> None:
        """EasyPost's documented answers for returns and refunds are understood."""
        documented = read_json("easypost", "responses", "returns-create.json")
        bought = read_json("easypost", "responses", "shipments-buy.json")
        async with carrier(json_answer(documented), json_answer(bought)) as (easypost, _):
            draft = await easypost.get_shipment("shp_1")
            shipment = await easypost.get_shipment("shp_2")

        assert draft.label is None
        assert shipment.label is not None
        assert shipment.label.cost == Money(820, "USD")
        assert shipment.label.tracker_ref == bought["tracker"]["id"]


class TestReturns:
    async def test_are_addressed_as_easypost_documents_them(self) -> None:
        """A return names warehouse and customer as the outbound parcel did."""
        answer = json_answer(read_json("easypost", "responses", "returns-create.json"))
        async with carrier(answer) as (easypost, transport):
            await easypost.create_shipment(shipment_request(is_return=True))
            back = json_of(transport.last)["shipment"]
            await easypost.create_shipment(shipment_request(is_return=False))
            there = json_of(transport.last)["shipment"]

        assert isinstance(back, dict)
        assert isinstance(there, dict)
        assert (back["is_return"], there["is_return"]) == (True, False)
        assert (back["from_address"]["name"], back["to_address"]["name"]) == (
            "Returns",
            "Kim Example",
        )
        assert (there["from_address"], there["to_address"]) == (
            back["to_address"],
            back["from_address"],
        )
        # 900 g are 31.75 ounces; EasyPost takes one decimal.
        assert back["parcel"] == {"weight": 31.8, "length": 11.9, "width": 7.9, "height": 4.0}


class TestPickups:
    async def test_are_drafted_bought_and_called_off_as_recorded(self) -> None:
        """A courier visit goes through EasyPost's recorded words: unknown, scheduled, canceled."""
        exchanges = recorded("test_pickup_cancel")
        created = only(exchanges, "/v2/pickups")
        bought = only(exchanges, "/buy")
        canceled = only(exchanges, "/cancel")
        replay = (created.answer, created.answer, bought.answer, canceled.answer)
        async with carrier(*replay) as (easypost, transport):
            request = pickup_request("shp_1")
            draft = await easypost.create_pickup(request)
            visit = await easypost.buy_pickup(draft.pickup_ref, request)
            end = await easypost.cancel_pickup(draft.pickup_ref)

        assert [draft.status, visit.status, end.status] == ["unbooked", "scheduled", "canceled"]
        assert visit.confirmation == "WTC65024918"
        assert visit.cost == Money(0, "USD")
        paths = [(request.method, request.url.path) for request in transport.requests]
        assert paths == [
            (created.method, created.path),
            ("GET", f"/v2/pickups/{draft.pickup_ref}"),
            (bought.method, bought.path),
            (canceled.method, canceled.path),
        ]
        assert transport.requests[2].content.decode() == bought.body.replace(": ", ":").replace(
            ", ", ","
        )

    async def test_are_asked_for_within_a_window(self) -> None:
        """A window is written in UTC, with our reference and the parcel's shipment."""
        created = recorded("test_pickup_create")[1]
        request = pickup_request("shp_1")
        async with carrier(created.answer) as (easypost, transport):
            await easypost.create_pickup(request)

        sent = json_of(transport.last)["pickup"]
        assert isinstance(sent, dict)
        assert sent["reference"] == request.reference
        assert sent["shipment"] == {"id": "shp_1"}
        assert sent["min_datetime"] == request.not_before.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert sent["max_datetime"] == request.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestTracking:
    async def test_is_read_as_recorded(self) -> None:
        """A recorded parcel has its scans, in our words and at the carrier's times."""
        exchange = recorded("test_tracker_create")[0]
        async with carrier(exchange.answer) as (easypost, _):
            snapshot = await easypost.track("trk_e7e8f143f3eb40d38be9562e3767c36a")

        assert snapshot.tracking_code == "EZ1000000001"
        assert [scan.status for scan in snapshot.scans] == [ScanStatus.LABEL_CREATED] * 2
        assert snapshot.scans[1].description == "Shipping Label Created"


class TestErrors:
    async def test_name_the_field(self) -> None:
        """Fields at fault come as objects: the first one is named."""
        (exchange,) = recorded("test_error")
        async with carrier(exchange.answer) as (easypost, _):
            with pytest.raises(RejectedError) as caught:
                await easypost.create_shipment(shipment_request())

        assert (caught.value.code, caught.value.field) == ("PARAMETER.REQUIRED", "shipment")

    async def test_may_come_as_sentences(self) -> None:
        """The other recorded shape holds plain sentences, and names no field."""
        (exchange,) = recorded("test_error_alternative_format")
        async with carrier(exchange.answer) as (easypost, _):
            with pytest.raises(NotFoundError) as caught:
                await easypost.get_shipment("shp_1")

        assert (caught.value.code, caught.value.field) == ("NOT_FOUND", None)
