"""The returns that the demo plays, in the order of its table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cli.demo import usual
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
    Scenario("exchange", "drop-off → exchange", "exchange", usual.exchange),
    Scenario("out-of-window", "denied", "out-of-window", usual.out_of_window),
    Scenario("withdrawn", "pickup → withdrawn", "withdrawn", usual.withdrawn),
    Scenario("rejected", "drop-off → sent back", "rejected", usual.rejected),
)
