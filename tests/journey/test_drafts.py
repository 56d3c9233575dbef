"""A start whose order cannot be read, over HTTP: parked, explained, corrected, answered."""

import pytest

from backhaul_client import (
    Accepted,
    BackhaulError,
    CorrectCommand,
    RetryCommand,
    ReturnView,
    WithdrawCommand,
)
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import Journey


async def test_a_start_is_parked_corrected_and_answered(journey: Journey) -> None:
    """A start that explains itself; after the correction its key leads to the decision."""
    order, key = journey.sandbox.order("three-units"), new_key()
    client, ops = journey.client(), journey.client("ops")
    wanted = units_of(order)
    with journey.sandbox.nonsense(order, "ship_to.time_zone", "Mars/Olympus"):
        first = await client.start_return(wanted, idempotency_key=key)
        again = await journey.http[TENANT, "platform"].post(
            "/v1/returns",
            json=wanted.model_dump(mode="json", exclude_unset=True),
            headers={"Idempotency-Key": key},
        )
        with pytest.raises(BackhaulError) as reused:
            await client.start_return(units_of(order, 2), idempotency_key=key)
        draft = await client.get_return(first.return_id)
        explained = await ops.explain(draft.rma_no)
        blocked = [r async for r in ops.list_returns(blocker="bad_upstream_data")]
        drafts = [r.return_id async for r in ops.list_returns(headline="DRAFT")]

        command = CorrectCommand(
            expected_version=draft.version,
            field=explained.waiting_on[0].field or "",
            value="Asia/Shanghai",
            reason="the parcel went there",
        )
        outdated = command.model_copy(update={"expected_version": draft.version - 1})
        with pytest.raises(BackhaulError) as stale:
            await ops.correct(draft.rma_no, outdated, idempotency_key=new_key())
        answer = await ops.correct(draft.rma_no, command, idempotency_key=new_key())
        view = await client.wait_until(
            first.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
        )
        decided = await client.start_return(wanted, idempotency_key=key)

    assert isinstance(first, Accepted)
    assert first.status == "parked"
    assert (again.status_code, again.json()) == (202, first.model_dump())
    assert again.headers["Retry-After"] == "60"
    assert reused.value.code == "key_reused"
    assert (draft.headline, draft.currency) == ("DRAFT", "XXX")
    assert draft.lines[0].decision.verdict == "UNDECIDED"
    assert explained.waiting_on[0].field == "ship_to.time_zone"
    assert explained.engine is not None
    assert (draft.return_id, "XXX") in [(r.return_id, r.currency) for r in blocked]
    assert draft.return_id in drafts
    assert answer.version == draft.version + 1
    assert (stale.value.status, stale.value.code) == (412, "stale_version")
    assert stale.value.version == draft.version
    assert (view.rma_no, view.currency) == (draft.rma_no, order["currency"])
    assert [c.field for c in view.corrections] == ["ship_to.time_zone"]
    assert isinstance(decided, ReturnView)
    assert decided.headline == "APPROVED"


async def test_what_only_the_platform_may_change_is_refused(journey: Journey) -> None:
    """A price is never set here: the refusal says where, and what is possible instead."""
    order = journey.sandbox.order("three-units")
    ops = journey.client("ops")
    with journey.sandbox.nonsense(order, "lines[0].gross_minor", -1):
        parked = await journey.client().start_return(units_of(order), idempotency_key=new_key())
        command = CorrectCommand(field="lines[0].gross_minor", value=1, reason="a typo")
        with pytest.raises(BackhaulError) as refused:
            await ops.correct(parked.return_id, command, idempotency_key=new_key())
    await ops.retry(parked.return_id, RetryCommand(), idempotency_key=new_key())

    view = await ops.wait_until(
        parked.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
    )

    assert (refused.value.status, refused.value.code) == (422, "mend_at_platform")
    assert refused.value.allowed_commands == ("withdraw", "retry", "correct", "extend-deadline")
    assert view.corrections == ()


@pytest.mark.parametrize(
    "spelt",
    [
        r'"a\u0000lamp"',
        r'"a\ud800lamp"',
        r'["a lamp", "\u001b"]',
        r'["\udfff"]',
        "1.5",
        "{}",
        "1e400",
    ],
)
async def test_a_correction_that_cannot_be_kept_is_refused(journey: Journey, spelt: str) -> None:
    """It would stop all recording of the draft: refused at the door, by the name of its field."""
    order = journey.sandbox.order("three-units")
    ops = journey.client("ops")
    with journey.sandbox.nonsense(order, "lines[0].title", "a\x00lamp"):
        parked = await journey.client().start_return(units_of(order), idempotency_key=new_key())
        refused = await journey.http[TENANT, "ops"].post(
            f"/v1/returns/{parked.return_id}/commands/correct",
            content=f'{{"field": "lines[0].title", "value": {spelt}, "reason": "a typo"}}',
            headers={"Idempotency-Key": new_key(), "Content-Type": "application/json"},
        )
        good = CorrectCommand(field="lines[0].title", value="a lamp", reason="a typo")
        await ops.correct(parked.return_id, good, idempotency_key=new_key())
        view = await ops.wait_until(
            parked.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
        )

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (400, "invalid_request"), problem
    assert problem["field"] == "value"
    assert [c.value for c in view.corrections] == ["a lamp"]


async def test_an_impossible_start_is_refused_under_its_key(journey: Journey) -> None:
    """Mended, the order has no such units: the repeated start is refused in the usual words."""
    order, key = journey.sandbox.order("three-units"), new_key()
    client = journey.client()
    with journey.sandbox.nonsense(order, "ship_to.country", 7):
        parked = await client.start_return(units_of(order, 9), idempotency_key=key)
    await journey.client("ops").retry(parked.return_id, RetryCommand(), idempotency_key=new_key())
    view = await client.wait_until(
        parked.return_id, lambda seen: seen.headline == "CANCELLED", timeout=PATIENCE
    )

    with pytest.raises(BackhaulError) as refused:
        await client.start_return(units_of(order, 9), idempotency_key=key)

    assert (refused.value.status, refused.value.code) == (409, "units_not_available")
    assert refused.value.field == "lines[0].quantity"
    assert view.refused is not None
    assert view.refused.code == "units_not_available"


async def test_a_draft_that_was_taken_back_is_answered_as_it_is(journey: Journey) -> None:
    """The key stands for one request, whatever became of it."""
    order, key = journey.sandbox.order("three-units"), new_key()
    client = journey.client()
    with journey.sandbox.nonsense(order, "tenders", []):
        parked = await client.start_return(units_of(order), idempotency_key=key)
        await client.withdraw(parked.return_id, WithdrawCommand(), idempotency_key=new_key())
        await client.wait_until(
            parked.return_id, lambda seen: seen.headline == "WITHDRAWN", timeout=PATIENCE
        )

        again = await client.start_return(units_of(order), idempotency_key=key)

    assert isinstance(again, ReturnView)
    assert again.headline == "WITHDRAWN"
