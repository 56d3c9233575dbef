"""Timeouts and retries of every step, each with its reason; nowhere else stands a number.

Operational waits of a return (how long a courier, a warehouse or a reviewer may take) are policy
data, see ``domain/policies.py``. Here stands how long one step may run and how often it is tried.
"""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

HEARTBEAT = timedelta(seconds=10)
"""Every activity heartbeats by itself (``workers/heartbeats.py``): a killed worker is noticed after
this, not after the step's whole time."""

PARKED_RETRY = timedelta(minutes=10)
"""When parked work is first tried again by itself; the wait doubles up to the policy's ``parked``,
so a short outage costs minutes and a long one a few tries a day."""

SWEEP_EVERY = timedelta(minutes=10)
"""How long a lost run may stay unnoticed. Shorter costs questions to the engine, longer a day that
a customer waits for nothing."""
SWEEP_AT_MOST_EVERY = timedelta(seconds=10)
"""Where time is scaled: every sweep is a run of its own."""
SWEEP_LASTS = timedelta(hours=1)
"""A sweep that takes longer has lost its way; the next one begins anew."""

_PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    # An outage of hours costs two tries a minute, and its end is noticed within half a minute.
    maximum_interval=timedelta(seconds=30),
)

PATIENCE = timedelta(minutes=2)
"""How long a step is tried before its work parks: a shorter outage is nobody's business, and after
it people see a named blocker instead of a step that hangs. The park tries again by itself."""
_LEAST_PATIENCE = timedelta(seconds=15)
"""Longer than an answer takes on a busy machine."""

CALL_PROVIDER = ActivityConfig(
    # Above the adapters' connect and read time-outs together.
    start_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=HEARTBEAT,
    schedule_to_close_timeout=PATIENCE,
    retry_policy=_PATIENT,
)

RENEW_HOLD_BEFORE = timedelta(days=1)
"""How long before its end a hold is renewed: a card that is declined then leaves a day to capture
the hold that stands, or to ask the customer. Shorter holds are renewed at half of what is left."""


FAIL_OVER_AFTER = timedelta(seconds=45)
"""How long a carrier may be silent while another one could be asked: a restart of its servers is
waited for, an outage is not. Both together stay below what a customer waits for a label."""


def call_provider(parked: timedelta, *, at_most: timedelta | None = None) -> ActivityConfig:
    """Return how a step is called whose work, once parked, stays so for ``parked`` at most.

    Where time is scaled, that is seconds: a rehearsal is not to hang for longer than it parks.
    """
    patience = max(min(at_most or PATIENCE, parked), _LEAST_PATIENCE)
    return {**CALL_PROVIDER, "schedule_to_close_timeout": patience}


def carrier_queue(task_queue: str, adapter: str) -> str:
    """Return the task queue of one carrier's calls, whose rate is what that carrier takes."""
    return f"{task_queue}-{adapter}"


WRITE_RECORD = LocalActivityConfig(
    # Our own database answers in milliseconds; a local activity costs one history event.
    start_to_close_timeout=timedelta(seconds=3),
    # Below the workflow task's time-out of ten seconds, so a slow database never costs a heartbeat
    # task; then the regular activity below takes over.
    schedule_to_close_timeout=timedelta(seconds=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=2),
        # The time above is looked at only while a try runs; without a count, tries that fail at
        # once would go on for ever.
        maximum_attempts=4,
    ),
)

WRITE_RECORD_PATIENTLY = ActivityConfig(
    # The database is down: the return stands still, as a visible pending activity, until it is
    # back.
    start_to_close_timeout=timedelta(seconds=30),
    heartbeat_timeout=HEARTBEAT,
    retry_policy=_PATIENT,
)

RECONCILE_DAYS = 30
"""How far back each night looks: a refund to a card may fail weeks after it went through."""
RECONCILE_AT_HOUR = 3
"""UTC. By then providers show all of the day before, and nobody works yet whom it would slow."""
RECONCILIATION_LASTS = timedelta(hours=20)
"""The next one begins after it; what it did not come to is compared by hand."""

RECONCILE = ActivityConfig(
    # A busy day is thousands of refunds, a hundred a page.
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=HEARTBEAT,
    # One tenant's provider that is down all morning does not hold the others for longer.
    schedule_to_close_timeout=timedelta(hours=2),
    retry_policy=_PATIENT,
)

CARRIER_ROUND_EVERY = timedelta(minutes=15)
"""How long returns that are parked for a carrier stand still after it answers again; parcels are
read and bookings swept at their own, longer intervals."""
CARRIER_ROUND_LASTS = timedelta(hours=2)

LOOK_AFTER_CARRIER = ActivityConfig(
    # A page of fifty parcels, at one call a second of the slowest carrier.
    start_to_close_timeout=timedelta(minutes=5),
    heartbeat_timeout=HEARTBEAT,
    # A carrier that is down is the next round's business: its other accounts wait behind this.
    schedule_to_close_timeout=timedelta(minutes=6),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=2),
)

SWEEP = ActivityConfig(
    # Some thousand returns: twenty questions to the engine, and one more for each that is missing.
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=HEARTBEAT,
    # Without database or visibility nothing can be compared; the sweep waits for them.
    retry_policy=_PATIENT,
)
