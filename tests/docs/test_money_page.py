"""docs/money.md works an example; this computes it again, from the page's own numbers."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.intents import LotAmount
from domain.money import Money
from domain.orders import (
    Order,
    Promotion,
    PromotionKind,
    PromotionLine,
    Tender,
    TenderKind,
    check_order,
)
from domain.requests import RequestedLine
from domain.returns import Lot, Return
from tests.support.builders import opened, order, order_line
from tests.support.settling import Till, accepted, charging

PAGE = Path(__file__).resolve().parents[2] / "docs" / "money.md"
_EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)
COLUMNS = (
    "gross",
    "discount",
    "clawback",
    "deduction",
    "restocking_fee",
    "handling_fee",
    "return_shipping_fee",
    "tax",
    "shipping",
    "refund",
)


def example() -> dict[str, Any]:
    found = _EXAMPLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def bought(facts: dict[str, Any]) -> Order:
    lines = [
        order_line(
            line["line_id"],
            quantity=line["quantity"],
            gross=line["gross_minor"],
            discount=line["discount_minor"],
            taxes=[line["tax_minor"]],
        )
        for line in facts["lines"]
    ]
    promotion = facts["promotion"]
    parts = [PromotionLine(name, minor) for name, minor in promotion["discounts"].items()]
    plain = order(*lines, shipping=facts["shipping_minor"], currency=facts["currency"])
    return check_order(
        replace(
            plain,
            tenders=tuple(
                Tender(kind.lower(), TenderKind(kind), kind.lower(), minor)
                for kind, minor in facts["tenders"].items()
            ),
            promotions=(
                Promotion(
                    "promotion",
                    PromotionKind.THRESHOLD,
                    tuple(parts),
                    promotion["threshold_minor"],
                ),
            ),
        )
    )


def travelling(facts: dict[str, Any], sold: Order) -> Return:
    """Return the whole order as one return, its lots in the parcels of the example."""
    asked = [RequestedLine(line.line_id, line.quantity) for line in sold.lines]
    rules = charging(clawback=True, **facts["fees"])
    ret = opened(*asked, of=sold, under=rules)
    lots: list[Lot] = []
    for number, parcel in enumerate(facts["parcels"], start=1):
        for lot in parcel:
            whole = next(held for held in ret.lots if held.line_id == lot["line_id"])
            lots.append(
                replace(
                    whole,
                    lot_id=f"{lot['line_id']}/{number}",
                    units=tuple(lot["units"]),
                    receipt_id=f"parcel-{number}",
                    deduction_percent=lot["deduction_percent"],
                )
            )
    return accepted(ret, *lots)


def table_row(number: int, row: LotAmount, currency: str) -> str:
    amounts = [getattr(row, f"{name}_minor") for name in COLUMNS]
    shown = [str(Money(minor, currency)).split()[0] for minor in amounts]
    return f"| {number} | {row.lot_id} | {' | '.join(shown)} |"


def computed() -> tuple[list[str], Till]:
    facts = example()
    sold = bought(facts["order"])
    ret, till, lines = travelling(facts, sold), Till(sold), []
    for number in range(1, len(facts["parcels"]) + 1):
        before = len(till.rows)
        in_parcel = [lot.lot_id for lot in ret.lots if lot.receipt_id == f"parcel-{number}"]
        ret = till.settle(ret, *in_parcel)
        lines += [table_row(number, row, sold.currency) for row in till.rows[before:]]
        given = ", ".join(
            f"{tender.tender_id} {Money(tender.refunded_minor, sold.currency)}"
            for tender in till.tenders
        )
        lines.append(f"After settlement {number}: {given}.")
    return lines, till


def test_the_worked_example_is_what_the_engine_computes() -> None:
    """Every row of the table, and what each tender has after each settlement."""
    page = PAGE.read_text(encoding="utf-8").splitlines()

    lines, _ = computed()

    assert [line for line in lines if line not in page] == []


def test_the_example_shows_a_discount_kept_back_and_given_back() -> None:
    """It stays a worked example of what is hard, whoever edits its numbers."""
    _, till = computed()

    clawbacks = [row.clawback_minor for row in till.rows]
    assert max(clawbacks) > 0 > min(clawbacks)
    assert sum(clawbacks) == 0
    assert all(row.adds_up for row in till.rows)
