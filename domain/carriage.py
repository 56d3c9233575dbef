"""Goods that no carrier may have (edge 24): no label and no courier is booked for them."""

from collections.abc import Collection

from domain.codes import RefusedError
from domain.requests import HandoverMethod
from domain.returns import Return

_WITHOUT_CARRIER = (HandoverMethod.IN_STORE, HandoverMethod.KEEP)


def is_way_open(ret: Return, line_ids: Collection[str], method: HandoverMethod) -> bool:
    """Say whether lines may go this way: what no carrier takes is brought to a store, or kept."""
    barred = any(line.barred_from_carriers for line in ret.lines if line.line_id in line_ids)
    return not barred or method in _WITHOUT_CARRIER


def check_way_open(ret: Return, line_ids: Collection[str], method: HandoverMethod) -> None:
    """Refuse a way on which a carrier would have goods that none may take.

    Raises:
        RefusedError: ``not_transportable``, naming the field.
    """
    if not is_way_open(ret, line_ids, method):
        raise RefusedError("not_transportable", "wanted IN_STORE or KEEP", field="handover")


def granted_lines(ret: Return) -> tuple[str, ...]:
    decided = ((line.line_id, line.authorization) for line in ret.lines)
    return tuple(line_id for line_id, one in decided if one is not None and one.granted)
