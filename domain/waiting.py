"""What a return waits for, who must act, until when; and what happens when nobody does.

Both are pure functions of the return, so the projection, ``explain`` and the workflow's one timer
all read the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.approving import open_proposal
from domain.blockers import WAITS
from domain.clocks import WARNED_BEFORE, Clock, ClockKind, ClockState, clocks, end_of, state_of
from domain.customs import awaits_papers
from domain.disputing import has_disputed_refund
from domain.exchanges import is_paid_back_instead
from domain.handover import is_changeable, wants_qr_code, wants_visit_cancelled
from domain.holding import first_held
from domain.label_dates import label_runs, reminded_at
from domain.late_scans import wants_units
from domain.lifecycle import (
    AWAITED,
    ENDED_EARLY,
    AuthorizationState,
    DeliveryState,
    LotState,
)
from domain.money import Money
from domain.not_received import COUNTS_AS_LOST, counts_as_lost_at, receipt_key
from domain.parcel_links import links_to_tell, swapped_label
from domain.parcels import Delivery, handover_key, wants_courier
from domain.pickups import missed_from
from domain.proposals import Proposal
from domain.recovering import gives_back_by_hand, is_asked, is_awaited, recovery_of
from domain.recovery import LotHold, RecoveryState
from domain.requests import Resolution
from domain.resolving import lots_to_move
from domain.returns import Lot, Return, inspection_key
from domain.review_waits import review_waits
from domain.securing import hold_of
from domain.settling import lots_to_settle
from domain.transport import is_left_behind, is_withdrawable
from domain.work import (
    RELOCKING,
    WorkKind,
    hold_work,
    link_subject,
    orders_replacement,
    parcel_subject,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing a return waits for.

    ``key`` is stable while the wait lasts; ``exits`` are the commands and outside events that end
    it; ``detail`` is the last error of parked work or what is to be approved, ``field`` the place
    in the data at fault.
    """

    key: str
    code: str
    owner: str
    waiting_for: str
    since: datetime
    deadline: datetime
    at_deadline: str
    exits: tuple[str, ...]
    detail: str = ""
    field: str | None = None


def waits(ret: Return) -> tuple[Waiting, ...]:
    """Return everything the return waits for, the most urgent deadline first."""
    found = [
        *_authorization_wait(ret),
        *(wait for delivery in ret.deliveries for wait in _delivery_wait(ret, delivery)),
        *(wait for lot in ret.lots for wait in _lot_wait(ret, lot)),
        *(wait for lot in ret.lots for wait in _advance_waits(ret, lot)),
        *_held_wait(ret),
        *_stock_waits(ret),
        *_link_waits(ret),
        *_late_scan_wait(ret),
        *_refund_waits(ret),
        *_chargeback_waits(ret),
        *(_clock_wait(ret, clock) for clock in clocks(ret)),
        *_close_wait(ret),
    ]
    parked = {f"work/{blocker.work}" for blocker in ret.blockers}
    found = [wait for wait in found if wait.key not in parked]
    for blocker in ret.blockers:
        wait = _wait(ret, f"work/{blocker.work}", blocker.code, blocker.since, timedelta())
        found.append(
            replace(
                wait,
                deadline=blocker.deadline,
                exits=_exits(ret, blocker.work, wait.exits),
                detail=blocker.detail,
                field=blocker.field,
            )
        )
    return tuple(sorted(found, key=lambda wait: (wait.deadline, wait.key)))


def _exits(ret: Return, work: str, exits: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the ways out that trouble of this very work has."""
    is_draft = ret.authorization is AuthorizationState.DRAFT
    kind = work.partition("/")[0]
    booking = kind in (WorkKind.BOOK, WorkKind.COURIER)
    possible = {
        # What was decided stands on facts that are frozen.
        "correct": is_draft,
        "withdraw": is_draft or (booking and is_withdrawable(ret)),
        "change-handover": booking and is_changeable(ret),
        "refund.settled": kind == WorkKind.REFUND,
        "change-tender": bool(ret.policy.fallback_tenders),
    }
    return tuple(way for way in exits if possible.get(way, True))


def _wait(
    ret: Return,
    key: str,
    code: str,
    since: datetime,
    lasts: timedelta,
    *,
    overdue: str | None = None,
) -> Waiting:
    """Make one wait; past its deadline ``overdue`` is its code, and each escalation adds ``lasts``.

    An escalation counts for the wait that was open then, not for a later one of the same key.
    """
    deadline = since + lasts
    for late_key, at in ret.overdue:
        if late_key == key and at >= since:
            deadline, code = at + lasts, overdue or code
    kind, deadline = WAITS[code], ret.extended_to(key, deadline)
    return Waiting(
        key, code, kind.owner, kind.waiting_for, since, deadline, kind.at_deadline, kind.exits
    )


RUNNING = ("refund_due", "answer_due", "address_due")
"""The codes of dates that a law or a promise gives, until they have passed."""
_REMINDERS = ("review_warning", "info_reminder", *RUNNING)
_MISSED = ("refund_past_due", "answer_past_due", "address_past_due")
_NOBODYS_STEP = ("holding", *_REMINDERS, *_MISSED)


def shown(waiting: Sequence[Waiting]) -> tuple[Waiting, ...]:
    """Leave out the dates that run quietly; a return shows them as clocks."""
    return tuple(wait for wait in waiting if wait.code not in RUNNING)


def next_step(waiting: Sequence[Waiting]) -> Waiting | None:
    """Choose, of waits the most urgent first, the one that says whose turn it is.

    When a hold is renewed or somebody reminded is nobody's step; what they have to do is the next.
    """
    steps = [wait for wait in waiting if wait.code not in _NOBODYS_STEP] or waiting
    return steps[0] if steps else None


def first_deadline(waiting: Sequence[Waiting]) -> datetime | None:
    """Return when the first wait, of those the most urgent first, ends; a reminder ends none."""
    return next((wait.deadline for wait in waiting if wait.code not in _REMINDERS), None)


def missing_wait(since: datetime, deadline: datetime) -> Waiting:
    """Make the one wait that no run can raise: its return has none."""
    kind = WAITS["workflow_missing"]
    return Waiting(
        "run",
        kind.code,
        kind.owner,
        kind.waiting_for,
        since,
        deadline,
        kind.at_deadline,
        kind.exits,
    )


def _authorization_wait(ret: Return) -> list[Waiting]:
    found = []
    for due in review_waits(ret):
        wait = _wait(ret, due.key, due.code, due.since, due.lasts)
        then = due.at_deadline or wait.at_deadline
        found.append(replace(wait, detail=due.detail, at_deadline=then))
    return found


def _delivery_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    found = _booking_wait(ret, delivery) or _handover_wait(ret, delivery)
    return found or _way_wait(ret, delivery)


def _booking_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    """What is being asked of the carrier."""
    of, scheduled = delivery.delivery_id, delivery.state is DeliveryState.PICKUP_SCHEDULED
    booking = "booking_delivery" if delivery.ship_back_of is None else "sending_back"
    if awaits_papers(ret, delivery):
        lasts, key = ret.policy.handling.parked, f"delivery/{of}/customs"
        return [_wait(ret, key, "customs_papers_missing", delivery.since, lasts)]
    works = {
        WorkKind.BOOK: (delivery.state is DeliveryState.LABEL_PENDING, booking),
        WorkKind.CANCEL: (
            delivery.state is DeliveryState.CANCEL_REQUESTED,
            "cancelling_delivery",
        ),
        WorkKind.CALL_COURIER_OFF: (
            scheduled and wants_visit_cancelled(delivery),
            "calling_courier_off",
        ),
        WorkKind.COURIER: (wants_courier(delivery), "booking_delivery"),
        WorkKind.QR_CODE: (wants_qr_code(delivery), "booking_delivery"),
    }
    return [
        _wait(ret, f"work/{kind}/{of}", code, delivery.since, ret.policy.handling.parked)
        for kind, (is_due, code) in works.items()
        if is_due
    ]


def _handover_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    since, key = delivery.since, f"delivery/{delivery.delivery_id}"
    window = delivery.pickup_window
    if delivery.state is DeliveryState.PICKUP_SCHEDULED and window is not None:
        visit = f"{key}/pickup/{len(delivery.attempts)}"
        # The window is a promise to the customer and never scaled.
        lasts = missed_from(window, since=since) - since
        return [_wait(ret, visit, "awaiting_pickup", since, lasts)]
    is_expected = any(is_left_behind(lot) for lot in ret.lots)
    if delivery.state is DeliveryState.AWAITING_HANDOVER and is_expected:
        lasts = ret.policy.handling.hand_over_by
        code = "label_expired" if delivery.label_expired else "awaiting_handover"
        wait = _wait(ret, handover_key(delivery), code, since, lasts)
        return [replace(wait, detail=_label_date(ret, delivery)), *_label_wait(ret, delivery)]
    return []


def _label_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    """For as long as the label is good: the reminder, then its end."""
    until = label_runs(delivery)
    if until is None:
        return []
    remind_at, key = reminded_at(delivery, until), f"delivery/{delivery.delivery_id}/label"
    code, ends = ("label_valid", remind_at) if remind_at else ("label_running_out", until)
    return [_wait(ret, key, code, delivery.since, ends - delivery.since)]


def _label_date(ret: Return, delivery: Delivery) -> str:
    until = delivery.label_valid_until
    if until is None:
        return ""
    local = until.astimezone(ZoneInfo(ret.time_zone))
    return f"label valid until {local:%Y-%m-%d %H:%M} ({ret.time_zone})"


def _way_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    handling, since = ret.policy.handling, delivery.since
    key, back = f"delivery/{delivery.delivery_id}", delivery.ship_back_of is not None
    link = swapped_label(ret) if not back else None
    detail = f"its label was on goods of {link.rma_no}" if link is not None else ""
    is_coming = any(lot.state in AWAITED for lot in ret.lots)
    if delivery.state is DeliveryState.DELIVERED and not back and is_coming:
        lasts, late = handling.inspection, "delivered_not_received"
        wait = _wait(ret, receipt_key(delivery), "awaiting_receipt", since, lasts, overdue=late)
        lost_at = counts_as_lost_at(ret, delivery)
        if lost_at is None or lost_at > wait.deadline:
            return [replace(wait, detail=detail)]
        return [replace(wait, deadline=lost_at, at_deadline=COUNTS_AS_LOST)]
    if delivery.state not in _MOVING or not (back or is_coming):
        return []
    if back:
        code, late, lasts = "awaiting_ship_back", "ship_back_overdue", handling.ship_back
    else:
        code, late, lasts = "awaiting_arrival", "carrier_silent", handling.arrival
    arrival = _wait(ret, f"{key}/arrival", code, since, lasts, overdue=late)
    if (expected := delivery.expected_at) is not None:
        promised = delivery.promised_at or since
        said = f"promised by {promised:%Y-%m-%d %H:%M}, expected {expected:%Y-%m-%d %H:%M} UTC"
        detail = f"{detail}; {said}" if detail else said
    return [replace(arrival, detail=detail)]


_MOVING = (
    DeliveryState.IN_TRANSIT,
    DeliveryState.EXCEPTION,
    DeliveryState.RETURNED_TO_SENDER,
)


def _lot_wait(ret: Return, lot: Lot) -> list[Waiting]:
    handling, since, key = ret.policy.handling, lot.since, f"lot/{lot.lot_id}"
    found = []
    match lot.state:
        case LotState.RECEIVED:
            lasts, late = handling.inspection, "inspection_overdue"
            key = inspection_key(lot)
            found.append(_wait(ret, key, "awaiting_inspection", since, lasts, overdue=late))
        case LotState.MISSING:
            lasts = handling.wait_for_rest
            found.append(_wait(ret, f"{key}/rest", "awaiting_rest", since, lasts))
        case LotState.DISPUTE_WINDOW:
            lasts = handling.reject_dispute
            found.append(_wait(ret, f"{key}/dispute", "awaiting_dispute", since, lasts))
        case LotState.REPLACEMENT_RESERVED | LotState.REPLACEMENT_SHIPPED:
            lasts, late = handling.replacement, "replacement_overdue"
            key = f"{key}/replacement"
            found.append(_wait(ret, key, "awaiting_replacement", since, lasts, overdue=late))
        case LotState.REPLACEMENT_UNPAID if lot.resolution is Resolution.EXCHANGE:
            lasts = handling.replacement
            found.append(_wait(ret, f"{key}/payment", "awaiting_difference", since, lasts))
        case LotState.REPLACEMENT_UNPAID if not is_paid_back_instead(lot):
            work = f"work/call-off/{lot.lot_id}"
            found.append(_wait(ret, work, "calling_off_replacement", since, handling.parked))
        case LotState.OUT_OF_STOCK if lot.resolution is Resolution.EXCHANGE:
            lasts = handling.parked
            found.append(_wait(ret, f"{key}/choice", "replacement_out_of_stock", since, lasts))
    if orders_replacement(ret, lot):
        work = f"work/replace/{lot.lot_id}"
        found.append(_wait(ret, work, "ordering_replacement", since, handling.parked))
    return found


def _advance_waits(ret: Return, lot: Lot) -> list[Waiting]:
    """Return what is open because the value of a lot goes out before its goods."""
    handling, key, hold, recovery = (
        ret.policy.handling,
        f"lot/{lot.lot_id}",
        hold_of(lot),
        recovery_of(lot),
    )
    found = []
    for work in hold_work(ret, lot):
        code = _HOLD_WORK[work.kind]
        found.append(_wait(ret, f"work/{work.key}", code, lot.since, handling.parked))
    if recovery is None:
        return found
    ended = (LotState.REPLACEMENT_RESERVED, LotState.REPLACEMENT_SHIPPED, LotState.REPLACED)
    under_way = lot.has_replacement and not lot.is_replaced
    if under_way and lot.state not in ended:
        lasts, late, since = handling.replacement, "replacement_overdue", recovery.given_at
        code = "awaiting_replacement"
        found.append(_wait(ret, f"{key}/replacement", code, since, lasts, overdue=late))
    if is_awaited(lot) and recovery.since is not None:
        lasts = handling.recovery
        found.append(_wait(ret, f"{key}/recovery", "awaiting_goods", recovery.since, lasts))
    if is_asked(lot) and recovery.due_since is not None:
        lasts = handling.parked
        due = _wait(ret, f"{key}/due", "recovery_due", recovery.due_since, lasts)
        # Why no hold answers for it: one that somebody else took was the customer's money, too.
        found.append(replace(due, detail=(hold.failure or "") if hold is not None else ""))
    if gives_back_by_hand(lot):
        lasts = handling.parked
        found.append(_wait(ret, f"{key}/give-back", "charge_to_give_back", lot.since, lasts))
    if hold is not None and hold.is_open and recovery.state is RecoveryState.OPEN:
        found += _hold_wait(ret, hold, key)
    return found


_HOLD_WORK = {
    WorkKind.HOLD: "placing_hold",
    WorkKind.RENEW: "renewing_hold",
    WorkKind.CAPTURE: "capturing_hold",
    WorkKind.VOID: "releasing_hold",
    WorkKind.GIVE_BACK: "giving_back",
}


def _hold_wait(ret: Return, hold: LotHold, key: str) -> list[Waiting]:
    if hold.failure is not None:
        lasts = ret.policy.handling.parked
        return [_wait(ret, f"{key}/hold", "hold_not_renewed", hold.since, lasts)]
    if hold.renew_at is None or hold.renewing:
        return []
    since = hold.since
    return [_wait(ret, f"{key}/hold/{hold.number}", "holding", since, hold.renew_at - since)]


def _held_wait(ret: Return) -> list[Waiting]:
    since = first_held(ret)
    if since is None:
        return []
    lasts, late = ret.policy.handling.inspection, "inspection_without_receipt"
    return [_wait(ret, "inspection/held", "inspection_held", since, lasts, overdue=late)]


def _stock_waits(ret: Return) -> list[Waiting]:
    found = []
    for receipt_id, lots in lots_to_move(ret).items():
        work = f"work/stock/{parcel_subject(receipt_id)}"
        since = min(lot.since for lot in lots)
        found.append(_wait(ret, work, "moving_stock", since, ret.policy.handling.parked))
    return found


def _link_waits(ret: Return) -> list[Waiting]:
    """How long another return has not been told is not kept: it is a matter of seconds."""
    lasts = ret.policy.handling.parked
    since = max([receipt.received_at for receipt in ret.receipts], default=ret.requested_at)
    return [
        _wait(ret, f"work/{WorkKind.TELL}/{link_subject(link)}", "linking_parcels", since, lasts)
        for link in links_to_tell(ret)
    ]


def _late_scan_wait(ret: Return) -> list[Waiting]:
    if ret.late_scan is None or not wants_units(ret):
        return []
    lasts, since = ret.policy.handling.parked, ret.late_scan.since
    return [_wait(ret, f"work/{RELOCKING.key}", "relocking_units", since, lasts)]


def _refund_waits(ret: Return) -> list[Waiting]:
    lasts = ret.policy.handling.refund_pending
    found = []
    if (proposal := open_proposal(ret)) is not None:
        found.append(_approval_wait(ret, proposal))
    elif owed := lots_to_settle(ret):
        work = f"work/settle/{ret.next_settlement_no}"
        found.append(_wait(ret, work, "settling", min(lot.since for lot in owed), lasts))
    for settlement in ret.settlements:
        for intent in settlement.intents:
            if intent.state == "pending":
                key = f"refund/{intent.intent_id}"
                since, late = settlement.sealed_at, "refund_overdue"
                found.append(_wait(ret, key, "awaiting_refund", since, lasts, overdue=late))
            elif not intent.is_settled:
                work = f"work/refund/{intent.intent_id}"
                found.append(_wait(ret, work, "settling", settlement.sealed_at, lasts))
    return found


def _chargeback_waits(ret: Return) -> list[Waiting]:
    """One for each that is open, until its evidence is due; then finance is told again.

    A return that has ended waits for nothing: its run is over.
    """
    if ret.closed or ret.authorization in ENDED_EARLY:
        return []
    found = []
    for chargeback in ret.chargebacks:
        if chargeback.is_open:
            key, lasts = f"chargeback/{chargeback.dispute_ref}", ret.policy.handling.parked
            due, told = chargeback.evidence_due_by, _last_told(ret, key, chargeback.since)
            if due is not None and told < due:
                lasts = due - told
            wait = _wait(ret, key, "chargeback_open", chargeback.since, lasts)
            sent = ", ".join(chargeback.evidence)
            found.append(replace(wait, detail=f"refunds sent before: {sent}" if sent else ""))
    return found


def _clock_wait(ret: Return, clock: Clock) -> Waiting:
    """Wait for what is next of a clock: its warning, its last day, the line behind it, a day."""
    state, passed = state_of(ret, clock), dict(ret.overdue)
    ends = end_of(clock.due_on, ret.time_zone)
    code, key, deadline = f"{clock.kind}_due", clock.warning_key, ends - WARNED_BEFORE
    if state is not ClockState.RUNNING:
        key, deadline = clock.key, ends
    if state is ClockState.MISSED:
        code, deadline = f"{clock.kind}_past_due", passed[clock.key] + _TOLD_AGAIN
        if clock.limit_on is not None and clock.limit_key not in passed:
            key, deadline = clock.limit_key, end_of(clock.limit_on, ret.time_zone)
    kind = WAITS[code]
    limit = f", at the latest on {clock.limit_on}" if clock.limit_on is not None else ""
    return Waiting(
        key=key,
        code=code,
        owner=kind.owner,
        waiting_for=kind.waiting_for,
        since=clock.since,
        deadline=max([deadline, *_given(ret, key, state)]),
        at_deadline=kind.at_deadline,
        exits=_of_whose_turn(ret, clock) or kind.exits,
        detail=f"{clock.kind} due on {clock.due_on}{limit} ({clock.basis})",
    )


def _of_whose_turn(ret: Return, clock: Clock) -> tuple[str, ...]:
    """Name what brings an answer on while it is the customer who has to act."""
    code = _TURNS.get(ret.authorization)
    is_theirs = clock.kind is ClockKind.ANSWER and code is not None
    return WAITS[code].exits if is_theirs and code is not None else ()


_TURNS = {
    AuthorizationState.AWAITING_INFO: "awaiting_info",
    AuthorizationState.COUNTER_OFFERED: "offer_open",
}


def _given(ret: Return, key: str, state: ClockState) -> list[datetime]:
    """Return until when ops want to hear no more of it: no date of law moves before it passed."""
    missed = state is ClockState.MISSED
    return [at for late, at in ret.extended if missed and late == key]


_TOLD_AGAIN = timedelta(days=1)


def _approval_wait(ret: Return, proposal: Proposal) -> Waiting:
    """The day on which the refund is due is a deadline of its own, however far it was extended."""
    key, lasts = f"settlement/{proposal.number}/approval", ret.policy.handling.review
    amount = Money(proposal.amount_minor, ret.currency)
    detail = f"settlement {proposal.number} of {amount}, {proposal.settlement_hash}"
    if (declined := proposal.declined) is not None:
        since = declined.declined_at
        wait = _wait(ret, key, "settlement_declined", since, lasts)
        detail = f"{detail}, declined: {declined.reason}"
    else:
        since, late = proposal.proposed_at, "settlement_approval_overdue"
        wait = _wait(ret, key, "awaiting_settlement_approval", since, lasts, overdue=late)
    if proposal.due_on is None:
        return replace(wait, detail=detail)
    due = datetime.combine(proposal.due_on, time(), ZoneInfo(ret.time_zone)).astimezone(UTC)
    deadline = min(wait.deadline, due) if _last_told(ret, key, since) < due else wait.deadline
    return replace(wait, deadline=deadline, detail=f"{detail}, due on {proposal.due_on}")


def _last_told(ret: Return, key: str, since: datetime) -> datetime:
    """Return when a wait's owner was last told of it."""
    return max([since, *(at for late_key, at in ret.overdue if late_key == key)])


def _close_wait(ret: Return) -> list[Waiting]:
    if ret.completed_at is None or ret.closed or has_disputed_refund(ret):
        return []
    return [_wait(ret, "close", "awaiting_close", ret.completed_at, ret.policy.handling.dispute)]
