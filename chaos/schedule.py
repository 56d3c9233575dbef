"""What a seed means: which returns are played, what fails at which request, who dies where."""

import random
from dataclasses import dataclass
from typing import Any

from chaos.packs import PACKS, STANDARD, Pack
from chaos.points import SETTLEMENT, Point, Process


@dataclass(frozen=True, slots=True)
class Strike:
    """Kill ``process`` when something passes ``point`` for the ``passes``-th time.

    It is counted from when the strike before it was over.
    """

    point: str
    process: Process
    passes: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the sandbox under its name; ``plan`` is as ``PUT /_control/faults`` has it."""

    name: str
    plan: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that a seed decides.

    ``settlement`` and ``elsewhere`` are two rows of strikes, each one after the other.
    ``endings`` says of each pending refund in turn whether it arrives; ``late`` is how many refunds
    fail after they succeeded.
    """

    stories: tuple[str, ...]
    settlement: tuple[Strike, ...]
    elsewhere: tuple[Strike, ...]
    faults: tuple[Fault, ...]
    endings: tuple[bool, ...]
    late: int


def schedule_for(
    seed: int, returns: int, *, pack: str = STANDARD, whole_matrix: bool = False
) -> Schedule:
    """Return the schedule of a seed. The same seed, number and pack give the same one, always.

    Strikes are dealt from one shuffled deck of all boundaries and processes, and the next seed goes
    on where this one stops: any row of seeds covers the matrix, and so does one seed with 70
    returns or more, or with ``whole_matrix``. Above that the strikes are as many and further apart.

    Raises:
        ValueError: ``returns`` or ``seed`` is below 1.
    """
    if seed < 1 or returns < 1:
        raise ValueError(f"seed and returns start at 1, found {seed} and {returns}")
    # Chance that is the same everywhere is what is wanted here.
    chance = random.Random(f"chaos/{seed}/{returns}")  # noqa: S311
    played, sets = PACKS[pack], max(1, returns // 10)
    cells = len(SETTLEMENT) * len(Process)
    strikes = cells if whole_matrix else min(max(2, returns // 2), cells)
    return Schedule(
        stories=_stories(chance, played, returns),
        settlement=_strikes(chance, SETTLEMENT, seed, strikes, max(2, returns // strikes)),
        elsewhere=_strikes(
            chance, played.points, seed, _second_row(played, returns), max(2, returns // 20)
        ),
        faults=tuple(fault for number in range(sets) for fault in _faults(chance, played, number)),
        endings=tuple(chance.random() < 0.5 for _ in range(2 * sets)),
        late=sets,
    )


def _second_row(pack: Pack, returns: int) -> int:
    return min(max(1, pack.strikes * returns // 10), 20)


def _stories(chance: random.Random, pack: Pack, returns: int) -> tuple[str, ...]:
    dealt: list[str] = []
    while len(dealt) < returns:
        dealt += chance.sample(pack.round, len(pack.round))
    return tuple(dealt[:returns])


def _strikes(
    chance: random.Random, points: tuple[Point, ...], seed: int, count: int, passes: int
) -> tuple[Strike, ...]:
    deck = [(point.name, process) for point in points for process in Process]
    random.Random("deck").shuffle(deck)  # noqa: S311  # the same for every seed
    first = (seed - 1) * count
    dealt = (deck[(first + number) % len(deck)] for number in range(count))
    return tuple(Strike(name, process, chance.randint(1, passes)) for name, process in dealt)


def _faults(chance: random.Random, pack: Pack, number: int) -> list[Fault]:
    """Deal one set: every kind once, each at some request of about ten returns."""

    def fault(
        system: str, operation: str, kind: str, *, among: int, later: int = 0, **more: Any
    ) -> None:
        after = number * among + later + chance.randrange(among)
        plan = {"system": system, "operation": operation, "kind": kind, "after": after, **more}
        dealt.append(Fault(f"chaos-{number}-{len(dealt):02d}-{system}-{kind}", plan))

    dealt: list[Fault] = []
    refund, label = "POST /v1/refunds", "POST /v2/shipments/{id}/buy"
    fault("stripe", refund, "delay", among=8, delay_ms=chance.randint(200, 1500))
    fault("stripe", refund, "lost_reply", among=8)
    fault("stripe", refund, "stored_500", among=8)
    fault("stripe", refund, "stored_500", among=8, effect=True)
    fault("stripe", refund, "409", among=8)
    fault("stripe", refund, "429", among=8)
    fault("stripe", refund, "http_503", among=8)
    # Keys are kept for a while: also those of a stored 500 are gone some requests later.
    fault("stripe", refund, "forget_keys", among=8, later=8)
    fault("stripe", refund, "pending_refund", among=8, times=2)
    fault("stripe", "GET /v1/refunds", "http_500", among=4)
    fault("easypost", label, "lost_reply", among=8)
    fault("easypost", label, "429", among=8)
    fault("easypost", "POST /v2/pickups/{id}/buy", "lost_reply", among=3)
    fault("commerce", "POST /stock-moves", "lost_reply", among=6)
    fault("commerce", "POST /stock-moves", "http_500", among=6)
    fault("commerce", "POST /replacement-orders", "lost_reply", among=1)
    fault("commerce", "GET /orders/{order_id}", "http_503", among=20)
    fault("smtp", "DATA", "lost_reply", among=20)
    fault("smtp", "DATA", "http_503", among=20)
    fault("stripe", "*", "duplicate_webhooks", among=10, times=3)
    fault("easypost", "*", "duplicate_webhooks", among=10, times=3)
    fault("stripe", "*", "reorder_webhooks", among=10, times=2)
    fault("easypost", "*", "reorder_webhooks", among=10, times=2)
    fault("stripe", "*", "hold_webhooks", among=10, times=2)
    for system, operation, kind, among, times in pack.faults:
        fault(system, operation, kind, among=among, times=times)
    return dealt
