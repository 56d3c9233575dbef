"""A start whose order cannot be read is parked as a draft; mended, it goes on as if nothing was."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import make_url, text
from temporalio.client import WithStartWorkflowOperation, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from activities.policies import load_policy
from domain.drafts import draft
from domain.ids import return_id_for
from domain.requests import RequestedLine, Resolution, request_hash
from domain.returns import Blocker
from domain.work import OPENING
from storage.records import DraftOpening
from tests.support.house import TENANT, House, OpenReturn, eventually, open_house
from tests.support.postgres import Database, out_of_reach
from tests.support.proxy import proxy_to
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.told import CUSTOMER_SIDE, OPS, REVIEWER, info, some_of, whole_order
from workflows.messages import (
    Approve,
    Correct,
    ExtendDeadline,
    OpenAnswer,
    Resumed,
    Retry,
    StartReturn,
    Withdraw,
)
from workflows.return_workflow import ReturnWorkflow

GET_ORDER = {"system": "commerce", "operation": "GET /orders/{order_id}"}


def correction(field: str, value: object, *, reason: str = "seen on the invoice") -> Correct:
    return Correct(info(OPS), field, value, reason)


BAD = [
    ("lines[0].gross_minor", "cheap", "lines[0].gross_minor"),
    ("lines[0].gross_minor", -5, "lines[0].gross_minor"),
    ("shipping.paid_minor", 1, "tenders"),
    ("tenders", [], "tenders"),
    ("tenders", None, "tenders"),
    ("ship_to.time_zone", "Mars/Olympus", "ship_to.time_zone"),
    ("order_id", "another", "order_id"),
    ("currency", "ZZZ", "currency"),
    ("lines[0].parcels[0].delivered_at", "soon", "lines[0].parcels[0].delivered_at"),
    ("lines[0].title", "a\x00lamp", "lines[0].title"),
    ("lines[0].traits", ["a\x00b"], "lines[0].traits"),
]


@pytest.mark.parametrize(("path", "value", "field"), BAD)
async def test_nonsense_parks_a_start_and_loses_nothing(
    house: House, path: str, value: object, field: str
) -> None:
    """The draft names the field at fault, holds no unit and tells nobody; mended, it is granted."""
    order = house.sandbox.order("three-units")

    with house.sandbox.nonsense(order, path, value):
        opened = await house.begin_draft(some_of(order, 2), "bad_upstream_data")
        draft = await opened.view()
        assert await house.held(order["order_id"]) == 0
    await opened.do(Retry(info(OPS)))

    (wait,) = draft["waiting_on"]
    assert (draft["headline"], draft["currency"]) == ("DRAFT", "XXX")
    assert (wait["owner"], wait["field"]) == ("ops", field)
    assert wait["detail"]
    assert draft["lines"][0]["line_id"] == "line-1"
    assert draft["allowed_commands"] == ["withdraw", "retry", "correct", "extend-deadline"]
    await opened.ready_for_handover()
    view = await opened.view()
    assert (view["rma_no"], view["currency"]) == (draft["rma_no"], order["currency"])
    assert (await opened.row()).currency == order["currency"]
    assert await house.held(order["order_id"]) == 2
    assert len(opened.ledger()["labels"]) == 1
    assert (await opened.stream())[:5] == [
        "blocker.raised",
        "ops.intervention",
        "blocker.cleared",
        "return.requested",
        "return.acknowledged",
    ]


async def test_answers_the_start_with_the_decision(house: House) -> None:
    """Whoever started it at the engine itself waits for the true first answer, and gets it."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        waiting = asyncio.create_task(opened.decision())
        while_a_draft = (await opened.view())["headline"], waiting.done()

    await opened.do(Retry(info(OPS)))
    answer = await waiting

    assert while_a_draft == ("DRAFT", False)
    assert answer.document is not None
    assert answer.document["headline"] == "APPROVED"
    assert (await opened.decision()) == answer


async def test_a_correction_stands_in_for_the_platform(house: House) -> None:
    """What ops say is used for the decision and the label, kept and logged without their words."""
    order = house.sandbox.order("three-units")
    command = correction("ship_to.country", "NL", reason="Kim told me")
    with house.sandbox.nonsense(order, "ship_to.country", "Neverland"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")

        first = await opened.do(command)
        again = await opened.do(command)
        await opened.ready_for_handover()

    assert first == again
    assert (await opened.view())["corrections"] == [{"field": "ship_to.country", "value": "NL"}]
    (told,) = await opened.events("ops.intervention")
    assert (told.actor, told.data) == (
        "ops:olga",
        {"kind": "correct", "subject": "ship_to.country", "value": "NL", "before": None},
    )
    assert len(opened.ledger()["labels"]) == 1


async def test_several_faults_are_corrected_one_after_the_other(house: House) -> None:
    """Each correction tries again, and the next fault shows; no law gives a right in a shop."""
    order = house.sandbox.order("three-units", channel="STORE")
    with house.sandbox.nonsense(order, "ship_to", {"country": "DE"}):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        house.sandbox.put(f"orders/{order['order_id']}", order)

        await opened.do(correction("lines[0].final_sale", value=True))
        await opened.do(correction("ship_to.time_zone", "Europe/Paris"))
        view = await opened.until_headline("DENIED")

    assert [c["field"] for c in view["corrections"]] == ["lines[0].final_sale", "ship_to.time_zone"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("lines[0].gross_minor", 1, "mend_at_platform"),
        ("tenders[0].captured_minor", 1, "mend_at_platform"),
        ("currency", "EUR", "mend_at_platform"),
        ("ship_to.street1", "Elm Street", "mend_at_platform"),
        ("customer.email", "kim@example.com", "mend_at_platform"),
        ("colour", "red", "invalid_request"),
        ("ship_to.time_zone", "Mars/Olympus", "invalid_request"),
        ("lines[0].title", "a\x00b", "invalid_request"),
        ("lines[0].title\x00", "a lamp", "invalid_request"),
    ],
)
async def test_money_and_people_are_not_corrected_here(
    house: House, field: str, value: object, code: str
) -> None:
    """A refused correction changes nothing: the draft still waits."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")

        assert await opened.refused(correction(field, value)) == code

        assert (await opened.view())["corrections"] == []


async def test_a_draft_takes_no_other_command(house: House) -> None:
    """There is nothing to approve yet, a correction needs a reason, and a version must fit."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        reviewer, platform = info(REVIEWER), info(CUSTOMER_SIDE)
        codes = [
            await opened.refused(Approve(reviewer, ("line-1",))),
            await opened.refused(correction("channel", "STORE", reason="")),
            await opened.refused(Correct(platform, "channel", "STORE", "so")),
        ]

    assert codes == ["command_not_allowed", "invalid_request", "forbidden"]


async def test_facts_are_frozen_once_registered(house: House) -> None:
    """A correction after the decision would change what was decided."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))

    assert await opened.refused(correction("channel", "STORE")) == "command_not_allowed"


async def test_a_draft_can_be_taken_back(house: House) -> None:
    """Nothing was booked, so it ends at once, and nobody is written to."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "tenders"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        waiting = asyncio.create_task(opened.decision())

        await opened.do(Withdraw(info(CUSTOMER_SIDE)))
        outcome = await opened.handle.result()
        answer = await waiting

    assert outcome.headline == "WITHDRAWN"
    assert answer.document is not None
    assert answer.document["headline"] == "WITHDRAWN"
    assert await opened.stream() == ["blocker.raised", "return.withdrawn", "blocker.cleared"]
    assert await house.held(order["order_id"]) == 0
    assert opened.ledger()["labels"] == []


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (RequestedLine("line-9", 1), "line_not_found", "lines[0].line_id"),
        (RequestedLine("line-1", 9), "units_not_available", "lines[0].quantity"),
        (
            RequestedLine("line-1", 1, Resolution.EXCHANGE, exchange_sku="NO-SUCH-SKU"),
            "sku_not_found",
            "lines.exchange_sku",
        ),
    ],
)
async def test_a_draft_may_turn_out_to_be_impossible(
    house: House, line: RequestedLine, code: str, field: str
) -> None:
    """Mended, the order does not allow what was asked: it ends with the reason, holding nothing."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(whole_order(order, lines=(line,)), "bad_upstream_data")
        waiting = asyncio.create_task(opened.decision())
    await opened.do(Retry(info(OPS)))

    answer, outcome = await waiting, await opened.handle.result()

    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.field) == (code, field)
    assert outcome.headline == "CANCELLED"
    assert outcome.opening.refusal == answer.refusal
    view = await opened.view()
    assert (view["headline"], view["refused"]["code"]) == ("CANCELLED", code)
    assert (await opened.stream())[-2:] == ["blocker.cleared", "return.refused"]
    assert await house.held(order["order_id"]) == 0


async def test_a_platform_that_is_down_is_asked_again(house: House) -> None:
    """After the usual patience the start stands parked, and goes on by itself."""
    order = house.sandbox.order("three-units")
    with house.sandbox.fault(**GET_ORDER, kind="http_503", times=1000):
        handle = await house.begin(some_of(order, 1))
        await house.pass_time(minutes=3)
        opened = await house.draft(handle, "provider_unavailable")
        (wait,) = (await opened.view())["waiting_on"]
        assert (await opened.row()).headline == "DRAFT"

    await house.pass_time(minutes=11)
    await opened.ready_for_handover()

    assert wait["exits"] == ["retry", "withdraw"]
    assert (await opened.stream()).count("blocker.raised") == 1


async def test_each_try_in_vain_waits_longer(house: House) -> None:
    """The deadline doubles, and ops may move it."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        await house.pass_time(minutes=11)
        await opened.until(lambda view: view["version"] == 2)
        raised = await opened.events("blocker.raised")
        (wait,) = (await opened.view())["waiting_on"]
        until = raised[-1].occurred_at + timedelta(days=365)
        await opened.do(ExtendDeadline(info(OPS), wait["key"], until))

    assert [event.data["tries"] for event in raised] == [1, 2]
    assert wait["key"] == "work/open/order"


async def test_a_connection_that_is_refused_parks(house: House) -> None:
    """A wrong token is not the request's fault: the start waits until the token is mended."""
    order = house.sandbox.order("three-units")
    async with house.wrong_token():
        opened = await house.begin_draft(some_of(order, 1), "provider_refused")
    await opened.do(Retry(info(OPS)))

    await opened.ready_for_handover()

    assert (await opened.stream())[:3] == ["blocker.raised", "ops.intervention", "blocker.cleared"]


async def test_another_currency_than_before_parks(house: House) -> None:
    """An order that changes its currency between two returns is for people to look at."""
    order = house.sandbox.order("three-units")
    await house.open(some_of(order, 1))
    with house.sandbox.nonsense(order, "currency", "EUR"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        (wait,) = (await opened.view())["waiting_on"]
    await opened.do(Retry(info(OPS)))

    await opened.ready_for_handover()

    assert wait["field"] == "currency"
    assert await house.held(order["order_id"]) == 2


async def test_compensates_when_an_operator_cancels_a_draft(house: House) -> None:
    """A cancellation at Temporal itself ends the draft as withdrawn."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")

        await opened.handle.cancel()

        with pytest.raises(WorkflowFailureError) as ended:
            await opened.handle.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert (await opened.row()).headline == "WITHDRAWN"
    assert await house.held(order["order_id"]) == 0


async def test_a_missing_street_blocks_the_label_alone(house: House) -> None:
    """The decision needs no address: the return is granted, and its label waits for one."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.street1"):
        opened = await house.open(some_of(order, 1))
        wait = await opened.until_waiting("bad_upstream_data")
    await opened.do(Retry(info(OPS)))

    await opened.ready_for_handover()

    assert (wait["key"], wait["field"]) == ("work/book/d1", "ship_to.street1")
    assert wait["exits"] == ["retry", "withdraw"]


async def test_nonsense_after_the_start_blocks_no_label(house: House) -> None:
    """What was decided needs the order's prices no more."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "tenders", after=1):
        opened = await house.open(some_of(order, 1))

        await opened.ready_for_handover()

    assert len(opened.ledger()["labels"]) == 1


async def test_taken_back_while_it_is_read_it_is_not_registered(house: House) -> None:
    """A withdrawal overtakes the reading: no unit is locked any more."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")

    with house.sandbox.fault(**GET_ORDER, kind="delay", delay_ms=700):
        await opened.do(Retry(info(OPS)))
        await opened.do(Withdraw(info(CUSTOMER_SIDE)))
        outcome = await opened.handle.result()

    assert outcome.headline == "WITHDRAWN"
    assert "return.requested" not in await opened.stream()
    assert (await opened.view())["lots"] == []
    assert await house.held(order["order_id"]) == 0


async def test_taken_back_while_it_is_registered_it_frees_its_units(
    house: House, database: Database
) -> None:
    """Units that were locked a moment too late are free again."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 2), "bad_upstream_data")

    with out_of_reach(database, "order_ledgers"):
        await opened.do(Retry(info(OPS)))
        await opened.until_scheduled("open_return")
        await opened.do(Withdraw(info(CUSTOMER_SIDE)))
    outcome = await opened.handle.result()

    assert outcome.headline == "WITHDRAWN"
    assert [lot["state"] for lot in (await opened.view())["lots"]] == ["CANCELLED"]
    assert (await opened.stream()).count("return.withdrawn") == 1
    assert await house.held(order["order_id"]) == 0


async def test_a_correction_during_a_try_counts(house: House) -> None:
    """What is said while the order is being read leads to another reading at once."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        with house.sandbox.fault(**GET_ORDER, kind="delay", delay_ms=700):
            await opened.do(Retry(info(OPS)))
            await opened.do(correction("ship_to.time_zone", "Europe/Paris"))
            await opened.ready_for_handover()

    assert (await opened.event_types()).count("blocker.raised") == 1


async def steps_under_way(opened: OpenReturn) -> list[str]:
    described = await opened.handle.describe()
    return [step.activity_type.name for step in described.raw_description.pending_activities]


async def test_a_correction_that_comes_too_late_is_refused(fast_house: House) -> None:
    """Once the order is read and its units are being locked, nothing is said that nobody hears."""
    order = fast_house.sandbox.order("three-units")
    with fast_house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await fast_house.begin_draft(some_of(order, 1), "bad_upstream_data")
        async with fast_house.needs.database.tenant(TENANT) as connection:
            await connection.execute(
                text("SELECT 1 FROM returns WHERE return_id = :id FOR UPDATE"),
                {"id": opened.return_id},
            )
            await opened.do(correction("ship_to.time_zone", "Europe/Paris"))
            await eventually(partial(steps_under_way, opened), lambda steps: "open_return" in steps)
            code = await opened.refused(correction("lines[0].final_sale", value=True))
        await opened.ready_for_handover()

    assert code == "command_not_allowed"
    corrections = (await opened.view())["corrections"]
    assert [one["field"] for one in corrections] == ["ship_to.time_zone"]


async def test_waits_for_the_time_of_a_draft_without_a_cache(uncached_house: House) -> None:
    """A worker that replays the draft at every task comes to the same end."""
    order = uncached_house.sandbox.order("three-units")
    with uncached_house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await uncached_house.begin_draft(some_of(order, 1), "bad_upstream_data")
        await opened.do(correction("ship_to.time_zone", "Europe/Paris"))

        await opened.ready_for_handover()

    assert len(opened.ledger()["labels"]) == 1


async def test_shows_a_draft_in_temporal(fast_house: House) -> None:
    """Whoever looks for what is stuck finds it by headline, blocker and owner."""
    order = fast_house.sandbox.order("three-units")
    with fast_house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await fast_house.begin_draft(some_of(order, 1), "bad_upstream_data")
        shown = await eventually(opened.shown, lambda shown: "BlockerCodes" in shown)
        await opened.withdraw()

    assert shown["Headline"] == shown["AuthorizationState"] == "DRAFT"
    assert (shown["BlockerCodes"], shown["OwnerRole"]) == (["bad_upstream_data"], "ops")


async def test_meets_its_own_row_again(house: House) -> None:
    """A run that was lost after its draft was numbered goes on under the same number."""
    order = house.sandbox.order("three-units")
    request = some_of(order, 1)
    row = DraftOpening(
        TENANT, return_id_for(TENANT, "lost"), order["order_id"], request_hash(request)
    )
    numbered = await house.returns.open_draft(row)

    opened = await house.open(request, key="lost")

    assert opened.answer.document is not None
    assert opened.answer.document["rma_no"] == numbered.rma_no
    assert await house.held(order["order_id"]) == 1


async def test_goes_on_as_a_draft_in_a_new_run(fast_house: House) -> None:
    """Handed over to another run it is still a draft, with its corrections and its place."""
    order = fast_house.sandbox.order("three-units")
    request = some_of(order, 1)
    with fast_house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await fast_house.begin_draft(request, "bad_upstream_data")
        row = await opened.row()
        await opened.handle.terminate()
        blocker = Blocker(
            "bad_upstream_data", OPENING.key, row.created_at, datetime.max.replace(tzinfo=UTC), ""
        )
        left = draft(
            tenant_id=TENANT,
            return_id=row.return_id,
            rma_no=row.rma_no,
            request=request,
            request_hash=row.request_hash,
            policy=load_policy(),
            requested_by=CUSTOMER_SIDE,
            at=row.created_at,
        )
        resumed = Resumed(replace(left, version=row.version, blockers=(blocker,)))
        taking_over = WithStartWorkflowOperation(
            ReturnWorkflow.run,
            StartReturn(TENANT, row.return_id, request, CUSTOMER_SIDE, resumed),
            id=opened.handle.id,
            task_queue=fast_house.needs.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        # It comes with the start, so the run has not come to its parked work yet.
        await fast_house.client.execute_update_with_start_workflow(
            ReturnWorkflow.correct,
            correction("ship_to.time_zone", "Europe/Paris"),
            start_workflow_operation=taking_over,
        )
        handle = await taking_over.workflow_handle()
        again = OpenReturn(fast_house, handle, opened.answer)

        answer = await again.decision()

    assert answer.document is not None
    assert answer.document["rma_no"] == row.rma_no
    await again.until(lambda view: view["headline"] != "DRAFT")
    assert (await again.stream())[:4] == [
        "blocker.raised",
        "ops.intervention",
        "blocker.cleared",
        "return.requested",
    ]


async def test_without_our_database_nothing_is_parked(
    time_skipping_env: WorkflowEnvironment,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> None:
    """It is not the platform's fault, and there is nowhere to write it: the start just waits."""
    order = outside.order("three-units")
    url = make_url(database.app_url)
    async with proxy_to(f"{url.host}:{url.port}") as proxy:
        host, _, port = proxy.address.rpartition(":")
        way = url.set(host=host, port=int(port)).render_as_string(hide_password=False)
        through = replace(database, app_url=way)
        async with open_house(time_skipping_env, through, shared_sandbox, outside) as house:
            await proxy.cut()
            opened = OpenReturn(house, await house.begin(some_of(order, 1)), OpenAnswer("", ""))
            await opened.until_scheduled("fetch_facts")
            await house.pass_time(minutes=3)
            await proxy.mend()
            async with house.time_flies():
                answer = await opened.decision()
            types = await opened.stream()

    assert answer.document is not None
    assert answer.document["headline"] == "APPROVED"
    assert "blocker.raised" not in types
