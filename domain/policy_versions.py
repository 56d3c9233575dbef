"""Which of a tenant's policies governs a contract, and which of them may be published, by whom.

A tenant's published versions follow one another in time, whatever their packs are called: each
governs the contracts from its first local day to before the next one's, so that no contract has two
and none between them has none.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.codes import RefusedError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_EARLIEST_ZONE = timedelta(hours=14)
"""How far the local day of a contract may be ahead of UTC's: a new day begins in UTC+14."""


class PolicyState(StrEnum):
    """``RETIRED``: a published one whose days are over; contracts of its days still go by it."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a tenant's policy, without its document.

    ``governs_from`` is its first local day, ``governs_to`` the day after its last; of a published
    one that was left open a successor sets it. ``drafted_by`` and ``published_by`` name a role and
    a key.
    """

    pack_id: str
    version: str
    content_hash: str
    governs_from: date
    governs_to: date | None
    drafted_by: str
    drafted_at: datetime
    published_by: str | None = None
    published_at: datetime | None = None

    @property
    def ref(self) -> str:
        return f"{self.pack_id}@{self.version}"

    def governs(self, day: date) -> bool:
        return self.governs_from <= day and (self.governs_to is None or day < self.governs_to)

    def state(self, today: date) -> PolicyState:
        if self.published_by is None:
            return PolicyState.DRAFT
        over = self.governs_to is not None and self.governs_to <= today
        return PolicyState.RETIRED if over else PolicyState.PUBLISHED


def read_ref(ref: str) -> tuple[str, str]:
    """Return the pack's id and the version of ``ID@VERSION``.

    Raises:
        RefusedError: it has another form, or a part holds more than letters, digits, ``.``, ``_``
            and ``-``, 63 at most.
    """
    pack_id, _, version = ref.partition("@")
    if not (_NAME.fullmatch(pack_id) and _NAME.fullmatch(version)):
        raise RefusedError(
            "invalid_request",
            "wanted ID@VERSION, each of 1 to 63 letters, digits, dots, underscores and hyphens",
            field="ref",
        )
    return pack_id, version


def first_free_day(now: datetime) -> date:
    """Return the first day on which no contract was made anywhere yet."""
    return (now + _EARLIEST_ZONE).date() + timedelta(days=1)


def check_publication(
    draft: PolicyVersion,
    published: Sequence[PolicyVersion],
    *,
    content_hash: str,
    by: str,
    known_as: Collection[str],
    now: datetime,
) -> PolicyVersion | None:
    """Return the version whose open end the publication closes, if there is one.

    Args:
        draft: What is to be published.
        published: All that the tenant has published, in any order.
        content_hash: Of what the publisher has read.
        by: The key that publishes; ``known_as`` are all keys of the same person.
        now: The tenant's first version may begin before it, for it takes the place of the
            operator's pack; every other one begins on a day that has begun nowhere yet, so that it
            changes nothing of contracts already made.

    Raises:
        RefusedError: ``policy_changed``, ``four_eyes`` or ``policy_dates``.
    """
    if draft.content_hash != content_hash:
        raise RefusedError(
            "policy_changed", f"the draft is {draft.content_hash} by now", field="content_hash"
        )
    drafter = draft.drafted_by.rpartition(":")[2]
    if drafter in (by, *known_as):
        raise RefusedError("four_eyes", "whoever drafted a policy cannot publish it")
    earliest = first_free_day(now)
    if published and draft.governs_from < earliest:
        raise RefusedError(
            "policy_dates",
            f"wanted {earliest} or later: contracts up to then have their policy",
            field="governs.from",
        )
    return _predecessor_to_close(draft, published)


def _predecessor_to_close(
    draft: PolicyVersion, published: Sequence[PolicyVersion]
) -> PolicyVersion | None:
    chain = sorted(published, key=lambda version: version.governs_from)
    before = [version for version in chain if version.governs_from < draft.governs_from]
    after = chain[len(before) :]
    if after:
        _check_joint(draft, after[0], field="governs.to")
    if not before:
        return None
    if before[-1].governs_to is None:
        return before[-1]
    _check_joint(before[-1], draft, field="governs.from")
    return None


def _check_joint(earlier: PolicyVersion, later: PolicyVersion, *, field: str) -> None:
    end, start = earlier.governs_to, later.governs_from
    if end == start:
        return
    wrong = "overlap" if end is None or end > start else "leave a gap"
    until = f"up to {end}" if end is not None else "without an end"
    raise RefusedError(
        "policy_dates",
        f"the dates {wrong}: {earlier.ref} governs {until}, {later.ref} from {start}",
        field=field,
    )
