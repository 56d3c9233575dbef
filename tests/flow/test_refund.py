"""A return from request to refund, on the real database and the sandbox, with time skipped."""

from datetime import UTC, datetime

from temporalio.testing import WorkflowEnvironment

from domain.inspection import Grade
from domain.tracking import Milestone
from tests.support.house import House, counted, graded, received, scanned, whole_order
from workflows.return_workflow import ReturnWorkflow


async def until_headline(house: House, return_id: str, *headlines: str) -> dict[str, object]:
    """Read the return until it is at one of ``headlines``."""
    import asyncio

    for _ in range(200):
        row = await house.returns.get("acme", return_id)
        if row is not None and row.headline in headlines and row.snapshot is not None:
            return row.snapshot
        await asyncio.sleep(0.05)
    raise AssertionError(row and (row.headline, row.snapshot))


async def test_pays_every_tender_back_what_it_paid(
    house: House, time_skipping_env: WorkflowEnvironment
) -> None:
    """A whole order that comes back as new is refunded to the cent, to the tenders it came from."""
    order = house.sandbox.order("no-reason-return")
    handle, opened = await house.start(whole_order(order))
    print(opened)
    assert opened.refusal is None
    rid = opened.return_id
    await until_headline(house, rid, "APPROVED")
    await handle.signal(
        ReturnWorkflow.carrier_milestones,
        scanned("d1", Milestone.FIRST_SCAN, Milestone.DELIVERED, at=datetime.now(UTC)),
    )
    await handle.execute_update(ReturnWorkflow.receive, received(counted(order)))
    for line in order["lines"]:
        await handle.execute_update(
            ReturnWorkflow.record_inspection, graded(f"{line['line_id']}/1", Grade.A)
        )

    outcome = await handle.result()

    ledger = house.sandbox.ledger(return_id=rid)
    print(outcome, ledger["refunds"])
    print(await house.event_types(rid))
    d = await handle.describe()
    print(d.history_length)
    h = await handle.fetch_history()
    import collections
    print(collections.Counter(e.event_type for e in h.events))
    paid = sum(t["captured_minor"] for t in order["tenders"]) - 100
    assert sum(r["amount_minor"] for r in ledger["refunds"]) == paid
