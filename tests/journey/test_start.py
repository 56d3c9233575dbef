"""Starting a return over HTTP: once per key, whatever happens to the answer."""

import pytest

from backhaul_client import (
    BackhaulError,
    NewReturn,
    NewReturnLine,
    ReturnView,
    WithdrawCommand,
)
from domain.ids import return_id_for
from storage.returns import Returns
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import Journey, without_workers


async def test_answers_with_the_decision(journey: Journey) -> None:
    """A start is answered once it is decided, with what comes next and until when."""
    order = journey.sandbox.order("three-units")

    view = await journey.client().start_return(units_of(order), idempotency_key=new_key())

    assert isinstance(view, ReturnView)
    assert view.headline == "APPROVED"
    assert view.rma_no.startswith("RMA-")
    assert view.next_step is not None
    assert view.lines[0].decision.rule_id == "CN-7D-WITHDRAWAL"


async def test_edge_1_the_same_request_again_gets_the_first_answer(journey: Journey) -> None:
    """A caller who lost the answer asks again and gets the same return, marked as a replay."""
    order, key = journey.sandbox.order("three-units"), new_key()
    http = journey.http["acme", "platform"]
    wanted = units_of(order).model_dump(mode="json", exclude_unset=True)

    first = await http.post("/v1/returns", json=wanted, headers={"Idempotency-Key": key})
    again = await http.post("/v1/returns", json=wanted, headers={"Idempotency-Key": key})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert len([r async for r in journey.client().list_returns(order_id=order["order_id"])]) == 1


async def test_edge_2_another_request_under_the_same_key_is_refused(journey: Journey) -> None:
    """A key that came with another request before names that return, which it leaves as it is."""
    client, order, key = journey.client(), journey.sandbox.order("three-units"), new_key()
    first = await client.start_return(units_of(order), idempotency_key=key)

    with pytest.raises(BackhaulError) as refused:
        await client.start_return(units_of(order, 2), idempotency_key=key)

    assert (refused.value.status, refused.value.code) == (409, "key_reused")
    seen = await client.get_return(first.return_id)
    assert [line.quantity for line in seen.lines] == [1]
    assert len([r async for r in client.list_returns(order_id=order["order_id"])]) == 1


async def test_repeats_a_refusal_for_the_same_key(journey: Journey) -> None:
    """A refused start stays refused under its key, in the same words."""
    order, key = journey.sandbox.order("three-units"), new_key()
    codes = []

    for _ in range(2):
        with pytest.raises(BackhaulError) as refused:
            await journey.client().start_return(units_of(order, 9), idempotency_key=key)
        codes.append((refused.value.status, refused.value.code, refused.value.field))

    assert codes == [(409, "units_not_available", "lines[0].quantity")] * 2


async def test_denies_with_the_rule_and_its_source(journey: Journey) -> None:
    """A return out of its window is registered as denied, and says by which rule."""
    order = journey.sandbox.order("out-of-window")

    view = await journey.client().start_return(units_of(order), idempotency_key=new_key())

    assert isinstance(view, ReturnView)
    assert view.headline == "DENIED"
    assert view.lines[0].decision.reason_codes == ("X_WINDOW_EXPIRED",)
    assert view.lines[0].decision.sources


async def test_previews_what_a_start_decides(journey: Journey) -> None:
    """The preview is the execution's own arithmetic: same decision, money for every tender."""
    order = journey.sandbox.order("no-reason-return")
    wanted = NewReturn(
        order_id=order["order_id"],
        lines=tuple(
            NewReturnLine(line_id=line["line_id"], quantity=line["quantity"])
            for line in order["lines"]
        ),
    )

    preview = await journey.client().preview(wanted)
    started = await journey.client().start_return(wanted, idempotency_key=new_key())

    assert isinstance(started, ReturnView)
    assert preview.authorization_state == started.authorization_state == "APPROVED"
    assert preview.refund_minor == sum(part.amount_minor for part in preview.by_tender)
    assert [line.rule_id for line in preview.lines] == [
        line.decision.rule_id for line in started.lines
    ]


async def test_a_forgotten_run_is_never_started_again(journey: Journey) -> None:
    """The engine forgets ended runs; the return's own row still answers for its key."""
    order, key = journey.sandbox.order("three-units"), new_key()
    first = await withdrawn(journey, units_of(order), key)

    async with without_workers(journey, temporal_namespace="without-memory") as quiet:
        again = await quiet.client().start_return(units_of(order), idempotency_key=key)
        with pytest.raises(BackhaulError) as refused:
            await quiet.client().start_return(units_of(order, 2), idempotency_key=key)

    assert again == first
    assert (again.headline, again.version) == ("APPROVED", first.version)
    assert (refused.value.status, refused.value.code) == (409, "key_reused")


async def test_a_refusal_is_kept_for_as_long_as_its_run(journey: Journey) -> None:
    """The run answers for a refused key, and nothing else does once the engine forgot it."""
    client, order, key = journey.client(), journey.sandbox.order("three-units"), new_key()

    async def ask(quantity: int) -> str:
        try:
            answer = await client.start_return(units_of(order, quantity), idempotency_key=key)
        except BackhaulError as refused:
            return refused.code
        assert isinstance(answer, ReturnView)
        return answer.headline

    answers = [await ask(9), await ask(1), await ask(9)]

    assert answers == ["units_not_available", "key_reused", "units_not_available"]
    returns = Returns(journey.services.database)
    assert await returns.get(TENANT, return_id_for(TENANT, key)) is None


async def test_repeats_the_first_answer_after_the_return_has_ended(journey: Journey) -> None:
    """Whoever asks again a month later hears what was said at first, not where the return is."""
    client, order, key = journey.client(), journey.sandbox.order("three-units"), new_key()
    first = await withdrawn(journey, units_of(order), key)

    again = await client.start_return(units_of(order), idempotency_key=key)
    other = units_of(order, 2)
    with pytest.raises(BackhaulError) as refused:
        await client.start_return(other, idempotency_key=key)

    assert again == first
    assert (again.headline, again.version) == ("APPROVED", first.version)
    assert refused.value.code == "key_reused"


async def withdrawn(journey: Journey, wanted: NewReturn, key: str) -> ReturnView:
    """Start a return and take it back; give its first answer when nothing more follows."""
    client = journey.client()
    first = await client.start_return(wanted, idempotency_key=key)
    assert isinstance(first, ReturnView)
    await client.withdraw(first.return_id, WithdrawCommand(), idempotency_key=new_key())
    ended = await client.wait_until(
        first.return_id, lambda view: view.deliveries[0].state == "CANCELLED", timeout=PATIENCE
    )
    assert (ended.headline, ended.version > first.version) == ("WITHDRAWN", True)
    return first
