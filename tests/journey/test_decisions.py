"""Decision records over HTTP: the rules' result and facts, and a person's beside it."""

import pytest

from backhaul_client import ApproveCommand, BackhaulError
from tests.support.asking import complained, new_key
from tests.support.journey import OTHER_TENANT, Journey


async def test_a_persons_decision_has_the_rules_own_beside_it(journey: Journey) -> None:
    """Of each line, with the facts that the rules were given."""
    view = await complained(journey)
    command = ApproveCommand(line_ids=("line-1",), reason="the rest is fine")
    reviewer = journey.client("reviewer")
    await reviewer.approve(view.return_id, command, idempotency_key=new_key())
    await reviewer.wait_until(view.return_id, lambda seen: seen.headline != "IN_REVIEW", timeout=60)

    found = await reviewer.list_decisions(view.rma_no)

    of_line = [one for one in found.items if one.line_id == "line-2"]
    rule, person = of_line
    assert (found.return_id, found.rma_no) == (view.return_id, view.rma_no)
    assert (rule.by, rule.granted) == ("rule", None)
    assert rule.facts is not None
    assert (rule.facts["ground"], rule.facts["line"]["line_id"]) == ("NON_CONFORMITY", "line-2")
    assert (person.by, person.granted, person.reason) == ("human", False, "the rest is fine")
    assert person.rule == rule.rule
    assert rule.rule is not None
    assert rule.rule["reason_codes"] == [*view.lines[1].decision.reason_codes]
    assert person.facts is None


async def test_another_tenants_decisions_cannot_be_read(journey: Journey) -> None:
    """The return does not exist for them."""
    view = await complained(journey)

    with pytest.raises(BackhaulError) as refused:
        await journey.client("ops", tenant=OTHER_TENANT).list_decisions(view.return_id)

    assert (refused.value.status, refused.value.code) == (404, "return_not_found")
