"""What SF is asked for, in whose name and at which time."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.carriers.port import PickupRequest, Visit
from integrations.carriers.sf import wire
from integrations.errors import RejectedError, WebhookSignatureError
from tests.contract.answers import form_of
from tests.contract.inside_china import CUSTOMER, KEY, NOW, VISIT, WAREHOUSE, request_of
from tests.contract.sf_answers import (
    NUMBER,
    QUOTED,
    answer,
    carrier,
    data_of,
    order,
    rate,
    rates,
    route,
    routes,
    service_of,
)
from tests.contract.shared_data import read_json


class TestSignature:
    def test_is_that_of_the_vector(self) -> None:
        """The digest is base64 of MD5 over the encoded message, time and check word."""
        vector = read_json("webhook-vectors", "vectors.json")["sf_msgDigest"]

        digest = wire.msg_digest(vector["msgData"], vector["timestamp"], vector["checkWord"])

        assert digest == vector["value"]

    def test_encodes_as_java_does(self) -> None:
        """A blank is ``+``, ``*`` stays, and ``~`` does not, unlike Python's own."""
        wanted = base64.b64encode(hashlib.md5(b"a+b*c-d_e.f%7E%26%E9%A1%BA").digest()).decode()

        assert wire.msg_digest("a b*c-d_e.f~", "&", "顺") == wanted

    @given(st.text(alphabet=st.characters(exclude_characters="*~", exclude_categories=["Cs"])))
    def test_differs_from_pythons_encoding_in_nothing_else(self, text: str) -> None:
        """For every text without those two, both encodings are one."""
        wanted = base64.b64encode(hashlib.md5(quote_plus(text).encode()).digest()).decode()

        assert wire.msg_digest(text, "", "") == wanted

    async def test_stands_on_every_request(self) -> None:
        """Each has the partner, a number of its own, and milliseconds that are signed with it."""
        async with carrier(order(), order()) as (sf, asked):
            await sf.check()
            await sf.check()

        first, second = (form_of(request) for request in asked.requests)
        assert first["partnerID"] == "partner"
        assert first["timestamp"] == str(int(NOW.timestamp() * 1000))
        assert first["requestID"] != second["requestID"]
        assert len(first["requestID"]) <= 40
        assert first["msgDigest"] == wire.msg_digest(
            first["msgData"], first["timestamp"], "check word"
        )


class TestPrice:
    async def test_is_asked_of_the_agreed_product(self) -> None:
        """Weights go upwards; the time is the local one of the visit, the address is whole."""
        async with carrier(rates(rate(13.5))) as (sf, asked):
            draft = await sf.create_shipment(request_of())

        data = data_of(asked.last)
        assert service_of(asked.last) == "EXP_RECE_QUERY_DELIVERTM"
        assert (data["businessType"], data["monthlyCard"]) == ("2", "7551234567")
        assert (data["weight"], data["searchPrice"]) == (0.91, "1")
        assert data["consignedTime"] == "2026-06-11 09:00:00"
        assert data["srcAddress"]["address"] == "广东省深圳市例子路1号"
        assert draft.shipment_ref == QUOTED
        assert draft.label is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"visit": None},
            {"sender": replace(CUSTOMER, country="HK")},
            {"recipient": replace(WAREHOUSE, country="DE")},
        ],
        ids=["no courier wished for", "from abroad", "to abroad"],
    )
    async def test_is_not_asked_for_what_it_does_not_do(self, changes: dict[str, Any]) -> None:
        """It sells no label without a courier, and goes nowhere outside."""
        async with carrier() as (sf, asked):
            draft = await sf.create_shipment(request_of(**changes))
            with pytest.raises(RejectedError) as caught:
                await sf.purchase_label(draft.shipment_ref, request_of(**changes))

        assert (draft.offer, draft.shipment_ref) == (None, KEY)
        assert caught.value.code == "no_rates"
        assert not asked.requests


class TestOrder:
    async def test_is_label_and_courier_in_one(self) -> None:
        """The order has our key for its number, our reference, and the window by local clocks."""
        async with carrier(order()) as (sf, asked):
            await sf.purchase_label(QUOTED, request_of())

        data = data_of(asked.last)
        sender, recipient = data["contactInfoList"]
        assert service_of(asked.last) == "EXP_RECE_CREATE_ORDER"
        assert (data["orderId"], data["custReferenceNo"]) == (KEY, "return-1/label/1")
        assert (data["isDocall"], data["sendStartTm"]) == (1, "2026-06-11 09:00:00")
        assert data["extraInfoList"] == [
            {"attrName": "pickupAppointEndTime", "attrVal": "2026-06-11 11:30:00"}
        ]
        assert (data["expressTypeId"], data["monthlyCard"]) == (2, "7551234567")
        assert (data["totalWeight"], data["totalLength"]) == (0.901, 30.0)
        assert (sender["contactType"], sender["address"]) == (1, "例子路1号")
        assert (recipient["contactType"], recipient["mobile"]) == (2, "13900000000")

    async def test_edge_30_tells_the_clock_of_the_address(self) -> None:
        """A window is told as the clock on the wall there shows it, whatever zone we keep."""
        tokyo = replace(request_of(), visit=replace(VISIT, time_zone="Asia/Tokyo"))
        async with carrier(order()) as (sf, asked):
            await sf.purchase_label(QUOTED, tokyo)

        assert data_of(asked.last)["sendStartTm"] == "2026-06-11 10:00:00"

    async def test_begins_now_where_the_window_has_begun(self) -> None:
        """A beginning that is past is left out: SF takes the present for it."""
        begun = Visit(NOW - timedelta(hours=1), NOW + timedelta(hours=1), "Asia/Shanghai")
        async with carrier(order()) as (sf, asked):
            await sf.purchase_label(QUOTED, request_of(visit=begun))

        data = data_of(asked.last)
        assert "sendStartTm" not in data
        assert data["extraInfoList"][0]["attrVal"] == "2026-06-10 11:00:00"

    async def test_edge_26_is_not_sent_for_a_window_that_is_over(self) -> None:
        """Nobody comes in the past: another window is to be had."""
        over = Visit(NOW - timedelta(hours=2), NOW, "Asia/Shanghai")
        async with carrier() as (sf, asked):
            with pytest.raises(RejectedError) as caught:
                await sf.purchase_label(QUOTED, request_of(visit=over))

        assert caught.value.code == "slot_gone"
        assert not asked.requests

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"phone": " "}, "sender.phone"),
            ({"name": ""}, "sender.name"),
            ({"phone": "1" * 21}, "sender.phone"),
            ({"street1": "", "street2": ""}, "sender.street1"),
            ({"street1": "路" * 201}, "sender.street1"),
            ({"region": "省" * 31}, "sender.region"),
        ],
        ids=["no phone", "no name", "long phone", "no street", "long street", "long region"],
    )
    async def test_is_not_asked_for_an_address_that_does_not_fit(
        self, changes: dict[str, str], field: str
    ) -> None:
        """The field is named, its contents are not, and nothing is sent."""
        async with carrier() as (sf, asked):
            with pytest.raises(RejectedError) as caught:
                await sf.create_shipment(request_of(sender=replace(CUSTOMER, **changes)))

        assert (caught.value.code, caught.value.field) == ("bad_address", field)
        assert "Kim" not in str(caught.value)
        assert not asked.requests

    async def test_refuses_a_zone_that_there_is_not(self) -> None:
        """A window cannot be told to a clock that nobody has."""
        nowhere = replace(VISIT, time_zone="Asia/Nowhere")
        async with carrier() as (sf, _):
            with pytest.raises(RejectedError) as caught:
                await sf.create_shipment(request_of(visit=nowhere))

        assert caught.value.field == "time_zone"


class TestLater:
    async def test_an_order_is_looked_up_by_our_key(self) -> None:
        """The look-up is the one that SF has for lost answers."""
        async with carrier(order()) as (sf, asked):
            found = await sf.get_shipment(QUOTED)

        assert service_of(asked.last) == "EXP_RECE_SEARCH_ORDER_RESP"
        assert data_of(asked.last)["orderId"] == KEY
        assert found.label is not None
        assert found.label.tracking_code == NUMBER

    async def test_an_order_is_cancelled_whole(self) -> None:
        """Read first, then cancelled by our key: the courier and the label with him."""
        read = (order(), routes(), answer(orderId=KEY, resStatus=2))
        async with carrier(*read) as (sf, asked):
            visit = await sf.cancel_pickup(QUOTED)

        assert [service_of(request) for request in asked.requests] == [
            "EXP_RECE_SEARCH_ORDER_RESP",
            "EXP_RECE_SEARCH_ROUTES",
            "EXP_RECE_UPDATE_ORDER",
        ]
        assert (data_of(asked.last)["orderId"], data_of(asked.last)["dealType"]) == (KEY, 2)
        assert (visit.status, visit.confirmation) == ("canceled", NUMBER)

    @pytest.mark.parametrize(("ref", "kind"), [(KEY, 2), (NUMBER, 1)], ids=["order", "waybill"])
    async def test_a_parcel_is_followed_by_either_number(self, ref: str, kind: int) -> None:
        """Of an order of ours no telephone number has to be shown."""
        async with carrier(routes(route("50"))) as (sf, asked):
            known = await sf.track(ref)

        data = data_of(asked.last)
        assert (data["trackingType"], data["trackingNumber"]) == (kind, [ref])
        assert known.tracking_code == NUMBER
        assert known.scans[0].occurred_at == datetime(2026, 6, 11, 2, tzinfo=UTC)

    async def test_no_courier_is_ordered_by_himself(self) -> None:
        """He comes with a label of his own, or not."""
        wish = PickupRequest(
            "return-1/pickup/1", KEY, QUOTED, CUSTOMER, VISIT.not_before, VISIT.not_after, "UTC"
        )
        async with carrier() as (sf, asked):
            with pytest.raises(RejectedError) as caught:
                await sf.buy_pickup(QUOTED, wish)

        assert caught.value.code == "no_rates"
        assert not asked.requests

    async def test_a_push_is_not_taken(self) -> None:
        """Nothing in it proves who sends: it is refused, and the routes are read."""
        async with carrier() as (sf, _):
            with pytest.raises(WebhookSignatureError):
                sf.parse_webhook({}, b'{"Body": {"WaybillRoute": []}}', NOW)

        assert not sf.capabilities.pushes_scans
