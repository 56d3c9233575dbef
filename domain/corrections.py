"""Which facts of an order ops may correct by hand, and how a correction is laid over the order.

What grants money comes from the platform alone, and personal data is read when it is needed and
kept nowhere, so neither can be corrected here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.codes import RefusedError
from domain.paths import Step, steps_of
from domain.texts import bad_text_in

Value = str | int | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Correction:
    """``value`` instead of what the platform says at ``field``, a path of its order document."""

    field: str
    value: Value


class NoSuchPlaceError(LookupError):
    """The order has no place to lay a correction over; ``field`` is the correction's."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: the order has no such place to correct")
        self.field = field


_LONGEST_TEXT = 200
_MOST_TEXTS = 50


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str) and 1 <= len(value) <= _LONGEST_TEXT and bad_text_in(value) is None
    )


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_zone(value: object) -> bool:
    if not _is_text(value):
        return False
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Correctable:
    wanted: str
    fits: Callable[[object], bool]


_TIME = _Correctable("a time with its offset", _is_time)
_TEXT = _Correctable(f"a text of 1 to {_LONGEST_TEXT} characters, no control characters", _is_text)
_CORRECTABLE: Mapping[str, _Correctable] = {
    "contract_at": _TIME,
    "channel": _Correctable("DISTANCE or STORE", lambda v: v in ("DISTANCE", "STORE")),
    "buyer_type": _Correctable("CONSUMER or BUSINESS", lambda v: v in ("CONSUMER", "BUSINESS")),
    "ship_to.country": _Correctable(
        "two capital letters", lambda v: isinstance(v, str) and bool(re.fullmatch("[A-Z]{2}", v))
    ),
    "ship_to.region": _TEXT,
    "ship_to.time_zone": _Correctable("an IANA time zone", _is_zone),
    "lines[].title": _TEXT,
    "lines[].category": _TEXT,
    "lines[].weight_grams": _Correctable(
        "0 to 10000000", lambda v: type(v) is int and 0 <= v <= 10_000_000
    ),
    "lines[].traits": _Correctable(
        f"a list of at most {_MOST_TEXTS} texts",
        lambda v: (
            isinstance(v, list | tuple)
            and len(v) <= _MOST_TEXTS
            and all(_is_text(text) for text in v)
        ),
    ),
    "lines[].final_sale": _Correctable("true or false", lambda v: isinstance(v, bool)),
    "lines[].parcels[].fulfilled_at": _TIME,
    "lines[].parcels[].delivered_at": _Correctable(
        "a time with its offset, or null", lambda v: v is None or _is_time(v)
    ),
}
_PERSONAL = ("customer", "ship_to")
_OF_AN_ORDER = (
    "order_id",
    "currency",
    "channel",
    "buyer_type",
    "contract_at",
    "customer",
    "ship_to",
    "shipping",
    "tenders",
    "lines",
)


def checked_correction(field: str, value: object) -> Correction:
    """Return the correction if it may be made here.

    Raises:
        RefusedError: ``invalid_request`` for a field that no order has or a value that does not
            fit it, ``mend_at_platform`` for one that only the platform may change.
    """
    steps = steps_of(field)
    if not steps or steps[0] not in _OF_AN_ORDER:
        raise RefusedError("invalid_request", "wanted a field of the order", field="field")
    kind = _CORRECTABLE.get(re.sub(r"\[\d+\]", "[]", field))
    if kind is None:
        why = (
            "personal data is not kept here"
            if steps[0] in _PERSONAL
            else "facts that grant money come from the platform"
        )
        raise RefusedError(
            "mend_at_platform", f"{why}: have it mended there, then retry", field="field"
        )
    if not kind.fits(value):
        raise RefusedError("invalid_request", f"wanted {kind.wanted}", field="value")
    return Correction(field, _kept(value))


def _kept(value: object) -> Value:
    if isinstance(value, list | tuple):
        return tuple(str(text) for text in value)
    assert value is None or isinstance(value, str | int)
    return value


def corrected(document: Any, corrections: Sequence[Correction]) -> Any:
    """Lay corrections over an order document, which is changed.

    A missing object on the way is made; a missing place in a list is not, for nobody knows what
    else would belong there.

    Raises:
        NoSuchPlaceError: a list on the way is missing or too short.
    """
    for correction in corrections:
        *parents, last = steps_of(correction.field)
        place = document
        for step in parents:
            place = _inside(place, step, correction.field)
        if not isinstance(place, dict):
            raise NoSuchPlaceError(correction.field)
        value = correction.value
        place[last] = [*value] if isinstance(value, tuple) else value
    return document


def _inside(place: Any, step: Step, field: str) -> Any:
    if isinstance(step, int):
        if not isinstance(place, list) or step >= len(place):
            raise NoSuchPlaceError(field)
        return place[step]
    if not isinstance(place, dict):
        raise NoSuchPlaceError(field)
    if place.get(step) is None:
        place[step] = {}
    return place[step]
