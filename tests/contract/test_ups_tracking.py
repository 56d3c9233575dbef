"""UPS's scans in our words, whatever the clock they were told by, and its Track Alerts.

The shapes are those of Tracking.yaml and UPSTrackAlert.yaml of UPS-API/api-documentation.
"""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tracking import ScanStatus
from integrations.carriers.ups.scans import snapshot
from integrations.carriers.ups.tracking_wire import WireParcel
from integrations.errors import (
    NotFoundError,
    ProtocolError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from tests.contract.answers import Answer, json_answer
from tests.contract.ups_answers import CREDENTIAL, NOW, NUMBER, carrier


def activity(kind: str | None, **told: str) -> dict[str, object]:
    """Return a scan at noon by Greenwich, unless told otherwise."""
    status = {"type": kind, "description": "a scan"}
    for name in ("code", "statusCode"):
        if name in told:
            status[name] = told.pop(name)
    moment = told or {"gmtDate": "20260610", "gmtTime": "12:00:00"}
    return {"status": status, **moment}


def tracked(*scans: dict[str, object]) -> httpx.Response:
    parcel = {"trackingNumber": NUMBER, "activity": list(scans)}
    return json_answer({"trackResponse": {"shipment": [{"package": [parcel]}]}})


async def times_of(scan: dict[str, object]) -> list[datetime]:
    async with carrier(tracked(scan)) as (ups, _):
        return [found.occurred_at for found in (await ups.track(NUMBER)).scans]


class TestScans:
    @pytest.mark.parametrize(
        ("kind", "codes", "expected"),
        [
            ("M", {"code": "MP", "statusCode": "003"}, ScanStatus.LABEL_CREATED),
            ("P", {}, ScanStatus.ACCEPTED),
            ("I", {"code": "DP", "statusCode": "005"}, ScanStatus.IN_TRANSIT),
            ("I", {"code": "OT", "statusCode": "021"}, ScanStatus.OUT_FOR_DELIVERY),
            ("I", {"statusCode": "006"}, ScanStatus.OUT_FOR_DELIVERY),
            ("D", {"statusCode": "021"}, ScanStatus.OUT_FOR_DELIVERY),
            ("O", {}, ScanStatus.OUT_FOR_DELIVERY),
            ("D", {"code": "FS", "statusCode": "011"}, ScanStatus.DELIVERED),
            ("D", {}, ScanStatus.DELIVERED),
            ("RS", {}, ScanStatus.RETURNED_TO_SENDER),
            ("X", {"statusCode": "013"}, ScanStatus.EXCEPTION),
            (" X ", {}, ScanStatus.EXCEPTION),
            ("MV", {}, ScanStatus.UNKNOWN),
            ("U", {}, ScanStatus.UNKNOWN),
            ("NA", {}, ScanStatus.UNKNOWN),
            ("", {}, ScanStatus.UNKNOWN),
            (None, {}, ScanStatus.UNKNOWN),
        ],
    )
    async def test_are_put_into_our_words(
        self, kind: str | None, codes: dict[str, str], expected: ScanStatus
    ) -> None:
        """Every kind of UPS's is one of ours, and what is on the vehicle is not delivered."""
        async with carrier(tracked(activity(kind, **codes))) as (ups, _):
            scans = (await ups.track(NUMBER)).scans

        assert [found.status for found in scans] == [expected]

    async def test_are_told_oldest_first(self) -> None:
        """UPS tells the newest first."""
        async with carrier(tracked(activity("D"), activity("I"), activity("M"))) as (ups, _):
            scans = (await ups.track(NUMBER)).scans

        assert [scan.status for scan in scans] == [
            ScanStatus.LABEL_CREATED,
            ScanStatus.IN_TRANSIT,
            ScanStatus.DELIVERED,
        ]

    @pytest.mark.parametrize(
        "told",
        [
            {"gmtDate": "20260610", "gmtTime": "12:00:00"},
            {"gmtDate": "20260610", "gmtTime": "120000"},
            {"date": "20260610", "time": "080000", "gmtOffset": "-04:00"},
            {"date": "20260610", "time": "080000", "gmtOffset": "-04.00"},
            {"date": "20260610", "time": "173000", "gmtOffset": "+05:30"},
            {"date": "20260610", "time": "120000", "gmtOffset": "+00:00"},
            # Where both are told, Greenwich counts.
            {"gmtDate": "20260610", "gmtTime": "120000", "date": "20260101", "time": "000000"},
        ],
        ids=str,
    )
    async def test_have_an_aware_time_however_it_is_told(self, told: dict[str, str]) -> None:
        """By Greenwich or by offset, noon is noon."""
        assert await times_of(activity("I", **told)) == [NOW]

    @pytest.mark.parametrize(
        "told",
        [
            {"date": "20260610", "time": "120000"},
            {"date": "20260610", "time": "120000", "gmtOffset": "east"},
            {"date": "20260610", "time": "120000", "gmtOffset": "+25:00"},
            {"gmtDate": "20261310", "gmtTime": "120000"},
            {"gmtDate": "20260610", "gmtTime": ""},
            {"gmtDate": "today", "gmtTime": "noon"},
        ],
        ids=str,
    )
    async def test_without_a_time_that_can_be_read_are_left_out(self, told: dict[str, str]) -> None:
        """A scan that nobody can date proves nothing."""
        assert await times_of(activity("D", **told)) == []

    @given(
        at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 -- local on purpose
            lambda moment: moment.replace(microsecond=0)
        ),
        minutes=st.integers(-12 * 60, 14 * 60),
    )
    def test_are_the_same_moment_in_every_zone(self, at: datetime, minutes: int) -> None:
        """A local time and its offset are the moment at Greenwich, to the second."""
        sign, size = "-" if minutes < 0 else "+", abs(minutes)
        told = {
            "date": f"{at:%Y%m%d}",
            "time": f"{at:%H%M%S}",
            "gmtOffset": f"{sign}{size // 60:02d}:{size % 60:02d}",
        }

        seen = {"trackingNumber": NUMBER, "activity": [activity("I", **told)]}
        (found,) = snapshot(NUMBER, WireParcel.model_validate_json(json.dumps(seen))).scans

        assert found.occurred_at == (at - timedelta(minutes=minutes)).replace(tzinfo=UTC)


class TestUnknownParcels:
    @pytest.mark.parametrize(
        "answer",
        [
            json_answer({"response": {"errors": [{"code": "TW0001"}]}}, 404),
            json_answer({"trackResponse": {"shipment": [{"warnings": [{"code": "TW0001"}]}]}}),
            json_answer({"trackResponse": {"shipment": []}}),
        ],
        ids=("404", "a warning", "nothing"),
    )
    async def test_are_named_as_such(self, answer: Answer) -> None:
        """Unknown by status or by a warning with 200, it is the same."""
        async with carrier(answer) as (ups, _):
            with pytest.raises(NotFoundError):
                await ups.track(NUMBER)

    async def test_are_never_taken_for_another(self) -> None:
        """The scans of another parcel are nobody's news of this one."""
        async with carrier(tracked(activity("D"))) as (ups, _):
            with pytest.raises(NotFoundError):
                await ups.track("1ZOTHER00000000000")

    async def test_without_a_number_break_the_contract(self) -> None:
        """A parcel that UPS does not name is nobody's."""
        nameless: dict[str, object] = {
            "trackResponse": {"shipment": [{"package": [{"activity": []}]}]}
        }
        async with carrier(json_answer(nameless)) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.track(NUMBER)


def event(**changes: object) -> bytes:
    """Return the delivery message of the specification's example, for another parcel."""
    told = {
        "trackingNumber": NUMBER,
        "localActivityDate": "20240423",
        "localActivityTime": "095004",
        "activityLocation": {"city": "CHARLOTTE", "country": "US"},
        "activityStatus": {
            "type": "D",
            "code": "FS",
            "description": "Delivered",
            "descriptionCode": "011",
        },
        "gmtActivityDate": "20240423",
        "gmtActivityTime": "135004",
        "receivedBy": "John",
        **changes,
    }
    return json.dumps(told).encode()


class TestAlerts:
    async def test_only_name_the_parcel_to_read_again(self) -> None:
        """What an alert says of the parcel is not believed, and who received it is left behind."""
        async with carrier(tracked()) as (ups, _):
            found = ups.parse_webhook({"Credential": CREDENTIAL}, event(), NOW)

        assert found is not None
        assert (found.tracker_ref, found.tracking_code) == (NUMBER, NUMBER)
        assert found.event_type == "track.alert"
        assert "John" not in str(found)

    async def test_of_one_scan_are_one_event(self) -> None:
        """UPS gives no ids: the same scan sent again has the same, another one another."""
        later = event(gmtActivityTime="135005")
        async with carrier(tracked()) as (ups, _):
            first, again, other = (
                ups.parse_webhook({"credential": CREDENTIAL}, body, NOW)
                for body in (event(), event(receivedBy="Joan"), later)
            )

        assert first is not None
        assert first == again
        assert other is not None
        assert other.event_id != first.event_id

    @pytest.mark.parametrize(
        "headers",
        [{}, {"credential": ""}, {"credential": "Credential"}, {"credential": CREDENTIAL + " "}],
        ids=str,
    )
    async def test_without_the_credential_are_refused(self, headers: dict[str, str]) -> None:
        """Forged, they are not even read."""
        async with carrier(tracked()) as (ups, _):
            with pytest.raises(WebhookSignatureError):
                ups.parse_webhook(headers, b"{", NOW)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            event(trackingNumber=None),
            event(trackingNumber="../1Z"),
            event(trackingNumber="1Z"),
            event(activityStatus="D"),
        ],
        ids=str,
    )
    async def test_that_are_none_are_malformed(self, body: bytes) -> None:
        """A body that names no parcel of UPS's is not what UPS sends."""
        async with carrier(tracked()) as (ups, _):
            with pytest.raises(WebhookMalformedError):
                ups.parse_webhook({"credential": CREDENTIAL}, body, NOW)
