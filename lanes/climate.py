"""The numbers of the simulated carriers, each with its source or the word that it is assumed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Climate:
    """How things go wrong. Shares are of 1, times in hours.

    Published on-time shares of whole carriers are what these numbers are held to together
    (``tests/unit/test_lane_simulator.py``): ShipMatrix found 96.5 to 98.7 % in December 2023 and
    90.4 to 96.5 % in December 2024 (universitylogistics.net/united_states_postal_service-15.html),
    88.2 to 96.9 % in the peak of 2021
    (freightwaves.com/news/ups-postal-service-excelled-during-peak-delivery-season-consultant-says).
    No public source gives them one by one: each is assumed, and the shifted climate is there to
    show what depends on that.
    """

    stuck: float = 0.010
    """Of the passages through a facility that leave a parcel lying there, by chance alone."""
    stuck_hours: float = 14.0
    stuck_tail: float = 1.7
    """Pareto's exponent of the lying; below 2 its variance is infinite."""
    spread: float = 0.45
    """Standard deviation of the logarithm of a handling time."""
    missorted: float = 0.006
    missorted_hours: float = 30.0
    refused: float = 0.015
    """Of the delivery rounds that end without a delivery; the next working day is tried again."""
    lost: float = 0.003
    """Of the parcels that never arrive; most carriers tell nobody."""
    backlog: float = 0.012
    """Of the days on which a facility falls behind; all parcels there wait together."""
    backlog_hours: float = 13.0
    backlog_tail: float = 2.0
    backlog_keeps: float = 0.72
    """What of a backlog is left a day later."""
    peak_hours: float = 8.0
    """The backlog of an average facility at the height of a peak."""
    peak_moves_days: float = 3.0
    """Standard deviation of the days by which a peak comes early or late."""
    peak_days: float = 1.0
    """How long a peak lasts, against its nominal days."""
    scan_lost: float = 0.05
    """Of the scans that nobody makes, of an average carrier."""
    scan_late: float = 0.03
    """Of the scans that are told hours late, in a batch."""


NORMAL = Climate()

SHIFTED = Climate(
    stuck=0.016,
    stuck_tail=1.25,
    spread=0.60,
    missorted=0.010,
    missorted_hours=42.0,
    backlog=0.016,
    backlog_keeps=0.84,
    peak_hours=10.0,
    peak_moves_days=7.0,
    peak_days=1.7,
    scan_lost=0.15,
    scan_late=0.08,
)
"""Heavier tails, backlogs and peaks that last, and three times as many scans lost."""
