"""A person rules on a refund whose end nobody knew, with proof from the provider's books."""

from dataclasses import replace

from domain.codes import RefusedError
from domain.events import Fact
from domain.intents import Intent, Ruling
from domain.returns import Change, Return


def unknown_refunds(ret: Return) -> tuple[Intent, ...]:
    """Return the refunds that may or may not have been paid."""
    return tuple(i for s in ret.settlements for i in s.intents if i.state == "unknown")


def check_ruling(ret: Return, intent_id: str, ruling: Ruling) -> None:
    """Raise unless the ruling is about a refund of unknown end, and says all it needs to.

    Raises:
        RefusedError: no such refund, its end is known, or the provider's name for what was paid is
            missing, or given for what was not.
    """
    intents = [i for s in ret.settlements for i in s.intents if i.intent_id == intent_id]
    if not intents:
        raise RefusedError("refund_not_found", f"no refund {intent_id!r}", field="intent_id")
    if intents[0].state != "unknown":
        raise RefusedError(
            "command_not_allowed", f"the refund is {intents[0].state}", field="intent_id"
        )
    if ruling.paid and not ruling.refund_ref:
        raise RefusedError(
            "invalid_request", "a paid refund has a name at the provider", field="refund_ref"
        )
    if not ruling.paid and ruling.refund_ref:
        raise RefusedError(
            "invalid_request", "what was not paid has no name there", field="refund_ref"
        )


def rule(ret: Return, intent_id: str, ruling: Ruling, *, proof: str) -> Change:
    """Lay the ruling beside the refund: its next try takes it for the word nobody had.

    What the provider itself says, if it can be asked by then, counts before it.
    """
    settlement = next(
        s for s in ret.settlements if any(i.intent_id == intent_id for i in s.intents)
    )
    intents = tuple(
        replace(i, ruling=ruling) if i.intent_id == intent_id else i for i in settlement.intents
    )
    told = Fact(
        "refund.reconciled",
        {
            "intent_id": intent_id,
            "outcome": "paid" if ruling.paid else "not_paid",
            "refund_ref": ruling.refund_ref,
            "proof": proof,
        },
    )
    return ret.with_settlement(replace(settlement, intents=intents)), (told,)
