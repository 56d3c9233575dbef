"""The catalogue of facts: one name each, the envelope around them, and what their data says."""

from dataclasses import dataclass, field
from datetime import datetime

JsonValue = str | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]

EVENT_TYPES: dict[str, str] = {
    "return.requested": "a return was asked for and its units are locked",
    "return.acknowledged": "the platform was told that the request arrived",
    "return.first_response": "the customer can read the first answer; `by` is decision or human",
    "return.decided": "granted or denied and by whom; each line with reason, policy, rule and "
    "sources; `overrides` where a person decided otherwise than a rule; `claim_open` where a fault "
    "may be claimed instead; `gifts` should come too, or their value is kept back",
    "return.review_started": "a person must decide; `codes` say why, `signals` what was counted of "
    "the customer",
    "return.approved_first": "a reviewer approved above the limit: a second person has to as well",
    "return.info_requested": "a reviewer asks the customer; `answer_by` is until when, local time",
    "return.info_reminded": "the customer was asked once more",
    "return.info_answered": "the customer answered; `evidence` are SHA-256 of what was added",
    "return.info_unanswered": "no answer came in time: `default` counts, deny, approve or review",
    "return.offer_made": "a reviewer offers to let the goods be kept for `amount_minor`, until "
    "`open_until` in local time",
    "return.offer_superseded": "another offer takes the place of this one",
    "return.offer_accepted": "the customer keeps the goods for what was offered",
    "return.offer_declined": "the customer declined an offer",
    "return.offer_expired": "nobody accepted an offer in time: `default` counts, deny or review",
    "return.refused": "a parked request turned out to be impossible; `code` says why",
    "return.withdrawn": "the customer took the request back",
    "return.expired": "nothing was handed over in time",
    "return.left_expired": "a parcel came after the return had expired; ops saw to it by hand",
    "return.revived": "the goods came after all: a withdrawal or expiry no longer holds",
    "return.completed": "every lot has its end and all money is settled",
    "return.closed": "the dispute window is over; `resolution` says how it ended",
    "return.reopened": "a closed return goes on; `why` is refund_failed or asked",
    "customs.papers_recorded": "the papers are there with which the goods cross a customs border",
    "carrier.chosen": "one of several carriers was taken; `passed_over` are the others, with why",
    "carrier.failed_over": "a carrier sold no label; the next one is asked. `reason` says why",
    "delivery.label_created": "a label was bought",
    "delivery.label_running_out": "the parcel is not on its way yet, and its label ends soon: "
    "`valid_until`",
    "delivery.label_expired": "the label is good no longer; another one can be asked for",
    "delivery.label_voided": "a label's money was asked back",
    "delivery.cancelled": "nothing is booked any more; units that were held for it are free",
    "delivery.first_scan": "the carrier has the parcel; `promised_at` is until when it promises to "
    "deliver it, if it does",
    "delivery.scanned_late": "the carrier has the parcel, after the return had expired: it goes on "
    "if its units can be had",
    "delivery.delivered": "the carrier says the parcel arrived; `on_time` if by `promised_at`",
    "delivery.time_corrected": "a scan was earlier than was told `before`: `milestone`",
    "delivery.delay_expected": "the parcel will probably not keep its promise: `expected_at`",
    "delivery.exception": "the carrier reports a problem",
    "delivery.returned_to_sender": "the carrier brought the parcel back to its sender",
    "pickup.booked": "a courier visit is ordered; `window` is local time and zone",
    "pickup.completed": "the courier has the parcel; `on_time` if within the ordered window",
    "pickup.rescheduled": "the wished time was gone before a courier could be ordered: `window` is "
    "the next, in local time and zone, `before` the one that was wished",
    "pickup.attempted": "a courier visit was over without the parcel: `reason`, whose `fault`, and "
    "the `next_method`",
    "pickup.cancelled": "a courier visit was cancelled",
    "pickup.cancel_rejected": "the courier is out already: a scan or his failure decides; `reason`",
    "handover.changed": "another way back was wished, or another window; `before` is the way",
    "handover.ready": "the parcel can be handed over: nothing more is booked for it",
    "delivery.qr_code_created": "a drop-off point prints the label from this code",
    "delivery.lost": "the carrier lost the parcel, as `evidence` says; what it held is settled "
    "without it",
    "lot.kept": "goods may be kept: they are settled without coming back, by `due_on`",
    "lot.found": "goods that were lost turned up after they were settled: they go to quarantine",
    "delivery.label_replaced": "another label is bought for the parcel: `replaced_by`",
    "delivery.proof_of_sending": "the customer proved that the parcel was sent, at `sent_at`",
    "delivery.label_swapped": "a parcel with the label of `label_of` held another return's goods, "
    "counted by content: no scan of it releases money, and `other_rma_no` is told as well",
    "parcel.shared": "one parcel held goods of two returns, each counted by its own receipt",
    "parcel.link_told": "the other return of a parcel knows what this one does",
    "parcel.received": "the warehouse counted a parcel, by SKU as seen",
    "receipt.discrepancy": "missing or unexpected units",
    "lot.not_sent": "the rest did not arrive in time; its units are returnable again",
    "inspection.held": "a grade came before the count of its parcel, and waits for it",
    "inspection.completed": "a lot was graded, within the right that its line was granted by "
    "(`policy_ref`) and by the grades of its pack (`pack_ref`); `law` and `scale` where the law "
    "changed the outcome",
    "inspection.refused": "a grade that was left while nobody answered cannot be taken; `code`",
    "disposition.set": "where a lot's goods go next",
    "stock.moved": "the platform's stock follows a disposition",
    "settlement.proposed": "a settlement above the policy's limit waits for finance: its amounts, "
    "its tenders, and what differs from an earlier one",
    "settlement.approved": "finance approved a settlement above the policy's limit",
    "settlement.declined": "finance did not approve a settlement; `reason` says why",
    "settlement.approval_voided": "the amounts changed before the approved settlement was sealed",
    "settlement.sealed": "what is owed for some lots, line by line",
    "refund.initiated": "a refund intent is sealed and will be sent to the provider",
    "refund.pending": "the provider took the refund and says more later",
    "refund.settled": "the provider says the money went back",
    "refund.failed": "the provider refused, or took a success back",
    "refund.reversed": "a refund that had gone through came back: its amount is owed again, and "
    "the customer hears by `next_by` how it is paid",
    "refund.reconciled": "a person found in the provider's books whether it was paid",
    "refund.covered": "a lost chargeback gave this much of a refund back; it is not sent",
    "chargeback.opened": "the customer's bank took a payment back and decides; refunds of it wait, "
    "and `refunds_sent` are those that had gone before",
    "chargeback.won": "the bank gave the payment to us again; refunds of it go on",
    "chargeback.lost": "the customer keeps the payment; it counts as given back",
    "refund.redirected": "a refused refund goes to another tender, with the customer's consent",
    "credit.reversed": "what a settlement gave in kind is taken back; `shortfall_minor` was spent "
    "before and is owed or written off",
    "replacement.reserved": "stock is held for an exchange",
    "replacement.created": "a replacement order exists at the platform",
    "replacement.payment_asked": "the wanted goods cost more: the customer is to pay it",
    "replacement.paid": "the customer has paid what the replacement costs more",
    "replacement.called_off": "an unpaid replacement order is gone; the money goes back instead",
    "replacement.out_of_stock": "the wanted goods are gone",
    "replacement.advance_declined": "it cannot go out before the goods: it waits for them",
    "replacement.shipped": "the replacement left the platform's warehouse",
    "replacement.delivered": "the customer has the replacement",
    "hold.placed": "money is held on the customer's card until `expires_at`",
    "hold.refused": "the provider holds no money; `failure` is its code",
    "hold.renewed": "the next hold stands, the one before it is released",
    "hold.renewal_refused": "the hold ends at `expires_at` and nothing follows it",
    "hold.captured": "what was due was taken from the hold, the rest of it is released",
    "hold.not_captured": "the hold could not be taken; a person decides",
    "hold.released": "nothing is held for the lot any more",
    "recovery.opened": "value went out before the goods; they have to be here by `deadline`",
    "recovery.due": "value that went out is due back; `reason` says why",
    "recovery.discharged": "the goods are accepted: nothing is owed for what went out early",
    "recovery.collected": "the value was charged; `way` is hold, consent or collections",
    "recovery.written_off": "value that went out early is not asked back; `reason` says why",
    "recovery.given_back": "a charge was paid back, for the goods came after it",
    "lot.rejected": "the seller refused a lot after inspection; the customer may dispute",
    "lot.undisputed": "nobody objected to a rejection in time; the goods go back",
    "lot.sent_back": "a rejected lot is on its way to the customer",
    "lot.returned_to_customer": "the customer has the rejected lot again",
    "blocker.raised": "work is parked, or the run is gone; code, owner and deadline",
    "blocker.cleared": "parked work goes on, or the return has a run again",
    "sla.breached": "a wait passed its deadline; `clock` names the wait",
    "sla.warned": "a wait ends soon: `percent` of its time is over, or a date of law is near",
    "ops.intervention": "a person acted on a stuck return; `kind` is the command, and of a restart "
    "`given_again` are commands that the lost run had answered and not recorded",
    "cost.recorded": "money spent on the return, or below zero got back: `component` is freight, "
    "pickup or duty_drawback",
    "notice.due": "a message to the customer is due; `type` names it, `state` is the headline",
    "notice.sent": "the mail server took the message; `state` is the headline at that moment",
    "notice.failed": "the message was given up",
    "survey.sent": "the survey was sent or sent again",
    "survey.answered": "the customer answered",
    "survey.expired": "nobody answered",
    "survey.suppressed": "no survey is sent; `reason` says why",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What a transition of the domain says happened, before it gets its place in the log."""

    type: str
    data: dict[str, JsonValue] = field(default_factory=dict)
    occurred_at: datetime | None = None
    """When it happened outside, where that is known; the time it was taken in otherwise."""

    def __post_init__(self) -> None:
        if self.type not in EVENT_TYPES:
            raise ValueError(f"{self.type!r} is not in the catalogue of events")


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of one return.

    ``sequence`` counts from 1 within the return without gaps; ``occurred_at`` is when it happened
    outside, the store adds when it was recorded. ``cause_id`` is the command or message behind it.
    ``data`` holds codes, ids and minor units, no person.
    """

    sequence: int
    type: str
    occurred_at: datetime
    actor: str
    cause_id: str | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)


NOTICE_TYPES: dict[str, str] = {
    "request_received": "your return is registered, and what happens next",
    "keep_item": "the goods may be kept, and by when the money or the replacement is sent",
    "request_denied": "why the return is not possible, with rule and source",
    "info_requested": "a reviewer needs to know something, until when, and what happens otherwise",
    "info_reminder": "the same question once more",
    "offer_made": "the goods may be kept for a part of the money, until when, what else happens",
    "offer_accepted": "the offer was accepted: how much is sent, and by when",
    "handover_ready": "label and, for a pickup, the courier's window; or that no courier comes now",
    "pickup_rescheduled": "the courier's time that was wished is gone, and which one is asked for",
    "label_running_out": "the label ends soon, and on which day",
    "label_expired": "the label is good no longer, and how to get another one",
    "withdrawn": "the return is cancelled as you asked",
    "revived": "the goods are on their way after all, so the return goes on",
    "expired": "the return ended because nothing was handed over",
    "parcel_received": "what arrived and what is still missing",
    "lot_rejected": "what was refused, why, and how to object",
    "sent_back": "rejected goods are on their way back to you",
    "refund_sent": "how much went back to which means of payment",
    "refund_returned": "the refund came back to us; what happens next, and by when",
    "refund_on_hold": "your bank took the payment back and decides; no refund goes beside it",
    "parcel_late": "the parcel is slower than the carrier promised, and when it is expected",
    "parcel_lost": "the carrier lost the parcel, and nothing has to be sent again",
    "coupon_lapsed": "a part was paid with a coupon, which is not paid back",
    "refund_covered": "your bank gave the money back, so we do not send it again",
    "nothing_to_refund": "the return is settled and nothing is left to pay back, and why",
    "difference_to_pay": "what you chose costs more: please pay the difference",
    "replacement_called_off": "the difference was not paid: your money comes back instead",
    "replacement_shipped": "your replacement is on its way",
    "send_back_by": "what went out before the goods, until when they have to come, and what else "
    "happens",
    "advance_declined": "the replacement comes once the goods are here, and why",
    "recovery_charged": "goods stayed away, or lost value: how much was charged",
    "charge_given_back": "the goods came after the charge, and it was paid back",
    "survey": "how was it?",
    "survey_reminder": "how was it? (once more)",
}
"""Messages to the customer; each has its text in the notification templates."""
