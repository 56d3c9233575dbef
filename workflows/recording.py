"""Keep the one state of a return, and write each change where everybody reads it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from activities.orders import OrderFacts
from activities.records import RecordActivities
from domain.commands import SYSTEM, Actor
from domain.events import Event, Fact
from domain.expecting import expected_arrivals
from domain.lifecycle import ARRIVED, TERMINAL_HEADLINES, WITHOUT_EFFECT, LotState
from domain.notices import notices_for
from domain.opening import asked_facts
from domain.returns import Change, Return
from domain.tiers import tier_of
from domain.transport import NOTHING_AWAITED
from domain.view import document
from domain.waiting import first_deadline, next_step, shown, waits
from domain.waiting_for.wait import Waiting
from storage.records import (
    ArrivalRecord,
    DecisionOnLine,
    DeliveryRecord,
    EventRecord,
    NoticeRecord,
    Transition,
)
from workflows.messages import RefundNews, ReplacementNews, Resumed, StartReturn
from workflows.options import call_provider, carrier_queue
from workflows.resuming import dump
from workflows.steps import Activity, call, write

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
_KEYWORDS = {
    name: SearchAttributeKey.for_keyword(name)
    for name in (
        "TenantId",
        "Headline",
        "AuthorizationState",
        "LogisticsState",
        "SettlementState",
        "OwnerRole",
        "LocationId",
        "Tier",
    )
}
_LISTS = {
    name: SearchAttributeKey.for_keyword_list(name) for name in ("BlockerCodes", "CarrierIds")
}
_OF_WAITS = ("OwnerRole", "BlockerCodes", "NextDeadline")
_UNHURRIED = ("stock.moved",)
_NEXT_DEADLINE = SearchAttributeKey.for_datetime("NextDeadline")


class Case:
    """The state of one return inside its workflow.

    Changes are taken in at once and in order; :meth:`record` writes what was taken in since the
    last time. Update handlers only take in, so their answers never wait for the database.
    """

    def __init__(self, start: StartReturn, ret: Return) -> None:
        self._start = start
        self._ret = ret
        self._recorded = ret
        self._pending: list[Event] = []
        self._decisions: tuple[DecisionOnLine, ...] = ()
        self._writing = asyncio.Lock()
        self._shown: dict[str, object] = {}
        self.changed = False
        earlier = start.resumed.answers if start.resumed is not None else ()
        self.answers = {answer.command_id: answer for answer in earlier}
        """What was answered to each command id, in all runs."""
        self._taken = list(start.resumed.taken) if start.resumed is not None else []
        self.is_registering = False
        """Whether a draft's order was read and its units are being locked."""
        self.early_news: list[RefundNews] = []
        """News of refunds that are not known here yet."""
        self.early_replacement_news: list[ReplacementNews] = []
        """News of replacements whose order is still being answered."""

    @property
    def ret(self) -> Return:
        return self._ret

    def resumption(self) -> StartReturn:
        """Return what a new run of this return, as it is now, would start with."""
        resumed = Resumed(self._ret, tuple(self.answers.values()), tuple(self._taken))
        return replace(self._start, resumed=resumed, restarted=None, reopened=None)

    def has_taken(self, signal: str, message_id: str) -> bool:
        """Say whether a signal is in the state already: a restart gives all of them again."""
        return f"{signal}/{message_id}" in self._taken

    def note(self, signal: str, message_id: str) -> None:
        self._taken.append(f"{signal}/{message_id}")

    def decided(self, ret: Return, known: OrderFacts) -> None:
        """Have what the rules decided of ``ret`` written down next, with the facts of the order."""
        at = ret.lines[0].decision.evaluated_at
        facts = asked_facts(ret.request, known.order, ret.policy, known.law, at=at)
        self._decisions = tuple(
            DecisionOnLine(
                facts=asked,
                decision=line.decision,
                quantity=line.requested,
                pack_hash=ret.policy.content_hash,
                basis=line.basis,
                decided_at=workflow.now(),
            )
            for asked, line in zip(facts, ret.lines, strict=True)
        )

    def take(self, change: Change, *, actor: Actor = SYSTEM, cause_id: str | None = None) -> None:
        """Take in a transition: the new state, and its facts with their places in the log."""
        ret, facts = change
        if not facts and ret == self._ret:
            return
        for fact in facts:
            ret = replace(ret, version=ret.version + 1)
            self._pending.append(_event(ret, fact, actor, cause_id))
        self._ret = ret
        self.changed = True

    async def call(
        self,
        activity: Activity[_Asked, _Answer],
        asked: _Asked,
        *,
        summary: str,
        carrier: str | None = None,
        patience: timedelta | None = None,
    ) -> _Answer:
        """Call an outside system for this return, as patiently as its policy lets work hang.

        A ``carrier`` is called on its own task queue; ``patience`` is less where another system
        can be asked instead.
        """
        options = call_provider(self._ret.policy.handling.parked, at_most=patience)
        if carrier is not None:
            queue = carrier_queue(workflow.info().task_queue, carrier)
            options = {**options, "task_queue": queue}
        return await call(activity, asked, summary=summary, options=options)

    @property
    def is_recorded(self) -> bool:
        """Whether every event is written; some may have come while others were written."""
        return not self._pending

    async def record(self, *, busy: bool = False) -> None:
        """Write everything taken in since the last time, as one transition.

        The search attributes go in the same task as the write: two history events a transition.
        While steps run (``busy``) what is awaited changes by the second, so it is shown only when
        they are done or parked, and what nobody waits for is written with what they lead to.
        """
        async with self._writing:
            if not self._pending or (busy and self._can_wait()):
                return
            events, self._pending = tuple(self._pending), []
            ret, before = self._ret, self._recorded
            self._show(ret, passing=busy and not ret.blockers)
            decisions, self._decisions = self._decisions, ()
            transition = replace(
                _transition(before, ret, events, self.resumption()), decisions=decisions
            )
            await write(
                RecordActivities.record_transition, transition, summary=f"now {ret.headline}"
            )
            self._recorded = ret

    def _can_wait(self) -> bool:
        return all(event.type in _UNHURRIED for event in self._pending)

    def _show(self, ret: Return, *, passing: bool) -> None:
        """Tell Temporal's visibility and UI what changed, in one upsert."""
        wanted = _attributes(ret)
        if passing:
            wanted |= {name: self._shown[name] for name in _OF_WAITS if name in self._shown}
        updates: list[SearchAttributeUpdate[Any]] = []
        for name, value in wanted.items():
            if self._shown.get(name) != value:
                updates.append(_update(name, value))
        if updates:
            workflow.upsert_search_attributes(updates)
            self._shown = wanted
        workflow.set_current_details(_details(ret))


def _event(ret: Return, fact: Fact, actor: Actor, cause_id: str | None) -> Event:
    at = fact.occurred_at or workflow.now()
    return Event(ret.version, fact.type, at, str(actor), cause_id, fact.data)


def _transition(
    before: Return, ret: Return, events: Sequence[Event], resumption: StartReturn
) -> Transition:
    waiting = waits(ret)
    released, closed = _unit_changes(before, ret)
    return Transition(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        version=ret.version,
        snapshot=document(ret),
        order_id=ret.request.order_id,
        rma_no=ret.rma_no,
        headline=ret.headline,
        authorization_state=ret.authorization,
        logistics_state=ret.logistics,
        settlement_state=ret.settlement,
        owner_role=_owner(waiting),
        next_deadline=first_deadline(waiting),
        blocker_codes=tuple(sorted({wait.code for wait in waiting})),
        events=tuple(
            EventRecord(e.sequence, e.type, e.occurred_at, e.actor, e.cause_id, e.data)
            for e in events
        ),
        released_units=released,
        closed_units=closed,
        deliveries=tuple(
            DeliveryRecord(
                delivery_id=d.delivery_id,
                purpose="return" if d.ship_back_of is None else "ship_back",
                tracking_code=d.tracking_code,
                tracker_ref=d.tracker_ref,
                shipment_ref=d.shipment_ref or "",
                is_over=d.state in NOTHING_AWAITED or ret.headline in TERMINAL_HEADLINES,
            )
            for d in ret.deliveries
            if d.tracking_code is not None
        ),
        notices=tuple(
            NoticeRecord(notice.notice_id, notice.kind, notice.data)
            for notice in notices_for(ret, events)
        ),
        resume_from=dump(resumption),
        restarts=resumption.restarts,
        arrivals=arrivals if (arrivals := _arrivals(ret)) != _arrivals(before) else None,
    )


def _arrivals(ret: Return) -> tuple[ArrivalRecord, ...]:
    return tuple(
        ArrivalRecord(
            delivery_id=parcel.delivery_id,
            location_id=ret.location_id,
            expected_on=expected.expected_on,
            basis=expected.basis,
            method=parcel.method,
            state=parcel.state,
            carrier=parcel.carrier,
            tracking_code=parcel.tracking_code,
            units=expected.units,
        )
        for expected in expected_arrivals(ret)
        for parcel in (ret.delivery(expected.delivery_id),)
    )


def _unit_changes(
    before: Return, ret: Return
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int, str], ...]]:
    """Return the units that became free, and those that ended with this return."""
    held = {line.line_id: line.units for line in ret.lines}
    was = {unit: lot.state for lot in before.lots for unit in _named_units(lot.line_id, lot.units)}
    kept = {u for lot in before.lots if lot.kept_at for u in _named_units(lot.line_id, lot.units)}
    released: list[tuple[str, int]] = []
    closed: list[tuple[str, int, str]] = []
    for lot in ret.lots:
        for line_id, unit in _named_units(lot.line_id, lot.units):
            # A draft had no lots: what it is opened with was nowhere before.
            old = was.get((line_id, unit))
            if unit not in held[line_id] or old is lot.state:
                continue
            if lot.state in WITHOUT_EFFECT:
                released.append((line_id, unit))
            elif lot.kept_at is not None:
                if (line_id, unit) not in kept:
                    closed.append((line_id, unit, "kept"))
            elif lot.state in (LotState.CLOSED_RETURNED, LotState.NOT_RETURNED):
                closed.append((line_id, unit, "kept"))
            elif lot.state in ARRIVED and old not in ARRIVED:
                closed.append((line_id, unit, "returned"))
    return tuple(released), tuple(closed)


def _named_units(line_id: str, units: Sequence[int]) -> list[tuple[str, int]]:
    return [(line_id, unit) for unit in units]


def _attributes(ret: Return) -> dict[str, object]:
    waiting = waits(ret)
    carriers = sorted({d.carrier for d in ret.deliveries if d.carrier is not None})
    return {
        "TenantId": ret.tenant_id,
        "Headline": ret.headline.value,
        "AuthorizationState": ret.authorization.value,
        "LogisticsState": ret.logistics.value,
        "SettlementState": ret.settlement.value,
        "OwnerRole": _owner(waiting),
        "LocationId": ret.location_id,
        "BlockerCodes": sorted({wait.code for wait in shown(waiting)}),
        "Tier": tier_of(ret).value,
        "CarrierIds": carriers,
        "NextDeadline": first_deadline(waiting),
    }


def _owner(waiting: tuple[Waiting, ...]) -> str | None:
    step = next_step(waiting)
    return step.owner if step is not None else None


def _update(name: str, value: object) -> SearchAttributeUpdate[Any]:
    if name == "NextDeadline":
        return _NEXT_DEADLINE.value_unset() if value is None else _NEXT_DEADLINE.value_set(value)  # type: ignore[arg-type]  # the table above puts a datetime here
    if name in _LISTS:
        return _LISTS[name].value_set(value)  # type: ignore[arg-type]  # a list of text, see above
    key = _KEYWORDS[name]
    return key.value_unset() if value is None else key.value_set(str(value))


def _details(ret: Return) -> str:
    """Return the Markdown that Temporal's UI shows beside the run: ids and states, no person."""
    lines = [f"**{ret.rma_no}**: {ret.headline}"]
    lines += [
        f"- waits for {wait.waiting_for} ({wait.owner}) until {wait.deadline:%Y-%m-%d %H:%M} UTC, "
        f"then {wait.at_deadline}"
        for wait in shown(waits(ret))
    ]
    lines += [
        f"- {lot.quantity} × {ret.line(lot.line_id).sku}: {lot.state}, {lot.resolution}"
        for lot in ret.lots
    ]
    return "\n".join(lines)
