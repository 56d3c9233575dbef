"""Commands over HTTP: carried out once, refused with what would be possible instead."""

import uuid
from datetime import datetime, timedelta, timezone

import pytest

from backhaul_client import (
    BackhaulError,
    CountedItem,
    ExtendDeadlineCommand,
    InspectionCommand,
    ReceiveCommand,
    RetryCommand,
    WithdrawCommand,
)
from tests.support.asking import PATIENCE, labelled, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import Journey

LAMP = "LAMP-DESK-WHITE"


def receipt(
    quantity: int = 1, *, receipt_id: str = "R-1", version: int | None = None
) -> ReceiveCommand:
    return ReceiveCommand(
        receipt_id=receipt_id,
        parcel="P-1",
        entries=(CountedItem(sku=LAMP, quantity=quantity),),
        expected_version=version,
    )


async def test_the_same_command_id_counts_once(journey: Journey) -> None:
    """A warehouse that lost the answer sends the same again and hears the same again."""
    view, key = await labelled(journey, quantity=2), new_key()
    warehouse = journey.client("warehouse")

    first = await warehouse.receive(view.return_id, receipt(), idempotency_key=key)
    again = await warehouse.receive(view.return_id, receipt(), idempotency_key=key)

    assert again == first
    counted = await warehouse.wait_until(
        view.return_id, lambda seen: bool(seen.receipts), timeout=PATIENCE
    )
    assert len(counted.receipts) == 1
    # A receipt of its own is written after all that the repeat could have led to.
    await warehouse.receive(view.return_id, receipt(receipt_id="R-2"), idempotency_key=new_key())
    both = await warehouse.wait_until(
        view.return_id,
        lambda seen: "R-2" in [each.receipt_id for each in seen.receipts],
        timeout=PATIENCE,
    )
    assert [each.receipt_id for each in both.receipts] == ["R-1", "R-2"]


async def test_a_command_id_cannot_carry_another_content(journey: Journey) -> None:
    """Two counts under one id are a mistake, and the first one stands."""
    view, key = await labelled(journey, quantity=2), new_key()
    warehouse = journey.client("warehouse")
    await warehouse.receive(view.return_id, receipt(), idempotency_key=key)

    with pytest.raises(BackhaulError) as refused:
        await warehouse.receive(view.return_id, receipt(2), idempotency_key=key)

    assert (refused.value.status, refused.value.code) == (409, "key_reused")


async def test_a_command_id_cannot_carry_another_command(journey: Journey) -> None:
    """The id belongs to what was done under it, even where the words are the same."""
    order, key = journey.sandbox.order("three-units"), new_key()
    client, ops = journey.client(), journey.client("ops")
    with journey.sandbox.nonsense(order, "ship_to.country", 7):
        parked = await client.start_return(units_of(order), idempotency_key=new_key())
        await ops.retry(parked.return_id, RetryCommand(), idempotency_key=key)

        with pytest.raises(BackhaulError) as refused:
            await client.withdraw(parked.return_id, WithdrawCommand(), idempotency_key=key)
        standing = await client.get_return(parked.return_id)
        withdrawn = await client.withdraw(
            parked.return_id, WithdrawCommand(), idempotency_key=new_key()
        )

    assert (refused.value.status, refused.value.code) == (409, "key_reused")
    assert (standing.headline, withdrawn.headline) == ("DRAFT", "WITHDRAWN")


async def test_a_stale_version_is_refused(journey: Journey) -> None:
    """Whoever acts on what is no longer so is told the version and what is possible now."""
    view = await labelled(journey)

    with pytest.raises(BackhaulError) as refused:
        await journey.client("warehouse").receive(
            view.return_id, receipt(version=view.version - 1), idempotency_key=new_key()
        )

    assert (refused.value.status, refused.value.code) == (412, "stale_version")
    assert refused.value.version == view.version
    assert refused.value.allowed_commands is not None
    assert "receive" in refused.value.allowed_commands


async def test_if_match_is_the_version(journey: Journey) -> None:
    """The ETag of a return read before can stand in the header instead of the body."""
    view = await labelled(journey)
    http, path = journey.http[TENANT, "warehouse"], f"/v1/returns/{view.return_id}"
    body = receipt().model_dump(mode="json", exclude_unset=True)
    tag = (await http.get(path)).headers["ETag"]

    async def send(if_match: str, **more: object) -> tuple[int, str | None]:
        response = await http.post(
            f"{path}/commands/receive",
            json=body | more,
            headers={"Idempotency-Key": new_key(), "If-Match": if_match},
        )
        return response.status_code, response.json().get("code")

    assert await send('"1"') == (412, "stale_version")
    assert await send("one") == (400, "invalid_request")
    assert await send('"1"', expected_version=2) == (400, "invalid_request")
    assert (await send(tag))[0] == 200


async def test_reading_again_with_the_tag_sends_nothing(journey: Journey) -> None:
    """Who has the newest version is told so without being sent it again."""
    view = await labelled(journey)
    http = journey.http[TENANT, "platform"]
    first = await http.get(f"/v1/returns/{view.rma_no}")

    again = await http.get(
        f"/v1/returns/{view.return_id}", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


async def test_a_command_in_the_wrong_state_is_refused(journey: Journey) -> None:
    """Nothing can be graded before it arrived, and what arrived is not withdrawn."""
    view = await labelled(journey)
    grade = InspectionCommand(lot_id="line-1/1", grade="A")

    with pytest.raises(BackhaulError) as too_early:
        await journey.client("warehouse").record_inspection(
            view.return_id, grade, idempotency_key=new_key()
        )
    await journey.client("warehouse").receive(view.return_id, receipt(), idempotency_key=new_key())
    with pytest.raises(BackhaulError) as too_late:
        await journey.client().withdraw(
            view.return_id, WithdrawCommand(), idempotency_key=new_key()
        )

    assert (too_early.value.code, too_late.value.code) == ("command_not_allowed",) * 2
    assert too_early.value.allowed_commands is not None
    assert "receive" in too_early.value.allowed_commands


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (InspectionCommand(lot_id="line-9/1", grade="A"), "lot_not_found", "lot_id"),
        (InspectionCommand(lot_id="line-1/1", grade="D"), "evidence_missing", "checklist"),
        (
            InspectionCommand(lot_id="line-1/1", grade="A", lot_version=99),
            "stale_version",
            "expected_version",
        ),
    ],
)
async def test_a_grade_that_makes_no_sense_is_refused(
    journey: Journey, command: InspectionCommand, code: str, field: str
) -> None:
    """A grade names a lot that is there, as it is now, with the evidence it needs."""
    view, warehouse = await labelled(journey), journey.client("warehouse")
    await warehouse.receive(view.return_id, receipt(), idempotency_key=new_key())

    with pytest.raises(BackhaulError) as refused:
        await warehouse.record_inspection(view.return_id, command, idempotency_key=new_key())

    assert (refused.value.code, refused.value.field) == (code, field)


async def test_the_id_of_the_opening_is_no_command_id(journey: Journey) -> None:
    """The one update id that every return has cannot be met by a command."""
    view = await labelled(journey)

    with pytest.raises(BackhaulError) as refused:
        await journey.client("warehouse").receive(view.return_id, receipt(), idempotency_key="open")

    assert (refused.value.status, refused.value.field) == (400, "Idempotency-Key")


async def test_a_deadline_is_moved_by_name(journey: Journey) -> None:
    """Ops see a wait's key in the explanation and give it another day."""
    view, ops = await labelled(journey), journey.client("ops")
    wait = (await ops.explain(view.return_id)).waiting_on[0]
    assert wait.deadline is not None
    until = wait.deadline + timedelta(days=365)

    await ops.extend_deadline(
        view.return_id,
        ExtendDeadlineCommand(wait=wait.key, until=until),
        idempotency_key=str(uuid.uuid4()),
    )

    moved = await ops.wait_until(
        view.return_id, lambda seen: seen.waiting_on[0].deadline == until, timeout=PATIENCE
    )
    assert moved.waiting_on[0].key == wait.key


async def test_a_deadline_beyond_reason_is_refused(journey: Journey) -> None:
    """The last instant of the calendar, west of Greenwich, is one that no database can read."""
    view, ops = await labelled(journey), journey.client("ops")
    wait = (await ops.explain(view.return_id)).waiting_on[0]
    until = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-23)))

    with pytest.raises(BackhaulError) as refused:
        await ops.extend_deadline(
            view.return_id,
            ExtendDeadlineCommand(wait=wait.key, until=until),
            idempotency_key=str(uuid.uuid4()),
        )

    assert (refused.value.code, refused.value.field) == ("deadline_too_far", "until")
    assert (await ops.get_return(view.return_id)).waiting_on[0].deadline == wait.deadline
