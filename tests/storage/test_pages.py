"""Lists of returns: newest first, filtered, in pages that do not shift."""

import json
from base64 import urlsafe_b64encode

import pytest
from sqlalchemy import text

from storage.cursors import BadCursorError
from storage.database import Database
from storage.models.returns import IS_OPEN
from storage.returns import Returns
from storage.rows import ReturnRow
from tests.storage.builders import OTHER, TENANT, opened, return_id, transition


async def _open_many(returns: Returns, count: int) -> list[str]:
    for number in range(count):
        await opened(returns, f"{number}", order_id=f"O-{number % 2}", fulfilled=(("shoes", 99),))
    return [return_id(f"{number}") for number in reversed(range(count))]


async def test_pages_hold_every_return_once_newest_first(returns: Returns) -> None:
    """Seven returns in pages of three: three, three, one; also while an eighth arrives."""
    expected = await _open_many(returns, 7)
    found: list[ReturnRow] = []
    sizes = []
    cursor = None
    while True:
        page = await returns.page(TENANT, limit=3, cursor=cursor)
        found.extend(page.rows)
        sizes.append(len(page.rows))
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        await opened(returns, f"late {len(sizes)}", order_id="O-late", fulfilled=(("shoes", 9),))

    assert [row.return_id for row in found] == expected
    assert sizes == [3, 3, 1]


async def test_a_full_last_page_has_no_next(returns: Returns) -> None:
    """Exactly as many returns as the limit is one page."""
    await _open_many(returns, 2)

    page = await returns.page(TENANT, limit=2)

    assert len(page.rows) == 2
    assert page.next_cursor is None


async def test_filters_by_headline_order_and_blocker(returns: Returns) -> None:
    """Each filter alone, and all together."""
    await _open_many(returns, 4)
    await returns.record_transition(transition("1", blocker_codes=("label_failed", "label_failed")))
    await returns.record_transition(transition("2", blocker_codes=("refund_unknown",)))

    async def ids(**filters: str) -> list[str]:
        page = await returns.page(TENANT, limit=10, **filters)
        return [row.return_id for row in page.rows]

    assert await ids(headline="APPROVED") == [return_id("2"), return_id("1")]
    assert await ids(order_id="O-0") == [return_id("2"), return_id("0")]
    assert await ids(blocker="label_failed") == [return_id("1")]
    assert await ids(blocker="label_failed", headline="APPROVED", order_id="O-1") == [
        return_id("1")
    ]
    assert await ids(blocker="label_failed", order_id="O-0") == []


async def test_pages_of_the_blocked_go_on_from_the_cursor(returns: Returns) -> None:
    """The cursor works for the list that is read from the blockers' own index."""
    expected = await _open_many(returns, 5)
    for number in range(5):
        await returns.record_transition(transition(f"{number}", blocker_codes=("label_failed",)))

    first = await returns.page(TENANT, limit=3, blocker="label_failed")
    second = await returns.page(TENANT, limit=3, blocker="label_failed", cursor=first.next_cursor)

    assert [row.return_id for row in (*first.rows, *second.rows)] == expected


async def test_a_cleared_blocker_leaves_the_list(returns: Returns) -> None:
    """A return that goes on is no longer among the blocked."""
    await opened(returns)
    await returns.record_transition(transition(blocker_codes=("label_failed",)))
    await returns.record_transition(transition(version=2))

    page = await returns.page(TENANT, limit=10, blocker="label_failed")

    assert page.rows == ()


async def test_another_tenant_has_its_own_list(returns: Returns) -> None:
    """A cursor of one tenant shows another nothing that is not its own."""
    await _open_many(returns, 3)
    mine = await returns.page(TENANT, limit=1)

    theirs = await returns.page(OTHER, limit=10, cursor=mine.next_cursor)

    assert theirs.rows == ()


def _encoded(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "?",
        "é",
        "abc",
        _encoded({}),
        _encoded(["2026-03-02T12:00:00+00:00", "not a uuid"]),
        _encoded(["2026-03-02T12:00:00", return_id("x")]),
        _encoded([1, return_id("x")]),
        _encoded(["2026-03-02T12:00:00+00:00", 7]),
        _encoded(["2026-03-02T12:00:00+00:00"]),
    ],
)
async def test_a_made_up_cursor_is_refused(returns: Returns, cursor: str) -> None:
    """Whatever a caller invents is one clear error, not a failing query."""
    with pytest.raises(BadCursorError):
        await returns.page(TENANT, limit=3, cursor=cursor)


@pytest.mark.parametrize("malformed", ["", "x", "RMA-0000-01-7", "0" * 33])
async def test_a_malformed_id_names_no_return(returns: Returns, malformed: str) -> None:
    """Reading by an id that cannot exist finds nothing, without an error."""
    assert await returns.get(TENANT, malformed) is None
    assert await returns.timeline(TENANT, malformed, limit=1) == ()


_NEWEST_FIRST = "ORDER BY created_at DESC, return_id DESC LIMIT 50"
_ON = f"AND (created_at, return_id) < (now(), gen_random_uuid()) {_NEWEST_FIRST}"
_ALL = f"SELECT * FROM returns WHERE tenant_id = 'acme' {_NEWEST_FIRST}"
_BY_HEADLINE = f"SELECT * FROM returns WHERE tenant_id = 'acme' AND headline = 'APPROVED' {_ON}"
_BLOCKED = f"SELECT * FROM return_blockers WHERE tenant_id = 'acme' AND code = 'x' {_ON}"
_NEW_EVENTS = """
    SELECT * FROM return_events WHERE tenant_id = 'acme' AND position IS NULL
    ORDER BY ingest_no LIMIT 50
"""
_OPEN = f"""
    SELECT * FROM returns WHERE tenant_id = 'acme' AND ({IS_OPEN})
    AND return_id > gen_random_uuid() ORDER BY return_id LIMIT 200
"""


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (_ALL, "ix_returns_tenant_id_created_at_return_id"),
        (_BY_HEADLINE, "ix_returns_tenant_id_headline_created_at_return_id"),
        (_BLOCKED, "ix_return_blockers_tenant_id_code_created_at_return_id"),
        (_NEW_EVENTS, "ix_return_events_unpositioned"),
        (_OPEN, "ix_returns_open"),
    ],
)
async def test_lists_are_read_from_an_index_behind_the_policies(
    store: Database, query: str, index: str
) -> None:
    """Row-level policies keep no list from its index: rows come out sorted, none is sorted."""
    async with store.tenant(TENANT) as connection:
        # Tables of tests are small, and cheap to sort: whether it can be read in order is asked.
        for way in ("seqscan", "bitmapscan", "sort"):
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join((await connection.scalars(text(f"EXPLAIN {query}"))).all())

    assert index in plan
    assert "Sort" not in plan
