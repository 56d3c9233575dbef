"""One tenant's house for tests of workflows: database, sandbox, connections and a worker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography.fernet import Fernet
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.testing import WorkflowEnvironment

from activities.orders import OrderActivities
from activities.policies import GoverningPolicies
from api.preview import Previews
from domain.ids import return_id_for, workflow_id_for
from domain.inspection import Grade
from domain.requests import ReturnRequest
from domain.tracking import Milestone
from runtime.connections import stored_connections
from runtime.tokens import SurveyTokens
from storage.customers import Customers
from storage.database import Database
from storage.policy_versions import PolicyVersions
from storage.returns import Returns
from storage.rows import ConnectionRow, EventRow, ReturnRow
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.support.postgres import Database as DatabaseAddress
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.told import (
    CUSTOMER_SIDE,
    counted,
    graded,
    info,
    lot_states,
    received,
    refusal_code,
    scanned,
    waiting_codes,
)
from workers.relay import Relay
from workers.returns import Dependencies, build_relay, build_workers
from workers.working import working
from workflows.messages import (
    INSPECTION_SIGNAL,
    Approve,
    ApproveSettlement,
    ChangeHandover,
    ChangeTender,
    ChooseResolution,
    CommandAnswer,
    Correct,
    CountedEntry,
    DeclineSettlement,
    Deny,
    ExtendDeadline,
    LeaveExpired,
    MarkLost,
    OpenAnswer,
    Receive,
    ReconcileRefund,
    RecordCustomsPapers,
    RecordInspection,
    RecordSending,
    ReplaceLabel,
    ReportPickupOutcome,
    ResolveRecovery,
    Retry,
    ReturnOutcome,
    StartReturn,
    Withdraw,
)
from workflows.return_workflow import ReturnWorkflow
from workflows.review_messages import AcceptOffer, AnswerInfo, AskInfo, DeclineOffer, MakeOffer

TENANT = "acme"
_T = TypeVar("_T")
_PATIENCE_SECONDS = 40.0
_JUMPS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """What scales time in this house."""

    time_scale: float
    sandbox_url: str


async def eventually(
    read: Callable[[], Awaitable[_T]],
    fits: Callable[[_T], bool],
    *,
    within: float = _PATIENCE_SECONDS,
) -> _T:
    """Read until what is read fits, and return it; fail with the last reading otherwise."""
    last: Any = None
    for _ in range(int(within / 0.03)):
        last = await read()
        if fits(last):
            return last  # type: ignore[no-any-return]  # it was just read
        await asyncio.sleep(0.03)
    raise AssertionError(last)


@dataclass(slots=True)
class House:
    env: WorkflowEnvironment
    needs: Dependencies
    sandbox: SandboxClient
    relay: Relay
    tenants: Tenants
    work: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def client(self) -> Client:
        return self.env.client

    @property
    def returns(self) -> Returns:
        return Returns(self.needs.database)

    async def open_for_work(self) -> None:
        """Start a worker, with an empty cache as after a crash."""
        await self.work.enter_async_context(working(*build_workers(self.client, self.needs)))

    async def stop_work(self) -> None:
        """Stop the worker; what it did not finish stays with the server."""
        await self.work.aclose()

    async def work_with(self, **changes: Any) -> None:
        """Start the worker anew, with another policy or other settings of its needs."""
        await self.stop_work()
        self.needs = replace(self.needs, **changes)
        await self.open_for_work()

    async def pass_time(self, **of: float) -> None:
        """Let the server's clock jump, and the timers on the way ring."""
        await self.env.sleep(timedelta(**of))

    def time_flies(self) -> AbstractAsyncContextManager[None]:
        """Let the clock jump over every wait for as long as the context is open."""
        server: Any = self.env
        unlocked: AbstractAsyncContextManager[None] = server.time_skipping_unlocked()
        return unlocked

    def previews(self) -> Previews:
        """Return what tells a shopper what a start would lead to."""
        policies = GoverningPolicies(PolicyVersions(self.needs.database), self.needs.policy)
        orders = OrderActivities(
            self.needs.connections,
            Customers(self.needs.database),
            time_scale=1.0,
            policies=policies,
        )
        return Previews(orders, self.returns)

    async def open(self, request: ReturnRequest, *, key: str | None = None) -> "OpenReturn":
        """Start a return that is expected to be registered."""
        handle, answer = await self.start(request, key=key)
        assert answer.refusal is None, answer.refusal
        return OpenReturn(self, handle, answer)

    async def start(
        self, request: ReturnRequest, *, key: str | None = None
    ) -> tuple["WorkflowHandle[ReturnWorkflow, Any]", OpenAnswer]:
        """Start a return as a backend's own Temporal client would, and wait for the answer."""
        operation = self._starting(request, key)
        answer: OpenAnswer = await self.client.execute_update_with_start_workflow(
            "open", start_workflow_operation=operation, id="open", result_type=OpenAnswer
        )
        return await operation.workflow_handle(), answer

    async def begin(self, request: ReturnRequest) -> "WorkflowHandle[ReturnWorkflow, Any]":
        """Start a return without waiting for its answer."""
        return_id = return_id_for(TENANT, uuid.uuid4().hex)
        return await self.client.start_workflow(
            ReturnWorkflow.run,
            StartReturn(TENANT, return_id, request, CUSTOMER_SIDE),
            id=workflow_id_for(return_id),
            task_queue=self.needs.task_queue,
        )

    async def begin_draft(self, request: ReturnRequest, code: str) -> "OpenReturn":
        """Start a return that cannot be decided, and wait until it stands parked as a draft."""
        return await self.draft(await self.begin(request), code)

    async def draft(self, handle: "WorkflowHandle[ReturnWorkflow, Any]", code: str) -> "OpenReturn":
        """Wait until a start stands parked as a draft."""
        return_id = handle.id.removeprefix("return/")
        await eventually(
            lambda: self.returns.get(TENANT, return_id),
            lambda row: row is not None and row.blocker_codes == (code,),
        )
        return OpenReturn(self, handle, OpenAnswer(return_id, ""))

    @asynccontextmanager
    async def wrong_token(self) -> AsyncIterator[None]:
        """Let the platform refuse the tenant's token for as long as the context is open."""
        right = next(c for c in await self.tenants.connections(TENANT) if c.kind == "commerce")
        await self.tenants.put_connection(replace(right, secrets={**right.secrets, "token": "no"}))
        yield
        await self.tenants.put_connection(right)

    def latest_run(self, workflow_id: str) -> "WorkflowHandle[ReturnWorkflow, Any]":
        """A handle of whichever run is the latest."""
        return self.client.get_workflow_handle_for(ReturnWorkflow.run, workflow_id)

    def _starting(
        self, request: ReturnRequest, key: str | None
    ) -> WithStartWorkflowOperation[ReturnWorkflow, Any]:
        return_id = return_id_for(TENANT, key or uuid.uuid4().hex)
        return WithStartWorkflowOperation(
            ReturnWorkflow.run,
            StartReturn(TENANT, return_id, request, CUSTOMER_SIDE),
            id=workflow_id_for(return_id),
            task_queue=self.needs.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )

    async def row(self, return_id: str) -> ReturnRow:
        row = await self.returns.get(TENANT, return_id)
        assert row is not None
        return row

    async def events(self, return_id: str) -> tuple[EventRow, ...]:
        return await self.returns.timeline(TENANT, return_id, limit=500)

    async def event_types(self, return_id: str) -> list[str]:
        return [event.type for event in await self.events(return_id) if event.stream == "return"]

    async def held(self, order_id: str) -> int:
        """Count the units of an order that its returns hold."""
        return len(await self.returns.held_units(TENANT, order_id))


@dataclass(frozen=True, slots=True)
class OpenReturn:
    """One registered return, as everybody around it sees it."""

    house: House
    handle: "WorkflowHandle[ReturnWorkflow, Any]"
    answer: OpenAnswer

    @property
    def return_id(self) -> str:
        return self.handle.id.removeprefix("return/")

    async def row(self) -> ReturnRow:
        return await self.house.row(self.return_id)

    async def view(self) -> dict[str, Any]:
        row = await self.row()
        return row.snapshot or {}

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read the projection until it fits."""
        return await eventually(self.view, lambda view: bool(view) and fits(view))

    async def until_headline(self, headline: str) -> dict[str, Any]:
        return await self.until(lambda view: view["headline"] == headline)

    async def until_waiting(self, code: str) -> dict[str, Any]:
        """Read the projection until it waits for this, and return that wait."""
        view = await self.until(lambda view: code in waiting_codes(view))
        return next(wait for wait in view["waiting_on"] if wait["code"] == code)

    async def until_given_up(self, code: str) -> dict[str, Any]:
        """Let the patience with what is outside pass, and return the wait that it ends in.

        A call that began while the clock was jumping has patience left, and needs another jump.
        """
        for _ in range(_JUMPS):
            await self.house.pass_time(minutes=3)
            with suppress(AssertionError):
                await eventually(self.view, lambda view: code in waiting_codes(view), within=5)
                break
        return await self.until_waiting(code)

    async def until_lot(self, lot_id: str, state: str) -> None:
        await self.until(lambda view: lot_states(view).get(lot_id) == state)

    async def until_event(self, event_type: str) -> None:
        await eventually(self.event_types, lambda types: event_type in types)

    async def until_scheduled(self, activity: str) -> None:
        """Wait until this is a regular activity: its local one did not come through."""

        async def is_scheduled() -> bool:
            return any(
                event.activity_task_scheduled_event_attributes.activity_type.name == activity
                for event in await self.history()
            )

        await eventually(is_scheduled, bool)

    async def event_types(self) -> list[str]:
        return await self.house.event_types(self.return_id)

    async def stream(self, name: str = "return") -> list[str]:
        """Return the types of one stream's events, whose numbers have no gap."""
        events = [one for one in await self.house.events(self.return_id) if one.stream == name]
        assert [one.sequence for one in events] == list(range(1, len(events) + 1))
        return [one.type for one in events]

    async def events(self, event_type: str) -> list[EventRow]:
        found = await self.house.events(self.return_id)
        return [event for event in found if event.type == event_type]

    async def shown(self) -> dict[str, object]:
        """Return the search attributes by name, which follow the projection a moment later."""
        described = await self.handle.describe()
        return {pair.key.name: pair.value for pair in described.typed_search_attributes}

    async def ready_for_handover(self) -> dict[str, Any]:
        return await self.until_waiting("awaiting_handover")

    async def do(self, command: Any) -> CommandAnswer:
        """Give a command; its update is found by the payload's type."""
        name = _UPDATES[type(command)]
        answer: CommandAnswer = await self.handle.execute_update(
            name, command, id=command.info.command_id, result_type=CommandAnswer
        )
        return answer

    async def refused(self, command: Any) -> str | None:
        """Give a command that must be refused, and return the code of the refusal."""
        try:
            await self.do(command)
        except WorkflowUpdateFailedError as error:
            return refusal_code(error)
        raise AssertionError("the command was carried out")

    async def leave(self, result: RecordInspection) -> None:
        """Leave a grade as a signal, as the warehouse does while no worker answers."""
        await self.handle.signal(INSPECTION_SIGNAL, result)

    async def decision(self) -> OpenAnswer:
        """Ask for the answer to the start, as often as you like: it is given once decided."""
        answer: OpenAnswer = await self.handle.execute_update(
            "open", id="open", result_type=OpenAnswer
        )
        return answer

    async def withdraw(self) -> CommandAnswer:
        return await self.do(Withdraw(info(CUSTOMER_SIDE)))

    async def scan(self, *milestones: Milestone, delivery_id: str = "d1") -> None:
        news = scanned(delivery_id, *milestones, at=datetime.now(UTC))
        await self.handle.signal(ReturnWorkflow.carrier_milestones, news)

    async def arrive_and_grade(self, order: dict[str, Any], grade: Grade = Grade.A) -> None:
        """Count every line whole, and give every lot the same grade."""
        await self.do(received(counted(order)))
        for line in order["lines"]:
            evidence = () if grade in (Grade.A, Grade.B) else ("worn",)
            await self.do(graded(f"{line['line_id']}/1", grade, checklist=evidence))

    async def arrive_and_grade_one(self, sku: str = "LAMP-DESK-WHITE") -> None:
        """Count one unit of the first line, and grade it as new."""
        await self.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
        await self.do(received((CountedEntry(sku, 1),)))
        await self.do(graded("line-1/1", Grade.A))

    async def ends(self) -> ReturnOutcome:
        """Let time pass until the run has ended."""
        async with self.house.time_flies():
            outcome: ReturnOutcome = await self.handle.result()
        return outcome

    async def history(self) -> Any:
        return (await self.handle.fetch_history()).events

    async def history_at_rest(self) -> Any:
        """Return the history once no workflow task is under way: what is projected is in it."""
        under_way = (
            EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        )
        return await eventually(self.history, lambda events: events[-1].event_type not in under_way)

    def ledger(self) -> Any:
        """What happened outside for this return."""
        return self.house.sandbox.ledger(return_id=self.return_id)


_UPDATES: dict[type, str] = {
    Withdraw: "withdraw",
    Approve: "approve",
    Deny: "deny",
    AskInfo: "ask_info",
    AnswerInfo: "answer_info",
    MakeOffer: "counter_offer",
    AcceptOffer: "accept_offer",
    DeclineOffer: "decline_offer",
    ReportPickupOutcome: "report_pickup_outcome",
    ChangeHandover: "change_handover",
    RecordSending: "record_sending",
    ReplaceLabel: "replace_label",
    MarkLost: "mark_lost",
    RecordCustomsPapers: "record_customs_papers",
    LeaveExpired: "leave_expired",
    Receive: "receive",
    RecordInspection: "record_inspection",
    ChooseResolution: "choose_resolution",
    Retry: "retry",
    Correct: "correct",
    ReconcileRefund: "reconcile_refund",
    ApproveSettlement: "approve_settlement",
    DeclineSettlement: "decline_settlement",
    ChangeTender: "change_tender",
    ResolveRecovery: "resolve_recovery",
    ExtendDeadline: "extend_deadline",
}


@asynccontextmanager
async def open_house(
    env: WorkflowEnvironment,
    database: DatabaseAddress,
    sandbox: Sandbox,
    sandbox_http: SandboxClient,
    *,
    time_scale: float = 1.0,
    max_cached_workflows: int = 1000,
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
        max_cached_workflows=max_cached_workflows,
    )
    relay = build_relay(env.client, needs, public_url="http://127.0.0.1:1")
    house = House(env, needs, sandbox_http, relay, tenants)
    try:
        await house.open_for_work()
        yield house
    finally:
        await house.stop_work()
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
