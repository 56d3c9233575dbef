"""Worked cases: facts of one line and the decision they must lead to (``returns-policy-cases/1``).

The vocabulary is policy.md §3.7's. A fact that is left out is one that nobody stated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from domain.currencies import EXPONENTS
from domain.law.facts import ConditionFinding
from domain.law.schema import LONGEST_DAYS, Buyer, Channel, Layer, Remedy
from domain.law.verdicts import Verdict
from domain.orders import TenderKind
from domain.pack_reading import PolicyError
from domain.reason_codes import TRAITS
from domain.reasons import Ground
from packs.files import read_file
from packs.reading import first_problem

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def _of_our_time(at: AwareDatetime) -> AwareDatetime:
    """Keep what is counted from a date inside the calendar."""
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"wanted a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return at


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("wanted a currency of ISO 4217")
    return code


def _known_trait(name: str) -> str:
    if name not in TRAITS:
        raise ValueError(f"wanted one of {', '.join(sorted(TRAITS))}")
    return name


Amount = Annotated[Decimal, Field(ge=0, lt=10**12)]
At = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Trait = Annotated[str, AfterValidator(_known_trait)]
Words = Annotated[tuple[str, ...], BeforeValidator(lambda words: () if words is None else words)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        """``null`` says as much as a key that is left out."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


class CaseTender(_Model):
    type: TenderKind
    amount: Amount


class CaseOrder(_Model):
    order_id: str = ""
    contract_at: At
    currency: Annotated[str, AfterValidator(_known_currency)]
    items_total: Amount
    outbound_shipping_paid: Amount = Decimal(0)
    outbound_shipping_standard: Amount = Decimal(0)
    free_shipping_threshold: Amount | None = None
    tenders: tuple[CaseTender, ...] = ()


class CaseSanbao(_Model):
    validity_months: int = Field(ge=0, le=1200)
    daily_depreciation: Decimal = Field(ge=0, le=1)


class CaseItem(_Model):
    sku: str = ""
    category: str = ""
    price_paid: Amount
    traits: tuple[Trait, ...] = ()
    sanbao: CaseSanbao | None = None


class CaseDelivery(_Model):
    delivered_at: At | None = None
    last_delivered_at: At | None = None
    installed_at: At | None = None


class CaseDisclosures(_Model):
    exclusion_marked: bool | None = None
    exclusion_confirmed: bool | None = None
    withdrawal_right_informed: bool | None = None
    return_cost_informed: bool | None = None
    return_terms_in_ad: bool | None = None
    return_terms_on_final_screen: bool | None = None
    refund_policy_posted: bool | None = None
    withdrawal_informed_at: At | None = None


class CasePromise(_Model):
    id: str
    version: str
    layer: Literal[Layer.PLATFORM, Layer.MERCHANT]
    effective_from: date
    effective_to: date | None = None
    ground: Ground = Ground.WITHDRAWAL
    window_days: int = Field(ge=0, le=LONGEST_DAYS)
    free_return_shipping: bool = False
    restocking_fee_pct: int = Field(default=0, ge=0, le=100)
    refund_days_after_receipt: int | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    condition: Literal["NONE"] | None = None

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to: before effective_from")
        return self


class CaseSeller(_Model):
    offers_collection: bool = False
    deducts_lost_free_shipping: bool = False
    same_model_in_stock: bool | None = None


class CaseRequest(_Model):
    requested_at: At
    ground: Ground
    remedy: Remedy
    defect_discovered_at: At | None = None


class CaseLeg(_Model):
    dispatch_proof_at: At | None = None
    received_at: At | None = None


class CaseGift(_Model):
    name: str = ""
    marked_price: Amount


class CaseInspection(_Model):
    findings: tuple[ConditionFinding, ...] = ()
    diminished_value: Amount = Decimal(0)
    missing_gifts: tuple[CaseGift, ...] = ()


class CaseHistory(_Model):
    failed_repairs: int = Field(default=0, ge=0, le=1000)
    repair_days: int = Field(default=0, ge=0, le=LONGEST_DAYS)
    abuse_signal: bool = False


class CaseInput(_Model):
    evaluated_at: At
    jurisdiction: str
    buyer_type: Buyer
    channel: Channel
    order: CaseOrder
    item: CaseItem
    delivery: CaseDelivery = CaseDelivery()
    disclosures: CaseDisclosures = CaseDisclosures()
    promises: tuple[CasePromise, ...] = ()
    seller: CaseSeller = CaseSeller()
    request: CaseRequest
    return_leg: CaseLeg = CaseLeg()
    inspection: CaseInspection | None = None
    history: CaseHistory = CaseHistory()

    @model_validator(mode="after")
    def _amounts_fit(self) -> Self:
        """An amount is no finer than its currency, and a line no more than its order."""
        currency = self.order.currency
        unit = Decimal(1).scaleb(-EXPONENTS[currency])
        for path, amount in self._amounts():
            if amount % unit:
                raise ValueError(f"{path}: {amount} is finer than {currency} has it")
        if self.item.price_paid > self.order.items_total:
            raise ValueError("item.price_paid: more than order.items_total")
        return self

    def _amounts(self) -> Iterator[tuple[str, Decimal]]:
        order, found = self.order, self.inspection or CaseInspection()
        yield "item.price_paid", self.item.price_paid
        yield "order.items_total", order.items_total
        yield "order.outbound_shipping_paid", order.outbound_shipping_paid
        yield "order.outbound_shipping_standard", order.outbound_shipping_standard
        yield "order.free_shipping_threshold", order.free_shipping_threshold or Decimal(0)
        for number, tender in enumerate(order.tenders):
            yield f"order.tenders[{number}].amount", tender.amount
        yield "inspection.diminished_value", found.diminished_value
        for number, gift in enumerate(found.missing_gifts):
            yield f"inspection.missing_gifts[{number}].marked_price", gift.marked_price


class CaseRefund(_Model):
    amount: Decimal
    currency: str
    by_tender: dict[TenderKind, Decimal] | None = None
    due_by: date | None = None
    due_kind: str | None = None


class CaseExpected(BaseModel):
    """What is compared exactly; of ``reason_codes`` those that begin with R_, X_ or M_.

    What is left out is not compared: the case does not say it. ``null`` says that there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Verdict | None = None
    ground: Ground | None = None
    policy_ref: str | None = None
    window_end: date | None = None
    remedies: Words = ()
    return_shipping_payer: str | None = None
    refund: CaseRefund | None = None
    reason_codes: Words = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is expected")
        return self


class Case(_Model):
    case_id: str
    title: str = ""
    why: str = ""
    input: CaseInput
    expected: CaseExpected


class _CaseFile(BaseModel):
    """A file of worked cases; what else it says of itself is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    format: Literal["returns-policy-cases/1"]
    cases: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A case that says what no case can, with the path of the first such thing."""

    case_id: str
    problem: str


def read_cases(path: Path) -> tuple[Case | Unreadable, ...]:
    """Return the cases of a file, each by itself: one that cannot be read hides no other.

    Raises:
        PolicyError: the file is none of this format.
    """
    try:
        # Amounts are read as they are written, not as the nearest binary fraction.
        document = read_file(path, name=path.name, number=Decimal)
        rows = _CaseFile.model_validate(document).cases
    except ValidationError as error:
        raise PolicyError(f"{path.name}: {first_problem(error)}") from error
    read, seen = [], set[str]()
    for number, row in enumerate(rows):
        one = _case(row, number)
        if one.case_id in seen:
            one = Unreadable(one.case_id, "case_id: an earlier case has it too")
        seen.add(one.case_id)
        read.append(one)
    return tuple(read)


def _case(row: Any, number: int) -> Case | Unreadable:
    named = row.get("case_id") if isinstance(row, dict) else None
    try:
        return Case.model_validate(row)
    except ValidationError as error:
        return Unreadable(str(named or f"cases[{number}]"), first_problem(error))
