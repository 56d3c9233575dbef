"""Read each hold of a day at its provider, and say where it stands otherwise than here."""

from datetime import datetime

import structlog

from activities.holding import NEVER_PLACED, STATES, held, request_for
from domain.hold_findings import HoldCompared, HoldVerdict, judge
from domain.holds import UNPLACED, HoldState
from integrations.errors import NotFoundError, RejectedError
from integrations.payments.holds import Authorization, HoldOutcome
from integrations.payments.port import LookUp, PaymentGateway
from storage.hold_rows import HoldRow
from storage.holds import Holds
from storage.records import Json

_log = structlog.get_logger(__name__)


async def compare_holds(
    gateway: PaymentGateway, holds: Holds, tenant_id: str, since: datetime, until: datetime
) -> tuple[HoldCompared, ...]:
    """Compare the holds that were last sent from ``since`` to before ``until``.

    One reading each, by the provider's own name, or by ours while that is unknown: a list of all
    payments of an account would show few holds among them. Nothing is changed; a return finds out
    by itself what its hold came to.
    """
    sent = await holds.sent_between(tenant_id, since, until)
    return tuple(
        [await _compared(gateway, row, return_has_ended=has_ended) for row, has_ended in sent]
    )


async def _compared(
    gateway: PaymentGateway, row: HoldRow, *, return_has_ended: bool
) -> HoldCompared:
    hold_ref, outcome = row.hold_ref, None
    try:
        found = await _shown(gateway, row)
    except NotFoundError:
        outcome = HoldOutcome.VOIDED if hold_ref is not None else None
    except RejectedError as error:
        # One that cannot be read is no reason to look at nothing else.
        _log.warning("hold.not_read", hold_id=row.hold_id, code=error.code)
        return _result(row, HoldVerdict.UNKNOWN, hold_ref, None)
    else:
        if found is not None:
            hold_ref, outcome = hold_ref or found.hold_ref, found.outcome
    there = STATES.get(outcome) if outcome is not None else None
    verdict = judge(row.state, there, return_has_ended=return_has_ended)
    return _result(row, verdict, hold_ref, there)


async def _shown(gateway: PaymentGateway, row: HoldRow) -> Authorization | None:
    if row.hold_ref is not None:
        return await gateway.holds.get_authorization(held(row))
    # Of one that was refused in so many words there is nothing to find.
    unsure = row.state in UNPLACED or row.failure == NEVER_PLACED
    if not unsure or gateway.capabilities.hold_lookup is LookUp.NONE:
        return None
    return await gateway.holds.find_authorization(request_for(row))


def _result(
    row: HoldRow, verdict: HoldVerdict, hold_ref: str | None, there: HoldState | None
) -> HoldCompared:
    return HoldCompared(
        verdict=verdict,
        amount=row.amount,
        hold_id=row.hold_id,
        hold_ref=hold_ref,
        return_id=row.return_id,
        was=row.state,
        now=there,
    )


def findings(compared: tuple[HoldCompared, ...]) -> list[Json]:
    """Keep what differs, in the form of the day's other findings."""
    return [finding(one) for one in compared if one.verdict is not HoldVerdict.AGREES]


def finding(one: HoldCompared) -> Json:
    return {
        "verdict": str(one.verdict),
        "amount_minor": one.amount.minor,
        "currency": one.amount.currency,
        "refund_ref": None,
        "intent_id": None,
        "hold_ref": one.hold_ref,
        "hold_id": one.hold_id,
        "return_id": one.return_id,
        "was": one.was,
        "now": one.now,
    }
