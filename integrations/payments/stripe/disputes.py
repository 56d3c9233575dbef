"""Chargebacks through Stripe, whose word for them is disputes."""

from datetime import UTC, datetime

from integrations.http import Call, HttpApi
from integrations.payments.amounts import readable
from integrations.payments.port import Chargeback, ChargebackState
from integrations.payments.stripe import wire
from integrations.payments.stripe.money import from_wire

FOLLOWED = frozenset({"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"})
_STATES = {
    "warning_needs_response": ChargebackState.INQUIRY,
    "warning_under_review": ChargebackState.INQUIRY,
    "warning_closed": ChargebackState.WON,
    "prevented": ChargebackState.WON,
    "won": ChargebackState.WON,
    "lost": ChargebackState.LOST,
}


class StripeDisputes:
    """The half of Stripe's gateway that follows and contests chargebacks."""

    _api: HttpApi

    async def get_chargeback(self, dispute_ref: str) -> Chargeback:
        call = Call("GET", "/v1/disputes/{dispute}", ids={"dispute": dispute_ref})
        return _chargeback(await self._api.ask(call, wire.WireDispute))

    async def attach_evidence(self, dispute_ref: str, text: str, *, idempotency_key: str) -> None:
        # Handed in at once, it could not be completed any more: that is for a person.
        form = {"evidence[uncategorized_text]": text, "submit": "false"}
        call = Call(
            "POST",
            "/v1/disputes/{dispute}",
            ids={"dispute": dispute_ref},
            form=form,
            idempotency_key=idempotency_key,
        )
        await self._api.ask(call, wire.WireDispute)


def _chargeback(found: wire.WireDispute) -> Chargeback:
    amount = readable(wire.SYSTEM, from_wire, found.amount, found.currency)
    due_by = found.evidence_details.due_by
    return Chargeback(
        dispute_ref=found.id,
        payment_refs=tuple(filter(None, (found.payment_intent, found.charge))),
        amount=amount,
        # A word we do not know is not decided: no money is sent beside it.
        state=_STATES.get(found.status, ChargebackState.OPEN),
        reason=found.reason,
        evidence_due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )
