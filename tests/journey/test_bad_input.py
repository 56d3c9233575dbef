"""What makes no sense is refused by name and leaves nothing behind, here or outside."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.support.journey import QUIET_TENANT, Journey

# Every table that a return, its effects or its messages leave a row in.
_TRACES = (
    "returns",
    "return_events",
    "order_ledgers",
    "order_units",
    "rma_counters",
    "tenders",
    "refund_intents",
    "booking_intents",
    "notices",
    "inbox",
)
_LINE = {"line_id": "line-1", "quantity": 1}


@dataclass(frozen=True, slots=True)
class Desk:
    """One order to return from, and the HTTP of the platform that asks."""

    order: dict[str, Any]
    http: httpx.AsyncClient

    async def start(self, **changes: Any) -> httpx.Response:
        """Ask for a return with these fields instead of the good ones."""
        good = {"order_id": self.order["order_id"], "lines": [_LINE]}
        return await self.http.post("/v1/returns", json=good | changes, headers=new_key())

    async def send(self, body: Any, **headers: str) -> httpx.Response:
        """Ask for a return with these bytes."""
        given = {"Content-Type": "application/json", **new_key(), **headers}
        return await self.http.post("/v1/returns", content=body, headers=given)


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


async def traces(journey: Journey) -> dict[str, int]:
    counted = {}
    async with journey.services.database.tenant(QUIET_TENANT) as connection:
        for table in _TRACES:
            counted[table] = await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0
    return counted


@pytest_asyncio.fixture
async def desk(journey: Journey) -> AsyncIterator[Desk]:
    """An order at hand; afterwards there is no trace of anything, here or outside."""
    order = journey.sandbox.order("three-units")
    yield Desk(order, journey.http[QUIET_TENANT, "platform"])
    assert set((await traces(journey)).values()) == {0}
    outside = journey.sandbox.ledger(order_id=order["order_id"])
    assert not any(outside.values()), outside


def assert_problem(response: httpx.Response, status: int, code: str, field: str | None) -> None:
    """Every refusal is a problem of the catalogue, and says nothing about our insides."""
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    found = (response.status_code, problem["status"], problem["code"], problem.get("field"))
    assert found == (status, status, code, field), problem
    assert "Traceback" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"order_id": "O-unknown"}, 422, "order_not_found", "order_id"),
        ({"order_id": ""}, 400, "invalid_request", "order_id"),
        ({"order_id": 7}, 400, "invalid_request", "order_id"),
        ({"order_id": "a\u0000b"}, 400, "invalid_request", "order_id"),
        ({"order_id": "../products/X"}, 422, "order_not_found", "order_id"),
        ({"lines": []}, 400, "invalid_request", "lines"),
        ({"lines": [_LINE, _LINE]}, 400, "invalid_request", "lines[1].line_id"),
        (
            {"lines": [_LINE | {"line_id": "line-9"}]},
            422,
            "line_not_found",
            "lines[0].line_id",
        ),
        ({"lines": [_LINE | {"quantity": -1}]}, 422, "invalid_quantity", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": 0}]}, 422, "invalid_quantity", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": 4}]}, 409, "units_not_available", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": "1"}]}, 400, "invalid_request", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": True}]}, 400, "invalid_request", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": 1.5}]}, 400, "invalid_request", "lines[0].quantity"),
        ({"lines": [_LINE | {"quantity": 10**30}]}, 400, "invalid_request", "lines[0].quantity"),
        (
            {"lines": [_LINE | {"resolution": "EXCHANGE", "exchange_sku": "NO-SUCH-SKU"}]},
            422,
            "sku_not_found",
            "lines.exchange_sku",
        ),
        (
            {"lines": [_LINE | {"resolution": "EXCHANGE"}]},
            400,
            "invalid_request",
            "lines[0].exchange_sku",
        ),
        ({"lines": [_LINE | {"reason": "NO_SUCH"}]}, 422, "invalid_reason", "lines[0].reason"),
        ({"ground": "WARRANTY"}, 422, "invalid_reason", "lines[0].reason"),
        ({"ground": "WHIM"}, 400, "invalid_request", "ground"),
        ({"price_minor": 1}, 400, "invalid_request", "price_minor"),
        ({"currency": "EUR"}, 400, "invalid_request", "currency"),
        (
            {"lines": [_LINE | {"paid_minor": 1}]},
            400,
            "invalid_request",
            "lines[0].paid_minor",
        ),
        ({"handover": "PICKUP"}, 400, "invalid_request", "pickup_window"),
        (
            {
                "handover": "PICKUP",
                "pickup_window": {
                    "not_before": "2030-01-01T09:00:00+00:00",
                    "not_after": "2030-01-01T12:00:00+00:00",
                    "time_zone": "Middle/Earth",
                },
            },
            400,
            "invalid_request",
            "pickup_window.time_zone",
        ),
        (
            {
                "handover": "PICKUP",
                "pickup_window": {
                    "not_before": "2030-01-01T09:00:00",
                    "not_after": "2030-01-01T12:00:00",
                    "time_zone": "Europe/Berlin",
                },
            },
            400,
            "invalid_request",
            "pickup_window.not_before",
        ),
    ],
)
async def test_refuses_a_request_that_makes_no_sense(
    desk: Desk, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    """Each field is held to what it may say, and to what the platform knows."""
    assert_problem(await desk.start(**changes), status, code, field)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"order_id": "\xff\xfe"}', 400, "invalid_encoding"),
        ('{"order_id": "O-1"}'.encode("utf-16"), 400, "invalid_encoding"),
        (b'{"order_id": ', 400, "invalid_encoding"),
        (b'{"order_id": NaN}', 400, "invalid_encoding"),
        (b"[" * 100_000, 400, "invalid_encoding"),
        (b"[]", 400, "invalid_request"),
        (b'"text"', 400, "invalid_request"),
        (b"", 400, "invalid_request"),
        (b'{"order_id": "' + b"x" * 1_000_000 + b'"}', 413, "body_too_large"),
    ],
)
async def test_refuses_a_body_it_cannot_read(
    desk: Desk, body: bytes, status: int, code: str
) -> None:
    """Bytes that are no JSON object in UTF-8, or too many, go no further."""
    response = await desk.send(body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
async def test_says_which_header_is_wanted(desk: Desk, kind: str) -> None:
    """Curl sends JSON as a form unless told otherwise: the answer says what to add."""
    body = {"order_id": desk.order["order_id"], "lines": [_LINE]}

    response = await desk.send(json.dumps(body).encode(), **{"Content-Type": kind})

    assert_problem(response, 400, "invalid_request", "Content-Type")
    assert response.json()["detail"] == "send Content-Type: application/json"


async def test_refuses_an_endless_body(desk: Desk) -> None:
    """A chunked body has no stated length: it is counted as it comes."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    assert_problem(await desk.send(endless()), 413, "body_too_large", None)


async def test_refuses_lone_surrogates(desk: Desk) -> None:
    """JSON can spell characters that no text holds."""
    body = json.dumps({"order_id": "x", "lines": [_LINE]}).replace('"x"', '"\\ud800"')

    assert_problem(await desk.send(body.encode()), 400, "invalid_request", "order_id")


@pytest.mark.parametrize("key", ["", "two words", "k" * 201, "schlüssel"])
async def test_refuses_an_unusable_idempotency_key(desk: Desk, key: str) -> None:
    """A key is 1 to 200 visible ASCII characters; without one, nothing is started."""
    body = {"order_id": desk.order["order_id"], "lines": [_LINE]}

    response = await desk.http.post(
        "/v1/returns", json=body, headers=httpx.Headers({"Idempotency-Key": key}, encoding="utf-8")
    )

    assert_problem(response, 400, "idempotency_key_required", "Idempotency-Key")


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("/v1/returns?limit=0", 400, "invalid_request", "limit"),
        ("/v1/returns?headline=NOPE", 400, "invalid_request", "headline"),
        ("/v1/returns?blocker=typo", 400, "invalid_request", "blocker"),
        ("/v1/returns?colour=red", 400, "invalid_request", "colour"),
        ("/v1/returns?cursor=abc", 400, "invalid_cursor", "cursor"),
        ("/v1/returns?order_id=%00", 400, "invalid_request", "order_id"),
        ("/v1/returns/%00", 404, "return_not_found", None),
        ("/v1/returns/RMA-0000-00-0", 404, "return_not_found", None),
        (
            "/v1/returns/urn:uuid:6f7a1c1e-4f0a-5a53-9d1b-6d2c2b9f5a10",
            404,
            "return_not_found",
            None,
        ),
        ("/v1/returns/6f7a1c1e-4f0a-5a53-9d1b-6d2c2b9f5a10/explain", 404, "return_not_found", None),
        (
            "/v1/returns/6f7a1c1e-4f0a-5a53-9d1b-6d2c2b9f5a10/timeline",
            404,
            "return_not_found",
            None,
        ),
        ("/v1/nothing", 404, "not_found", None),
        ("/v1/keys", 403, "forbidden", None),
        ("/v1/surveys/short", 404, "survey_not_found", None),
        ("/v1/surveys/" + "a" * 43, 404, "survey_not_found", None),
    ],
)
async def test_refuses_to_read_what_is_not_there(
    desk: Desk, path: str, status: int, code: str, field: str | None
) -> None:
    """Odd paths and filters are refused like everything else: no page, no trace."""
    assert_problem(await desk.http.get(path), status, code, field)


async def test_a_method_that_is_not_there(desk: Desk) -> None:
    """Nothing is ever put or patched in this API."""
    assert_problem(await desk.http.put("/v1/returns"), 405, "method_not_allowed", None)


async def test_a_preview_says_that_the_platform_is_away(journey: Journey, desk: Desk) -> None:
    """What cannot be known now is asked for again later, and nothing is guessed."""
    body = {"order_id": desk.order["order_id"], "lines": [_LINE]}
    with journey.sandbox.fault(
        system="commerce", operation="GET /orders/{order_id}", kind="http_503", times=50
    ):
        preview = await desk.http.post("/v1/returns/preview", json=body)

    assert_problem(preview, 503, "platform_unavailable", None)


async def test_a_preview_of_an_order_in_no_currency(journey: Journey, desk: Desk) -> None:
    """An order in a currency that is none would pay nothing, and whose facts are wrong is said."""
    order_id = f"order-{uuid.uuid4().hex[:12]}"
    odd = json.loads(json.dumps(desk.order)) | {"order_id": order_id, "currency": "ZZZ"}
    journey.sandbox.put(f"orders/{order_id}", odd)

    preview = await desk.http.post(
        "/v1/returns/preview", json={"order_id": order_id, "lines": [_LINE]}
    )

    assert_problem(preview, 422, "bad_upstream_data", "currency")
