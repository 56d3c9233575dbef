"""Policy packs that a run can be played under: what they change, and what is told and struck."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chaos.points import BOOKING, ELSEWHERE, HOLDING, ORDER_VISIT, SHIP, Point

_SHIPPED = files("domain") / "packs" / "standard.json"
_DAY = 24
_DRAFT = "POST /v2/shipments"
_CAPTURE = "POST /v1/payment_intents/{intent}/capture"
_CANCEL = "POST /v1/payment_intents/{intent}/cancel"


@dataclass(frozen=True, slots=True)
class Pack:
    """What a run plays.

    ``changes`` are keys of the shipped pack with another value; of ``hours`` only those named.
    ``round`` are the stories of ten returns, ``extra`` what is played on in turn while a strike
    still waits. ``points`` are the places of the second row of strikes, ``strikes`` how many of
    them are dealt for ten returns; an ``insistent`` run plays on until those are over too.
    ``faults`` are dealt once for ten returns besides those of every pack: system, operation, kind,
    among how many of its requests, and how many times in a row. ``carriers`` are connected besides
    EasyPost.
    """

    round: tuple[str, ...]
    extra: tuple[str, ...]
    points: tuple[Point, ...]
    strikes: int
    insistent: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)
    hours: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[tuple[str, str, str, int, int], ...] = ()
    carriers: tuple[str, ...] = ()


# Each has a money end, a way without money, several currencies and tenders.
_STANDARD = Pack(
    round=(
        *("no-reason", "no-reason", "three-units", "three-units", "cheaper"),
        *("withdrawn", "rejected", "no-show", "in-part", "out-of-window"),
    ),
    extra=("three-units",),
    points=ELSEWHERE,
    strikes=2,
)
# Goods go out at the approval, secured by a hold; a day is what the old ones may stay away.
_AHEAD = Pack(
    round=(
        *("no-reason", "three-units", "in-part", "withdrawn"),
        *("sent-ahead", "sent-ahead", "sent-ahead", "kept", "kept", "late"),
    ),
    extra=("three-units", "sent-ahead", "kept"),
    points=HOLDING,
    strikes=5,
    insistent=True,
    changes={
        "triggers": {"refund": "accepted", "replacement": "approval"},
        "advance_exchange": {"hold": "required"},
        "recovery": "capture_hold",
    },
    hours={"recovery": _DAY},
    faults=(
        ("stripe", "POST /v1/payment_intents", "lost_reply", 6, 1),
        ("stripe", "POST /v1/payment_intents", "stored_500", 6, 1),
        ("stripe", "POST /v1/payment_intents", "http_503", 6, 1),
        ("stripe", _CAPTURE, "lost_reply", 3, 1),
        ("stripe", _CAPTURE, "409", 3, 1),
        ("stripe", _CANCEL, "lost_reply", 3, 1),
        ("stripe", _CANCEL, "http_500", 3, 1),
    ),
)
# Money goes out at the first scan; what turns out not to be owed is let go.
_INSTANT = Pack(
    round=_STANDARD.round,
    extra=_STANDARD.extra,
    points=ELSEWHERE,
    strikes=2,
    changes={
        "triggers": {"refund": "first_scan", "replacement": "accepted"},
        "recovery": "write_off",
    },
    hours={"recovery": 10 * _DAY},
)
# Two carriers, most parcels with a courier; one of them is often away, so that the other is asked.
_COURIERS = Pack(
    round=(
        *("no-reason", "no-reason", "no-reason", "no-reason", "no-show", "no-show"),
        *("withdrawn", "withdrawn", "withdrawn", "three-units"),
    ),
    extra=("no-reason", "withdrawn"),
    points=BOOKING,
    strikes=4,
    faults=(
        ("easypost", _DRAFT, "http_503", 4, 3),
        ("easypost", _DRAFT, "http_503", 12, 6),
        ("easypost", "POST /v2/shipments/{id}/buy", "http_503", 8, 2),
        ("easypost", "POST /v2/pickups/{id}/cancel", "lost_reply", 3, 1),
        ("easypost", "POST /v2/shipments/{id}/refund", "lost_reply", 3, 1),
        ("ups", SHIP, "lost_reply", 4, 1),
        ("ups", SHIP, "429", 4, 1),
        ("ups", ORDER_VISIT, "lost_reply", 3, 1),
        ("ups", ORDER_VISIT, "http_503", 4, 1),
        ("ups", "DELETE /api/shipments/v2409/pickup/{by}", "lost_reply", 2, 1),
    ),
    carriers=("ups",),
)
STANDARD = "standard"
PACKS: Mapping[str, Pack] = MappingProxyType(
    {STANDARD: _STANDARD, "ahead": _AHEAD, "instant": _INSTANT, "couriers": _COURIERS}
)


def write_pack(name: str, folder: Path) -> Path | None:
    """Write the pack's file for a run's stack; ``None`` where the shipped one governs."""
    pack = PACKS[name]
    if not pack.changes:
        return None
    data = json.loads(_SHIPPED.read_text())
    data |= {"id": name.upper(), **pack.changes}
    data["handling_hours"] |= pack.hours
    path = folder / "policy.json"
    path.write_text(json.dumps(data, indent=1))
    return path
