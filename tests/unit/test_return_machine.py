"""One return driven through random legal steps: it never contradicts itself and can always end."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.allowed import allowed_commands
from domain.approving import (
    approve,
    check_approval,
    decline,
    is_above_limit,
    lots_to_seal,
    needs_approval,
    proposed,
)
from domain.asking_info import answer, ask, check_answer, check_question
from domain.codes import RefusedError
from domain.commands import COMMANDS, Actor
from domain.deadlines import pass_deadlines
from domain.events import NOTICE_TYPES, Event
from domain.exchanges import payment_asked, priced
from domain.grading import grade_lot
from domain.granting import apply_policy, check_grant, grant
from domain.handover import (
    Sending,
    change_handover,
    check_change,
    check_sending,
    qr_code_made,
    sent,
    visit_cancelled,
    visit_not_cancelled,
)
from domain.inspection import Fault, Grade
from domain.intents import Intent
from domain.invariants import broken
from domain.lifecycle import IN_TURN, TERMINAL_HEADLINES, DeliveryState, LotState
from domain.losing import check_lost, check_new_label, lost, new_label
from domain.money import Money
from domain.notices import notices_for
from domain.offers import accept, check_offer, check_open, offer, open_offer
from domain.offers import decline as decline_offer
from domain.orders import HoldMethod
from domain.parcels import SLOT_GONE
from domain.pickups import (
    PickupOutcome,
    check_pickup_outcome,
    pickup_booked,
    pickup_failed,
    pickup_refused,
    visits_made,
)
from domain.policies import Policy
from domain.reasons import Ground
from domain.receiving import check_receipt, receive
from domain.recovering import OUTCOMES, check_resolution, recovery_of, resolve
from domain.recovery import RecoveryState
from domain.replacing import (
    choose_resolution,
    is_choosable,
    ordering_early,
    out_of_stock,
    replacement_news,
    replacement_ordered,
)
from domain.requests import HandoverMethod, PickupWindow, RequestedLine, Resolution
from domain.resolving import all_resolved, complete, lots_to_move, stock_moved
from domain.returns import Change, Replacement, Return
from domain.review_terms import ReviewTerms, Silence
from domain.securing import (
    captured,
    hold_of,
    not_captured,
    not_placed,
    not_renewed,
    placed,
    placing,
    released,
    renewed,
)
from domain.settlement import settle, settlement_hash
from domain.settling import charge_given_back, intent_changed, sealed
from domain.slots import MOST_MOVES, kept_ahead, slot_gone
from domain.tenders import TenderLeft
from domain.tracking import Milestone, Reached
from domain.transport import (
    BEFORE_HANDOVER,
    cancelled,
    check_withdrawal,
    labelled,
    reached,
    sent_back,
    withdraw,
)
from domain.view import document
from domain.waiting import waits
from domain.work import Work, WorkKind, due_work, receipt_of
from tests.support.builders import (
    NOW,
    exchange,
    finding,
    intents_for,
    opened,
    order,
    order_line,
    policy,
    receipt,
    window_of,
)
from tests.support.releasing import releasing

ORDER = order(
    order_line("shoes", quantity=3, gross=1000, discount=1, taxes=(190, 7)),
    order_line("socks", quantity=2, gross=501, taxes=()),
    order_line("hat", quantity=1, gross=900, taxes=(100,), final_sale=True),
    shipping=490,
    tenders=(2000, 1187),
)
METHOD = HoldMethod("pm_1", "cus_1")
ORDER = replace(
    ORDER, tenders=tuple(replace(tender, hold_method=METHOD) for tender in ORDER.tenders)
)
POLICIES = (
    policy(),
    releasing(refund="approval"),
    releasing(refund="first_scan", replacement="first_scan", recovery="write_off"),
    releasing(refund="received", replacement="delivered"),
    releasing(replacement="approval", hold="required", recovery="capture_hold"),
    releasing(
        refund="delivered", replacement="first_scan", hold="required", recovery="capture_hold"
    ),
)
LINES = (RequestedLine("shoes", 3), exchange("socks", 2), RequestedLine("hat", 1))
FAY = Actor("finance", "fay")
RITA = Actor("reviewer", "rita")
SILENCES = (
    ReviewTerms(),
    ReviewTerms(warnings=(50, 80), info_default=Silence.DENY, offer_default=Silence.DENY),
    ReviewTerms(info_rounds=1, info_default=Silence.APPROVE),
)
SKUS = ("SHOES", "SOCKS", "HAT", "BRICK")
EVERYTHING = {"SHOES": 3, "SOCKS": 2}
RARELY = st.integers(0, 9).map(lambda number: number == 9)
"""What would end most returns early is drawn seldom, so that most of them get far."""


class ReturnMachine(RuleBasedStateMachine):
    """Plays the workflow, its activities, the warehouse, the carrier and the provider."""

    ret: Return
    couriers_bring_labels: bool

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.approved: set[str] = set()
        self.wishes = 0

    @initialize(
        asked=st.lists(st.sampled_from(LINES), min_size=1, unique=True),
        review=RARELY,
        under=st.sampled_from(POLICIES),
        pickup=st.booleans(),
        with_courier=st.booleans(),
        keeps=RARELY,
        label_days=st.sampled_from([None, 2, 10]),
        head_start=st.integers(0, 5),
        first_grade=st.sampled_from(Grade),
        price=st.sampled_from([200, 250, 251, 300]),
        limit=st.sampled_from([None, 0, 1_500]),
        in_credit=st.booleans(),
        silence=st.sampled_from(SILENCES),
    )
    def open_case(
        self,
        asked: list[RequestedLine],
        *,
        review: bool,
        under: Policy,
        pickup: bool,
        with_courier: bool,
        keeps: bool,
        label_days: int | None,
        head_start: int,
        first_grade: Grade,
        price: int,
        limit: int | None,
        in_credit: bool,
        silence: ReviewTerms,
    ) -> None:
        ground = Ground.NON_CONFORMITY if review else Ground.WITHDRAWAL
        lines = [replace(line, reason="DEFECTIVE") if review else line for line in asked]
        if in_credit:
            lines = [
                replace(line, resolution=Resolution.STORE_CREDIT)
                if line.line_id == "shoes"
                else line
                for line in lines
            ]
        # Two socks were 501: 250 and 251 are off by half a cent each, the others by more.
        prices = {"SHOES-42": Money(price, "EUR")}
        limits = () if limit is None else (("EUR", limit),)
        self.ret = opened(
            *lines,
            of=ORDER,
            under=replace(
                under,
                approval_above=limits,
                credit_bonus_percent=10,
                keep_item_up_to=(("EUR", 2_000),),
                label_valid_days=label_days,
                review=silence,
            ),
            ground=ground,
            pickup=pickup,
            prices=prices,
        )
        self.couriers_bring_labels = with_courier
        if keeps:
            request = replace(self.ret.request, handover=HandoverMethod.KEEP, pickup_window=None)
            self.ret = replace(self.ret, request=request)
        self.take(apply_policy(self.ret, at=self.now))
        if not self.ret.deliveries:
            return
        first_scan = [Reached(Milestone.FIRST_SCAN, self.now)]
        steps: list[Callable[[], None]] = [
            self.all_due_work_is_done,
            lambda: self.take(reached(self.ret, "d1", first_scan, at=self.now)),
            lambda: self.take(receive(self.ret, receipt({"SHOES": 2, "SOCKS": 2}, at=self.now))),
            lambda: self.warehouse_grades(first_grade, Fault.NONE),
            self.all_due_work_is_done,
        ]
        for step in steps[:head_start]:
            step()

    def take(self, change: Change) -> None:
        ret, facts = change
        events = []
        for fact in facts:
            ret = replace(ret, version=ret.version + 1)
            events.append(Event(ret.version, fact.type, self.now, "system:test", data=fact.data))
        assert all(notice.kind in NOTICE_TYPES for notice in notices_for(ret, events))
        self.ret = ret

    # What people and the outside world may do at any time.

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.take(pass_deadlines(self.ret, at=self.now))

    @rule(really=RARELY)
    def next_deadline_passes(self, *, really: bool) -> None:
        waiting = waits(self.ret)
        if waiting and really:
            self.now = max(self.now, waiting[0].deadline)
            self.take(pass_deadlines(self.ret, at=self.now))

    @precondition(lambda self: "approve" in allowed_commands(self.ret))
    @rule(data=st.data())
    def reviewer_decides(self, data: st.DataObject) -> None:
        line_ids = [line.line_id for line in self.ret.lines]
        chosen = data.draw(st.lists(st.sampled_from(line_ids), unique=True))
        try:
            check_grant(self.ret, chosen)
        except RefusedError:
            return
        ways = [None, HandoverMethod.KEEP, HandoverMethod.DROP_OFF]
        way = data.draw(st.sampled_from(ways))
        self.take(grant(self.ret, chosen, by="human", at=self.now, handover=way))

    @precondition(lambda self: "ask-info" in allowed_commands(self.ret))
    @rule()
    def reviewer_asks(self) -> None:
        check_question(self.ret, "Where?")
        self.take(ask(self.ret, "Where?", by=RITA, at=self.now))

    @precondition(lambda self: "answer-info" in allowed_commands(self.ret))
    @rule()
    def customer_answers(self) -> None:
        check_answer(self.ret, "There.", [])
        self.take(answer(self.ret, "There.", [], at=self.now))

    @precondition(lambda self: "counter-offer" in allowed_commands(self.ret))
    @rule(percent=st.integers(1, 100))
    def reviewer_offers(self, percent: int) -> None:
        check_offer(self.ret, percent, None, "Keep it.", by=RITA)
        self.take(offer(self.ret, percent, None, "Keep it.", by=RITA, at=self.now))

    @precondition(lambda self: "accept-offer" in allowed_commands(self.ret))
    @rule(accepts=st.booleans())
    def customer_says_a_word_to_an_offer(self, *, accepts: bool) -> None:
        made = open_offer(self.ret)
        assert made is not None
        word = accept if accepts else decline_offer
        self.take(word(self.ret, check_open(self.ret, made.number).number, at=self.now))

    @precondition(lambda self: "withdraw" in allowed_commands(self.ret))
    @rule(really=RARELY)
    def customer_withdraws(self, *, really: bool) -> None:
        check_withdrawal(self.ret)
        if really:
            self.take(withdraw(self.ret, at=self.now))

    @rule(
        told=st.lists(st.sampled_from(Milestone), min_size=1, max_size=3, unique=True),
        data=st.data(),
    )
    def carrier_tells(self, told: list[Milestone], data: st.DataObject) -> None:
        known = [d.delivery_id for d in self.ret.deliveries if d.tracking_code]
        if known and not self.ended:
            delivery_id = data.draw(st.sampled_from(known))
            news = [Reached(milestone, self.now) for milestone in told]
            self.take(reached(self.ret, delivery_id, news, at=self.now))

    @precondition(lambda self: "report-pickup-outcome" in allowed_commands(self.ret))
    @rule(outcome=st.sampled_from(PickupOutcome))
    def courier_has_no_parcel(self, outcome: PickupOutcome) -> None:
        (delivery,) = [d for d in self.ret.deliveries if d.state is DeliveryState.PICKUP_SCHEDULED]
        check_pickup_outcome(self.ret, delivery.delivery_id, len(delivery.attempts))
        self.take(pickup_failed(self.ret, delivery.delivery_id, outcome, at=self.now))

    @precondition(lambda self: "change-handover" in allowed_commands(self.ret))
    @rule(method=st.sampled_from(HandoverMethod), days=st.integers(1, 3))
    def customer_chooses_another_way(self, method: HandoverMethod, days: int) -> None:
        """A wish that changes nothing is refused; every other one is taken."""
        window = None
        if method is HandoverMethod.PICKUP:
            start = self.now + timedelta(days=days)
            window = PickupWindow(start, start + timedelta(hours=4), "Europe/Berlin")
        try:
            check_change(self.ret, method, window, at=self.now)
        except RefusedError:
            return
        self.wishes += 1
        self.take(change_handover(self.ret, method, window, at=self.now))

    @precondition(lambda self: "mark-lost" in allowed_commands(self.ret))
    @rule(data=st.data(), really=RARELY)
    def carrier_loses_a_parcel(self, data: st.DataObject, *, really: bool) -> None:
        delivery_id = data.draw(st.sampled_from([d.delivery_id for d in self.ret.inbound]))
        try:
            check_lost(self.ret, delivery_id, "trace 1")
        except RefusedError:
            return
        if really:
            self.take(lost(self.ret, delivery_id, evidence="trace 1", claim_ref=None, at=self.now))

    @precondition(lambda self: "replace-label" in allowed_commands(self.ret))
    @rule(data=st.data(), really=RARELY)
    def customer_needs_another_label(self, data: st.DataObject, *, really: bool) -> None:
        delivery_id = data.draw(st.sampled_from([d.delivery_id for d in self.ret.inbound]))
        try:
            check_new_label(self.ret, delivery_id)
        except RefusedError:
            return
        if really:
            self.take(new_label(self.ret, delivery_id, reason="it ran out", at=self.now))

    @precondition(lambda self: "record-sending" in allowed_commands(self.ret))
    @rule(really=RARELY)
    def customer_proves_the_sending(self, *, really: bool) -> None:
        sending = Sending(self.now, "Post", "RR1")
        check_sending(self.ret, sending, at=self.now)
        if really:
            self.take(sent(self.ret, sending, at=self.now))

    @precondition(lambda self: "receive" in allowed_commands(self.ret))
    @rule(
        counted=st.just(EVERYTHING)
        | st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
    )
    def warehouse_receives(self, counted: dict[str, int]) -> None:
        new = receipt(counted, receipt_id=f"r{len(self.ret.receipts) + 1}", at=self.now)
        assert check_receipt(self.ret, new) is None
        self.take(receive(self.ret, new))

    @rule(
        grade=st.sampled_from(Grade),
        fault=st.sampled_from(Fault),
        quantity=st.none() | st.integers(1, 2),
    )
    def warehouse_grades(self, grade: Grade, fault: Fault, quantity: int | None = None) -> None:
        for lot in self.ret.lots:
            if lot.state is LotState.RECEIVED:
                assert "record-inspection" in allowed_commands(self.ret)
                found = finding(grade, fault=fault, at=self.now)
                count = quantity if quantity is None else min(quantity, lot.quantity)
                self.take(grade_lot(self.ret, lot.lot_id, found, quantity=count))
                return

    @rule(state=st.sampled_from(["pending", "succeeded", "failed", "unknown", "rejected"]))
    def provider_tells(self, state: str) -> None:
        open_intents = [i for s in self.ret.settlements for i in s.intents if i.state != "planned"]
        if open_intents and not self.ended:
            self.pay(open_intents[-1].intent_id, state)

    @precondition(lambda self: "resolve-recovery" in allowed_commands(self.ret))
    @rule(outcome=st.sampled_from(OUTCOMES))
    def finance_decides(self, outcome: str) -> None:
        """Finance ends what is due by hand; a decision that does not fit is refused."""
        for lot in self.ret.lots:
            try:
                check_resolution(self.ret, lot.lot_id, outcome, "because", "note 1")
            except RefusedError:
                continue
            self.take(
                resolve(
                    self.ret, lot.lot_id, outcome, reason="because", proof="note 1", at=self.now
                )
            )
            return

    @rule(status=st.sampled_from(["created", "cancelled", "shipped", "delivered"]), data=st.data())
    def platform_tells(self, status: str, data: st.DataObject) -> None:
        ordered = [lot for lot in self.ret.lots if lot.replacement is not None]
        if ordered:
            lot = data.draw(st.sampled_from(ordered))
            if lot.replacement is not None and not self.ended:
                reference = lot.replacement.reference
                self.take(
                    replacement_news(
                        self.ret, reference, status, tracking_code="EZ-new", at=self.now
                    )
                )

    @precondition(lambda self: "choose-resolution" in allowed_commands(self.ret))
    @rule()
    def customer_chooses_money(self) -> None:
        lot = next(lot for lot in self.ret.lots if is_choosable(lot))
        self.ret = choose_resolution(self.ret, lot.lot_id)

    @precondition(lambda self: "approve-settlement" in allowed_commands(self.ret))
    @rule()
    def finance_approves(self) -> None:
        proposal = self.ret.proposal
        assert proposal is not None
        self.approved.add(proposal.settlement_hash)
        asked = check_approval(self.ret, proposal.number, proposal.settlement_hash, by=FAY)
        self.take(approve(self.ret, asked, by=FAY))

    @precondition(lambda self: "decline-settlement" in allowed_commands(self.ret))
    @rule()
    def finance_declines(self) -> None:
        proposal = self.ret.proposal
        assert proposal is not None
        self.take(decline(self.ret, proposal, "not yet", by=FAY, at=self.now))

    # What the workflow does by itself.

    @precondition(lambda self: bool(due_work(self.ret)))
    @rule(
        data=st.data(),
        luck=st.sampled_from(["succeeded", "succeeded", "pending", "rejected", "unknown"]),
    )
    def due_work_is_done(self, data: st.DataObject, luck: str) -> None:
        work = data.draw(st.sampled_from(due_work(self.ret)))
        self.do(work, luck)

    @precondition(lambda self: bool(due_work(self.ret)))
    @rule()
    def all_due_work_is_done(self) -> None:
        for work in due_work(self.ret):
            self.do(work)

    @rule()
    def workflow_completes(self) -> None:
        if self.ret.completed_at is None and self.granted and all_resolved(self.ret):
            self.take(complete(self.ret, at=self.now))

    def do(self, work: Work, luck: str = "succeeded") -> None:
        match work.kind:
            case (
                WorkKind.BOOK
                | WorkKind.COURIER
                | WorkKind.CALL_COURIER_OFF
                | WorkKind.QR_CODE
                | WorkKind.CANCEL
            ):
                self.ask_carrier(work, luck)
            case WorkKind.SETTLE:
                self.settle()
            case WorkKind.REFUND:
                self.pay(work.subject, luck)
            case WorkKind.REPLACE if luck in ("succeeded", "pending"):
                self.order_early(work.subject)
                replacement = Replacement(f"ref/{work.subject}", "SHOES-42", "res_1", "ro_1")
                replacement = priced(self.ret, work.subject, replacement)
                ordering = payment_asked if replacement.due_minor else replacement_ordered
                self.take(ordering(self.ret, work.subject, replacement, at=self.now))
            case WorkKind.CALL_OFF:
                status = "cancelled" if luck == "succeeded" else "created"
                self.take(
                    replacement_news(
                        self.ret, f"ref/{work.subject}", status, tracking_code=None, at=self.now
                    )
                )
            case WorkKind.REPLACE:
                self.order_early(work.subject)
                self.take(out_of_stock(self.ret, work.subject, at=self.now))
            case WorkKind.STOCK:
                lots = lots_to_move(self.ret)[receipt_of(work.subject)]
                self.take(stock_moved(self.ret, [lot.lot_id for lot in lots]))
            case _:
                self.ask_about_hold(work.kind, work.subject, luck)

    def ask_carrier(self, work: Work, luck: str) -> None:
        match work.kind:
            case WorkKind.BOOK:
                self.book(work.subject)
            case WorkKind.COURIER:
                self.order_courier(work.subject, luck)
            case WorkKind.CALL_COURIER_OFF if luck == "rejected":
                self.take(visit_not_cancelled(self.ret, work.subject, "PICKUP.CANCEL.FAILED"))
            case WorkKind.CALL_COURIER_OFF:
                self.take(visit_cancelled(self.ret, work.subject, at=self.now))
            case WorkKind.QR_CODE:
                self.take(
                    qr_code_made(
                        self.ret, work.subject, "https://carrier.example.com/q", at=self.now
                    )
                )
            case _:
                undone = {"pickup_cancelled": True, "label_voided": True}
                self.take(cancelled(self.ret, work.subject, at=self.now, **undone))

    def order_early(self, lot_id: str) -> None:
        if self.ret.lot(lot_id).state not in IN_TURN:
            self.ret = ordering_early(self.ret, lot_id)

    def ask_about_hold(self, kind: WorkKind, lot_id: str, luck: str) -> None:
        ends, good = self.now + timedelta(days=7), luck in ("succeeded", "pending")
        until = {"expires_at": ends, "renew_at": ends - timedelta(days=1)}
        match kind:
            case WorkKind.HOLD:
                self.ret = placing(self.ret, lot_id, at=self.now)
                refused = not_placed(self.ret, lot_id, "card_declined")
                self.take(placed(self.ret, lot_id, **until) if good else refused)
            case WorkKind.RENEW:
                hold = hold_of(self.ret.lot(lot_id))
                assert hold is not None
                next_one = renewed(self.ret, lot_id, hold.number + 1, **until)
                refused = not_renewed(self.ret, lot_id, "card_declined")
                self.take(next_one if good else refused)
            case WorkKind.CAPTURE:
                recovery = recovery_of(self.ret.lot(lot_id))
                assert recovery is not None
                taken = captured(self.ret, lot_id, recovery.due_minor)
                left = not_captured(self.ret, lot_id, is_over=luck == "rejected")
                self.take(taken if good else left)
            case WorkKind.VOID:
                self.take(released(self.ret, lot_id))
            case _:
                recovery = recovery_of(self.ret.lot(lot_id))
                assert recovery is not None
                minor = recovery.to_give_back_minor
                back = Intent(f"back-{lot_id}", "hold/1", "pi_h", minor, "planned")
                self.take(charge_given_back(self.ret, lot_id, back, at=self.now))

    def settle(self) -> None:
        """Seal what is due, or ask for it where it is above the limit and was not approved."""
        lots = lots_to_seal(self.ret)
        amounts, intents = settle(self.ret, lots), intents_for(self.ret, lots, self.tenders_left())
        by_tender = tuple((intent.tender_id, intent.amount_minor) for intent in intents)
        if needs_approval(self.ret, amounts):
            self.take(proposed(self.ret, lots, amounts, by_tender, None, at=self.now))
            return
        if is_above_limit(self.ret, amounts):
            assert settlement_hash("EUR", amounts, by_tender) in self.approved
        self.take(sealed(self.ret, lots, amounts, intents, at=self.now))

    def book(self, delivery_id: str) -> None:
        self.take(kept_ahead(self.ret, delivery_id, at=self.now))
        wished = self.ret.delivery(delivery_id).pickup_window
        self.take(
            labelled(
                self.ret,
                delivery_id,
                at=self.now,
                carrier="USPS",
                shipment_ref="shp",
                tracking_code=f"EZ-{delivery_id}",
                tracker_ref=None,
                label_url="https://example.com/label.pdf",
                cost_minor=500,
                cost_currency="EUR",
                with_courier=self.couriers_bring_labels and wished is not None,
            )
        )
        delivery = self.ret.delivery(delivery_id)
        if delivery.ship_back_of is not None:
            self.take(sent_back(self.ret, delivery.ship_back_of, at=self.now))

    def order_courier(self, delivery_id: str, luck: str) -> None:
        if luck == "rejected":
            reason = "no_rates"
            self.take(
                pickup_refused(
                    self.ret,
                    delivery_id,
                    at=self.now,
                    pickup_ref="pickup",
                    reason=reason,
                    window=window_of(self.ret, delivery_id),
                )
            )
            return
        if luck == "unknown":
            self.take(slot_gone(self.ret, delivery_id, at=self.now, pickup_ref="pickup"))
            return
        self.take(
            pickup_booked(
                self.ret,
                delivery_id,
                at=self.now,
                pickup_ref="pickup",
                confirmation=None,
                cost_minor=0,
                cost_currency="EUR",
                window=window_of(self.ret, delivery_id),
            )
        )

    def pay(self, intent_id: str, state: str) -> None:
        failure = None if state in ("succeeded", "pending") else state
        self.take(
            intent_changed(
                self.ret, intent_id, state=state, refund_ref="re_1", failure=failure, at=self.now
            )
        )

    def tenders_left(self) -> list[TenderLeft]:
        given: dict[str, int] = {}
        for intent in self.of_tenders:
            given[intent.tender_id] = given.get(intent.tender_id, 0) + intent.amount_minor
        return [
            TenderLeft(t.tender_id, t.captured_minor, given.get(t.tender_id, 0))
            for t in ORDER.tenders
        ]

    @property
    def intents(self) -> list[Intent]:
        return [intent for s in self.ret.settlements for intent in s.intents]

    @property
    def of_tenders(self) -> list[Intent]:
        sealed_for_lots = [s for s in self.ret.settlements if s.gives_back is None]
        return [intent for s in sealed_for_lots for intent in s.intents]

    @property
    def granted(self) -> bool:
        return self.ret.headline not in TERMINAL_HEADLINES

    @property
    def ended(self) -> bool:
        return self.ret.headline in TERMINAL_HEADLINES and not due_work(self.ret)

    @invariant()
    def contradicts_nothing(self) -> None:
        """The rules of the domain hold after every step."""
        assert broken(self.ret) == ()

    @invariant()
    def never_stands_still_unexplained(self) -> None:
        """It is over, or it has something to do, or somebody is awaited until a stated time."""
        resolved = self.ret.completed_at is None and all_resolved(self.ret)
        assert self.ended or due_work(self.ret) or waits(self.ret) or resolved

    @invariant()
    def every_wait_is_named_once(self) -> None:
        keys = [wait.key for wait in waits(self.ret)]
        assert len(keys) == len(set(keys))
        assert all(wait.owner for wait in waits(self.ret))

    @invariant()
    def due_work_is_explained(self) -> None:
        """Whoever asks why a return stands still reads of every piece of work."""
        keys = [wait.key for wait in waits(self.ret)]
        assert [w.key for w in due_work(self.ret) if f"work/{w.key}" not in keys] == []

    @invariant()
    def nobody_gets_both(self) -> None:
        """Goods that stayed away and value that went out early are paid once, or written off."""
        for lot in self.ret.lots:
            recovery = recovery_of(lot)
            if recovery is None:
                continue
            paid = sum(lot.lot_id in s.lot_ids for s in self.ret.settlements)
            gone = lot.replacement is not None and lot.replacement.called_off
            assert paid + lot.has_replacement == 1 or (gone and not paid)
            if recovery.owed_minor == 0 and recovery.state is RecoveryState.GIVEN_BACK:
                backs = [s for s in self.ret.settlements if s.gives_back == lot.lot_id]
                assert len(backs) <= 1

    @invariant()
    def no_settlement_pays_both_money_and_credit(self) -> None:
        """Each goes one way."""
        for settlement in self.ret.settlements:
            chosen = {self.ret.lot(row.lot_id).resolution for row in settlement.breakdown}
            assert Resolution.STORE_CREDIT not in chosen or len(chosen) == 1

    @invariant()
    def no_end_with_an_open_hold(self) -> None:
        """Invariant 8: a return that has ended holds nobody's money."""
        if self.ended or self.ret.completed_at is not None:
            holds = [hold_of(lot) for lot in self.ret.lots]
            assert not any(hold is not None and hold.is_open for hold in holds)

    @invariant()
    def one_courier_at_a_time(self) -> None:
        """A visit is ordered once the one before is over, as often as the policy says."""
        for delivery in self.ret.deliveries:
            assert all(visit.outcome for visit in delivery.attempts[:-1])
            assert visits_made(self.ret, delivery) <= self.ret.policy.pickup_attempts

    @invariant()
    def a_slot_moves_a_few_times(self) -> None:
        """A parcel whose slots are always gone is brought in the end."""
        gone = [
            visit
            for delivery in self.ret.inbound
            for visit in delivery.attempts
            if visit.outcome == SLOT_GONE
        ]
        wishes = 1 + self.wishes
        assert len(gone) <= wishes * (MOST_MOVES + 1)

    @invariant()
    def one_parcel_to_hand_over(self) -> None:
        """A parcel that took another's place leaves that one to be given back."""
        open_ones = [d for d in self.ret.inbound if d.state in BEFORE_HANDOVER]
        assert len(open_ones) <= 1

    @invariant()
    def shows_itself(self) -> None:
        """The document can be built, and what it allows is in the catalogue."""
        shown = document(self.ret)
        assert shown["headline"] == self.ret.headline
        assert all(name in COMMANDS for name in allowed_commands(self.ret))

    @invariant()
    def deadlines_settle(self) -> None:
        """Passing deadlines again and again comes to rest: no timer spins."""
        ret, later = self.ret, self.now + timedelta(days=400)
        for _ in range(4):
            ret, _facts = pass_deadlines(ret, at=later)
        assert all(wait.deadline > later for wait in waits(ret))

    def teardown(self) -> None:
        """From wherever it stands, the return can be brought to its end."""
        if not hasattr(self, "ret"):
            return
        for _ in range(80):
            if self.ended:
                break
            self.one_step_on()
            assert broken(self.ret) == ()
        assert self.ended, f"stuck as {self.ret.headline}"

    def one_step_on(self) -> None:
        ret = self.ret
        if due_work(ret):
            self.do(due_work(ret)[0])
            return
        for lot in ret.lots:
            if lot.state is LotState.RECEIVED:
                self.take(grade_lot(ret, lot.lot_id, finding(at=self.now)))
                return
            if lot.has_replacement and not lot.is_replaced:
                self.platform_tells_of(lot.lot_id)
                return
        if "approve-settlement" in allowed_commands(ret):
            self.finance_approves()
            return
        if not self.finance_ends_something():
            self.what_is_under_way_ends()

    def what_is_under_way_ends(self) -> None:
        ret = self.ret
        pending = [intent for intent in self.intents if intent.state == "pending"]
        if pending:
            self.pay(pending[0].intent_id, "succeeded")
        elif ret.completed_at is None and self.granted and all_resolved(ret):
            self.take(complete(ret, at=self.now))
        elif moving := [d.delivery_id for d in ret.deliveries if d.state in _ON_ITS_WAY]:
            news = [Reached(Milestone.DELIVERED, self.now)]
            self.take(reached(ret, moving[0], news, at=self.now))
        elif any(d.state is DeliveryState.DELIVERED for d in ret.inbound):
            new = receipt({"BRICK": 1}, receipt_id=f"r{len(ret.receipts) + 1}", at=self.now)
            self.take(receive(ret, new))
        else:
            self.next_deadline_passes_now()

    def finance_ends_something(self) -> bool:
        for lot in self.ret.lots:
            for outcome in ("written_off", "given_back"):
                with contextlib.suppress(RefusedError):
                    check_resolution(self.ret, lot.lot_id, outcome, "because", "note 1")
                    change = resolve(
                        self.ret, lot.lot_id, outcome, reason="because", proof="note 1", at=self.now
                    )
                    self.take(change)
                    return True
        return False

    def platform_tells_of(self, lot_id: str) -> None:
        replacement = self.ret.lot(lot_id).replacement
        assert replacement is not None
        news = replacement_news(
            self.ret, replacement.reference, "delivered", tracking_code=None, at=self.now
        )
        self.take(news)

    def next_deadline_passes_now(self) -> None:
        self.now = self.latest_deadline()
        self.take(pass_deadlines(self.ret, at=self.now))

    def latest_deadline(self) -> datetime:
        return max([self.now, *(wait.deadline for wait in waits(self.ret)[:1])])


_ON_ITS_WAY = (
    DeliveryState.IN_TRANSIT,
    DeliveryState.EXCEPTION,
    DeliveryState.RETURNED_TO_SENDER,
)


def test_a_return_survives_any_order_of_legal_steps() -> None:
    """Whatever people, carrier and provider do, in whatever order, nothing breaks or gets stuck."""
    run_state_machine_as_test(
        ReturnMachine,
        settings=settings(
            max_examples=200,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
