"""Finance approves over HTTP and on the command line, under a pack with a limit."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from backhaul_client import (
    ApproveSettlementCommand,
    BackhaulClient,
    BackhaulError,
    CountedItem,
    DeclineSettlementCommand,
    InspectionCommand,
    ReceiveCommand,
    ReturnView,
)
from backhaul_client.settlements import ProposedSettlementView
from cli import printing
from storage.states import Role
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.builders import pack
from tests.support.house import TENANT
from tests.support.journey import ON_A_BUSY_MACHINE, Journey, Quiet, without_workers


@dataclass(frozen=True)
class Office:
    """An API whose pack has a limit, and what happens at it."""

    journey: Journey
    quiet: Quiet
    opened: AsyncExitStack

    async def person(self, role: Role, label: str) -> BackhaulClient:
        """Return the client of a key under a name."""
        _, key = await self.quiet.services.keys.create(TENANT, role, label)
        http = httpx.AsyncClient(
            base_url="http://api",
            headers={"Authorization": f"Bearer {key}"},
            transport=httpx.ASGITransport(create_app(self.quiet.services)),
            timeout=30,
        )
        return BackhaulClient(await self.opened.enter_async_context(http))

    async def waiting(self, inspector: BackhaulClient) -> tuple[ReturnView, ProposedSettlementView]:
        """One lamp came back, and its 125.24 CNY wait for finance."""
        client = self.quiet.client()
        wanted = units_of(self.journey.sandbox.order("three-units"))
        started = await client.start_return(wanted, idempotency_key=new_key())
        await client.wait_until(
            started.return_id, lambda seen: bool(seen.deliveries), timeout=PATIENCE
        )
        item = CountedItem(sku="LAMP-DESK-WHITE", quantity=1)
        count = ReceiveCommand(receipt_id="R-1", parcel="P-1", entries=(item,))
        grade = InspectionCommand(lot_id="line-1/1", grade="A")
        await inspector.receive(started.return_id, count, idempotency_key=new_key())
        await inspector.record_inspection(started.return_id, grade, idempotency_key=new_key())
        view = await client.wait_until(
            started.return_id, lambda seen: seen.proposed_settlement is not None, timeout=PATIENCE
        )
        assert view.proposed_settlement is not None
        return view, view.proposed_settlement


def asked(proposal: ProposedSettlementView) -> ApproveSettlementCommand:
    return ApproveSettlementCommand(
        settlement_no=proposal.number, settlement_hash=proposal.settlement_hash
    )


@pytest_asyncio.fixture
async def office(journey: Journey, tmp_path: Path) -> AsyncIterator[Office]:
    """An API and worker under a pack that has everything above 100.00 CNY approved."""
    own = tmp_path / "pack.json"
    own.write_text(json.dumps(pack() | {"approval_above": {"CNY": 10_000}}))
    async with (
        without_workers(journey, patience=ON_A_BUSY_MACHINE, policy_pack=own) as quiet,
        quiet.working(),
        AsyncExitStack() as opened,
    ):
        yield Office(journey, quiet, opened)


async def test_finance_reads_what_would_be_paid_and_approves_it(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Explain shows amounts, tenders and hash; the approval pays exactly that."""
    view, proposal = await office.waiting(office.quiet.client("warehouse"))
    finance = await office.person(Role.FINANCE, "Fay")

    explained = await finance.explain(view.return_id)
    printing.show_explanation(explained)
    await finance.approve_settlement(view.return_id, asked(proposal), idempotency_key=new_key())

    paid = await finance.wait_until(
        view.return_id,
        lambda seen: [s.refunds[0].state for s in seen.settlements] == ["succeeded"],
        timeout=PATIENCE,
    )
    printed = capsys.readouterr().out
    assert explained.proposed_settlement == proposal
    assert explained.blocker_codes[0] == "awaiting_settlement_approval"
    assert proposal.settlement_hash in printed
    assert "waits for finance" in printed
    assert paid.settlements[0].settlement_hash == proposal.settlement_hash
    assert paid.proposed_settlement is None


async def test_another_key_of_the_same_person_does_not_count_as_a_second_one(
    office: Office,
) -> None:
    """Whose label a warehouse key has graded the goods, cannot approve their money."""
    wanda = await office.person(Role.WAREHOUSE, "Wanda")
    view, proposal = await office.waiting(wanda)
    same = await office.person(Role.FINANCE, "wanda")

    with pytest.raises(BackhaulError) as refused:
        await same.approve_settlement(view.return_id, asked(proposal), idempotency_key=new_key())

    assert (refused.value.status, refused.value.code) == (403, "four_eyes")
    other = await office.person(Role.FINANCE, "Fay")
    await other.approve_settlement(view.return_id, asked(proposal), idempotency_key=new_key())


async def test_what_changed_is_refused_and_what_is_declined_waits(office: Office) -> None:
    """Another hash is a conflict that says what it is now; a reason stays with what waits."""
    view, proposal = await office.waiting(office.quiet.client("warehouse"))
    finance = await office.person(Role.FINANCE, "Fay")
    other = asked(proposal).model_copy(update={"settlement_hash": "sha256:0"})

    with pytest.raises(BackhaulError) as refused:
        await finance.approve_settlement(view.return_id, other, idempotency_key=new_key())
    command = DeclineSettlementCommand(
        settlement_no=1, settlement_hash=proposal.settlement_hash, reason="no invoice"
    )
    await finance.decline_settlement(view.return_id, command, idempotency_key=new_key())

    assert (refused.value.status, refused.value.code) == (409, "settlement_changed")
    declined = await finance.wait_until(
        view.return_id,
        lambda seen: bool(seen.proposed_settlement and seen.proposed_settlement.declined),
        timeout=PATIENCE,
    )
    assert declined.proposed_settlement is not None
    assert declined.proposed_settlement.declined is not None
    assert declined.proposed_settlement.declined.reason == "no invoice"
