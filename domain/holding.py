"""Inspection results that come before what they inspected was counted (edge case 52)."""

from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact
from domain.grading import check_inspection, grade_lot
from domain.lifecycle import AWAITED, LotState
from domain.receiving import is_receivable
from domain.returns import Change, HeldInspection, Return

MOST_HELD = 200
"""More results than a parcel has units are somebody's loop, not a warehouse's work."""


def is_early(ret: Return, lot_id: str) -> bool:
    """Say whether a lot is still to be counted; a receipt may yet cut a lot of that name."""
    if not is_receivable(ret):
        return False
    known = [lot for lot in ret.lots if lot.lot_id == lot_id]
    siblings = [lot for lot in ret.lots if lot_id.startswith(f"{lot.line_id}/")]
    return any(lot.state in AWAITED or lot.state is LotState.MISSING for lot in known or siblings)


def hold(ret: Return, held: HeldInspection) -> Change:
    """Keep an early result until its units are counted; one of the same command is kept once.

    Raises:
        RefusedError: the command's id came with other content, or too many wait already.
    """
    for other in ret.held:
        if other.command_id == held.command_id:
            if other.content_hash != held.content_hash:
                raise RefusedError("key_reused", "this command id came with other content")
            return ret, ()
    if len(ret.held) >= MOST_HELD:
        raise RefusedError("command_not_allowed", f"{MOST_HELD} results wait for a receipt already")
    fact = Fact("inspection.held", {"lot_id": held.lot_id, "grade": held.finding.grade})
    return replace(ret, held=(*ret.held, held)), (fact,)


def first_held(ret: Return) -> datetime | None:
    return min((held.held_at for held in ret.held), default=None)


def ripe(ret: Return) -> HeldInspection | None:
    """Return the first kept result that need not wait any longer, in the order they came."""
    return next((held for held in ret.held if not is_early(ret, held.lot_id)), None)


def release(ret: Return, held: HeldInspection) -> Return:
    return replace(ret, held=tuple(other for other in ret.held if other != held))


def take_result(ret: Return, held: HeldInspection) -> Change:
    """Grade the lot as the result says.

    Raises:
        RefusedError: as :func:`domain.grading.check_inspection`.
    """
    check_inspection(ret, held.lot_id, held.finding, quantity=held.quantity)
    return grade_lot(ret, held.lot_id, held.finding, quantity=held.quantity)


def refused(lot_id: str, code: str) -> Fact:
    """Nobody waits for the answer to a result that was left, so the log has the refusal."""
    return Fact("inspection.refused", {"lot_id": lot_id, "code": code})
