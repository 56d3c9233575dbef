"""Worked cases: facts of one line and the decision they must lead to (``returns-policy-cases/1``).

The vocabulary is policy.md §3.7's. A fact that is left out is one that nobody stated.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.law.facts import ConditionFinding
from domain.law.schema import Layer, Remedy
from domain.orders import TenderKind
from domain.pack_reading import PolicyError
from domain.reasons import Ground
from packs.reading import location

Amount = Annotated[Decimal, Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseTender(_Model):
    type: TenderKind
    amount: Amount


class CaseOrder(_Model):
    order_id: str = ""
    contract_at: AwareDatetime
    currency: str
    items_total: Amount
    outbound_shipping_paid: Amount = Decimal(0)
    outbound_shipping_standard: Amount = Decimal(0)
    free_shipping_threshold: Amount | None = None
    tenders: tuple[CaseTender, ...] = ()


class CaseSanbao(_Model):
    validity_months: int = Field(ge=0)
    daily_depreciation: Decimal = Field(ge=0, le=1)


class CaseItem(_Model):
    sku: str = ""
    category: str = ""
    price_paid: Amount
    traits: tuple[str, ...] = ()
    sanbao: CaseSanbao | None = None


class CaseDelivery(_Model):
    delivered_at: AwareDatetime | None = None
    last_delivered_at: AwareDatetime | None = None
    installed_at: AwareDatetime | None = None


class CaseDisclosures(_Model):
    exclusion_marked: bool | None = None
    exclusion_confirmed: bool | None = None
    withdrawal_right_informed: bool | None = None
    return_cost_informed: bool | None = None
    return_terms_in_ad: bool | None = None
    return_terms_on_final_screen: bool | None = None
    refund_policy_posted: bool | None = None


class CasePromise(_Model):
    id: str
    version: str
    layer: Layer
    effective_from: date
    effective_to: date | None = None
    ground: Ground = Ground.WITHDRAWAL
    window_days: int = Field(ge=0)
    free_return_shipping: bool = False
    restocking_fee_pct: int = Field(default=0, ge=0, le=100)
    refund_days_after_receipt: int | None = Field(default=None, ge=0)
    condition: Literal["NONE"] | None = None


class CaseSeller(_Model):
    offers_collection: bool = False
    deducts_lost_free_shipping: bool = False
    same_model_in_stock: bool | None = None


class CaseRequest(_Model):
    requested_at: AwareDatetime
    ground: Ground
    remedy: Remedy
    defect_discovered_at: AwareDatetime | None = None


class CaseLeg(_Model):
    dispatch_proof_at: AwareDatetime | None = None
    received_at: AwareDatetime | None = None


class CaseGift(_Model):
    name: str = ""
    marked_price: Amount


class CaseInspection(_Model):
    findings: tuple[ConditionFinding, ...] = ()
    diminished_value: Amount = Decimal(0)
    missing_gifts: tuple[CaseGift, ...] = ()


class CaseHistory(_Model):
    failed_repairs: int = Field(default=0, ge=0)
    repair_days: int = Field(default=0, ge=0)
    abuse_signal: bool = False


class CaseInput(_Model):
    evaluated_at: AwareDatetime
    jurisdiction: str
    buyer_type: str
    channel: str
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


class CaseRefund(_Model):
    amount: Decimal
    currency: str
    by_tender: dict[TenderKind, Decimal] | None = None
    due_by: date | None = None
    due_kind: str | None = None


class CaseExpected(_Model):
    """What is compared exactly; of ``reason_codes`` those that begin with R_, X_ or M_."""

    decision: str
    ground: Ground | None = None
    policy_ref: str | None = None
    window_end: date | None = None
    remedies: tuple[str, ...] = ()
    return_shipping_payer: str | None = None
    refund: CaseRefund | None = None
    reason_codes: tuple[str, ...] = ()


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
    cases: tuple[dict[str, Any], ...]


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
        rows = _CaseFile.model_validate(_json(path)).cases
    except ValidationError as error:
        raise PolicyError(f"{path.name}: {_problem(error)}") from error
    return tuple(_case(row, number) for number, row in enumerate(rows))


def _case(row: dict[str, Any], number: int) -> Case | Unreadable:
    try:
        return Case.model_validate(row)
    except ValidationError as error:
        return Unreadable(str(row.get("case_id", f"cases[{number}]")), _problem(error))


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{location(first['loc'])}: {first['msg']}"


def _json(path: Path) -> object:
    """Read amounts as they are written, not as the nearest binary fraction."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(f"{path.name}: wanted a readable JSON file, found {error}") from error
