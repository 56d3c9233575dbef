"""Decision records over HTTP: the rules' result and facts, and a person's beside it."""

import pytest

from backhaul_client import (
    ApproveCommand,
    BackhaulError,
    CountedItem,
    InspectionCommand,
    ReceiveCommand,
)
from tests.support.asking import PATIENCE, complained, new_key, units_of
from tests.support.journey import OTHER_TENANT, Journey


async def test_a_persons_decision_has_the_rules_own_beside_it(journey: Journey) -> None:
    """Of each line, with the facts that the rules were given."""
    view = await complained(journey)
    command = ApproveCommand(line_ids=("line-1",), reason="the rest is fine")
    reviewer = journey.client("reviewer")
    await reviewer.approve(view.return_id, command, idempotency_key=new_key())
    await reviewer.wait_until(
        view.return_id, lambda seen: seen.headline != "IN_REVIEW", timeout=PATIENCE
    )

    found = await reviewer.list_decisions(view.rma_no)

    of_line = [one for one in found.items if one.line_id == "line-2"]
    rule, person = of_line
    assert (found.return_id, found.rma_no) == (view.return_id, view.rma_no)
    assert (rule.by, rule.granted) == ("rule", None)
    assert rule.facts is not None
    assert (rule.facts["ground"], rule.facts["line_id"]) == ("NON_CONFORMITY", "line-2")
    assert (person.by, person.granted, person.reason) == ("human", False, "the rest is fine")
    assert person.rule == rule.rule
    assert rule.rule is not None
    assert rule.rule["reason_codes"] == [*view.lines[1].decision.reason_codes]
    assert person.facts is None


async def test_an_inspection_says_what_it_leaves_of_the_right(journey: Journey) -> None:
    """Of its lot, by the grades of the merchant's pack, and who looked at it."""
    client, warehouse = journey.client(), journey.client("warehouse")
    order = journey.sandbox.order("three-units")
    started = await client.start_return(units_of(order), idempotency_key=new_key())
    item = CountedItem(sku="LAMP-DESK-WHITE", quantity=1)
    count = ReceiveCommand(receipt_id="R-1", parcel="P-1", entries=(item,))
    grade = InspectionCommand(lot_id="line-1/1", grade="A")
    await warehouse.receive(started.return_id, count, idempotency_key=new_key())
    await warehouse.record_inspection(started.return_id, grade, idempotency_key=new_key())

    found = await client.list_decisions(started.return_id)

    rule, inspection = found.items
    assert (rule.by, rule.judged) == ("rule", None)
    assert (inspection.by, inspection.granted, inspection.facts) == ("inspection", None, None)
    assert inspection.decided_by.startswith("warehouse:")
    assert (inspection.policy_ref, inspection.rule) == (rule.policy_ref, rule.rule)
    assert inspection.judged == {
        "lot_id": "line-1/1",
        "grade": "A",
        "findings": [],
        "acceptance": "ACCEPTED",
        "deduction_percent": 0,
        "pack_ref": "STANDARD@2024-01-01",
    }


async def test_another_tenants_decisions_cannot_be_read(journey: Journey) -> None:
    """The return does not exist for them."""
    view = await complained(journey)

    with pytest.raises(BackhaulError) as refused:
        await journey.client("ops", tenant=OTHER_TENANT).list_decisions(view.return_id)

    assert (refused.value.status, refused.value.code) == (404, "return_not_found")
