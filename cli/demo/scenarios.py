"""The returns that the demo plays, in the order of its table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cli.demo import awkward, exchanging, usual
from cli.demo.story import Story


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    route: str
    example: str
    play: Callable[[Story], Awaitable[str]]


SCENARIOS = (
    Scenario("no-reason", "pickup → refund", "no-reason-return", usual.no_reason),
    Scenario("three-units", "drop-off → refund", "three-units", usual.three_units),
    Scenario("exchange", "drop-off → exchange", "exchange", exchanging.even),
    Scenario("out-of-window", "denied", "out-of-window", usual.out_of_window),
    Scenario("withdrawn", "pickup → withdrawn", "withdrawn", usual.withdrawn),
    Scenario("rejected", "drop-off → sent back", "rejected", usual.rejected),
    Scenario("cheaper", "exchange → refund", "exchange", exchanging.cheaper),
    Scenario("dearer", "exchange → payment", "exchange", exchanging.dearer),
    Scenario("no-show", "pickup → drop-off", "withdrawn", awkward.no_show),
    Scenario("in-part", "review → refund", "no-reason-return", awkward.in_part),
    Scenario("outage", "provider down", "three-units", awkward.outage),
    Scenario("unanswered", "review, no answer", "rejected", awkward.unanswered_review),
    Scenario("warranty", "review → denied", "rejected", awkward.warranty),
    Scenario("lost-run", "run terminated", "exchange", awkward.lost_run),
    Scenario("bad-data", "order unreadable", "withdrawn", awkward.bad_data),
)
