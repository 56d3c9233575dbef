"""Keep item: what was asked for is granted, and no goods are expected (domain.md §5.1)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from domain.events import Fact, JsonValue
from domain.lifecycle import LotState
from domain.releasing import value_of_lines
from domain.requests import HandoverMethod
from domain.returns import Change, Return
from domain.settling import statutory_due_on

KEEP_TO_REVIEW = "M_KEEP_ITEM"
"""The reason code of a wish to keep the goods that the policy does not grant by itself."""


def keep_doubts(ret: Return, line_ids: Collection[str]) -> tuple[str, ...]:
    """Return why a person has to decide on keeping these lines' goods; none where the policy may.

    It may up to an amount for all of them together: what was paid for them, before any fee.
    """
    if ret.request.handover is not HandoverMethod.KEEP:
        return ()
    limit = dict(ret.policy.keep_item_up_to).get(ret.currency)
    value = value_of_lines(ret, line_ids)
    return () if limit is not None and value <= limit else (KEEP_TO_REVIEW,)


def kept(ret: Return, *, at: datetime) -> Change:
    """Let the customer keep what is authorized: it is settled at once, and nothing is booked."""
    lots = [
        replace(lot.moved(LotState.KEPT, at), kept_at=at)
        for lot in ret.lots
        if lot.state is LotState.AUTHORIZED
    ]
    ret = ret.with_lots(*lots)
    due_on = statutory_due_on(ret, lots)
    names: list[JsonValue] = [lot.lot_id for lot in lots]
    resolutions: list[JsonValue] = [*sorted({lot.resolution.value for lot in lots})]
    data: dict[str, JsonValue] = {
        "lot_ids": names,
        "resolutions": resolutions,
        "due_on": due_on.isoformat() if due_on else None,
    }
    return ret, (Fact("lot.kept", data),)
