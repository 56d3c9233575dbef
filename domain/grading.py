"""From a finding to acceptance, deduction and disposition, as the return's own policy says."""

from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.inspection import EVIDENCE_NEEDED, Acceptance, Disposition, Finding
from domain.judging import judge
from domain.lifecycle import LotState
from domain.policies import Condition
from domain.requests import Resolution
from domain.returns import Change, Lot, Return
from domain.settling import follow_goods
from domain.transport import send_back

_STATE_AFTER = {
    Acceptance.ACCEPTED: LotState.ACCEPTED,
    Acceptance.PARTIALLY_ACCEPTED: LotState.PARTIALLY_ACCEPTED,
    Acceptance.REJECTED: LotState.REJECTED,
}


def check_inspection(
    ret: Return,
    lot_id: str,
    finding: Finding,
    *,
    quantity: int | None = None,
    expected_version: int | None = None,
) -> Lot:
    """Return the lot that may be graded, whole or ``quantity`` units of it.

    Raises:
        RefusedError: no such lot, more units than it holds, another version than the caller saw,
            not received or already graded, or a grade that costs the customer something without
            evidence.
    """
    try:
        lot = ret.lot(lot_id)
    except KeyError:
        raise RefusedError("lot_not_found", f"no lot {lot_id!r}", field="lot_id") from None
    if expected_version is not None and expected_version != lot.version:
        raise RefusedError(
            "stale_version",
            f"expected version {expected_version}, the lot has {lot.version}",
            field="expected_version",
        )
    if lot.state is not LotState.RECEIVED:
        raise RefusedError("command_not_allowed", f"lot {lot_id} is {lot.state}", field="lot_id")
    if quantity is not None and not 1 <= quantity <= lot.quantity:
        raise RefusedError(
            "invalid_quantity", f"wanted 1 to {lot.quantity}, found {quantity}", field="quantity"
        )
    if finding.grade in EVIDENCE_NEEDED and not (finding.checklist or finding.photos):
        raise RefusedError(
            "evidence_missing", f"grade {finding.grade} needs evidence", field="checklist"
        )
    return lot


def grade_lot(ret: Return, lot_id: str, finding: Finding, *, quantity: int | None = None) -> Change:
    """Record the finding and what the policy makes of it, within the law of the return's right.

    With a ``quantity`` below the lot's, so many units are graded and the rest becomes a lot of its
    own that still waits for its grade. A lot to be exchanged that is accepted with a deduction
    becomes a refund, unless its replacement is out: an even exchange gives nothing to deduct from.
    """
    if quantity is not None:
        ret = ret.split_lot(lot_id, quantity)
    lot = ret.lot(lot_id)
    condition = next(c for c in ret.policy.conditions if c.grade is finding.grade)
    judged = judge(ret.policy, ret.line(lot.line_id).terms, finding)
    acceptance, deduction = judged.acceptance, judged.deduction_percent
    resolution = lot.resolution
    exchanged = resolution is Resolution.EXCHANGE
    if exchanged and acceptance is Acceptance.PARTIALLY_ACCEPTED and not lot.is_given:
        resolution = Resolution.REFUND
    graded = replace(
        lot.moved(_STATE_AFTER[acceptance], finding.inspected_at),
        finding=finding,
        acceptance=acceptance,
        deduction_percent=deduction,
        disposition=_disposition(condition, acceptance),
        resolution=resolution,
    )
    right = ret.line(lot.line_id).decision
    data: dict[str, JsonValue] = {
        "lot_id": lot.lot_id,
        "line_id": lot.line_id,
        "policy_ref": right.policy_ref,
        "content_hash": right.content_hash,
        "pack_ref": ret.policy.ref,
        "quantity": lot.quantity,
        "grade": finding.grade,
        "fault": finding.fault,
        "findings": [*finding.checklist],
        "reason_found": finding.reason_found,
        "acceptance": acceptance,
        "deduction_percent": deduction,
        "by": finding.inspected_by,
    }
    if judged.by_law:
        scale: JsonValue = {
            "acceptance": condition.acceptance,
            "deduction_percent": condition.deduction_percent,
        }
        data |= {"law": judged.code, "scale": scale}
    facts = [Fact("inspection.completed", data), _disposition_fact(graded)]
    if acceptance is Acceptance.REJECTED:
        graded = graded.moved(LotState.DISPUTE_WINDOW, finding.inspected_at)
        facts.append(Fact("lot.rejected", {"lot_id": lot.lot_id, "grade": finding.grade}))
    ret, more = follow_goods(ret.with_lots(graded), lot.lot_id, at=finding.inspected_at)
    return ret, (*facts, *more)


def _disposition(condition: Condition, acceptance: Acceptance) -> Disposition:
    """Send back what the law alone rejects, and keep what it alone accepts, looked at again."""
    if acceptance is Acceptance.REJECTED:
        return Disposition.RETURN_TO_CUSTOMER
    kept = condition.disposition is not Disposition.RETURN_TO_CUSTOMER
    return condition.disposition if kept else Disposition.QUARANTINE


def _disposition_fact(lot: Lot) -> Fact:
    return Fact(
        "disposition.set",
        {
            "lot_id": lot.lot_id,
            "from": None,
            "to": lot.disposition,
            "quantity": lot.quantity,
            "grade": lot.finding.grade if lot.finding else None,
        },
    )


def accept_rejection(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """Nobody objected: a delivery is opened that brings the goods back to the customer.

    What went out for them before is due now.
    """
    lot = ret.lot(lot_id).moved(LotState.RETURN_TO_CUSTOMER, at)
    undisputed = Fact("lot.undisputed", {"lot_id": lot_id})
    ret, facts = follow_goods(ret.with_lots(lot), lot_id, at=at)
    return send_back(ret, lot_id, at=at), (undisputed, *facts)
