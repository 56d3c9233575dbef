"""Who may publish which version of a policy, and when it may begin."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.codes import RefusedError
from domain.policy_versions import (
    PolicyState,
    PolicyVersion,
    check_publication,
    first_free_day,
    read_ref,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
LATER = date(2026, 6, 1)


def version(name: str, start: date, end: date | None = None, **changes: Any) -> PolicyVersion:
    facts: dict[str, Any] = {
        "pack_id": "OWN",
        "version": name,
        "content_hash": f"sha256:{name}",
        "governs_from": start,
        "governs_to": end,
        "drafted_by": "ops:k1",
        "drafted_at": NOW,
    }
    return PolicyVersion(**facts | changes)


FIRST = version("1", date(2025, 1, 1), published_by="admin:k2", published_at=NOW)


def publication(
    draft: PolicyVersion, *published: PolicyVersion, by: str = "k2", **changes: Any
) -> PolicyVersion | None:
    asked: dict[str, Any] = {"content_hash": draft.content_hash, "known_as": (by,)} | changes
    return check_publication(draft, published, by=by, now=NOW, **asked)


def refusal(draft: PolicyVersion, *published: PolicyVersion, **changes: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        publication(draft, *published, **changes)
    return refused.value


def test_the_first_version_may_begin_in_the_past() -> None:
    """It takes the place of the operator's pack."""
    assert publication(version("1", date(2020, 1, 1))) is None


@pytest.mark.parametrize("start", [date(2025, 6, 1), TODAY])
def test_a_later_version_changes_nothing_of_contracts_already_made(start: date) -> None:
    """It is refused, and told the first day it may begin on."""
    error = refusal(version("2", start), FIRST)

    assert (error.code, error.field) == ("policy_dates", "governs.from")
    assert f"wanted {TOMORROW} or later" in str(error)


@pytest.mark.parametrize(
    ("hour", "day"), [(9, TOMORROW), (10, TOMORROW + timedelta(days=1))], ids=["9:59", "10:00"]
)
def test_a_day_that_has_begun_anywhere_is_past(hour: int, day: date) -> None:
    """At ten o'clock UTC the next day begins in the easternmost time zone."""
    now = NOW.replace(hour=hour, minute=59 if hour == 9 else 0)

    assert first_free_day(now) == day


def test_the_open_end_before_it_is_closed() -> None:
    """The predecessor is the one that governs until then, whatever its pack is called."""
    assert publication(version("2", LATER, pack_id="NEW"), FIRST) == FIRST


@pytest.mark.parametrize(
    ("draft", "published", "field", "words"),
    [
        (
            version("2", LATER),
            [version("1", date(2025, 1, 1), date(2026, 5, 31))],
            "governs.from",
            "leave a gap",
        ),
        (
            version("2", LATER),
            [version("1", date(2025, 1, 1), date(2026, 7, 1))],
            "governs.from",
            "overlap",
        ),
        (version("2", LATER), [version("1", LATER)], "governs.to", "overlap"),
        (
            version("2", LATER, date(2026, 8, 1)),
            [version("1", date(2026, 9, 1))],
            "governs.to",
            "leave a gap",
        ),
        (version("2", LATER), [version("1", date(2026, 9, 1))], "governs.to", "overlap"),
        (
            version("2", LATER, date(2026, 10, 1)),
            [version("1", date(2026, 9, 1))],
            "governs.to",
            "overlap",
        ),
    ],
)
def test_dates_that_overlap_or_leave_a_gap(
    draft: PolicyVersion, published: list[PolicyVersion], field: str, words: str
) -> None:
    """Both neighbours are named, with their days."""
    error = refusal(draft, *published)

    assert (error.code, error.field) == ("policy_dates", field)
    assert words in str(error)
    assert "OWN@1" in str(error)
    assert "OWN@2" in str(error)


@pytest.mark.parametrize(
    ("draft", "published"),
    [
        (version("2", LATER), [version("1", date(2025, 1, 1), LATER)]),
        (version("0", LATER, date(2026, 9, 1)), [version("1", date(2026, 9, 1))]),
    ],
    ids=["after the last", "before the first"],
)
def test_dates_that_join_close_nothing(
    draft: PolicyVersion, published: list[PolicyVersion]
) -> None:
    """A stated end is the next one's start, or a stated start the end."""
    assert publication(draft, *published) is None


def test_whoever_drafted_it_does_not_publish_it() -> None:
    """Neither under the same key nor under another one of the same person."""
    draft = version("1", LATER)

    assert refusal(draft, by="k1").code == "four_eyes"
    assert refusal(draft, by="k7", known_as=("k1", "k7")).code == "four_eyes"


def test_another_content_than_was_read_is_not_published() -> None:
    """The draft was replaced after its publisher read it."""
    error = refusal(version("1", LATER), content_hash="sha256:old")

    assert (error.code, error.field) == ("policy_changed", "content_hash")


@pytest.mark.parametrize(
    ("end", "published", "state"),
    [
        (None, None, PolicyState.DRAFT),
        (None, "admin:k2", PolicyState.PUBLISHED),
        (TOMORROW, "admin:k2", PolicyState.PUBLISHED),
        (TODAY, "admin:k2", PolicyState.RETIRED),
    ],
)
def test_a_version_retires_when_its_days_are_over(
    end: date | None, published: str | None, state: PolicyState
) -> None:
    """Nobody has to see to it."""
    held = version("1", date(2025, 1, 1), end, published_by=published)

    assert held.state(TODAY) is state


@pytest.mark.parametrize(
    "ref", ["", "OWN", "OWN@", "@1", "A@B@C", "a b@1", "../x@1", "x@" + "1" * 64]
)
def test_what_is_no_reference(ref: str) -> None:
    """It is refused before anything is looked for."""
    with pytest.raises(RefusedError) as refused:
        read_ref(ref)

    assert (refused.value.code, refused.value.field) == ("invalid_request", "ref")


def test_a_reference_names_pack_and_version() -> None:
    """As decisions write it."""
    assert read_ref("OWN-PACK@2026-03.1") == ("OWN-PACK", "2026-03.1")
