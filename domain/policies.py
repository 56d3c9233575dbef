"""A policy pack as data: rules, handling times and conditions, parsed and checked once.

The pack's JSON follows policy.md §3.1; :func:`parse_policy` turns it into the types below or says
which path is wrong. A pack is immutable: its content hash stands in every decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

from domain.ids import content_hash
from domain.inspection import Acceptance, Disposition, Fault, Grade
from domain.reasons import Ground
from domain.requests import Resolution


class WindowStart(StrEnum):
    NEXT_DAY = "NEXT_DAY"
    SAME_DAY = "SAME_DAY"


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    title: str
    url: str
    certainty: str


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What is refunded and until when; ``scope`` of PRICE, TAX, SHIPPING.

    ``due_days`` are whole local days from the receipt of the goods. A due date is a promise to the
    customer and is never scaled.
    """

    scope: tuple[str, ...]
    due_days: int
    due_kind: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One right: how long, what it gives. ``review`` sends a granted right to a person."""

    rule_id: str
    layer: str
    ground: Ground
    window_days: int
    window_start: WindowStart
    exclusions: tuple[str, ...]
    excludes_final_sale: bool
    remedies: tuple[Resolution, ...]
    refund: RefundTerms
    return_shipping_payer: str
    sources: tuple[str, ...]
    review: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """What a grade leads to; ``deduction_percent`` of the price, 0..100."""

    grade: Grade
    acceptance: Acceptance
    deduction_percent: int
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Handling:
    """How long each of our own waits may last; operational, so the demo may scale them."""

    review: timedelta
    hand_over_by: timedelta
    arrival: timedelta
    wait_for_rest: timedelta
    inspection: timedelta
    replacement: timedelta
    ship_back: timedelta
    reject_dispute: timedelta
    dispute: timedelta
    refund_pending: timedelta
    parked: timedelta
    survey_after: timedelta
    survey_reminder_after: timedelta
    survey_expires_after: timedelta

    def scaled(self, time_scale: float) -> "Handling":
        """Return the same waits ``time_scale`` times shorter.

        Only ours: no date that a law or a promise gives to the customer is in here.
        """
        return Handling(
            **{name: getattr(self, name) / time_scale for name in self.__dataclass_fields__}
        )


@dataclass(frozen=True, slots=True)
class Policy:
    pack_id: str
    version: str
    governs_from: date
    governs_to: date | None
    rules: tuple[Rule, ...]
    conditions: tuple[Condition, ...]
    faults_without_deduction: tuple[Fault, ...]
    handling: Handling
    review_default: str
    sources: tuple[Source, ...]
    content_hash: str

    @property
    def ref(self) -> str:
        return f"{self.pack_id}@{self.version}"

    def source(self, key: str) -> Source:
        """Return the source behind ``KEY`` or ``KEY#article``."""
        return next(
            source for source in self.sources if source.key == key.split("#", maxsplit=1)[0]
        )


class PolicyError(ValueError):
    """A pack does not say what a pack must say; the message starts with the path."""


def parse_policy(data: Mapping[str, object]) -> Policy:
    """Turn a pack's JSON into a :class:`Policy`.

    Raises:
        PolicyError: something is missing, of the wrong type, out of range or not resolved.
    """
    try:
        return _parse(data)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError(f"pack {data.get('id', '?')}: {error!r}") from error


def _parse(data: Mapping[str, object]) -> Policy:
    governs = _table(data, "governs")
    handling = {
        name: timedelta(hours=_number(hours, f"handling.{name}"))
        for name, hours in _table(data, "handling_hours").items()
    }
    ends = governs["to"]
    policy = Policy(
        pack_id=_text(data, "id"),
        version=_text(data, "version"),
        governs_from=date.fromisoformat(_text(governs, "from")),
        governs_to=date.fromisoformat(_text(governs, "to")) if ends is not None else None,
        rules=tuple(_rule(rule) for rule in _tables(data, "rules")),
        conditions=tuple(_condition(row) for row in _tables(data, "conditions")),
        faults_without_deduction=tuple(Fault(f) for f in _texts(data, "faults_without_deduction")),
        handling=Handling(**handling),
        review_default=_text(data, "review_default"),
        sources=tuple(
            Source(*(_text(row, name) for name in ("key", "title", "url", "certainty")))
            for row in _tables(data, "sources")
        ),
        content_hash=content_hash(data),
    )
    _check(policy)
    return policy


def _rule(data: Mapping[str, object]) -> Rule:
    window, refund = _table(data, "window"), _table(data, "refund")
    return Rule(
        rule_id=_text(data, "id"),
        layer=_text(data, "layer"),
        ground=Ground(_text(data, "ground")),
        window_days=_number(window["days"], "window.days"),
        window_start=WindowStart(_text(window, "start")),
        exclusions=_texts(data, "exclusions"),
        excludes_final_sale=bool(data["excludes_final_sale"]),
        remedies=tuple(Resolution(remedy) for remedy in _texts(data, "remedies")),
        refund=RefundTerms(
            scope=_texts(refund, "scope"),
            due_days=_number(refund["due_days"], "refund.due_days"),
            due_kind=_text(refund, "due_kind"),
        ),
        return_shipping_payer=_text(data, "return_shipping_payer"),
        sources=_texts(data, "sources"),
        review=bool(data["review"]),
    )


def _condition(data: Mapping[str, object]) -> Condition:
    return Condition(
        grade=Grade(_text(data, "grade")),
        acceptance=Acceptance(_text(data, "acceptance")),
        deduction_percent=_number(data["deduction_percent"], "conditions.deduction_percent"),
        disposition=Disposition(_text(data, "disposition")),
    )


def _check(policy: Policy) -> None:
    known = {source.key for source in policy.sources}
    for rule in policy.rules:
        for key in rule.sources:
            if key.split("#")[0] not in known:
                raise PolicyError(f"rules.{rule.rule_id}.sources: unknown source {key!r}")
        if not set(rule.refund.scope) <= {"PRICE", "TAX", "SHIPPING"}:
            raise PolicyError(f"rules.{rule.rule_id}.refund.scope: {rule.refund.scope}")
    if sorted(condition.grade for condition in policy.conditions) != sorted(Grade):
        raise PolicyError("conditions: wanted each grade once")
    if any(not 0 <= condition.deduction_percent <= 100 for condition in policy.conditions):
        raise PolicyError("conditions.deduction_percent: wanted 0 to 100")
    if policy.review_default not in ("APPROVE", "DENY"):
        raise PolicyError("review_default: wanted APPROVE or DENY")


def _table(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = data[name]
    if not isinstance(value, Mapping):
        raise PolicyError(f"{name}: wanted an object")
    return cast("Mapping[str, object]", value)


def _tables(data: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    value = data[name]
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise PolicyError(f"{name}: wanted a list of objects")
    return cast("Sequence[Mapping[str, object]]", value)


def _text(data: Mapping[str, object], name: str) -> str:
    value = data[name]
    if not isinstance(value, str) or not value:
        raise PolicyError(f"{name}: wanted a text")
    return value


def _texts(data: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = data[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PolicyError(f"{name}: wanted a list of texts")
    return tuple(value)


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PolicyError(f"{name}: wanted a whole number of 0 or more")
    return value
