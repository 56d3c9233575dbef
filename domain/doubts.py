"""Why a person looks at a return that the rules would grant: whose it is, or its way back."""

from domain.abuse import TO_REVIEW
from domain.events import JsonValue
from domain.returns import Return
from domain.ways_back import way_doubts


def doubts_of(ret: Return) -> tuple[str, ...]:
    """Return the reason codes for which a person decides, beside those of its lines."""
    return (*((TO_REVIEW,) if ret.signals else ()), *way_doubts(ret))


def signals_json(ret: Return) -> JsonValue:
    """Return what was counted of the customer; an amount is in the return's currency."""
    return [
        {
            "measure": signal.measure,
            "counted": signal.counted,
            "limit": signal.limit,
            "days": signal.days,
        }
        for signal in ret.signals
    ]
