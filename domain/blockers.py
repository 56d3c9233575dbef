"""The catalogue of waits and blockers: who must act, until when, what happens then, and the exits.

Every wait of a return has a code here. ``PARKED`` ones are troubles of a piece of work; the others
are the ordinary waiting for somebody outside.
"""

from domain.wait_kinds.goods import GOODS
from domain.wait_kinds.kinds import Kind, Owner, Turn, WaitKind
from domain.wait_kinds.money import MONEY
from domain.wait_kinds.parcels import PARCELS
from domain.wait_kinds.reviews import REVIEWS
from domain.wait_kinds.troubles import TROUBLES

__all__ = ["WAITS", "Kind", "Owner", "Turn", "WaitKind"]

WAITS: dict[str, WaitKind] = {
    row.code: row for row in (*REVIEWS, *PARCELS, *GOODS, *MONEY, *TROUBLES)
}
"""The catalogue by code."""
