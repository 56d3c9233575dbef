"""What one HTTP call to an outside system may end in, and what each end allows next."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import structlog

from integrations.errors import (
    AmbiguousOutcomeError,
    ConfigurationError,
    InProgressError,
    IntegrationError,
    NotFoundError,
    NotSentError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from integrations.http import Call, HttpApi, Refusal, WireModel, open_client
from tests.contract.answers import Answer, Answering, json_answer

READ = Call("GET", "/things/{thing}", ids={"thing": "t-1"})
WRITE = Call("POST", "/things", body={"name": "x"})
KEYED_WRITE = Call("POST", "/things", body={"name": "x"}, idempotency_key="key-1")
REPEATABLE_WRITE = Call("POST", "/things", body={"name": "x"}, repeatable=True)

LOST = (
    httpx.ReadTimeout("read"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("server disconnected"),
)


class Part(WireModel):
    name: str


class Thing(WireModel):
    name: str
    count: int = 0
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


def read_refusal(_: httpx.Response, body: Mapping[str, Any]) -> Refusal:
    return Refusal(code=body.get("code"))


def api(*answers: Answer) -> tuple[HttpApi, Answering]:
    transport = Answering(*answers)
    client = open_client("http://system.test/base", transport=transport)
    return HttpApi(client, "system", read_refusal), transport


async def error_of(call: Call, answer: Answer) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        await api(answer)[0].ask(call, Thing)
    return caught.value


class TestSending:
    async def test_answers_what_the_system_says(self) -> None:
        """A 2xx is read into the wanted shape, and fields nobody asked for are ignored."""
        system, transport = api(json_answer({"name": "x", "count": 3, "new": True}))

        thing = await system.ask(READ, Thing)

        assert thing == Thing(name="x", count=3)
        assert str(transport.last.url) == "http://system.test/base/things/t-1"

    async def test_sends_the_idempotency_key(self) -> None:
        """A key travels in the header that systems look for."""
        system, transport = api(json_answer({"name": "x"}))

        await system.ask(KEYED_WRITE, Thing)

        assert transport.last.headers["Idempotency-Key"] == "key-1"

    async def test_keeps_an_id_in_its_place(self) -> None:
        """An id with slashes and spaces names one thing, and reaches no other path."""
        system, transport = api(json_answer({"name": "x"}))

        await system.ask(Call("GET", "/things/{thing}", ids={"thing": "a/../b c?d"}), Thing)

        assert transport.last.url.raw_path == b"/base/things/a%2F..%2Fb%20c%3Fd"

    @pytest.mark.parametrize("unusable", ["", ".", ".."])
    async def test_asks_nothing_for_an_id_that_climbs(self, unusable: str) -> None:
        """An id that would change the path is no id: nothing has it, and nothing is sent."""
        system, transport = api(json_answer({"name": "x"}))

        with pytest.raises(NotFoundError):
            await system.ask(Call("GET", "/things/{thing}", ids={"thing": unusable}), Thing)

        assert not transport.requests

    async def test_sends_once_and_follows_no_redirect(self) -> None:
        """A redirect is a wrong base address, not a place to send secrets to."""
        system, transport = api(httpx.Response(307, headers={"Location": "http://elsewhere.test/"}))

        with pytest.raises(ConfigurationError):
            await system.ask(WRITE, Thing)

        assert len(transport.requests) == 1


class TestTransport:
    @pytest.mark.parametrize(
        "failure",
        [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")],
        ids=lambda failure: type(failure).__name__,
    )
    async def test_nothing_left_without_a_connection(self, failure: Exception) -> None:
        """Without a connection nothing was sent, so even a purchase may simply be repeated."""
        assert type(await error_of(WRITE, failure)) is NotSentError

    @pytest.mark.parametrize("failure", LOST, ids=lambda failure: type(failure).__name__)
    async def test_a_lost_answer_is_ambiguous(self, failure: Exception) -> None:
        """When the answer to a write is lost, it may have happened: look before repeating."""
        assert type(await error_of(WRITE, failure)) is AmbiguousOutcomeError

    @pytest.mark.parametrize("failure", LOST, ids=lambda failure: type(failure).__name__)
    @pytest.mark.parametrize("call", [READ, REPEATABLE_WRITE])
    async def test_a_lost_answer_is_harmless_where_a_repeat_is(
        self, call: Call, failure: Exception
    ) -> None:
        """A read and a write the system applies once are sent again."""
        assert type(await error_of(call, failure)) is TemporarilyUnavailableError

    @pytest.mark.parametrize("failure", LOST, ids=lambda failure: type(failure).__name__)
    async def test_a_lost_answer_to_a_keyed_write_may_hide_its_effect(
        self, failure: Exception
    ) -> None:
        """It is sent again, but until there is an answer nobody knows."""
        assert type(await error_of(KEYED_WRITE, failure)) is UnansweredError

    async def test_a_malformed_address_is_a_setting(self) -> None:
        """An address without a known scheme is not repaired by repeating."""
        client = open_client("gopher://system.test")

        with pytest.raises(ConfigurationError):
            await HttpApi(client, "system", read_refusal).ask(READ, Thing)

        await client.aclose()


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (400, RejectedError),
            (401, ConfigurationError),
            (402, RejectedError),
            (403, ConfigurationError),
            (404, NotFoundError),
            (409, InProgressError),
            (410, NotFoundError),
            (422, RejectedError),
            (429, ThrottledError),
            (500, AmbiguousOutcomeError),
            (502, AmbiguousOutcomeError),
            (503, AmbiguousOutcomeError),
            (504, AmbiguousOutcomeError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, status: int, expected: type[IntegrationError]
    ) -> None:
        """Each refusal of a purchase becomes the error that names the next step."""
        error = await error_of(WRITE, json_answer({"code": "why"}, status))

        assert type(error) is expected

    @pytest.mark.parametrize("status", [408, 424, 425, 500, 502, 503, 504])
    @pytest.mark.parametrize("call", [READ, REPEATABLE_WRITE])
    async def test_an_outage_is_waited_for_where_a_repeat_is_harmless(
        self, call: Call, status: int
    ) -> None:
        """What may be repeated is repeated when the system is back."""
        error = await error_of(call, httpx.Response(status))

        assert type(error) is TemporarilyUnavailableError

    @pytest.mark.parametrize("status", [408, 424, 425, 500, 502, 504])
    async def test_an_error_after_a_keyed_write_may_hide_its_effect(self, status: int) -> None:
        """Somebody on the way gave up, and the system itself may have gone on."""
        assert type(await error_of(KEYED_WRITE, httpx.Response(status))) is UnansweredError

    async def test_a_keyed_write_that_nobody_took_has_no_effect(self) -> None:
        """503 is an outage, and the money is where it was."""
        error = await error_of(KEYED_WRITE, httpx.Response(503))

        assert type(error) is TemporarilyUnavailableError

    async def test_carries_the_vendors_code_and_no_contents(self) -> None:
        """People find the vendor's code in an error, and none of the vendor's sentences."""
        error = await error_of(WRITE, json_answer({"code": "too_much", "message": "Jane Doe"}, 422))

        assert error.code == "too_much"
        assert str(error) == "system: POST /things answered 422 too_much"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[1]", b'"text"', b"null"])
    async def test_copes_with_any_error_body(self, body: bytes) -> None:
        """A proxy's error page is a refusal like another, without a code."""
        error = await error_of(WRITE, httpx.Response(400, content=body))

        assert type(error) is RejectedError
        assert error.code is None

    async def test_can_be_kept_whatever_the_vendor_says(self) -> None:
        """A refusal is written down with the return, so no code of a vendor may stop that."""
        error = await error_of(WRITE, json_answer({"code": "too\x00much"}, 422))

        assert error.code == "too?much"
        assert str(error) == "system: POST /things answered 422 too?much"


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("7", timedelta(seconds=7)),
            ("0", timedelta()),
            ("99999999999999", timedelta(hours=1)),
            ("-3", None),
            ("soon", None),
            ("", None),
        ],
    )
    async def test_is_taken_in_seconds(self, header: str, expected: timedelta | None) -> None:
        """The wait a system asks for is kept, within an hour."""
        answer = httpx.Response(429, headers={"Retry-After": header})

        error = await error_of(WRITE, answer)

        assert isinstance(error, ThrottledError)
        assert error.retry_after == expected

    async def test_is_taken_as_a_date(self) -> None:
        """A wait may also be given as the moment it ends."""
        until = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)

        error = await error_of(WRITE, httpx.Response(429, headers={"Retry-After": until}))

        assert isinstance(error, ThrottledError)
        assert error.retry_after is not None
        assert timedelta(seconds=110) < error.retry_after <= timedelta(seconds=120)

    async def test_may_be_left_out(self) -> None:
        """Without the header the caller's own patience decides."""
        error = await error_of(WRITE, httpx.Response(429))

        assert isinstance(error, ThrottledError)
        assert error.retry_after is None


class TestUnreadableAnswers:
    BROKEN = (
        *(b"", b"<html>", b"\xff", b"[]", b'{"name": 7}', b'{"name": "x", "count": "3"}'),
        *(b'{"name": "a\\u0000b"}', b'{"name": "\\ud800"}'),
    )

    @pytest.mark.parametrize("body", BROKEN)
    @pytest.mark.parametrize("call", [READ, REPEATABLE_WRITE])
    async def test_break_the_contract_of_what_may_be_repeated(
        self, call: Call, body: bytes
    ) -> None:
        """An answer of another shape is the system's fault, and nothing was lost."""
        assert type(await error_of(call, httpx.Response(200, content=body))) is ProtocolError

    @pytest.mark.parametrize("body", BROKEN)
    @pytest.mark.parametrize("call", [WRITE, KEYED_WRITE])
    async def test_leave_a_write_ambiguous(self, call: Call, body: bytes) -> None:
        """A write with an unreadable answer may have happened: look it up."""
        error = await error_of(call, httpx.Response(200, content=body))

        assert type(error) is AmbiguousOutcomeError

    async def test_name_the_field_and_not_its_contents(self) -> None:
        """The error says where the answer is wrong without repeating what it holds."""
        error = await error_of(READ, json_answer({"name": "x", "count": "Jane Doe"}))

        assert error.field == "count"
        assert "Jane" not in str(error)
        assert error.__cause__ is None

    @pytest.mark.parametrize(
        ("answer", "field"),
        [
            ({"name": "a\x00b"}, "name"),
            ({"name": "x", "tags": ["red", "\x1b[1m"]}, "tags"),
            ({"name": "x", "parts": [{"name": "y"}, {"name": "\x7f"}]}, "parts[1].name"),
        ],
    )
    async def test_name_text_that_cannot_be_kept(self, answer: Any, field: str) -> None:
        """A control character anywhere is the system's fault, wherever its text would be kept."""
        error = await error_of(READ, json_answer(answer))

        assert (type(error), error.field) == (ProtocolError, field)


class TestLog:
    async def test_holds_one_event_per_call(self) -> None:
        """Each call leaves system, method, path template, status and time: no ids, no contents."""
        system, _ = api(json_answer({"name": "Jane Doe"}))

        with structlog.testing.capture_logs() as events:
            await system.ask(READ, Thing)

        (event,) = events
        assert event.pop("ms") >= 0
        assert event == {
            "event": "http.called",
            "log_level": "info",
            "system": "system",
            "method": "GET",
            "path": "/things/{thing}",
            "status": 200,
            "failure": None,
        }

    async def test_names_the_failure_of_a_call_without_answer(self) -> None:
        """A call that got no answer is in the log as well."""
        system, _ = api(httpx.ReadTimeout("read"))

        with structlog.testing.capture_logs() as events, pytest.raises(AmbiguousOutcomeError):
            await system.ask(WRITE, Thing)

        assert [(event["status"], event["failure"]) for event in events] == [(None, "ReadTimeout")]
