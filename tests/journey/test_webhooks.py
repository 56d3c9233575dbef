"""Webhooks in: verified, kept once, read again at their sender, told to the return."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from backhaul_client import (
    CountedItem,
    InspectionCommand,
    NewReturn,
    NewReturnLine,
    ReceiveCommand,
    ReturnView,
)
from domain.ids import workflow_id_for
from storage.settlements import Settlements
from tests.support.asking import PATIENCE, labelled, new_key, units_of
from tests.support.house import TENANT, eventually
from tests.support.journey import QUIET_TENANT, WEBHOOK_SECRET, Journey


async def kept(journey: Journey, tenant: str = QUIET_TENANT) -> int:
    async with journey.services.database.tenant(tenant) as connection:
        found: int = await connection.scalar(text("SELECT count(*) FROM inbox")) or 0
        return found


def signed(
    body: str, *, secret: str = WEBHOOK_SECRET, at: datetime | None = None
) -> dict[str, str]:
    sent_at, event_id = at or datetime.now(UTC), f"msg_{uuid.uuid4().hex}"
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, sent_at, body),
    }


async def post(journey: Journey, kind: str, body: str, headers: dict[str, str]) -> httpx.Response:
    path = f"/v1/webhooks/{journey.connection_ids[QUIET_TENANT, kind]}"
    return await journey.anonymous.post(path, content=body, headers=headers)


def shipped(reference: str = "someone/else") -> str:
    return json.dumps(
        {
            "type": "replacement.shipped",
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {
                "replacement_order_id": "ro_1",
                "reference": reference,
                "tracking_code": None,
            },
        }
    )


async def test_scans_reach_the_return(journey: Journey) -> None:
    """The carrier's webhook moves the return from label to delivered, without anybody polling."""
    view = await labelled(journey)
    code = view.deliveries[0].tracking_code
    assert code is not None

    for status in ("in_transit", "delivered"):
        journey.sandbox.post(
            f"parcels/{code}/scans", {"scan_id": f"{code}-{status}", "status": status}
        )

    moved = await journey.client().wait_until(
        view.return_id, lambda seen: seen.deliveries[0].delivered_at is not None, timeout=PATIENCE
    )
    assert moved.deliveries[0].first_scan_at is not None
    types = [event.type for event in await journey.client().timeline(view.return_id)]
    assert types.count("delivery.first_scan") == types.count("delivery.delivered") == 1


@pytest.mark.parametrize("kind", ["payments", "carrier", "commerce"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": "t=1,v1=00", "X-Hmac-Signature": "hmac-sha256-hex=00"},
        signed(shipped(), secret="whsec_" + "b3RoZXItc2VjcmV0LXNlY3JldC0="),
    ],
    ids=["unsigned", "forged", "another secret"],
)
async def test_a_webhook_without_its_signature_is_nobodys(
    journey: Journey, kind: str, headers: dict[str, str]
) -> None:
    """Whoever cannot sign is not listened to, and nothing of it is kept."""
    response = await post(journey, kind, shipped(), headers)

    assert (response.status_code, response.json()["code"]) == (401, "webhook_unsigned")
    assert await kept(journey) == 0


async def test_an_old_webhook_is_not_taken(journey: Journey) -> None:
    """A recorded webhook cannot be sent again later."""
    body = shipped()
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    response = await post(journey, "commerce", body, signed(body, at=long_ago))

    assert (response.status_code, response.json()["code"]) == (401, "webhook_unsigned")


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"type": "replacement.shipped", "data": 7}'])
async def test_a_malformed_webhook_is_refused(journey: Journey, body: str) -> None:
    """Signed nonsense is the sender's bug: it is told so, and nothing is kept."""
    response = await post(journey, "commerce", body, signed(body))

    assert (response.status_code, response.json()["code"]) == (400, "webhook_malformed")
    assert await kept(journey) == 0


@pytest.mark.parametrize("connection_id", ["x", str(uuid.UUID(int=7)), "%00"])
async def test_a_webhook_to_nobody_is_refused(journey: Journey, connection_id: str) -> None:
    """An address that was never given out takes nothing."""
    response = await journey.anonymous.post(f"/v1/webhooks/{connection_id}", content="{}")

    assert (response.status_code, response.json()["code"]) == (404, "connection_not_found")


async def test_a_kind_nobody_follows_is_waved_through(journey: Journey) -> None:
    """The sender is not asked to repeat what nobody wants to know."""
    body = json.dumps({"type": "catalogue.changed", "timestamp": "", "data": {}})

    response = await post(journey, "commerce", body, signed(body))

    assert (response.status_code, response.json()) == (200, {"status": "ignored"})


async def test_the_same_webhook_is_processed_once(journey: Journey) -> None:
    """Delivered twice, it has one row; about a return that is not ours, it changes nothing."""
    body = shipped()
    headers = signed(body)
    path = f"/v1/webhooks/{journey.connection_ids[TENANT, 'commerce']}"

    async def rows() -> Any:
        async with journey.services.database.tenant(TENANT) as connection:
            return await connection.scalar(
                text(
                    "SELECT count(*) FROM inbox WHERE event_id = :id AND processed_at IS NOT NULL"
                ),
                {"id": headers["webhook-id"]},
            )

    answers = [
        (await journey.anonymous.post(path, content=body, headers=headers)).json() for _ in "ab"
    ]

    assert answers == [{"status": "processed"}] * 2
    assert await rows() == 1


async def test_what_is_no_news_grows_no_history(journey: Journey) -> None:
    """Scans of a milestone passed before, kinds nobody follows and our own mails cost no event."""
    with journey.sandbox.fault(system="smtp", operation="DATA", kind="http_503", times=1000):
        view = await labelled(journey)
        code = view.deliveries[0].tracking_code
        assert code is not None
        journey.sandbox.post(
            f"parcels/{code}/scans", {"scan_id": f"{code}-0", "status": "in_transit"}
        )
        await journey.client().wait_until(
            view.return_id,
            lambda seen: seen.deliveries[0].first_scan_at is not None,
            timeout=PATIENCE,
        )
        await waiting(journey, 0)
        before = await length_at_rest(journey, view.return_id)
        mails_before = mails_of(journey, view.return_id)
        told_before = await told_of(journey, code)

    for number in (1, 2):
        scan = {"scan_id": f"{code}-{number}", "status": "in_transit"}
        journey.sandbox.post(f"parcels/{code}/scans", scan)
    unfollowed = json.dumps({"type": "catalogue.changed", "timestamp": "", "data": {}})
    path = f"/v1/webhooks/{journey.connection_ids[TENANT, 'commerce']}"
    ignored = await journey.anonymous.post(path, content=unfollowed, headers=signed(unfollowed))

    await eventually(lambda: told_of(journey, code), lambda told: told == told_before + 2)
    await eventually(lambda: unsent_of(journey, view.return_id), lambda number: number == 0)
    await waiting(journey, 0)
    assert ignored.json() == {"status": "ignored"}
    assert mails_before == 0
    assert mails_of(journey, view.return_id) > 0
    assert await length_at_rest(journey, view.return_id) == before


async def length_at_rest(journey: Journey, return_id: str) -> int:
    """Return the length of a history to which nothing under way adds an event."""
    handle = journey.services.temporal.get_workflow_handle(workflow_id_for(return_id))
    resting = await eventually(
        handle.describe,
        lambda found: (
            not found.raw_description.pending_activities
            and not found.raw_description.HasField("pending_workflow_task")
        ),
    )
    return resting.history_length


def mails_of(journey: Journey, return_id: str) -> int:
    return len(journey.sandbox.ledger(return_id=return_id)["mails"])


async def told_of(journey: Journey, tracking_code: str) -> int:
    """Count the processed webhooks about a parcel."""
    query = (
        "SELECT count(*) FROM inbox WHERE processed_at IS NOT NULL AND position(:code IN body) > 0"
    )
    return await count(journey, query, code=tracking_code.encode())


async def unsent_of(journey: Journey, return_id: str) -> int:
    """Count a return's mails that were not sent, once more due at once."""
    async with journey.services.database.tenant(TENANT) as connection:
        due = "UPDATE notices SET next_attempt_at = now() WHERE return_id = :id AND state <> 'sent'"
        await connection.execute(text(due), {"id": return_id})
    query = "SELECT count(*) FROM notices WHERE return_id = :id AND state <> 'sent'"
    return await count(journey, query, id=return_id)


async def count(journey: Journey, query: str, **of: object) -> int:
    async with journey.services.database.tenant(TENANT) as connection:
        return int(await connection.scalar(text(query), of) or 0)


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook is about, the call that reads it again, and what its news brings.

    Args:
        begins: Brings a return to where the news is waited for; gives its id and what is to move.
        moves: Lets it move at its sender, who tells of it once.
        hears: Says of the return that it was told.
        nonsense: The place in what is read where something else stands.
        unread: Other calls by which the return would hear of it without the webhook.
    """

    begins: Callable[[Journey], Awaitable[tuple[str, str]]]
    moves: Callable[[Journey, str], object]
    hears: Callable[[ReturnView], bool]
    system: str
    operation: str
    nonsense: str
    unread: tuple[str, ...] = ()


async def parcel_with_label(journey: Journey) -> tuple[str, str]:
    view = await labelled(journey)
    return view.return_id, view.deliveries[0].tracking_code or ""


def scan(journey: Journey, code: str) -> None:
    late = {"scan_id": f"{code}-late", "status": "in_transit"}
    journey.sandbox.post(f"parcels/{code}/scans", late)


async def refund_pending(journey: Journey) -> tuple[str, str]:
    view = await labelled(journey)
    pending = {"system": "stripe", "operation": "POST /v1/refunds", "kind": "pending_refund"}
    with journey.sandbox.fault(**pending):
        await take_in(journey, view.return_id, "LAMP-DESK-WHITE")
        told = await journey.client().wait_until(
            view.return_id,
            lambda seen: any(r.state == "pending" for s in seen.settlements for r in s.refunds),
            timeout=PATIENCE,
        )
    refund_ref = told.settlements[0].refunds[0].refund_ref
    assert refund_ref is not None
    await read_at_sender(journey, refund_ref, times=1)
    return view.return_id, refund_ref


async def replacement_ordered(journey: Journey) -> tuple[str, str]:
    wanted_sku = "SNEAKER-BLUE-25-5"
    order = journey.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 5}
    journey.sandbox.put(f"products/{wanted_sku}", product)
    line = NewReturnLine(
        line_id="line-1", quantity=1, resolution="EXCHANGE", exchange_sku=wanted_sku
    )
    started = await journey.client().start_return(
        NewReturn(order_id=order["order_id"], lines=(line,)), idempotency_key=new_key()
    )
    await take_in(journey, started.return_id, "SNEAKER-BLUE-25")
    ordered = await journey.client().wait_until(
        started.return_id,
        lambda seen: bool(seen.lots and seen.lots[0].replacement_order_id),
        timeout=PATIENCE,
    )
    return started.return_id, ordered.lots[0].replacement_order_id or ""


async def take_in(journey: Journey, return_id: str, sku: str) -> None:
    """Count one unit and grade it as new."""
    warehouse = journey.client("warehouse")
    item = CountedItem(sku=sku, quantity=1)
    count = ReceiveCommand(receipt_id="R-1", parcel="P-1", entries=(item,))
    grade = InspectionCommand(lot_id="line-1/1", grade="A")
    await warehouse.receive(return_id, count, idempotency_key=new_key())
    await warehouse.record_inspection(return_id, grade, idempotency_key=new_key())


TOLD = {
    "parcel": Told(
        parcel_with_label,
        scan,
        lambda view: view.deliveries[0].first_scan_at is not None,
        "easypost",
        "GET /v2/trackers/{tracker}",
        "tracking_code",
    ),
    "refund": Told(
        refund_pending,
        lambda journey, ref: journey.sandbox.post(f"refunds/{ref}/succeed"),
        lambda view: view.settlements[0].refunds[0].state == "succeeded",
        "stripe",
        "GET /v1/refunds/{refund}",
        "amount",
        unread=("GET /v1/refunds",),
    ),
    "replacement": Told(
        replacement_ordered,
        lambda journey, order: journey.sandbox.post(
            f"replacement-orders/{order}/advance", {"status": "shipped"}
        ),
        lambda view: view.lots[0].replacement_tracking_code is not None,
        "commerce",
        "GET /replacement-orders/{order}",
        "status",
    ),
}
"""All that is read when a webhook came."""


@pytest.mark.parametrize("kind", ["http_503", "lost_reply", "nonsense"])
@pytest.mark.parametrize("about", TOLD)
async def test_what_could_not_be_processed_is_processed_later(
    journey: Journey, about: str, kind: str
) -> None:
    """While its sender is away a webhook is kept; when it is back, the return is told."""
    told = TOLD[about]
    return_id, moving = await told.begins(journey)
    trouble: dict[str, Any] = {"system": told.system, "operation": told.operation, "kind": kind}
    if kind == "nonsense":
        trouble["set"] = {"path": told.nonsense, "value": {"no": "sense"}}
    with ExitStack() as away:
        for call in told.unread:
            other = {"system": told.system, "operation": call, "kind": "http_503"}
            away.enter_context(journey.sandbox.fault(**other, times=10_000))

        with journey.sandbox.fault(**trouble, times=10_000):
            told.moves(journey, moving)
            await waiting(journey, 1)
            unaware = await journey.client().get_return(return_id)

        await journey.client().wait_until(return_id, told.hears, timeout=PATIENCE)
        await waiting(journey, 0)
    assert not told.hears(unaware)


async def test_edge_67_a_refund_by_hand_pays_what_nobody_knew(journey: Journey) -> None:
    """Staff pay from the provider's own page; the return hears of it and pays no more."""
    client, sandbox, order = journey.client(), journey.sandbox, journey.sandbox.order("three-units")
    started = await client.start_return(units_of(order), idempotency_key=new_key())
    ours = {"system": "stripe", "times": 10_000}
    with (
        sandbox.fault(
            **ours, operation="POST /v1/refunds", kind="stored_500", containing="refund_request_id"
        ),
        sandbox.fault(**ours, operation="GET /v1/refunds", kind="http_503"),
    ):
        await take_in(journey, started.return_id, "LAMP-DESK-WHITE")
        parked = await client.wait_until(
            started.return_id,
            lambda seen: "refund_unknown" in [wait.code for wait in seen.waiting_on],
            timeout=PATIENCE,
        )
        (owed,) = parked.settlements[0].refunds
        by_hand = sandbox.refund_by_hand(order["tenders"][0]["payment_ref"], owed.amount_minor)
        await eventually(lambda: told_of(journey, by_hand), lambda told: told > 0)
    ended = await client.wait_until(
        started.return_id,
        lambda seen: seen.settlements[0].refunds[0].state == "succeeded",
        timeout=PATIENCE,
    )

    assert ended.settlements[0].refunds[0].refund_ref == by_hand
    made = sandbox.ledger(order_id=order["order_id"])["refunds"]
    assert [refund["refund_id"] for refund in made] == [by_hand]


async def test_a_refund_that_fails_later_is_noticed(journey: Journey) -> None:
    """The provider takes a success back: the return is told, and the money is tried again."""
    view, warehouse = await labelled(journey), journey.client("warehouse")
    count = ReceiveCommand(
        receipt_id="R-1",
        parcel="P-1",
        entries=(CountedItem(sku="LAMP-DESK-WHITE", quantity=1),),
    )
    await warehouse.receive(view.return_id, count, idempotency_key=new_key())
    await warehouse.record_inspection(
        view.return_id, InspectionCommand(lot_id="line-1/1", grade="A"), idempotency_key=new_key()
    )
    paid = await warehouse.wait_until(
        view.return_id, lambda seen: seen.headline == "COMPLETED", timeout=PATIENCE
    )
    first = paid.settlements[0].refunds[0].refund_ref

    journey.sandbox.post(f"refunds/{first}/fail")

    await warehouse.wait_until(
        view.return_id,
        lambda seen: (
            seen.settlements[0].refunds[0].refund_ref not in (first, None)
            and seen.headline == "COMPLETED"
        ),
        timeout=PATIENCE,
    )
    refunds = journey.sandbox.ledger(return_id=view.return_id)["refunds"]
    assert sorted(refund["status"] for refund in refunds) == ["failed", "succeeded"]
    types = [event.type for event in await journey.client().timeline(view.return_id)]
    assert types.count("refund.settled") == 2
    assert types.count("refund.failed") == 1


async def test_news_of_another_amount_end_no_refund(journey: Journey) -> None:
    """A provider that says it paid a cent is not believed: the refund is still waited for."""
    view, warehouse = await labelled(journey), journey.client("warehouse")
    count = ReceiveCommand(
        receipt_id="R-1",
        parcel="P-1",
        entries=(CountedItem(sku="LAMP-DESK-WHITE", quantity=1),),
    )
    stripe, wrong = {"system": "stripe"}, {"kind": "nonsense", "times": 1000}
    one, many = "GET /v1/refunds/{refund}", "GET /v1/refunds"
    cent, listed = {"path": "amount", "value": 1}, {"path": "data[0].amount", "value": 1}
    with (
        journey.sandbox.fault(**stripe, operation="POST /v1/refunds", kind="pending_refund"),
        journey.sandbox.fault(**stripe, **wrong, operation=one, set=cent),
        journey.sandbox.fault(**stripe, **wrong, operation=many, set=listed),
    ):
        await warehouse.receive(view.return_id, count, idempotency_key=new_key())
        await warehouse.record_inspection(
            view.return_id,
            InspectionCommand(lot_id="line-1/1", grade="A"),
            idempotency_key=new_key(),
        )
        pending = await warehouse.wait_until(
            view.return_id,
            lambda seen: any(r.state == "pending" for s in seen.settlements for r in s.refunds),
            timeout=PATIENCE,
        )
        refund_ref = pending.settlements[0].refunds[0].refund_ref
        assert refund_ref is not None

        journey.sandbox.post(f"refunds/{refund_ref}/succeed")
        # Webhooks tell of the refund when it is made and when it is paid.
        await read_at_sender(journey, refund_ref, times=2)
        intent = await Settlements(journey.services.database).by_refund_ref(TENANT, refund_ref)

    assert intent is not None
    assert intent.state == "pending"


async def read_at_sender(journey: Journey, refund_ref: str, *, times: int) -> None:
    """Wait until a refund was read so often for webhooks, and they are done with."""

    async def reads() -> int:
        asked = [request["path"] for request in journey.sandbox.requests("stripe")]
        return asked.count(f"/stripe/v1/refunds/{refund_ref}")

    await eventually(reads, lambda number: number == times)
    await waiting(journey, 0)


async def waiting(journey: Journey, number: int) -> None:
    """Look until so many webhooks of the tenant wait to be processed."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with journey.services.database.tenant(TENANT) as connection:
                found = await connection.scalar(
                    text("SELECT count(*) FROM inbox WHERE processed_at IS NULL")
                )
            if found == number:
                return
            await asyncio.sleep(0.05)
