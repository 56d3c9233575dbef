"""The engine's words into the wire's; :mod:`api.translate` goes the other way."""

from datetime import timedelta
from typing import Any

from api.preview import Previewed, Release
from api.recipients import preview_for_recipient
from backhaul_client import admin_models, answers, listing
from backhaul_client.lines import RefundDueView, Source
from domain.claims import is_claim_open
from domain.currencies import NO_CURRENCY
from domain.eligibility import Decision
from domain.gift_returns import is_by_recipient
from domain.ids import content_hash
from domain.intents import LotAmount
from domain.orders import Destination
from domain.requests import RequestedLine, ReturnRequest
from domain.view import refund_due, without_run
from storage.reconciliations import ReconciliationRow
from storage.rows import ConnectionRow, EventRow, KeyRow, ReturnRow
from workflows.messages import CommandAnswer


def command_view(answer: CommandAnswer) -> answers.CommandView:
    return answers.CommandView(
        command_id=answer.command_id,
        version=answer.version,
        headline=answer.headline,
        allowed_commands=answer.allowed_commands,
        given_again=answer.given_again,
    )


def return_view(document: dict[str, Any]) -> answers.ReturnView:
    """Return the document of :mod:`domain.view` as the wire has it: they are one."""
    return answers.ReturnView.model_validate(document)


def registered_view(row: ReturnRow) -> answers.ReturnView:
    """Return what is known between a return's registration and its first recorded state."""
    return answers.ReturnView(
        return_id=row.return_id,
        rma_no=row.rma_no,
        order_id=row.order_id,
        version=row.version,
        headline=row.headline,
        authorization_state=row.authorization_state,
        logistics_state=row.logistics_state,
        settlement_state=row.settlement_state,
        ground="",
        currency=row.currency or NO_CURRENCY,
        requested_at=row.created_at,
        completed_at=None,
        location_id=None,
        lines=(),
        lots=(),
        deliveries=(),
        receipts=(),
        settlements=(),
        waiting_on=(),
        next_step=None,
        allowed_commands=(),
        broken_invariants=(),
    )


def row_view(row: ReturnRow) -> answers.ReturnView:
    view = registered_view(row) if row.snapshot is None else return_view(row.snapshot)
    if row.missing_since is None or row.next_deadline is None:
        return view
    shown = view.model_dump(mode="json")
    return return_view(without_run(shown, since=row.missing_since, deadline=row.next_deadline))


def summary(row: ReturnRow) -> listing.ReturnSummary:
    return listing.ReturnSummary(
        return_id=row.return_id,
        rma_no=row.rma_no,
        order_id=row.order_id,
        currency=row.currency or NO_CURRENCY,
        version=row.version,
        headline=row.headline,
        authorization_state=row.authorization_state,
        logistics_state=row.logistics_state,
        settlement_state=row.settlement_state,
        owner_role=row.owner_role,
        next_deadline=row.next_deadline,
        blocker_codes=row.blocker_codes,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def event(row: EventRow) -> answers.EventView:
    return answers.EventView(
        event_id=row.event_id,
        number=row.ingest_no,
        stream=row.stream,
        sequence=row.sequence,
        type=row.type,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        cause_id=row.cause_id,
        data=row.data,
    )


def preview(request: ReturnRequest, found: Previewed) -> listing.Preview:
    lines = tuple(
        _preview_line(line, decision, amount, difference, release)
        for line, decision, amount, difference, release in zip(
            request.lines,
            found.decisions,
            found.amounts,
            found.differences,
            found.releases,
            strict=True,
        )
    )
    answer = listing.Preview(
        order_id=request.order_id,
        currency=found.order.currency,
        authorization_state=found.authorization,
        review_codes=found.doubts,
        missed_visit_fee_minor=found.missed_visit_fee_minor,
        gifts=tuple(
            listing.PreviewGift(
                line_id=gift.line_id,
                title=gift.title,
                quantity=gift.quantity,
                value_minor=gift.value_minor,
            )
            for gift in found.gifts
        ),
        lines=lines,
        refund_minor=found.refund_minor,
        by_tender=tuple(
            listing.PreviewTender(
                tender_id=part.tender_id,
                amount_minor=part.amount_minor,
                destination=part.destination,
                bonus_minor=part.bonus_minor,
            )
            for part in found.parts
        ),
        settlement_hash=found.settlement_hash,
        preview_hash="",
    )
    if is_by_recipient(request):
        credit = sum(
            p.amount_minor for p in found.parts if p.destination == Destination.STORE_CREDIT
        )
        answer = preview_for_recipient(answer, credit_minor=credit)
    return answer.model_copy(update={"preview_hash": content_hash(answer.model_dump(mode="json"))})


def _preview_line(
    line: RequestedLine,
    decision: Decision,
    amount: LotAmount | None,
    difference_minor: int,
    release: Release,
) -> listing.PreviewLine:
    return listing.PreviewLine(
        line_id=line.line_id,
        quantity=line.quantity,
        verdict=decision.verdict,
        policy_ref=decision.policy_ref,
        rule_id=decision.rule_id,
        reason_codes=decision.reason_codes,
        window_end=decision.window_end,
        return_shipping_payer=decision.terms.return_shipping_payer if decision.terms else None,
        explanation=decision.explanation,
        sources=tuple(
            Source(key=source.key, title=source.title, url=source.url)
            for source in decision.sources
        ),
        gross_minor=amount.gross_minor if amount else 0,
        discount_minor=amount.discount_minor if amount else 0,
        clawback_minor=amount.clawback_minor if amount else 0,
        restocking_fee_minor=amount.restocking_fee_minor if amount else 0,
        handling_fee_minor=amount.handling_fee_minor if amount else 0,
        return_shipping_fee_minor=amount.return_shipping_fee_minor if amount else 0,
        tax_minor=amount.tax_minor if amount else 0,
        shipping_minor=amount.shipping_minor if amount else 0,
        refund_minor=amount.refund_minor if amount else 0,
        difference_minor=difference_minor,
        goes_out_at=release.trigger,
        recoverable_minor=release.recoverable_minor,
        hold_minor=release.hold_minor,
        recovery_hours=_hours(release.recovery),
        deduction_minor=amount.deduction_minor if amount else 0,
        remedies=tuple(decision.remedies),
        claim_open=is_claim_open(decision, line.reason),
        refund_due=_refund_due(decision),
    )


def _refund_due(decision: Decision) -> RefundDueView | None:
    due = refund_due(decision).get("refund_due")
    return RefundDueView.model_validate(due) if due is not None else None


def _hours(lasts: timedelta | None) -> int | None:
    return lasts // timedelta(hours=1) if lasts is not None else None


def connection(row: ConnectionRow, webhook_url: str) -> admin_models.ConnectionView:
    return admin_models.ConnectionView(
        connection_id=row.connection_id,
        kind=row.kind,
        adapter=row.adapter,
        base_url=row.base_url,
        settings=dict(row.settings),
        webhook_url=webhook_url,
    )


def reconciliation(row: ReconciliationRow) -> listing.ReconciliationView:
    return listing.ReconciliationView(
        day=row.day,
        provider=row.provider,
        counts=row.counts,
        coverage=row.coverage,
        findings=tuple(map(listing.ReconciliationFinding.model_validate, row.findings)),
        compared_at=row.compared_at,
    )


def key(row: KeyRow) -> admin_models.KeyView:
    return admin_models.KeyView(
        key_id=row.key_id,
        prefix=row.prefix,
        role=row.role,
        label=row.label,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
