"""The bare workflow: the durable steps of a happy return, and none of what Backhaul adds.

It has the activities, local activities, signals, updates, timers and the follow-up of
``ReturnWorkflow`` on the same way, calls the same addresses of the sandbox and writes as often. It
decides nothing, checks nothing, keeps no ledger, cannot park and shows nothing: it is what the
return would cost if its logic were free. Search attributes are part of what is shown, so it sets
none. Where Backhaul's step does several statements in a transaction, one INSERT stands here.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from bench.bare_messages import (
    Ask,
    Inspection,
    Label,
    Moves,
    Order,
    Receipt,
    Record,
    Refund,
    Scan,
    Settle,
    StartBare,
)

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
_CALL = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=_RETRY,
)
_WRITE = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=3),
    schedule_to_close_timeout=timedelta(seconds=6),
    retry_policy=_RETRY,
)


@workflow.defn
class BareReturn:
    @workflow.init
    def __init__(self, start: StartBare) -> None:
        self._start = start
        self._ask = Ask(start.return_id, start.order_id, start.location_id)
        self._opened = False
        self._scans: set[str] = set()
        self._receipts: list[Receipt] = []
        self._inspections: list[Inspection] = []
        self._timer: asyncio.Task[None] | None = None

    @workflow.run
    async def run(self, start: StartBare) -> str:
        order: Order = await workflow.execute_activity(
            "bare_fetch_facts", self._ask, result_type=dict, **_CALL
        )
        await self._write("bare_open", self._ask)
        await self._record("return.decided", mails=("request_received",))
        self._opened = True
        label = await workflow.execute_activity(
            "bare_buy_label", self._ask, result_type=Label, **_CALL
        )
        await self._record("delivery.label_created")
        await workflow.execute_activity(
            "bare_book_pickup",
            Ask(start.return_id, start.order_id, ref=label.shipment_ref),
            **_CALL,
        )
        await self._record("pickup.booked", mails=("handover_ready",))
        for milestone in ("delivery.first_scan", "delivery.delivered"):
            await self._wait(partial(self._has_scan, milestone))
            await self._record(milestone)
        await self._wait(lambda: bool(self._receipts))
        await self._record("parcel.received", mails=("parcel_received",))
        for number in range(1, len(start.lines) + 1):
            await self._wait(partial(self._has_inspections, number))
        await asyncio.gather(
            self._record("inspection.completed"), self._stock(), self._settle(order)
        )
        await self._write("bare_start_follow_up", self._ask)
        await self._record("stock.moved", "return.completed")
        await self._wait(lambda: False)
        return "CLOSED"

    @workflow.update(name="open")
    async def opened(self) -> str:
        await workflow.wait_condition(lambda: self._opened)
        return self._start.return_id

    @workflow.signal
    def scanned(self, scan: Scan) -> None:
        self._scans.add(scan.milestone)

    @workflow.update
    def receive(self, receipt: Receipt) -> str:
        self._receipts.append(receipt)
        return receipt.receipt_id

    @receive.validator
    def check_receive(self, receipt: Receipt) -> None:
        """Accept: a validator costs a task of its own, so it is here as there."""

    @workflow.update
    def inspect(self, inspection: Inspection) -> str:
        self._inspections.append(inspection)
        return inspection.lot_id

    @inspect.validator
    def check_inspect(self, inspection: Inspection) -> None:
        """Accept, as above."""

    def _has_scan(self, milestone: str) -> bool:
        return milestone in self._scans

    def _has_inspections(self, number: int) -> bool:
        return len(self._inspections) >= number

    async def _wait(self, reached: Callable[[], bool]) -> None:
        """Wait with a deadline, as every wait has one."""
        await workflow.wait_condition(reached, timeout=timedelta(days=14))

    async def _stock(self) -> None:
        moves = Moves(self._start.return_id, self._start.lines)
        await workflow.execute_activity("bare_move_stock", moves, **_CALL)

    async def _settle(self, order: Order) -> None:
        return_id = self._start.return_id
        refunds = tuple(
            Refund(return_id, f"{return_id}/{tender['tender_id']}", tender["payment_ref"], 1000)
            for tender in order["tenders"]
        )
        await workflow.execute_activity("bare_settle", Settle(return_id, refunds), **_CALL)
        await self._record("refund.settled", mails=("refund_sent",) * len(refunds))

    async def _record(self, *steps: str, mails: tuple[str, ...] = ()) -> None:
        start = self._start
        asked = Record(start.return_id, start.order_id, steps, start.document_bytes, mails)
        await self._write("bare_record", asked)

    async def _write(self, name: str, asked: Ask | Record) -> None:
        await workflow.execute_local_activity(name, asked, **_WRITE)


@workflow.defn
class BareFollowUp:
    @workflow.run
    async def run(self, return_id: str) -> None:  # noqa: ARG002  # as the survey's, it has an input
        await workflow.sleep(timedelta(hours=6))
