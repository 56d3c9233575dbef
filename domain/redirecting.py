"""A refund that was refused for good goes elsewhere, with the customer's consent (edges 63, 64)."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact
from domain.intents import Intent, Redirect
from domain.returns import Change, Return

_WITHOUT_EFFECT = ("rejected", "failed")
LIMITED = "refund_limit_reached"


@dataclass(frozen=True, slots=True)
class Consent:
    """How the customer agreed to another tender; no name and no address, they are in the log.

    ``how`` is the channel, such as ``phone`` or ``mail``; ``reference`` is where it is kept.
    """

    given_at: datetime
    how: str
    reference: str


def refused_refunds(ret: Return) -> tuple[Intent, ...]:
    """Return the refunds that are known to have had no effect.

    Also those that were never sent, for their provider takes no refund of the payment any more.
    """
    limited = [blocker.work for blocker in ret.blockers if blocker.code == LIMITED]
    return tuple(
        intent
        for settlement in ret.settlements
        for intent in settlement.intents
        if intent.state in _WITHOUT_EFFECT
        or (intent.state == "planned" and f"refund/{intent.intent_id}" in limited)
    )


def check_redirect(
    ret: Return, intent_id: str, redirect: Redirect, consent: Consent, *, at: datetime
) -> None:
    """Raise unless the refund may go there.

    Raises:
        RefusedError: no such refund; its last try may have had an effect; the policy does not
            declare the tender as a fallback; or the consent is not there, or lies ahead.
    """
    intent = next((i for s in ret.settlements for i in s.intents if i.intent_id == intent_id), None)
    if intent is None:
        raise RefusedError("refund_not_found", f"no refund {intent_id!r}", field="intent_id")
    if intent not in refused_refunds(ret):
        raise RefusedError("refund_not_refused", f"the refund is {intent.state}", field="intent_id")
    if redirect.destination not in ret.policy.fallback_tenders:
        allowed = ", ".join(ret.policy.fallback_tenders) or "no other tender"
        raise RefusedError(
            "tender_not_declared", f"policy {ret.policy.ref} allows {allowed}", field="destination"
        )
    if not redirect.reference:
        raise RefusedError("invalid_request", "wanted an account or a proof", field="reference")
    for name in ("how", "reference"):
        if not getattr(consent, name):
            raise RefusedError(
                "consent_missing", "wanted how it was given", field=f"consent.{name}"
            )
    if consent.given_at.tzinfo is None:
        raise RefusedError("invalid_request", "wanted an offset", field="consent.given_at")
    if consent.given_at > at:
        raise RefusedError("consent_missing", "it lies ahead", field="consent.given_at")


def redirected(ret: Return, intent_id: str, redirect: Redirect, consent: Consent) -> Change:
    """Let the next generation of a refund go elsewhere; its amount counts on its tender still."""
    settlement = next(
        s for s in ret.settlements if any(i.intent_id == intent_id for i in s.intents)
    )
    intents = tuple(
        replace(i, redirect=redirect) if i.intent_id == intent_id else i for i in settlement.intents
    )
    told = Fact(
        "refund.redirected",
        {
            "intent_id": intent_id,
            "destination": redirect.destination,
            "reference": redirect.reference,
            "consent_given_at": consent.given_at.isoformat(),
            "consent_how": consent.how,
            "consent_reference": consent.reference,
        },
    )
    return ret.with_settlement(replace(settlement, intents=intents)), (told,)
