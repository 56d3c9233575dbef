"""One tenant's house for tests of workflows: database, sandbox, connections and a worker."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from domain.commands import Actor
from domain.ids import return_id_for, workflow_id_for
from domain.requests import HandoverMethod, PickupWindow, RequestedLine, ReturnRequest
from domain.tracking import Milestone, Reached
from runtime.connections import stored_connections
from runtime.tokens import SurveyTokens
from storage.database import Database
from storage.records import ConnectionRow, EventRow, ReturnRow
from storage.returns import Returns
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.support.postgres import Database as DatabaseAddress
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from workers.relay import Relay
from workers.returns import Dependencies, build_relay, build_worker
from workflows.messages import (
    CarrierMilestones,
    CommandInfo,
    CountedEntry,
    OpenAnswer,
    Receive,
    RecordInspection,
    ReplacementNews,
    StartReturn,
)
from workflows.return_workflow import ReturnWorkflow

TENANT = "acme"
WAREHOUSE = Actor("warehouse", "dock-1")
CUSTOMER_SIDE = Actor("platform", "shop")
OPS = Actor("ops", "olga")
REVIEWER = Actor("reviewer", "rita")


@dataclass(frozen=True, slots=True)
class Settings:
    """What scales time in this house."""

    time_scale: float
    sandbox_url: str


@dataclass(frozen=True, slots=True)
class House:
    client: Client
    needs: Dependencies
    sandbox: SandboxClient
    relay: Relay

    @property
    def returns(self) -> Returns:
        return Returns(self.needs.database)

    async def start(
        self, request: ReturnRequest, *, key: str | None = None
    ) -> tuple["WorkflowHandle[ReturnWorkflow, Any]", OpenAnswer]:
        """Start a return as a backend's own Temporal client would."""
        return_id = return_id_for(TENANT, key or uuid.uuid4().hex)
        operation = WithStartWorkflowOperation(
            ReturnWorkflow.run,
            StartReturn(TENANT, return_id, request, CUSTOMER_SIDE),
            id=workflow_id_for(return_id),
            task_queue=self.needs.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        answer = await self.client.execute_update_with_start_workflow(
            ReturnWorkflow.opened, start_workflow_operation=operation, id="open"
        )
        return await operation.workflow_handle(), answer

    async def row(self, return_id: str) -> ReturnRow:
        row = await self.returns.get(TENANT, return_id)
        assert row is not None
        return row

    async def events(self, return_id: str) -> tuple[EventRow, ...]:
        return await self.returns.timeline(TENANT, return_id, limit=500)

    async def event_types(self, return_id: str) -> list[str]:
        return [event.type for event in await self.events(return_id) if event.stream == "return"]


def info(actor: Actor, command_id: str | None = None) -> CommandInfo:
    return CommandInfo(command_id or uuid.uuid4().hex, actor)


def whole_order(order: dict[str, Any], **changes: Any) -> ReturnRequest:
    """Ask for every unit of every line back."""
    lines = tuple(RequestedLine(line["line_id"], line["quantity"]) for line in order["lines"])
    return ReturnRequest(order_id=order["order_id"], lines=changes.pop("lines", lines), **changes)


def with_pickup(request: ReturnRequest, window: PickupWindow) -> ReturnRequest:
    return ReturnRequest(
        request.order_id, request.lines, request.ground, HandoverMethod.PICKUP, window
    )


def counted(order: dict[str, Any], **quantities: int) -> tuple[CountedEntry, ...]:
    """Count every line whole, or as ``quantities`` says by SKU."""
    if quantities:
        return tuple(CountedEntry(sku, quantity) for sku, quantity in quantities.items())
    return tuple(CountedEntry(line["sku"], line["quantity"]) for line in order["lines"])


def received(
    entries: tuple[CountedEntry, ...], *, receipt_id: str = "R-1", command_id: str | None = None
) -> Receive:
    return Receive(info(WAREHOUSE, command_id), receipt_id, "parcel-1", entries)


def graded(lot_id: str, grade: Any, **fields: Any) -> RecordInspection:
    return RecordInspection(info(WAREHOUSE), lot_id, grade, **fields)


def scanned(delivery_id: str, *milestones: Milestone, at: Any) -> CarrierMilestones:
    return CarrierMilestones(
        delivery_id, tuple(Reached(milestone, at) for milestone in milestones), uuid.uuid4().hex
    )


def shipped(reference: str, status: str) -> ReplacementNews:
    return ReplacementNews(reference, status, "TRACK1", uuid.uuid4().hex)


def refusal_code(error: WorkflowUpdateFailedError) -> str | None:
    assert isinstance(error.cause, ApplicationError)
    return error.cause.type


@asynccontextmanager
async def open_house(
    client: Client,
    database: DatabaseAddress,
    sandbox: Sandbox,
    sandbox_http: SandboxClient,
    *,
    time_scale: float = 1.0,
) -> AsyncIterator[House]:
    """Make the tenant with its connections to the sandbox, and run a worker for it."""
    storage = Database(database.app_url)
    key = Fernet.generate_key().decode()
    tenants = Tenants(storage, SecretBox(key))
    await tenants.create(TENANT, "Acme")
    for connection in sandbox_connections(sandbox):
        await tenants.put_connection(connection)
    connections = stored_connections(tenants, Settings(time_scale, sandbox.url))
    needs = Dependencies(
        database=storage,
        connections=connections,
        tokens=SurveyTokens(key),
        task_queue=f"returns-{uuid.uuid4().hex[:8]}",
        time_scale=time_scale,
    )
    relay = build_relay(needs, public_url="http://127.0.0.1:1")
    try:
        async with build_worker(client, needs):
            yield House(client, needs, sandbox_http, relay)
    finally:
        await connections.aclose()
        await storage.aclose()


def sandbox_connections(sandbox: Sandbox) -> list[ConnectionRow]:
    """Describe a tenant's four connections, all to the sandbox."""
    webhook = {"webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    mail = f"smtp://127.0.0.1:{sandbox.smtp_port}"
    return [
        _connection("payments", "stripe", sandbox.stripe_url, {"api_key": "sk_test_1", **webhook}),
        _connection("carrier", "easypost", sandbox.easypost_url, {"api_key": "EZTK1", **webhook}),
        _connection("commerce", "http", sandbox.commerce_url, {"token": "ct_1", **webhook}),
        _connection("mail", "smtp", mail, {}, {"sender": "returns@example.com"}),
    ]


def _connection(
    kind: str,
    adapter: str,
    base_url: str,
    secrets: dict[str, str],
    settings: dict[str, str] | None = None,
) -> ConnectionRow:
    return ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind=kind,
        adapter=adapter,
        base_url=base_url,
        secrets=secrets,
        settings=settings or {},
    )
