"""Whom a version of a pack decided: found by what a decision rests on, and by what was weighed."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.considered import Considered, Finding
from domain.decisions import Otherwise
from domain.law.verdicts import Verdict
from storage.cursors import BadCursorError
from storage.database import Database
from storage.decided_under import DecidedUnder
from storage.returns import Returns
from tests.storage.builders import NOON, OTHER, TENANT, on_line, opened, return_id, transition

LAW, OWN = "CN-CORE@2024-07-01", "OWN@1"
WEIGHED = Considered(
    rule_id="CN-7D-WITHDRAWAL",
    policy_ref=LAW,
    layer="LAW",
    finding=Finding.WINDOW_OVER,
    codes=("X_WINDOW_EXPIRED",),
    last_day=date(2026, 3, 2),
)


async def decided(returns: Returns, name: str, days: int, *lines: str, **changes: Any) -> None:
    """Open a return whose lines were decided so many days after noon, all alike."""
    await opened(returns, name, wanted=())
    at = NOON + timedelta(days=days)
    told = (on_line(line_id, decided_at=at) for line_id in lines)
    each = tuple(replace(one, decision=replace(one.decision, **changes)) for one in told)
    await returns.record_transition(transition(name, decisions=each))


@pytest.fixture
def under(store: Database) -> DecidedUnder:
    return DecidedUnder(store)


async def test_what_rests_on_a_version_and_what_it_was_weighed_for_are_found(
    under: DecidedUnder, returns: Returns
) -> None:
    """The newest first, each return once with its lines; also where a later version ruled."""
    await decided(returns, "first", 0, "shoes", "hat", policy_ref=LAW)
    await decided(returns, "second", 1, "shoes", policy_ref=OWN, considered=(WEIGHED,))
    await decided(returns, "third", 2, "shoes", policy_ref=OWN)
    of_contract = Otherwise(LAW, "sha256:1", Verdict.REJECT, None, ("X_WINDOW_EXPIRED",))
    await decided(returns, "fourth", 3, "shoes", policy_ref=OWN, otherwise=of_contract)

    page = await under.page(TENANT, LAW, limit=10)

    assert [(row.return_id, row.line_ids) for row in page.rows] == [
        (return_id("fourth"), ["shoes"]),
        (return_id("second"), ["shoes"]),
        (return_id("first"), ["hat", "shoes"]),
    ]
    assert page.next_cursor is None


async def test_pages_follow_one_another(under: DecidedUnder, returns: Returns) -> None:
    """Also of returns that were decided in the same moment."""
    for name in ("first", "second", "third"):
        await decided(returns, name, 0, "shoes", policy_ref=LAW)

    one = await under.page(TENANT, LAW, limit=2)
    other = await under.page(TENANT, LAW, limit=2, cursor=one.next_cursor)

    assert (len(one.rows), len(other.rows), other.next_cursor) == (2, 1, None)
    assert {row.return_id for row in (*one.rows, *other.rows)} == {
        return_id(name) for name in ("first", "second", "third")
    }


async def test_another_tenant_s_returns_are_nobody_s_business(
    under: DecidedUnder, returns: Returns
) -> None:
    await decided(returns, "first", 0, "shoes", policy_ref=LAW)

    assert (await under.page(OTHER, LAW, limit=10)).rows == ()


async def test_a_cursor_of_no_page_is_refused(under: DecidedUnder) -> None:
    with pytest.raises(BadCursorError):
        await under.page(TENANT, LAW, limit=10, cursor="nonsense")
