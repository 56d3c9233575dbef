"""Decision records: written with the events that tell of a decision, once, and never changed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain.eligibility import evaluate
from storage.database import Database
from storage.decision_json import decision_from, decision_json, facts_from, facts_json
from storage.decisions import DecisionRow, Decisions
from storage.records import EventRecord
from storage.returns import Returns
from tests.storage.builders import (
    NOON,
    OTHER,
    TENANT,
    event,
    on_line,
    opened,
    return_id,
    transition,
)
from tests.support.builders import policy


async def decisions(store: Database, name: str = "first") -> tuple[DecisionRow, ...]:
    return await Decisions(store).of_return(TENANT, return_id(name))


def decided(sequence: int, by: str, *, granted: bool = True) -> EventRecord:
    """The event with which somebody decided the line shoes."""
    line = {
        "line_id": "shoes",
        "granted": granted,
        "reason": "worn",
        "policy_ref": "STANDARD@2024-01-01",
        "content_hash": "sha256:1",
    }
    data: dict[str, Any] = {"by": by, "decided_by": "reviewer:r1", "lines": [line]}
    return event(sequence, type="return.decided", data=data)


async def test_what_the_rules_found_is_kept_with_its_facts(
    store: Database, returns: Returns
) -> None:
    """Evaluated again, the facts give the very same decision."""
    await opened(returns)
    await returns.record_transition(transition(decisions=(on_line(),)))

    (row,) = await decisions(store)

    assert (row.number, row.line_id, row.by, row.quantity) == (0, "shoes", "rule", 2)
    assert row.facts is not None
    assert evaluate(facts_from(row.facts), policy()) == decision_from(row.result)
    assert (row.policy_ref, row.content_hash) == (policy().ref, policy().content_hash)


async def test_a_repeated_write_adds_nothing(store: Database, returns: Returns) -> None:
    """Nor does a run that decided anew what is on record already."""
    await opened(returns)
    await returns.record_transition(transition(decisions=(on_line(),)))
    before = await decisions(store)
    again = on_line(decided_at=NOON + timedelta(days=1))

    await returns.record_transition(transition(decisions=(again,)))
    await returns.record_transition(transition(version=2, decisions=(again,)))

    assert await decisions(store) == before


async def test_both_results_of_an_inspection_are_kept(store: Database, returns: Returns) -> None:
    """What the law made of the goods, and what the merchant's grades alone would have."""
    await opened(returns)
    scale = {"acceptance": "PARTIALLY_ACCEPTED", "deduction_percent": 20}
    data: dict[str, Any] = {
        "lot_id": "shoes/1",
        "line_id": "shoes",
        "policy_ref": "CN-CORE@2024-07-01",
        "content_hash": "sha256:2",
        "grade": "C",
        "findings": ["TAG_REMOVED"],
        "acceptance": "REJECTED",
        "deduction_percent": 100,
        "by": "warehouse:w1",
        "law": "X_NOT_INTACT",
        "scale": scale,
    }
    judged = event(1, type="inspection.completed", data=data)

    for _ in range(2):
        await returns.record_transition(transition(events=(judged,)))

    (row,) = await decisions(store)
    assert (row.by, row.decided_by, row.line_id) == ("inspection", "warehouse:w1", "shoes")
    assert (row.policy_ref, row.content_hash) == ("CN-CORE@2024-07-01", "sha256:2")
    assert (row.result["law"], row.result["scale"]) == ("X_NOT_INTACT", scale)
    assert (row.result["acceptance"], row.result["findings"]) == ("REJECTED", ["TAG_REMOVED"])


@pytest.mark.parametrize("by", ["human", "timeout"])
async def test_who_decides_after_the_rules_has_a_record_beside_theirs(
    store: Database, returns: Returns, by: str
) -> None:
    """With what was granted and why; the rules' own result stays as it was."""
    await opened(returns)
    await returns.record_transition(transition(decisions=(on_line(),)))
    await returns.record_transition(transition(version=2, events=(decided(2, by, granted=False),)))
    await returns.record_transition(transition(version=2, events=(decided(2, by, granted=False),)))

    rule, other = await decisions(store)

    assert (rule.number, rule.by) == (0, "rule")
    assert (other.number, other.by, other.decided_by) == (2, by, "reviewer:r1")
    assert other.result == {"granted": False, "reason": "worn"}
    assert (other.facts, other.quantity) == (None, None)


async def test_a_grant_by_the_rules_is_no_second_decision(
    store: Database, returns: Returns
) -> None:
    """The event tells of the decision that is on record."""
    await opened(returns)

    await returns.record_transition(
        transition(events=(decided(1, "rule"),), decisions=(on_line(),))
    )

    assert [row.number for row in await decisions(store)] == [0]


async def test_the_rules_records_are_read_by_time(store: Database, returns: Returns) -> None:
    """The newest first, each with the number and currency of its return, and no other tenant's."""
    for days, name in enumerate(("first", "second", "third")):
        await opened(returns, name, wanted=())
        told = on_line(decided_at=NOON + timedelta(days=days))
        await returns.record_transition(transition(name, decisions=(told,)))
    await opened(returns, tenant_id=OTHER)
    await returns.record_transition(transition(tenant_id=OTHER, decisions=(on_line(),)))

    since = NOON + timedelta(days=1)
    rows = await Decisions(store).of_rules(TENANT, since, limit=10)
    newest = await Decisions(store).of_rules(TENANT, NOON, limit=1)

    assert [row.return_id for row in rows] == [return_id("third"), return_id("second")]
    assert {(row.currency, row.quantity) for row in rows} == {("EUR", 2)}
    assert [row.rma_no for row in newest] == [rows[0].rma_no]


def test_facts_and_decisions_of_an_older_engine_are_read() -> None:
    """What is written is JSON, and what a later engine knows besides is left out."""
    told = on_line()
    facts, decision = facts_json(told.facts), decision_json(told.decision)

    assert facts_from({**facts, "of_a_later_engine": 1}) == told.facts
    assert decision_from({**decision, "of_a_later_engine": 1}) == told.decision


@pytest.mark.parametrize(
    "statement", ["UPDATE decision_records SET result = '{}'", "DELETE FROM decision_records"]
)
async def test_a_record_is_not_rewritten(store: Database, returns: Returns, statement: str) -> None:
    """The application may only append."""
    await opened(returns)
    await returns.record_transition(transition(decisions=(on_line(),)))

    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text(statement))
