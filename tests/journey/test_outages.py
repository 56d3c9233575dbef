"""With parts of it down the API says what it knows, promises nothing else, and loses nothing."""

import pytest
from pydantic import SecretStr

from api.services import open_services
from backhaul_client import (
    Accepted,
    BackhaulError,
    CommandLeft,
    CommandView,
    CountedItem,
    Explanation,
    InspectionCommand,
    ReceiveCommand,
    ReturnView,
    WithdrawCommand,
)
from cli.demo.actors import patiently
from runtime.adapters import TimeScaleRefusedError
from storage.database import Database as StoredDatabase
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.support.asking import PATIENCE, labelled, new_key, units_of
from tests.support.house import eventually
from tests.support.journey import Journey, without_workers
from tests.support.postgres import Database
from tests.support.proxy import proxy_to


async def test_a_start_without_workers_is_accepted_and_done_later(journey: Journey) -> None:
    """202 is a promise: when a worker comes up the return is decided, under the same key."""
    wanted, key = units_of(journey.sandbox.order("three-units")), new_key()

    async with without_workers(journey) as quiet:
        answer = await quiet.client().start_return(wanted, idempotency_key=key)
        explained = await quiet.client().explain(answer.return_id)
        with pytest.raises(BackhaulError) as unknown:
            await journey.client(tenant="other").explain(answer.return_id)
        async with quiet.working():
            view = await quiet.client().wait_until(
                answer.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
            )
            again = await quiet.client().start_return(wanted, idempotency_key=key)

    assert isinstance(answer, Accepted)
    assert answer.status == "pending"
    assert explained.engine is not None
    assert explained.engine.workers == 0
    assert any("no worker" in finding for finding in explained.engine.findings)
    assert unknown.value.code == "return_not_found"
    assert isinstance(again, ReturnView)
    assert again.rma_no == view.rma_no


async def test_a_command_without_workers_is_not_confirmed(journey: Journey) -> None:
    """Nobody answered, so nothing is promised; the same command later is carried out once."""
    wanted = units_of(journey.sandbox.order("three-units"))
    count = ReceiveCommand(
        receipt_id="R-1",
        parcel="P-1",
        entries=(CountedItem(sku="LAMP-DESK-WHITE", quantity=1),),
    )
    async with without_workers(journey) as quiet:
        warehouse, key = quiet.client("warehouse"), new_key()
        async with quiet.working():
            started = await quiet.client().start_return(wanted, idempotency_key=new_key())
            view = await warehouse.wait_until(
                started.return_id, lambda seen: bool(seen.deliveries), timeout=PATIENCE
            )
        with pytest.raises(BackhaulError) as refused:
            await warehouse.receive(view.return_id, count, idempotency_key=key)
        explained = await quiet.client("ops").explain(view.return_id)
        async with quiet.working():
            await patiently(lambda: warehouse.receive(view.return_id, count, idempotency_key=key))
            after = await warehouse.wait_until(
                view.return_id, lambda seen: bool(seen.receipts), timeout=PATIENCE
            )

    assert (refused.value.status, refused.value.code) == (503, "not_confirmed")
    assert refused.value.retry_after_seconds is not None
    assert explained.waiting_on
    assert len(after.receipts) == 1


async def test_a_grade_without_workers_is_kept(journey: Journey) -> None:
    """Edge 52: 202 is a promise; the grade counts once, however often it is sent."""
    wanted = units_of(journey.sandbox.order("three-units"))
    count = ReceiveCommand(
        receipt_id="R-1",
        parcel="P-1",
        entries=(CountedItem(sku="LAMP-DESK-WHITE", quantity=1),),
    )
    grade = InspectionCommand(lot_id="line-1/1", grade="A")
    async with without_workers(journey) as quiet:
        warehouse, key = quiet.client("warehouse"), new_key()
        async with quiet.working():
            started = await quiet.client().start_return(wanted, idempotency_key=new_key())
            counting = new_key()
            await patiently(
                lambda: warehouse.receive(started.return_id, count, idempotency_key=counting)
            )
        kept = await warehouse.record_inspection(started.return_id, grade, idempotency_key=key)
        again = await warehouse.record_inspection(started.return_id, grade, idempotency_key=key)
        async with quiet.working():
            await warehouse.wait_until(
                started.return_id, lambda seen: seen.lots[0].grade == "A", timeout=PATIENCE
            )
            done = await warehouse.record_inspection(started.return_id, grade, idempotency_key=key)
        events = await quiet.client().timeline(started.return_id)

    assert isinstance(kept, CommandLeft)
    assert (kept, kept.status) == (again, "pending")
    assert isinstance(done, CommandView)
    assert [event.type for event in events].count("inspection.completed") == 1


async def test_a_start_without_the_platform_is_accepted(journey: Journey) -> None:
    """While the shop's own system is away nothing can be decided, and nothing is refused."""
    order, key = journey.sandbox.order("three-units"), new_key()
    wanted = units_of(order)

    async with without_workers(journey) as quiet, quiet.working():
        client = quiet.client()
        with journey.sandbox.fault(
            system="commerce", operation="GET /orders/{order_id}", kind="http_503", times=1000
        ):
            answer = await client.start_return(wanted, idempotency_key=key)
            explained = await eventually(
                lambda: client.explain(answer.return_id), lambda seen: bool(pending(seen))
            )
        view = await client.wait_until(
            answer.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
        )

    assert isinstance(answer, Accepted)
    assert pending(explained) == ["fetch_facts"]
    assert view.order_id == order["order_id"]


def pending(seen: Explanation) -> list[str]:
    return [step.activity for step in seen.engine.pending_activities] if seen.engine else []


async def test_with_the_engine_down_nothing_is_promised(journey: Journey) -> None:
    """A start that may not have begun is no 202; what is known can still be read."""
    known, wanted = await labelled(journey), units_of(journey.sandbox.order("three-units"))

    async with (
        proxy_to(journey.settings.temporal_address) as proxy,
        without_workers(journey, temporal_address=proxy.address) as quiet,
    ):
        await proxy.cut()
        with pytest.raises(BackhaulError) as start:
            await quiet.client().start_return(wanted, idempotency_key=new_key())
        with pytest.raises(BackhaulError) as command:
            await quiet.client().withdraw(
                known.return_id, WithdrawCommand(), idempotency_key=new_key()
            )
        read = await quiet.client().get_return(known.return_id)
        explained = await quiet.client().explain(known.return_id)
        ready = await quiet.http["platform"].get("/readyz")

    assert start.value.code == "engine_unavailable"
    assert command.value.status == 503
    assert read.return_id == known.return_id
    assert explained.engine is None
    assert explained.waiting_on
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "ok")


async def test_refuses_to_scale_time_against_the_world(
    journey: Journey, database: Database
) -> None:
    """With one connection out of the sandbox the process does not start."""
    settings = journey.settings.model_copy(update={"database_url": SecretStr(database.app_url)})
    storage = StoredDatabase(database.app_url)
    tenants = Tenants(storage, SecretBox(settings.secret_key.get_secret_value()))
    await tenants.create("shop", "Shop")
    await tenants.put_connection(
        ConnectionRow(
            connection_id="0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0009",
            tenant_id="shop",
            kind="payments",
            adapter="stripe",
            base_url="https://payments.example.com",
            secrets={"api_key": "sk_live", "webhook_secret": "whsec_x"},
            settings={},
        )
    )

    with pytest.raises(TimeScaleRefusedError, match="only the sandbox"):
        async with open_services(settings):
            pass

    await storage.aclose()
