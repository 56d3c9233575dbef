"""What commands print: JSON for programs, short lines for people."""

import argparse
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from backhaul_client import (
    CommandView,
    EventView,
    Explanation,
    Preview,
    ReceiptEntryView,
    ReturnView,
)
from backhaul_client.answers import ClockView, SignalView
from backhaul_client.lines import RefundDueView
from backhaul_client.listing import PreviewLine, PreviewTender
from backhaul_client.settlements import LotAmountView, ProposedSettlementView
from cli.showing_review import show_customer_history, show_review
from domain.currencies import NO_CURRENCY
from domain.money import Money

_Item = TypeVar("_Item")


async def first(found: AsyncIterator[_Item], limit: int) -> AsyncIterator[_Item]:
    """Give so many of what is found, and ask for no page behind the last of them."""
    given = 0
    async for item in found:
        yield item
        given += 1
        if given == limit:
            return


def add_json(parser: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup") -> None:
    parser.add_argument("--json", action="store_true", help="print the API's answer as JSON")


def show_json(answer: BaseModel) -> None:
    print(answer.model_dump_json(indent=2))


def show_return(view: ReturnView) -> None:
    print(f"{view.rma_no}  {view.headline}  order {view.order_id}  version {view.version}")
    print(f"id {view.return_id}")
    for line in view.lines:
        decision = line.decision
        print(f"  line {line.line_id}: {line.quantity} × {line.sku}, {decision.verdict}")
        print(f"    {decision.explanation}")
        if (decided := line.authorization) is not None:
            why = f": {decided.reason}" if decided.reason else ""
            granted = "granted" if decided.granted else "declined"
            against = " against the rule" if decided.overrides else ""
            print(f"    {granted}{against} by {decided.decided_by}{why}")
    for signal in view.signals:
        print(f"  customer: {_signal(signal, view.currency)}")
    for lot in view.lots:
        grade = f", grade {lot.grade}" if lot.grade else ""
        print(f"  lot {lot.lot_id}: {lot.quantity}, {lot.state}{grade}")
    for delivery in view.deliveries:
        code = f", {delivery.carrier} {delivery.tracking_code}" if delivery.tracking_code else ""
        print(f"  parcel {delivery.delivery_id}: {delivery.state}{code}")
        for visit in delivery.pickups:
            over = visit.outcome or "awaited"
            fault = f", fault {visit.fault}" if visit.fault != "NONE" else ""
            zone = ZoneInfo(visit.time_zone)
            begin, end = visit.not_before.astimezone(zone), visit.not_after.astimezone(zone)
            window = f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {visit.time_zone}"
            print(f"    courier {visit.attempt}: {window}, {over}{fault}")
    for receipt in view.receipts:
        print(f"  receipt {receipt.receipt_id}: {', '.join(map(_counted, receipt.entries))}")
    _show_money(view)
    if view.review is not None:
        show_review(view.review, view.currency)
    if view.next_step is not None:
        by = f" by {view.next_step.by:%Y-%m-%d %H:%M %Z}" if view.next_step.by else ""
        print(f"  next: {view.next_step.owner}: {view.next_step.waiting_for}{by}")
    print(f"  possible now: {', '.join(view.allowed_commands) or 'nothing'}")


def _signal(signal: SignalView, currency: str) -> str:
    """Say what of a customer's returns sends this one to a person."""
    if signal.counted is None or signal.limit is None:
        return "blocked by the shop, so a person decides"
    told = [
        str(Money(minor, currency)) if signal.measure == "value" else str(minor)
        for minor in (signal.counted, signal.limit)
    ]
    return f"{signal.measure} {told[0]} in {signal.days} days, from {told[1]} on a person decides"


def _show_money(view: ReturnView) -> None:
    for settlement in view.settlements:
        states = ", ".join(refund.state for refund in settlement.refunds) or "nothing owed"
        note = f", credit note {settlement.credit_note_no}" if settlement.credit_note_no else ""
        amount = _money(settlement.amount_minor, view)
        print(f"  settlement {settlement.number}: {amount} {states}{note}")
        for row in settlement.breakdown:
            print(f"    lot {row.lot_id}: {_components(row, view.currency)}")
    if view.proposed_settlement is not None:
        show_proposal(view.proposed_settlement, view.currency)


def show_proposal(proposal: ProposedSettlementView, currency: str) -> None:
    """Show what finance is asked to approve, as it would be sealed."""
    amount = Money(proposal.amount_minor, currency)
    state = "approved" if proposal.approved_by else "waits for finance"
    due = f", due on {proposal.due_on}" if proposal.due_on else ""
    print(f"  settlement {proposal.number}: {amount} {state}{due}")
    if proposal.bonus_minor:
        bonus = Money(proposal.bonus_minor, currency)
        print(f"    as store credit, with a bonus of {bonus} at most on top")
    for row in proposal.breakdown:
        print(f"    lot {row.lot_id}: {_components(row, currency)}")
    for part in proposal.by_tender:
        print(f"    to {part.tender_id}: {Money(part.amount_minor, currency)}")
    for change in proposal.differences:
        was, now = Money(change.was_minor, currency), Money(change.now_minor, currency)
        print(f"    changed: {change.what} was {was}, is {now}")
    if proposal.declined is not None:
        print(f"    declined by {proposal.declined.declined_by}: {proposal.declined.reason}")
    print(f"    {proposal.settlement_hash}")


_COMPONENTS = {
    "gross_minor": "price",
    "discount_minor": "- discount",
    "clawback_minor": "- lost discount or gift",
    "deduction_minor": "- condition",
    "retained_minor": "- price of what is kept",
    "restocking_fee_minor": "- restocking",
    "handling_fee_minor": "- handling",
    "return_shipping_fee_minor": "- return shipping",
    "missed_visit_fee_minor": "- courier visits in vain",
    "tax_minor": "+ tax",
    "shipping_minor": "+ shipping",
    "exchange_minor": "- goods sent instead",
}


def _components(row: LotAmountView | PreviewLine, currency: str) -> str:
    """Say how an amount came to be; what is zero is left out."""
    amounts = row.model_dump()
    parts = [
        f"{name} {Money(amounts[key], currency)}"
        for key, name in _COMPONENTS.items()
        if amounts.get(key)
    ]
    return " ".join([*parts, f"= {Money(row.refund_minor, currency)}"])


def _counted(entry: ReceiptEntryView) -> str:
    unexpected = f" ({entry.unexpected} unexpected)" if entry.unexpected else ""
    return f"{entry.quantity} × {entry.sku}{unexpected}"


def show_count(view: ReturnView, receipt_id: str) -> None:
    """Say where what came and what was awaited differ; nothing when they agree."""
    for receipt in view.receipts:
        odd = [entry for entry in receipt.entries if entry.unexpected]
        if receipt.receipt_id == receipt_id and odd:
            told = ", ".join(f"{entry.unexpected} × {entry.sku}" for entry in odd)
            print(f"unexpected: {told}")
    skus = {line.line_id: line.sku for line in view.lines}
    missing = [lot for lot in view.lots if lot.state == "MISSING"]
    if missing:
        told = ", ".join(f"{lot.quantity} × {skus[lot.line_id]}" for lot in missing)
        print(f"still missing: {told}")


def _difference(minor: int, currency: str) -> str:
    if minor > 0:
        return f"the wanted goods cost {Money(minor, currency)} more: to be paid to the shop"
    return f"the wanted goods cost {Money(-minor, currency)} less: given back once they are sent"


def show_preview(preview: Preview) -> None:
    print(f"{preview.authorization_state}  order {preview.order_id}")
    if preview.money_hidden:
        print("  amounts are not shown to the recipient of a gift")
    if preview.review_codes:
        print(f"  a person decides: {', '.join(preview.review_codes)}")
    for line in preview.lines:
        _show_preview_line(line, preview.currency)
    if preview.missed_visit_fee_minor:
        fee = Money(preview.missed_visit_fee_minor, preview.currency)
        print(f"  a courier's visit in vain costs {fee} if nobody is there")
    for gift in preview.gifts:
        value = Money(gift.value_minor, preview.currency)
        print(f"  not sent back: {gift.quantity} × {gift.title}, a gift for which {value} is kept")
    for tender in preview.by_tender:
        print(f"  {_part(tender, preview.currency)}")
    print(f"  together {Money(preview.refund_minor, preview.currency)}")


def _show_preview_line(line: PreviewLine, currency: str) -> None:
    amount = Money(line.refund_minor, currency)
    print(f"  line {line.line_id}: {line.quantity}, {line.verdict}, {amount}")
    print(f"    {line.explanation}")
    if line.claim_open:
        print("    a fault was named: it can be claimed, with the ground NON_CONFORMITY")
    if line.remedies:
        print(f"    possible: {', '.join(line.remedies)}")
    if line.refund_due is not None:
        print(f"    {_due(line.refund_due)}")
    if line.gross_minor:
        print(f"    {_components(line, currency)}")
    if line.difference_minor:
        print(f"    {_difference(line.difference_minor, currency)}")


def _due(due: RefundDueView) -> str:
    if due.on is not None:
        return f"money is due by {due.on} ({due.kind})"
    within = f"within {due.days} days of" if due.days is not None else "soon after"
    return f"money is due {within} {due.counts_from} ({due.kind})"


def _part(tender: PreviewTender, currency: str) -> str:
    amount, of = Money(tender.amount_minor, currency), f"of {tender.tender_id}"
    if tender.destination == "store_credit":
        bonus = Money(tender.bonus_minor, currency)
        return f"as store credit {of}: {amount}" + (f" and {bonus} more" if bonus else "")
    lapsed = tender.destination == "lapsed"
    return f"lapsed {of}: {amount}" if lapsed else f"to {tender.tender_id}: {amount}"


def show_command(answer: CommandView) -> None:
    allowed = ", ".join(answer.allowed_commands) or "nothing"
    print(f"done: {answer.headline}, version {answer.version}; possible now: {allowed}")
    if answer.given_again:
        print(f"given again, see the timeline: {', '.join(answer.given_again)}")


def show_clocks(clocks: Sequence[ClockView]) -> None:
    for clock in clocks:
        limit = f", at the latest on {clock.limit_on}" if clock.limit_on is not None else ""
        print(f"  {clock.kind} due on {clock.due_on}{limit} ({clock.basis}): {clock.state}")


def show_explanation(found: Explanation) -> None:
    print(f"{found.rma_no or found.return_id}  {found.headline or 'not registered yet'}")
    for wait in found.waiting_on:
        until = f" until {wait.deadline:%Y-%m-%d %H:%M %Z}" if wait.deadline else ""
        print(f"  {wait.code} ({wait.key}): waits for {wait.waiting_for}")
        print(f"    {wait.owner} must act{until}; then {wait.at_deadline}")
        print(f"    ends with {', '.join(wait.exits)}")
        if wait.field:
            print(f"    field at fault: {wait.field}")
        if wait.detail:
            of_work = wait.key.startswith("work/")
            print(f"    last error: {wait.detail}" if of_work else f"    {wait.detail}")
    show_clocks(found.clocks)
    if found.proposed_settlement is not None and found.currency is not None:
        show_proposal(found.proposed_settlement, found.currency)
    if found.review is not None:
        show_review(found.review, found.currency or NO_CURRENCY)
    if found.customer_history is not None:
        show_customer_history(found.customer_history)
    for sentence in found.broken_invariants:
        print(f"  contradiction: {sentence}")
    if found.engine is None:
        print("  engine: does not answer")
    else:
        for finding in found.engine.findings:
            print(f"  engine: {finding}")
    print(f"  possible now: {', '.join(found.allowed_commands) or 'nothing'}")


def show_event(event: EventView) -> None:
    at = f"{event.occurred_at:%Y-%m-%d %H:%M:%S %Z}"
    print("  ".join((at, f"{event.type:<28}", event.actor, *_told(event.data))))


def _told(data: Mapping[str, Any]) -> Iterator[str]:
    """Say what fits in a line: plain values and lists of words; the rest is in the JSON."""
    for name, value in data.items():
        if name == "amount_minor" and "currency" in data:
            yield f"amount={Money(value, data['currency'])}"
        elif isinstance(value, list) and value and all(isinstance(word, str) for word in value):
            yield f"{name}={','.join(value)}"
        elif isinstance(value, str | int) and value != "" and name != "currency":
            is_plain = isinstance(value, str) and value.isprintable()
            yield f"{name}={value if is_plain else json.dumps(value)}"


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print whole cells in columns: ids are there to be copied, so nothing is cut."""
    table = [headings, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _money(minor: int, view: ReturnView) -> str:
    return str(Money(minor, view.currency))
