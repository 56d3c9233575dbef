"""The two that are compared, behind the same few actions."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, Protocol

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from backhaul_client import (
    Accepted,
    BackhaulClient,
    CountedItem,
    InspectionCommand,
    NewPickupWindow,
    NewReturn,
    NewReturnLine,
    ReceiveCommand,
)
from bench.bare import BareReturn
from bench.bare_messages import Inspection, Receipt, StartBare
from bench.bare_worker import TASK_QUEUE
from domain.ids import workflow_id_for

Order = dict[str, Any]
WAREHOUSE = "MAIN"
_ASK_AGAIN_SECONDS = 0.1


class Side(Protocol):
    """One way of running a return; ``name`` is also that of its database."""

    name: str
    log_query: LiteralString
    """Answers return id and event type of the events of the returns ``ANY(%s)``."""
    unfinished_query: LiteralString
    """Answers how many rows there are, and how many mails and webhooks are still owed."""

    async def start(self, order: Order) -> str:
        """Return the return's id once its first answer is there."""

    async def receive(self, return_id: str, order: Order, parcel: str) -> None: ...

    async def inspect(self, return_id: str, line: Order) -> None: ...

    def workflow_id(self, return_id: str) -> str: ...


class Backhaul:
    """Through our API, as a platform and a warehouse use it."""

    name = "backhaul"
    log_query: LiteralString = (
        "SELECT return_id::text, type FROM return_events"
        " WHERE return_id = ANY(%s::uuid[]) AND stream = 'return'"
    )
    unfinished_query: LiteralString = (
        "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM return_events),"
        " (SELECT count(*) FROM notices WHERE state = 'due')"
        " + (SELECT count(*) FROM inbox WHERE processed_at IS NULL)"
    )

    def __init__(self, shop: BackhaulClient, warehouse: BackhaulClient) -> None:
        self._shop = shop
        self._warehouse = warehouse

    async def start(self, order: Order) -> str:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        wanted = NewReturn(
            order_id=order["order_id"],
            lines=tuple(
                NewReturnLine(line_id=line["line_id"], quantity=line["quantity"])
                for line in order["lines"]
            ),
            handover="PICKUP",
            pickup_window=NewPickupWindow(
                not_before=tomorrow,
                not_after=tomorrow + timedelta(hours=4),
                time_zone=order["ship_to"]["time_zone"],
            ),
        )
        key = uuid.uuid4().hex
        answer = await self._shop.start_return(wanted, idempotency_key=key)
        while isinstance(answer, Accepted):
            # It is decided later than the API waits: asked again, as a caller does.
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            answer = await self._shop.start_return(wanted, idempotency_key=key)
        return answer.return_id

    async def receive(self, return_id: str, order: Order, parcel: str) -> None:
        command = ReceiveCommand(
            receipt_id="R-1",
            parcel=parcel,
            location_id=WAREHOUSE,
            entries=tuple(
                CountedItem(sku=line["sku"], quantity=line["quantity"]) for line in order["lines"]
            ),
        )
        await self._warehouse.receive(return_id, command, idempotency_key=uuid.uuid4().hex)

    async def inspect(self, return_id: str, line: Order) -> None:
        command = InspectionCommand(lot_id=f"{line['line_id']}/1", grade="A")
        await self._warehouse.record_inspection(
            return_id, command, idempotency_key=uuid.uuid4().hex
        )

    def workflow_id(self, return_id: str) -> str:
        return workflow_id_for(return_id)


class Bare:
    """Straight through Temporal: there is no API in between."""

    name = "bare"
    log_query: LiteralString = "SELECT return_id, type FROM steps WHERE return_id = ANY(%s)"
    unfinished_query: LiteralString = (
        "SELECT count(*), count(*) FILTER (WHERE type = 'mail.claimed')"
        " - count(*) FILTER (WHERE type = 'mail.sent') FROM steps"
    )

    def __init__(self, client: Client, *, document_bytes: int) -> None:
        self._client = client
        self._document_bytes = document_bytes

    async def start(self, order: Order) -> str:
        return_id = str(uuid.uuid4())
        lines = tuple(line["sku"] for line in order["lines"])
        start = StartBare(return_id, order["order_id"], WAREHOUSE, lines, self._document_bytes)
        operation = WithStartWorkflowOperation(
            BareReturn.run,
            start,
            id=self.workflow_id(return_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        opened: str = await self._client.execute_update_with_start_workflow(
            "open", start_workflow_operation=operation, result_type=str
        )
        return opened

    async def receive(self, return_id: str, order: Order, parcel: str) -> None:
        entries = tuple((line["sku"], line["quantity"]) for line in order["lines"])
        handle = self._client.get_workflow_handle(self.workflow_id(return_id))
        await handle.execute_update(BareReturn.receive, Receipt("R-1", parcel, entries))

    async def inspect(self, return_id: str, line: Order) -> None:
        handle = self._client.get_workflow_handle(self.workflow_id(return_id))
        await handle.execute_update(BareReturn.inspect, Inspection(f"{line['line_id']}/1", "A"))

    def workflow_id(self, return_id: str) -> str:
        return f"bare/{return_id}"
