"""The catalogue of waits and blockers: who must act, until when, what happens then, and the exits.

Every wait of a return has a code here. ``PARKED`` ones are troubles of a piece of work; the others
are the ordinary waiting for somebody outside.
"""

from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    CUSTOMER = "customer"
    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    REVIEWER = "reviewer"
    PLATFORM = "platform"
    FINANCE = "finance"
    OPS = "ops"
    PROVIDER = "provider"


class Kind(StrEnum):
    WAIT = "wait"
    OVERDUE = "overdue"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class WaitKind:
    """One row of the catalogue.

    ``handling`` names the policy's duration behind the deadline; ``exits`` are the commands and
    outside events that end it. Of those of parked work, a return shows the ones that its work has:
    a draft is corrected, a booking is withdrawn, a refund turns out to be paid.
    """

    code: str
    kind: Kind
    owner: Owner
    waiting_for: str
    handling: str
    at_deadline: str
    exits: tuple[str, ...]


_CATALOGUE = (
    WaitKind(
        "awaiting_review",
        Kind.WAIT,
        Owner.REVIEWER,
        "a reviewer's decision",
        "review",
        "the policy's default decision is taken by system:timeout",
        ("approve", "deny", "withdraw"),
    ),
    WaitKind(
        "booking_delivery",
        Kind.WAIT,
        Owner.CARRIER,
        "a label, and a courier where one was wished",
        "parked",
        "ops are told; booking goes on being tried",
        ("delivery.label_created", "withdraw"),
    ),
    WaitKind(
        "cancelling_delivery",
        Kind.WAIT,
        Owner.CARRIER,
        "the carrier to cancel pickup and label",
        "parked",
        "ops are told; cancelling goes on being tried",
        ("delivery.label_voided",),
    ),
    WaitKind(
        "awaiting_pickup",
        Kind.WAIT,
        Owner.CARRIER,
        "the courier's visit",
        "pickup window and a day",
        "the visit counts as missed; another one is ordered, or after the last the parcel is to be "
        "dropped off with its label",
        ("delivery.first_scan", "report-pickup-outcome", "receive", "withdraw"),
    ),
    WaitKind(
        "awaiting_handover",
        Kind.WAIT,
        Owner.CUSTOMER,
        "the customer to hand the parcel over",
        "hand_over_by",
        "the return expires and its units can be returned again",
        ("delivery.first_scan", "receive", "withdraw", "extend-deadline"),
    ),
    WaitKind(
        "awaiting_arrival",
        Kind.WAIT,
        Owner.CARRIER,
        "the carrier to deliver",
        "arrival",
        "ops are told that the carrier is silent",
        ("delivery.delivered", "receive", "extend-deadline"),
    ),
    WaitKind(
        "carrier_silent",
        Kind.OVERDUE,
        Owner.OPS,
        "the carrier, past its time",
        "arrival",
        "ops are told again",
        ("delivery.delivered", "receive", "extend-deadline"),
    ),
    WaitKind(
        "awaiting_receipt",
        Kind.WAIT,
        Owner.WAREHOUSE,
        "the warehouse to count the parcel",
        "inspection",
        "ops are told that a delivered parcel was not received",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "delivered_not_received",
        Kind.OVERDUE,
        Owner.OPS,
        "a parcel the carrier delivered",
        "inspection",
        "ops are told again",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "awaiting_inspection",
        Kind.WAIT,
        Owner.WAREHOUSE,
        "a grade for what arrived",
        "inspection",
        "ops are told that the inspection is late",
        ("record-inspection", "extend-deadline"),
    ),
    WaitKind(
        "inspection_overdue",
        Kind.OVERDUE,
        Owner.OPS,
        "a grade, past its time",
        "inspection",
        "ops are told again",
        ("record-inspection", "extend-deadline"),
    ),
    WaitKind(
        "inspection_held",
        Kind.WAIT,
        Owner.WAREHOUSE,
        "the count of a parcel that was graded already",
        "inspection",
        "ops are told that graded goods were never counted",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "inspection_without_receipt",
        Kind.OVERDUE,
        Owner.OPS,
        "the count of graded goods, past its time",
        "inspection",
        "ops are told again",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "awaiting_rest",
        Kind.WAIT,
        Owner.CUSTOMER,
        "the units that did not arrive",
        "wait_for_rest",
        "they count as not sent and can be returned again",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "awaiting_dispute",
        Kind.WAIT,
        Owner.CUSTOMER,
        "an objection to the rejection",
        "reject_dispute",
        "the goods go back to the customer",
        ("extend-deadline",),
    ),
    WaitKind(
        "sending_back",
        Kind.WAIT,
        Owner.WAREHOUSE,
        "a label to the customer",
        "parked",
        "ops are told; booking goes on being tried",
        ("delivery.label_created",),
    ),
    WaitKind(
        "awaiting_ship_back",
        Kind.WAIT,
        Owner.CARRIER,
        "the rejected goods to reach the customer",
        "ship_back",
        "ops are told that the parcel is late",
        ("delivery.delivered", "extend-deadline"),
    ),
    WaitKind(
        "ship_back_overdue",
        Kind.OVERDUE,
        Owner.OPS,
        "a parcel to the customer, past its time",
        "ship_back",
        "ops are told again",
        ("delivery.delivered", "extend-deadline"),
    ),
    WaitKind(
        "settling",
        Kind.WAIT,
        Owner.PROVIDER,
        "the refund to be sealed and sent",
        "refund_pending",
        "finance is told; the refund goes on being tried",
        ("refund.settled", "refund.failed"),
    ),
    WaitKind(
        "awaiting_refund",
        Kind.WAIT,
        Owner.PROVIDER,
        "the provider's final word on a refund",
        "refund_pending",
        "the provider is asked again, and finance is told that a refund hangs",
        ("refund.settled", "refund.failed"),
    ),
    WaitKind(
        "refund_overdue",
        Kind.OVERDUE,
        Owner.FINANCE,
        "a refund the provider has not ended",
        "refund_pending",
        "the provider is asked again, and finance is told again",
        ("refund.settled", "refund.failed"),
    ),
    WaitKind(
        "ordering_replacement",
        Kind.WAIT,
        Owner.PLATFORM,
        "the replacement to be ordered",
        "parked",
        "ops are told; ordering goes on being tried",
        ("replacement.created", "replacement.out_of_stock"),
    ),
    WaitKind(
        "awaiting_replacement",
        Kind.WAIT,
        Owner.PLATFORM,
        "the replacement to be shipped and delivered",
        "replacement",
        "ops are told that the replacement is late",
        ("replacement.shipped", "replacement.delivered", "extend-deadline"),
    ),
    WaitKind(
        "replacement_overdue",
        Kind.OVERDUE,
        Owner.OPS,
        "a replacement, past its time",
        "replacement",
        "ops are told again",
        ("replacement.shipped", "replacement.delivered", "extend-deadline"),
    ),
    WaitKind(
        "replacement_out_of_stock",
        Kind.WAIT,
        Owner.PLATFORM,
        "another choice: the wanted goods are gone",
        "parked",
        "the money goes back instead, decided by system:timeout",
        ("choose-resolution",),
    ),
    WaitKind(
        "moving_stock",
        Kind.WAIT,
        Owner.PLATFORM,
        "the platform's stock to follow",
        "parked",
        "ops are told; it goes on being tried",
        ("stock.moved",),
    ),
    WaitKind(
        "placing_hold",
        Kind.WAIT,
        Owner.PROVIDER,
        "money to be held on the customer's card, before the replacement goes out",
        "parked",
        "ops are told; it goes on being tried",
        ("hold.placed", "hold.refused"),
    ),
    WaitKind(
        "holding",
        Kind.WAIT,
        Owner.PROVIDER,
        "the hold on the card to near its end",
        "the hold's end, less a day",
        "the hold is renewed, so that it stands until the goods are here or their value is due",
        ("record-inspection",),
    ),
    WaitKind(
        "renewing_hold",
        Kind.WAIT,
        Owner.PROVIDER,
        "the next hold to be placed before this one ends",
        "parked",
        "ops are told; it goes on being tried",
        ("hold.renewed", "hold.renewal_refused"),
    ),
    WaitKind(
        "hold_not_renewed",
        Kind.OVERDUE,
        Owner.FINANCE,
        "a decision: the hold ends before the goods have to be here",
        "parked",
        "finance is told again; once the value is due and the hold is over, it decides",
        ("resolve-recovery", "record-inspection"),
    ),
    WaitKind(
        "capturing_hold",
        Kind.WAIT,
        Owner.PROVIDER,
        "what is due to be taken from the hold",
        "parked",
        "ops are told; it goes on being tried",
        ("hold.captured", "hold.not_captured"),
    ),
    WaitKind(
        "releasing_hold",
        Kind.WAIT,
        Owner.PROVIDER,
        "the hold to be released: it secures nothing any more",
        "parked",
        "ops are told; it goes on being tried",
        ("hold.released",),
    ),
    WaitKind(
        "awaiting_goods",
        Kind.WAIT,
        Owner.CUSTOMER,
        "the goods whose value went out before them",
        "recovery",
        "their value is taken from the hold, asked back or written off, as the policy says",
        ("receive", "extend-deadline"),
    ),
    WaitKind(
        "recovery_due",
        Kind.OVERDUE,
        Owner.FINANCE,
        "a decision on value that is due back: charge it by consent, collect it or write it off",
        "parked",
        "finance is told again",
        ("resolve-recovery", "record-inspection"),
    ),
    WaitKind(
        "charge_to_give_back",
        Kind.OVERDUE,
        Owner.FINANCE,
        "a charge made by hand to be given back, for the goods came after it",
        "parked",
        "finance is told again",
        ("resolve-recovery",),
    ),
    WaitKind(
        "giving_back",
        Kind.WAIT,
        Owner.PROVIDER,
        "the refund of a captured hold to be sealed, for the goods came after it",
        "parked",
        "finance is told; it goes on being tried",
        ("refund.initiated",),
    ),
    WaitKind(
        "awaiting_close",
        Kind.WAIT,
        Owner.CUSTOMER,
        "an objection to the outcome",
        "dispute",
        "the return is closed",
        ("extend-deadline",),
    ),
    WaitKind(
        "provider_unavailable",
        Kind.PARKED,
        Owner.OPS,
        "an outside system to answer again",
        "parked",
        "the work is tried again, and again after each further wait",
        ("retry", "withdraw", "refund.settled"),
    ),
    WaitKind(
        "provider_refused",
        Kind.PARKED,
        Owner.OPS,
        "somebody to mend what the outside system refused",
        "parked",
        "the work is tried again, and again after each further wait",
        ("retry", "withdraw", "refund.settled"),
    ),
    WaitKind(
        "refund_refused",
        Kind.PARKED,
        Owner.FINANCE,
        "somebody to mend why the provider refused a refund",
        "parked",
        "the refund is tried again as a new generation, after a look-up",
        ("retry", "refund.settled"),
    ),
    WaitKind(
        "refund_unknown",
        Kind.PARKED,
        Owner.FINANCE,
        "certainty whether a refund was paid",
        "parked",
        "the provider is asked again",
        ("retry", "reconcile-refund", "refund.settled"),
    ),
    WaitKind(
        "nothing_left_to_refund",
        Kind.PARKED,
        Owner.FINANCE,
        "more is owed than the order has left",
        "parked",
        "the settlement is tried again",
        ("retry", "refund.settled"),
    ),
    WaitKind(
        "no_refund_provider",
        Kind.PARKED,
        Owner.FINANCE,
        "a way to pay out to a gift card, credit, points or a coupon",
        "parked",
        "the refund is tried again, and again after each further wait",
        ("retry",),
    ),
    WaitKind(
        "hold_unknown",
        Kind.PARKED,
        Owner.FINANCE,
        "certainty whether money is held, or was taken",
        "parked",
        "the provider is asked again",
        ("retry",),
    ),
    WaitKind(
        "hold_conflict",
        Kind.PARKED,
        Owner.FINANCE,
        "somebody to see why money is held otherwise than this return knows",
        "parked",
        "the step is tried again",
        ("retry",),
    ),
    WaitKind(
        "settlement_conflict",
        Kind.PARKED,
        Owner.FINANCE,
        "somebody to see why a settlement was sealed for another amount",
        "parked",
        "the settlement is tried again",
        ("retry",),
    ),
    WaitKind(
        "bad_upstream_data",
        Kind.PARKED,
        Owner.OPS,
        "a correct answer from the platform or a provider",
        "parked",
        "the work is tried again, and again after each further wait",
        ("retry", "correct", "withdraw", "refund.settled"),
    ),
    WaitKind(
        "internal_error",
        Kind.PARKED,
        Owner.OPS,
        "a mend of our own step",
        "parked",
        "the work is tried again, and again after each further wait",
        ("retry", "withdraw", "refund.settled"),
    ),
    WaitKind(
        "invariant_broken",
        Kind.PARKED,
        Owner.OPS,
        "a person: the numbers of this return contradict",
        "parked",
        "ops are told again; nothing moves before that",
        ("retry",),
    ),
    WaitKind(
        "workflow_missing",
        Kind.PARKED,
        Owner.OPS,
        "a restart: its run is gone from the engine",
        "a day, not policy",
        "ops are told again; nothing moves before the restart",
        ("restart-from-projection",),
    ),
)

WAITS: dict[str, WaitKind] = {row.code: row for row in _CATALOGUE}
"""The catalogue by code."""
