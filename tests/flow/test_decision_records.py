"""What decided a return can be read, with the facts it was decided on."""

from domain.eligibility import evaluate
from packs.library import shipped
from storage.decision_json import decision_from, facts_from
from storage.decisions import DecisionRow, Decisions
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import OPS, REVIEWER, complaint, info, some_of
from workflows.messages import Approve, Retry

LINES = ("line-1", "line-2", "line-3")


async def records(opened: OpenReturn) -> tuple[DecisionRow, ...]:
    found = Decisions(opened.house.needs.database)
    return await found.of_return(TENANT, opened.return_id)


async def test_a_plain_return_has_the_rules_record(house: House) -> None:
    """Its facts lead to its result again, and the return shows the same."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 2))
    await opened.ready_for_handover()

    (row,) = await records(opened)

    shown = (await opened.view())["lines"][0]["decision"]
    assert (row.line_id, row.quantity, row.by) == ("line-1", 2, "rule")
    assert row.facts is not None
    facts = facts_from(row.facts)
    law = shipped().governing(facts.place, facts.contract_at).for_ground(facts.ground)
    assert evaluate(facts, house.needs.policy, law) == decision_from(row.result)
    assert row.policy_ref == "CN-CORE@2024-07-01"
    assert row.result["reason_codes"] == shown["reason_codes"]


async def test_a_reviewer_stands_beside_the_rules(house: House) -> None:
    """Each line has both: what the rules found, and what the person made of it."""
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.until_waiting("awaiting_review")
    await opened.do(Approve(info(REVIEWER), ("line-1",), reason="the rest is fine"))
    await opened.ready_for_handover()

    found = await records(opened)

    assert [(row.line_id, row.by) for row in found] == [
        *((line, "rule") for line in LINES),
        *((line, "human") for line in LINES),
    ]
    assert [row.result["verdict"] for row in found[:3]] == ["MANUAL_REVIEW"] * 3
    assert [(row.result["granted"], row.result["reason"]) for row in found[3:]] == [
        (True, ""),
        (False, "the rest is fine"),
        (False, "the rest is fine"),
    ]
    assert {row.decided_by for row in found[3:]} == {str(REVIEWER)}


async def test_what_an_inspection_leaves_of_the_right_is_a_record(house: House) -> None:
    """Under the same version as the rules' own, with what was found and what that leads to."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await opened.arrive_and_grade_one()
    await opened.until_event("settlement.sealed")

    rule, inspection = await records(opened)

    assert (inspection.by, inspection.line_id) == ("inspection", "line-1")
    assert (inspection.policy_ref, inspection.content_hash) == (rule.policy_ref, rule.content_hash)
    assert (inspection.result["grade"], inspection.result["acceptance"]) == ("A", "ACCEPTED")
    assert inspection.result["lot_id"] == "line-1/1"
    assert inspection.result["pack_ref"] == house.needs.policy.ref


async def test_time_that_ran_out_is_a_record_too(house: House) -> None:
    """Nobody reviewed it, so the pack's default decided."""
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.until_waiting("awaiting_review")
    await house.pass_time(hours=25)
    await opened.until_event("return.decided")

    found = await records(opened)

    assert [row.by for row in found] == ["rule"] * 3 + ["timeout"] * 3
    assert {row.result["granted"] for row in found[3:]} == {True}


async def test_a_draft_is_decided_once_its_order_is_read(house: House) -> None:
    """Until then there is no decision, and no record of one."""
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        before = await records(opened)
    await opened.do(Retry(info(OPS)))
    await opened.ready_for_handover()

    (row,) = await records(opened)

    assert before == ()
    assert (row.by, row.result["verdict"]) == ("rule", "APPROVE")
