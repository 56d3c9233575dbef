"""One thing that a return waits for, and how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.blockers import WAITS
from domain.returns import Return


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing a return waits for.

    ``key`` is stable while the wait lasts; ``exits`` are the commands and outside events that end
    it; ``detail`` is the last error of parked work or what is to be approved, ``field`` the place
    in the data at fault.
    """

    key: str
    code: str
    owner: str
    waiting_for: str
    since: datetime
    deadline: datetime
    at_deadline: str
    exits: tuple[str, ...]
    detail: str = ""
    field: str | None = None


def wait_for(
    ret: Return,
    key: str,
    code: str,
    since: datetime,
    lasts: timedelta,
    *,
    overdue: str | None = None,
) -> Waiting:
    """Make one wait; past its deadline ``overdue`` is its code, and each escalation adds ``lasts``.

    An escalation counts for the wait that was open then, not for a later one of the same key.
    """
    deadline = since + lasts
    for late_key, at in ret.overdue:
        if late_key == key and at >= since:
            deadline, code = at + lasts, overdue or code
    kind, deadline = WAITS[code], ret.extended_to(key, deadline)
    return Waiting(
        key, code, kind.owner, kind.waiting_for, since, deadline, kind.at_deadline, kind.exits
    )


def last_told(ret: Return, key: str, since: datetime) -> datetime:
    """Return when a wait's owner was last told of it."""
    return max([since, *(at for late_key, at in ret.overdue if late_key == key)])
