"""A policy pack as data: rules, handling times and conditions, parsed and checked once.

The pack's JSON follows policy.md §3.1; :func:`parse_policy` turns it into the types below or says
which path is wrong. A pack is immutable: its content hash stands in every decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar, cast

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
    """``pickup_attempts`` is how often a courier is sent before the parcel is to be dropped off."""

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
    pickup_attempts: int = 1

    @property
    def ref(self) -> str:
        return f"{self.pack_id}@{self.version}"

    def scaled(self, time_scale: float) -> "Policy":
        """Return the same policy with its waits ``time_scale`` times shorter."""
        return replace(self, handling=self.handling.scaled(time_scale))

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
    pack = _At("", data)
    governs = pack.table("governs")
    governs.fixed("by", "CONTRACT_DATE")
    policy = Policy(
        pack_id=pack.text("id"),
        version=pack.text("version"),
        governs_from=governs.day("from"),
        governs_to=governs.day("to") if governs.value("to") is not None else None,
        rules=tuple(_rule(rule) for rule in pack.tables("rules")),
        conditions=tuple(_condition(row) for row in pack.tables("conditions")),
        faults_without_deduction=pack.options("faults_without_deduction", Fault),
        handling=_handling(pack.table("handling_hours")),
        review_default=pack.text("review_default"),
        sources=tuple(
            Source(row.text("key"), row.text("title"), row.text("url"), row.text("certainty"))
            for row in pack.tables("sources")
        ),
        content_hash=content_hash(data),
        pickup_attempts=_pickup_attempts(pack),
    )
    _check(policy)
    return policy


_MOST_PICKUPS = 5


def _pickup_attempts(pack: "_At") -> int:
    count = pack.number("pickup_attempts")
    if not 1 <= count <= _MOST_PICKUPS:
        raise PolicyError(f"pickup_attempts: wanted 1 to {_MOST_PICKUPS}")
    return count


def _handling(hours: "_At") -> Handling:
    names = list(Handling.__dataclass_fields__)
    for name in hours.data:
        if name not in names:
            raise PolicyError(f"handling_hours.{name}: wanted one of {', '.join(names)}")
    return Handling(**{name: timedelta(hours=hours.number(name)) for name in names})


def _rule(data: "_At") -> Rule:
    window, refund = data.table("window"), data.table("refund")
    window.fixed("anchor", "DELIVERED")
    return Rule(
        rule_id=data.text("id"),
        layer=data.text("layer"),
        ground=data.option("ground", Ground),
        window_days=window.number("days"),
        window_start=window.option("start", WindowStart),
        exclusions=data.texts("exclusions"),
        excludes_final_sale=data.flag("excludes_final_sale"),
        remedies=data.options("remedies", Resolution),
        refund=RefundTerms(
            scope=refund.texts("scope"),
            due_days=refund.number("due_days"),
            due_kind=refund.text("due_kind"),
        ),
        return_shipping_payer=data.text("return_shipping_payer"),
        sources=data.texts("sources"),
        review=data.flag("review"),
    )


def _condition(data: "_At") -> Condition:
    return Condition(
        grade=data.option("grade", Grade),
        acceptance=data.option("acceptance", Acceptance),
        deduction_percent=data.number("deduction_percent"),
        disposition=data.option("disposition", Disposition),
    )


def _check(policy: Policy) -> None:
    known = {source.key for source in policy.sources}
    for rule in policy.rules:
        for key in rule.sources:
            if key.split("#")[0] not in known:
                raise PolicyError(f"rules.{rule.rule_id}.sources: unknown source {key!r}")
        if "PRICE" not in rule.refund.scope or not set(rule.refund.scope) <= _SCOPES:
            raise PolicyError(
                f"rules.{rule.rule_id}.refund.scope: wanted PRICE, and TAX and SHIPPING if meant"
            )
    if sorted(condition.grade for condition in policy.conditions) != sorted(Grade):
        raise PolicyError("conditions: wanted each grade once")
    for condition in policy.conditions:
        path = f"conditions.{condition.grade}.deduction_percent"
        if condition.deduction_percent > 100:
            raise PolicyError(f"{path}: wanted 0 to 100")
        if condition.acceptance is Acceptance.ACCEPTED and condition.deduction_percent:
            raise PolicyError(f"{path}: wanted 0, as the grade is accepted in full")
    if policy.review_default not in ("APPROVE", "DENY"):
        raise PolicyError("review_default: wanted APPROVE or DENY")


_SCOPES = {"PRICE", "TAX", "SHIPPING"}
_Option = TypeVar("_Option", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class _At:
    """One object of the pack and the path that leads to it; every error starts with the path."""

    path: str
    data: Mapping[str, object]

    def value(self, name: str) -> object:
        if name not in self.data:
            raise self._error(name, "is missing")
        return self.data[name]

    def table(self, name: str) -> "_At":
        return self._table(name, self.value(name))

    def tables(self, name: str) -> list["_At"]:
        rows = self.value(name)
        if not isinstance(rows, list):
            raise self._error(name, "wanted a list of objects")
        return [self._table(f"{name}[{index}]", row) for index, row in enumerate(rows)]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self._error(name, "wanted a text")
        return value

    def fixed(self, name: str, wanted: str) -> None:
        if self.text(name) != wanted:
            raise self._error(name, f"wanted {wanted}, the only one there is")

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.value(name)
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise self._error(name, "wanted a list of texts")
        return tuple(values)

    def number(self, name: str) -> int:
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._error(name, "wanted a whole number of 0 or more")
        return value

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise self._error(name, "wanted true or false")
        return value

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise self._error(name, "wanted a date such as 2024-01-01") from None

    def option(self, name: str, kind: type[_Option]) -> _Option:
        return self._option(name, self.text(name), kind)

    def options(self, name: str, kind: type[_Option]) -> tuple[_Option, ...]:
        return tuple(
            self._option(f"{name}[{index}]", text, kind)
            for index, text in enumerate(self.texts(name))
        )

    def _option(self, name: str, text: str, kind: type[_Option]) -> _Option:
        try:
            return kind(text)
        except ValueError:
            raise self._error(name, f"wanted one of {', '.join(kind)}, found {text!r}") from None

    def _table(self, name: str, value: object) -> "_At":
        if not isinstance(value, Mapping):
            raise self._error(name, "wanted an object")
        return _At(f"{self.path}{name}.", cast("Mapping[str, object]", value))

    def _error(self, name: str, message: str) -> PolicyError:
        return PolicyError(f"{self.path}{name}: {message}")
