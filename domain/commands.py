"""The catalogue of commands and who may give them. Default deny: no row, no right."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    PLATFORM = "platform"
    WAREHOUSE = "warehouse"
    REVIEWER = "reviewer"
    OPS = "ops"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a role, and the id of a key, person or ``system:timeout``. No names."""

    role: str
    actor_id: str

    def __str__(self) -> str:
        return f"{self.role}:{self.actor_id}"


SYSTEM = Actor("system", "backhaul")
TIMEOUT = Actor("system", "timeout")


@dataclass(frozen=True, slots=True)
class CommandKind:
    """``update`` says whether it changes a return (a Temporal Update) or only reads."""

    name: str
    roles: tuple[Role, ...]
    meaning: str
    update: bool = True


_R = Role
_CATALOGUE = (
    CommandKind(
        "preview",
        (_R.PLATFORM, _R.REVIEWER, _R.OPS),
        "what would be granted and paid",
        update=False,
    ),
    CommandKind("start", (_R.PLATFORM,), "ask for a return"),
    CommandKind("get", tuple(_R), "read returns and their allowed commands", update=False),
    CommandKind(
        "timeline",
        (_R.PLATFORM, _R.REVIEWER, _R.OPS, _R.FINANCE, _R.AUDITOR),
        "read the events",
        update=False,
    ),
    CommandKind(
        "explain",
        (_R.PLATFORM, _R.REVIEWER, _R.OPS, _R.FINANCE, _R.AUDITOR),
        "why a return waits",
        update=False,
    ),
    CommandKind(
        "withdraw", (_R.PLATFORM, _R.OPS), "take the request back before anything was handed over"
    ),
    CommandKind(
        "choose-resolution",
        (_R.PLATFORM, _R.OPS),
        "choose again for a lot whose replacement is out of stock or not paid for",
    ),
    CommandKind(
        "approve",
        (_R.REVIEWER, _R.FINANCE, _R.OPS),
        "grant some or all lines under review; finance and ops above a reviewer's limit, as the "
        "second person",
    ),
    CommandKind(
        "deny",
        (_R.REVIEWER, _R.FINANCE, _R.OPS),
        "refuse all lines under review; finance and ops as the second person",
    ),
    CommandKind(
        "ask-info", (_R.REVIEWER,), "ask the customer; the review's clock stands until the answer"
    ),
    CommandKind(
        "answer-info", (_R.PLATFORM, _R.OPS), "answer a reviewer's question, with evidence"
    ),
    CommandKind(
        "counter-offer",
        (_R.REVIEWER,),
        "offer to let the goods be kept for a part of what was paid, instead of an earlier offer",
    ),
    CommandKind("accept-offer", (_R.PLATFORM, _R.OPS), "keep the goods for what is offered"),
    CommandKind("decline-offer", (_R.PLATFORM, _R.OPS), "leave the decision to the reviewer"),
    CommandKind(
        "report-pickup-outcome",
        (_R.PLATFORM, _R.OPS),
        "tell that a courier visit was over without the parcel",
    ),
    CommandKind(
        "change-handover",
        (_R.PLATFORM, _R.OPS),
        "choose another way back or another window, before anything was handed over",
    ),
    CommandKind(
        "record-sending",
        (_R.PLATFORM, _R.OPS),
        "say, with proof, that the customer sent the parcel",
    ),
    CommandKind(
        "replace-label",
        (_R.PLATFORM, _R.OPS),
        "buy another label for a parcel whose own ran out or brought it back",
    ),
    CommandKind(
        "mark-lost",
        (_R.OPS,),
        "say, with what the carrier says, that a parcel is lost",
    ),
    CommandKind(
        "record-customs-papers",
        (_R.PLATFORM, _R.OPS),
        "say where the papers are with which goods cross a customs border",
    ),
    CommandKind(
        "read-parcel",
        (_R.WAREHOUSE, _R.PLATFORM, _R.OPS, _R.AUDITOR),
        "read which returns travel under a tracking code, and in which bags",
        update=False,
    ),
    CommandKind(
        "read-arrivals",
        (_R.WAREHOUSE, _R.PLATFORM, _R.OPS, _R.AUDITOR),
        "read which parcels a warehouse may expect, by day",
        update=False,
    ),
    CommandKind(
        "leave-expired",
        (_R.OPS,),
        "leave an expired return so, whose parcel was scanned late and whose units others have",
    ),
    CommandKind("receive", (_R.WAREHOUSE,), "count what a parcel holds"),
    CommandKind(
        "report-refusal",
        (_R.WAREHOUSE, _R.PLATFORM, _R.OPS),
        "tell what a parcel holds that came back although nobody asked for a return",
        update=False,
    ),
    CommandKind("record-inspection", (_R.WAREHOUSE,), "grade a lot"),
    CommandKind("retry", (_R.OPS, _R.FINANCE), "try parked work again now"),
    CommandKind(
        "correct",
        (_R.OPS,),
        "say what is true instead of what the platform says of a parked start's order",
    ),
    CommandKind(
        "reconcile-refund",
        (_R.FINANCE,),
        "say, with proof, whether a refund of unknown end was paid",
    ),
    CommandKind(
        "approve-settlement",
        (_R.FINANCE,),
        "approve a settlement above the policy's limit, as its hash says it is",
    ),
    CommandKind(
        "decline-settlement",
        (_R.FINANCE,),
        "say why a settlement above the policy's limit is not approved",
    ),
    CommandKind(
        "change-tender",
        (_R.FINANCE,),
        "pay a refused refund elsewhere, with the customer's consent",
    ),
    CommandKind(
        "resolve-recovery",
        (_R.FINANCE,),
        "say how value that went out before its goods came back, or that it is written off",
    ),
    CommandKind(
        "reconcile",
        (_R.FINANCE,),
        "compare a day's refunds with the provider's now",
        update=False,
    ),
    CommandKind(
        "read-reconciliation",
        (_R.FINANCE, _R.OPS, _R.AUDITOR),
        "read how a day's refunds compare with the provider's",
        update=False,
    ),
    CommandKind(
        "read-books",
        (_R.FINANCE, _R.OPS, _R.AUDITOR, _R.ADMIN),
        "read refunds and credit notes of a day or month",
        update=False,
    ),
    CommandKind(
        "read-credit",
        (_R.PLATFORM, _R.OPS, _R.FINANCE, _R.AUDITOR),
        "read what a gift card, store credit, points or a coupon holds",
        update=False,
    ),
    CommandKind(
        "spend-credit", (_R.PLATFORM,), "pay with it, or give a payment back", update=False
    ),
    CommandKind(
        "reverse-credit",
        (_R.FINANCE,),
        "take back what a settlement gave in kind, up to what is still there",
        update=False,
    ),
    CommandKind("extend-deadline", (_R.OPS,), "move the deadline of a wait"),
    CommandKind(
        "restart-from-projection", (_R.OPS,), "go on in a new run where the engine has none"
    ),
    CommandKind("reopen", (_R.OPS,), "go on with a closed return, in a new run"),
    CommandKind(
        "read-policies",
        (_R.ADMIN, _R.REVIEWER, _R.OPS, _R.FINANCE, _R.AUDITOR),
        "read the tenant's policies, and how they differ",
        update=False,
    ),
    CommandKind(
        "draft-policy",
        (_R.OPS, _R.ADMIN),
        "put a draft of a policy, and try it on the returns of the last days",
        update=False,
    ),
    CommandKind(
        "publish-policy",
        (_R.ADMIN,),
        "let a policy that somebody else drafted govern contracts to come",
        update=False,
    ),
    CommandKind(
        "manage-connections", (_R.ADMIN,), "create and read a tenant's connections", update=False
    ),
    CommandKind("manage-keys", (_R.ADMIN,), "create and revoke API keys", update=False),
)

COMMANDS: dict[str, CommandKind] = {row.name: row for row in _CATALOGUE}
"""The catalogue by name."""


def may(role: str, command: str) -> bool:
    """Say whether a role may give a command; an unknown command is refused to everyone."""
    kind = COMMANDS.get(command)
    return kind is not None and role in kind.roles
