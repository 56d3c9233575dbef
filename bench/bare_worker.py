"""``python -m bench.bare_worker``: runs bare returns, and takes the webhooks of their parcels."""

import argparse
import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare import BareFollowUp, BareReturn
from bench.bare_messages import Scan
from bench.bare_steps import TABLE, Steps, Store
from runtime.temporal import WORKFLOW_RUNNER, connect
from workers.heartbeats import Heartbeats

DATABASE_VARIABLE = "BENCH_DATABASE_URL"
TASK_QUEUE = "bare"
_FOLLOWED = ("tracker.updated", "refund.created", "refund.updated")
_MILESTONES = {"in_transit": "delivery.first_scan", "delivered": "delivery.delivered"}

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Webhooks:
    """The least that takes a webhook: read again what it is about, write it down, signal."""

    def __init__(self, client: Client, steps: Steps) -> None:
        self._client = client
        self._steps = steps

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await self._take(json.loads(body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, event: Message) -> None:
        """Read again, find the return, and write three rows: received, what it says, processed."""
        kind = event.get("description") or event["type"]
        if kind not in _FOLLOWED:
            return
        if kind == "tracker.updated":
            tracker = await self._steps.read_tracker(event["result"]["id"])
            ref, milestone = tracker["tracking_code"], _MILESTONES.get(tracker["status"])
        else:
            refund = await self._steps.read_refund(event["data"]["object"]["id"])
            ref, milestone = refund["id"], None
        store = self._steps.store
        return_id = await store.find(ref)
        if return_id is None:
            return
        for row in ("webhook.received", "webhook.noted", "webhook.processed"):
            await store.add(return_id, row)
        if milestone is not None:
            handle = self._client.get_workflow_handle(f"bare/{return_id}")
            await handle.signal(BareReturn.scanned, Scan(milestone))


async def run(arguments: argparse.Namespace) -> None:
    """Run worker and receiver until told to stop."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    engine = create_async_engine(os.environ[DATABASE_VARIABLE], pool_size=5, max_overflow=5)
    async with engine.begin() as connection:
        for statement in filter(str.strip, TABLE.split(";")):
            await connection.execute(text(statement))
    sandbox = arguments.sandbox
    async with AsyncExitStack() as cleanup:

        async def http(path: str, **options: Any) -> httpx.AsyncClient:
            client = httpx.AsyncClient(
                base_url=f"{sandbox}{path}", timeout=30, trust_env=False, **options
            )
            return await cleanup.enter_async_context(client)

        steps = Steps(
            store=Store(engine),
            commerce=await http("/commerce/v1", headers={"Authorization": "Bearer ct_bare"}),
            easypost=await http("/easypost/v2", auth=httpx.BasicAuth("EZTKbare", "")),
            stripe=await http("/stripe", headers={"Authorization": "Bearer sk_test_bare"}),
            smtp_port=arguments.smtp_port,
        )
        client = await connect(arguments.temporal, arguments.namespace)
        server = uvicorn.Server(
            uvicorn.Config(
                Webhooks(client, steps),
                port=arguments.port,
                log_config=None,
                access_log=False,
                lifespan="off",
            )
        )
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[BareReturn, BareFollowUp],
            activities=[
                steps.fetch_facts,
                steps.open,
                steps.record,
                steps.buy_label,
                steps.book_pickup,
                steps.move_stock,
                steps.start_follow_up,
                steps.settle,
            ],
            workflow_runner=WORKFLOW_RUNNER,
            interceptors=[Heartbeats()],
        )
        async with worker:
            serving = asyncio.create_task(server.serve())
            await stopping.wait()
            server.should_exit = True
            await serving
    await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--temporal", "--namespace", "--sandbox"):
        parser.add_argument(name, required=True)
    for name in ("--smtp-port", "--port"):
        parser.add_argument(name, type=int, required=True)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
