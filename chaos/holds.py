"""Holds on both sides: placed, taken, and still standing at the end."""

from collections.abc import Sequence
from typing import Any

from chaos.counting import Asked, Count, Found, count

Json = dict[str, Any]

_UNCERTAIN = ("sending", "unknown")
_PLACED = ("held", "captured", "voided", "expired")
_BEING_ENDED = ("capturing", "voiding")


def count_holds(rows: Sequence[Json], ledger: Sequence[Json]) -> tuple[Count, ...]:
    """Count what the engine's ``rows`` say against the sandbox's ``ledger`` of holds.

    Holds that bear no mark of ours, as PayPal's, cannot be told apart and are left out on both
    sides.
    """
    marked = [hold for hold in ledger if hold["hold_id"] and hold["status"] in _PLACED]
    known = [row for row in rows if row["payer_ref"]]
    return (
        count("hold", map(_placed, known), (_found(hold, "amount_minor") for hold in marked)),
        count(
            "capture",
            map(_captured, known),
            (_found(hold, "captured_minor") for hold in marked if hold["captured_minor"]),
        ),
        count(
            "open hold",
            map(_open, known),
            (_found(hold, "amount_minor") for hold in marked if hold["status"] == "held"),
        ),
    )


def _placed(row: Json) -> Asked:
    was_placed = row["hold_ref"] is not None
    return _asked(row, "amount_minor", certain=was_placed, uncertain=row["state"] in _UNCERTAIN)


def _captured(row: Json) -> Asked:
    if row["state"] == "captured":
        return _asked(row, "captured_minor", certain=True)
    return _asked(row, "capture_minor", uncertain=row["state"] == "capturing")


def _open(row: Json) -> Asked:
    stands = row["state"] == "authorized"
    uncertain = row["state"] in (*_UNCERTAIN, *_BEING_ENDED)
    return _asked(row, "amount_minor", certain=stands, uncertain=uncertain)


def _asked(row: Json, amount: str, *, certain: bool = False, uncertain: bool = False) -> Asked:
    says = f"{row[amount]} {row['currency']}"
    return Asked(str(row["hold_id"]), says, wanted=certain or uncertain, certain=certain)


def _found(hold: Json, amount: str) -> Found:
    return Found(str(hold["hold_id"]), f"{hold[amount]} {hold['currency']}")
