"""Which plays go together in a house: they share its clock, its database and its faults."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.replay import follow_ups, late_plays, plays, review_plays
from tests.replay.keeping import Keep
from tests.support.house import House

Play = Callable[[House, Keep], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Group:
    """``forgets``: its Temporal server suggests a new run after a few events."""

    name: str
    plays: Sequence[Play]
    workflow: str = "return"
    time_scale: float = 1.0
    forgets: bool = False


GROUPS: Sequence[Group] = (
    Group("trouble", (late_plays.while_a_provider_is_slow_or_down,)),
    Group(
        "brisk",
        (
            late_plays.expired,
            late_plays.refunded_and_closed,
            late_plays.rest_given_up,
            late_plays.rejected_and_sent_back,
            late_plays.decided_by_default,
            late_plays.left_on_the_dock,
            review_plays.not_answered,
            review_plays.offer_ran_out,
        ),
        # A day is 1.7 seconds: a review ends while we look, an inspection is not yet late.
        time_scale=50_000,
    ),
    Group("away", (late_plays.while_the_database_is_away,)),
    Group("lost", (late_plays.lost_and_restarted,)),
    Group("forgetful", (late_plays.for_long,), forgets=True),
    Group(
        "surveys",
        (
            follow_ups.answered,
            follow_ups.reminded_and_answered,
            follow_ups.expired,
            follow_ups.not_asked_yet,
        ),
        workflow="follow-up",
    ),
    Group(
        "slow",
        (
            plays.with_a_courier_and_two_tenders,
            plays.in_two_parcels,
            plays.graded_in_part,
            plays.with_an_early_grade,
            plays.with_more_time,
            plays.exchanged,
            plays.out_of_stock,
            plays.start_refused,
            plays.started_badly,
            plays.draft_withdrawn,
            plays.denied_by_policy,
            plays.reviewed,
            plays.denied_by_reviewer,
            review_plays.asked,
            review_plays.offered,
            plays.withdrawn,
            plays.visited_in_vain,
            plays.disputed,
            plays.cancelled_by_an_operator,
            plays.cancelled_in_transit,
            plays.refund_refused,
            plays.refund_failed_later,
        ),
    ),
)
"""In this order, for the first ones take longest."""
