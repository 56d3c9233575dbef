"""Read each hold of a day at its provider, and say where it stands otherwise than here."""

from datetime import datetime

import structlog

from activities.holding import STATES, held
from domain.hold_findings import HoldCompared, HoldVerdict, judge
from domain.holds import HoldState
from integrations.errors import NotFoundError, RejectedError
from integrations.payments.holds import HoldOutcome
from integrations.payments.port import PaymentGateway
from storage.hold_rows import HoldRow
from storage.holds import Holds
from storage.records import Json

_log = structlog.get_logger(__name__)


async def compare_holds(
    gateway: PaymentGateway, holds: Holds, tenant_id: str, since: datetime, until: datetime
) -> tuple[HoldCompared, ...]:
    """Compare the holds that were last sent from ``since`` to before ``until``.

    One reading each, by the provider's own name: a list of all payments of an account would show
    few holds among them. Nothing is changed; a return finds out by itself what its hold came to.
    """
    sent = await holds.sent_between(tenant_id, since, until)
    return tuple(
        [await _compared(gateway, row, return_has_ended=has_ended) for row, has_ended in sent]
    )


async def _compared(
    gateway: PaymentGateway, row: HoldRow, *, return_has_ended: bool
) -> HoldCompared:
    there = None
    if row.hold_ref is not None:
        try:
            outcome = (await gateway.holds.get_authorization(held(row))).outcome
        except NotFoundError:
            outcome = HoldOutcome.VOIDED
        except RejectedError as error:
            # One that cannot be read is no reason to look at nothing else.
            _log.warning("hold.not_read", hold_id=row.hold_id, code=error.code)
            return _result(row, HoldVerdict.UNKNOWN, None)
        there = STATES.get(outcome)
    return _result(row, judge(row.state, there, return_has_ended=return_has_ended), there)


def _result(row: HoldRow, verdict: HoldVerdict, there: HoldState | None) -> HoldCompared:
    return HoldCompared(
        verdict=verdict,
        amount=row.amount,
        hold_id=row.hold_id,
        hold_ref=row.hold_ref,
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
