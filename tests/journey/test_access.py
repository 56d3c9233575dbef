"""Who may do what: roles, tenants, and nothing by default."""

import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.app import routed_app
from backhaul_client import NewReturn, NewReturnLine, ReturnView
from domain.commands import COMMANDS
from storage.states import Role
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey

_OPEN = {"/healthz", "/readyz", "/v1/surveys/{token}", "/v1/webhooks/{connection_id}"}
_BODIES: dict[str, dict[str, Any]] = {
    "withdraw": {},
    "approve": {"line_ids": ["line-1"]},
    "ask-info": {"question": "Why?"},
    "answer-info": {"answer": "So."},
    "counter-offer": {"percent": 30, "message": "Keep it."},
    "accept-offer": {"offer_no": 1},
    "decline-offer": {"offer_no": 1},
    "deny": {"reason": "no"},
    "report-pickup-outcome": {
        "delivery_id": "d1",
        "attempt": 1,
        "outcome": "courier_no_show",
    },
    "change-handover": {"handover": "DROP_OFF"},
    "record-sending": {"sent_at": "2026-01-01T00:00:00Z", "tracking_code": "RR1"},
    "replace-label": {"delivery_id": "d1", "reason": "it ran out"},
    "record-customs-papers": {"reference": "folder 7"},
    "mark-lost": {"delivery_id": "d1", "evidence": "trace 1"},
    "leave-expired": {"reason": "seen to by hand"},
    "receive": {
        "receipt_id": "R-1",
        "parcel": "P-1",
        "entries": [{"sku": "LAMP-DESK-WHITE", "quantity": 1}],
    },
    "record-inspection": {"lot_id": "line-1/1", "grade": "A"},
    "choose-resolution": {"lot_id": "line-1/1", "resolution": "REFUND"},
    "retry": {},
    "correct": {"field": "channel", "value": "STORE", "reason": "seen in the shop"},
    "reconcile-refund": {"intent_id": "x", "outcome": "not_paid", "proof": "report 7"},
    "approve-settlement": {"settlement_no": 1, "settlement_hash": "sha256:0"},
    "decline-settlement": {"settlement_no": 1, "settlement_hash": "sha256:0", "reason": "why"},
    "change-tender": {
        "intent_id": "x",
        "destination": "store_credit",
        "reference": "customer-1",
        "consent": {"given_at": "2026-01-01T00:00:00Z", "how": "mail", "reference": "T-1"},
    },
    "resolve-recovery": {"lot_id": "x", "outcome": "written_off", "reason": "it is little"},
    "restart-from-projection": {"reason": "it is gone"},
    "reopen": {"reason": "the customer says that no money came"},
    "extend-deadline": {"wait": "x", "until": "2030-01-01T00:00:00+00:00"},
}
KEY = f"bh_0123abcd_{'k' * 43}"
"""A key of the right form that nobody was given."""


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


@pytest_asyncio.fixture(scope="module")
async def denied(journey: Journey) -> ReturnView:
    """A return that has ended: no command moves it, so only the right to give one differs."""
    order = journey.sandbox.order("out-of-window")
    wanted = NewReturn(
        order_id=order["order_id"], lines=(NewReturnLine(line_id="line-1", quantity=1),)
    )
    view = await journey.client().start_return(wanted, idempotency_key=uuid.uuid4().hex)
    assert isinstance(view, ReturnView)
    return view


async def give(http: httpx.AsyncClient, return_id: str, command: str) -> httpx.Response:
    return await http.post(
        f"/v1/returns/{return_id}/commands/{command}", json=_BODIES[command], headers=new_key()
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("command", _BODIES)
async def test_a_role_gives_its_own_commands_only(
    journey: Journey, denied: ReturnView, role: str, command: str
) -> None:
    """Who may not is told so; who may is told that the return has ended."""
    response = await give(journey.http[TENANT, role], denied.return_id, command)

    allowed = role in COMMANDS[command].roles
    assert response.json()["code"] == ("return_closed" if allowed else "forbidden")
    assert response.status_code == (409 if allowed else 403)


@pytest.mark.parametrize("command", _BODIES)
async def test_another_tenants_return_is_none(
    journey: Journey, denied: ReturnView, command: str
) -> None:
    """Whoever may give a command may give it to returns of the own tenant; others do not exist."""
    role = COMMANDS[command].roles[0]

    response = await give(journey.http[OTHER_TENANT, role], denied.return_id, command)

    assert (response.status_code, response.json()["code"]) == (404, "return_not_found")


@pytest.mark.parametrize("path", ["", "/timeline", "/explain"])
async def test_another_tenants_return_cannot_be_read(
    journey: Journey, denied: ReturnView, path: str
) -> None:
    """Neither by id nor by number, nor in a list."""
    http = journey.http[OTHER_TENANT, "ops"]

    by_id = await http.get(f"/v1/returns/{denied.return_id}{path}")
    by_number = await http.get(f"/v1/returns/{denied.rma_no}{path}")
    listed = await http.get("/v1/returns", params={"order_id": denied.order_id})

    assert (by_id.status_code, by_number.status_code) == (404, 404)
    assert listed.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("command", "request_line", "body"),
    [
        ("preview", "POST /v1/returns/preview", {"order_id": "O", "lines": []}),
        ("start", "POST /v1/returns", {"order_id": "O", "lines": []}),
        ("timeline", "GET /v1/returns/x/timeline", None),
        ("explain", "GET /v1/returns/x/explain", None),
        ("timeline", "GET /v1/returns/x/decisions", None),
        ("read-books", "GET /v1/refunds", None),
        ("read-books", "GET /v1/credit-notes", None),
        ("read-books", "GET /v1/credit-notes/x", None),
        ("read-credit", "GET /v1/credit?kind=POINTS&owner_ref=x&currency=EUR", None),
        ("reverse-credit", "POST /v1/credit/reversals", {}),
        ("spend-credit", "POST /v1/credit/spends", {}),
        ("read-policies", "GET /v1/policies", None),
        ("read-policies", "GET /v1/policies/current", None),
        ("read-policies", "GET /v1/policies/x@1", None),
        ("read-policies", "GET /v1/policies/x@1/diff", None),
        ("read-policies", "GET /v1/policies/x@1/returns", None),
        ("draft-policy", "PUT /v1/policies/x@1", {}),
        ("draft-policy", "POST /v1/policies/simulate", {}),
        ("publish-policy", "POST /v1/policies/x@1/publish", {}),
        ("manage-connections", "GET /v1/connections", None),
        ("manage-connections", "POST /v1/connections", {}),
        ("manage-keys", "GET /v1/keys", None),
        ("manage-keys", "POST /v1/keys", {}),
        ("manage-keys", "DELETE /v1/keys/x", None),
        ("manage-keys", "GET /v1/tenants", None),
        ("manage-keys", "POST /v1/tenants", {}),
    ],
)
async def test_a_role_reaches_its_own_paths_only(
    journey: Journey, role: str, command: str, request_line: str, body: Any
) -> None:
    """The right is asked before anything else is looked at."""
    http = journey.http[TENANT, role]
    method, path = request_line.split()

    response = await http.request(method, path, json=body, headers=new_key())

    assert (response.status_code == 403) == (role not in COMMANDS[command].roles)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer bh_wrong", f"Bearer {KEY}", "Basic YTpi", f"bearer{KEY}"],
)
async def test_an_unknown_key_is_nobody(journey: Journey, authorization: str) -> None:
    """Without a valid key no path is there, known or not."""
    for path in ("/v1/returns", "/v1/nothing"):
        response = await journey.anonymous.get(path, headers={"Authorization": authorization})

        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_revoked_key_is_nobody(journey: Journey) -> None:
    """A key that was ended works no longer, at once."""
    key_id, key = await journey.services.keys.create(TENANT, Role.PLATFORM, "short-lived")
    headers = {"Authorization": f"Bearer {key}"}
    assert (await journey.anonymous.get("/v1/returns", headers=headers)).status_code == 200

    revoked = await journey.http[TENANT, "admin"].delete(f"/v1/keys/{key_id}")

    assert revoked.status_code == 204
    assert (await journey.anonymous.get("/v1/returns", headers=headers)).status_code == 401


def test_every_route_but_the_open_ones_needs_a_key() -> None:
    """A route that forgot to name its command would be there for every key."""
    paths = routed_app().openapi()["paths"]

    unlocked = {
        path
        for path, operations in paths.items()
        if not all("security" in operation for operation in operations.values())
    }

    assert unlocked == _OPEN
