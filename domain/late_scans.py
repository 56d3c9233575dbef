"""A parcel that is scanned after its return expired: within a grace the return goes on (edge 32).

Its units were free meanwhile, so they are locked anew first. Where another return has them, this
one stays expired until ops, or the warehouse by its count, say what came. A withdrawn return is
not revived: whoever took it back and sends the goods all the same asks for a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.lifecycle import AuthorizationState, DeliveryState, LotState
from domain.parcel_links import swapped_label
from domain.parcels import LateScan
from domain.returns import Change, Return, ReturnLine
from domain.tracking import Milestone, Reached, merged
from domain.transport import granted_again, is_called_off, reached


def told_by_carrier(
    ret: Return, delivery_id: str, milestones: Sequence[Reached], *, at: datetime
) -> Change:
    """Take in milestones, in whatever order they are told; a late scan asks for the units first."""
    late = ret.late_scan
    if late is not None and late.delivery_id == delivery_id:
        known = replace(late, milestones=merged(late.milestones, milestones))
        return replace(ret, late_scan=known), ()
    if not may_revive(ret, delivery_id, milestones, at=at):
        return reached(ret, delivery_id, milestones, at=at)
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "tracking_code": ret.delivery(delivery_id).tracking_code,
    }
    noted = replace(ret, late_scan=LateScan(delivery_id, tuple(milestones), at))
    return noted, (Fact("delivery.scanned_late", data),)


def may_revive(
    ret: Return, delivery_id: str, milestones: Sequence[Reached], *, at: datetime
) -> bool:
    """Say whether this news of a parcel revives an expired return, if its units can be had.

    What is still being cancelled has its units, and needs no grace. The grace counts from the
    expiry to when we hear of the scan.
    """
    over = ret.authorization is AuthorizationState.EXPIRED and not is_called_off(ret)
    scanned = any(news.milestone is Milestone.FIRST_SCAN for news in milestones)
    known = any(delivery.delivery_id == delivery_id for delivery in ret.inbound)
    in_time = at < ret.authorized_since + ret.policy.handling.late_scan
    return over and scanned and known and in_time and ret.late_scan is None


def wants_units(ret: Return) -> bool:
    """Say whether units are to be locked anew for a late parcel.

    Not where its content was counted for another return.
    """
    return ret.late_scan is not None and swapped_label(ret) is None


def units_wanted(ret: Return) -> tuple[tuple[str, tuple[int, ...], int], ...]:
    """Return each line with the units that it had, and how many of it were bought."""
    had = {line.line_id: _expired_units(ret, line) for line in ret.lines}
    return tuple(
        (line.line_id, had[line.line_id], line.basis.quantity)
        for line in ret.lines
        if had[line.line_id]
    )


def revived_late(ret: Return, units: Mapping[str, Sequence[int]], *, at: datetime) -> Change:
    """The return goes on with ``units`` by line, which may be others of the same line."""
    late = ret.late_scan
    assert late is not None
    named = {
        (line.line_id, old): new
        for line in ret.lines
        for old, new in zip(
            _expired_units(ret, line), sorted(units.get(line.line_id, ())), strict=True
        )
    }
    lots = tuple(
        replace(
            lot.moved(LotState.AUTHORIZED, at),
            units=tuple(sorted(named[lot.line_id, unit] for unit in lot.units)),
        )
        if lot.state is LotState.EXPIRED
        else lot
        for lot in ret.lots
    )
    lines = tuple(
        replace(
            line, units=tuple(sorted(named.get((line.line_id, unit), unit) for unit in line.units))
        )
        for line in ret.lines
    )
    # From when it was heard of, so that a task that is done again says the same to the customer.
    expected = late.since + ret.policy.handling.arrival
    data: dict[str, JsonValue] = {"before": ret.authorization, "deadline": expected.isoformat()}
    fact = Fact("return.revived", data)
    going_on = replace(
        ret,
        authorization=granted_again(lots),
        authorized_since=at,
        lots=lots,
        lines=lines,
        late_scan=None,
    )
    parcel = going_on.delivery(late.delivery_id)
    going_on = going_on.with_delivery(
        replace(parcel, state=DeliveryState.AWAITING_HANDOVER, since=at)
    )
    going_on, more = reached(going_on, late.delivery_id, late.milestones, at=at)
    return going_on, (fact, *more)


def check_leave_expired(ret: Return, reason: str, *, stands: bool) -> None:
    """Refuse to leave a return expired that has its units, or may have them in a moment.

    ``stands``: the work that wants them is parked and not being tried.

    Raises:
        RefusedError: nothing stands parked for a late parcel, or there is no reason.
    """
    if ret.late_scan is None or not stands:
        raise RefusedError("command_not_allowed", "no late parcel waits for its units")
    if not reason:
        raise RefusedError("invalid_request", "wanted what became of the goods", field="reason")


def leave_expired(ret: Return) -> Change:
    """Ops saw to the goods by hand: the return stays as it ended.

    Why is not logged: it is free text and may name a person.
    """
    late = ret.late_scan
    assert late is not None
    fact = Fact("return.left_expired", {"delivery_id": late.delivery_id})
    return replace(ret, late_scan=None), (fact,)


def _expired_units(ret: Return, line: ReturnLine) -> tuple[int, ...]:
    units = [
        unit
        for lot in ret.lots
        if lot.line_id == line.line_id and lot.state is LotState.EXPIRED
        for unit in lot.units
    ]
    return tuple(sorted(units))
