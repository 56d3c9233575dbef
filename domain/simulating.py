"""What a policy would have made of returns that were decided already: counts, money, examples.

A return is settled here as a preview does it, as if its goods came as they were sent, but on its
own lines alone: promotions and what else was settled of the order are facts of the order, which no
record of a line has.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import attrgetter

from domain.eligibility import Decision, Facts, evaluate
from domain.law.governing import GoverningLaw
from domain.law.schema import Remedy
from domain.opening import open_return
from domain.orders import Order, OrderLine, Shipping
from domain.policies import Policy
from domain.requests import (
    HandoverMethod,
    RequestedLine,
    Resolution,
    ReturnRequest,
    request_hash,
)
from domain.returns import Lot, Return, ValueBasis
from domain.settlement import settle

EXAMPLES = 5
_NOBODYS = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the rules decided on a line; ``policy`` is what they went by, where it is still known.

    ``quantity`` is how many units were asked for, ``basis`` what was paid for the whole line.
    """

    return_id: str
    rma_no: str
    quantity: int
    currency: str
    facts: Facts
    decision: Decision
    policy: Policy | None
    basis: ValueBasis


@dataclass(frozen=True, slots=True)
class Simulated:
    """One line under both; ``before_minor`` is ``None`` where its policy is not known any more."""

    recorded: Recorded
    after: Decision
    before_minor: int | None
    after_minor: int

    @property
    def is_other_verdict(self) -> bool:
        return self.recorded.decision.verdict is not self.after.verdict

    @property
    def is_other_money(self) -> bool:
        return self.before_minor is not None and self.before_minor != self.after_minor

    @property
    def is_changed(self) -> bool:
        """Whether anything that somebody is told is another: not where only the names differ."""
        told = _told(self.recorded.decision) != _told(self.after)
        return told or self.is_other_money


@dataclass(frozen=True, slots=True)
class Simulation:
    """``verdicts`` counts lines by (before, after); ``money`` sums what is owed, by currency.

    ``money`` leaves out the ``without_money`` lines whose earlier policy is not known any more.
    ``untried`` are settings that the draft has otherwise, and of which no record of a line says
    what they would do.
    """

    returns: int
    lines: int
    changed: int
    verdicts: tuple[tuple[str, str, int], ...]
    money: tuple[tuple[str, int, int], ...]
    without_money: int
    examples: tuple[Simulated, ...]
    untried: tuple[str, ...]


def simulate(
    recorded: Sequence[Recorded], draft: Policy, law_of: Callable[[Facts], GoverningLaw | None]
) -> Simulation:
    """Evaluate a draft over what is on record, as if it had governed all of it.

    Args:
        recorded: Lines in the order in which they are to be shown, those of a return together.
        draft: The policy to try; on which days it would govern is not looked at.
        law_of: The law of a line's contract; ``None`` where no pack is for its place.
    """
    tried = replace(draft, governs_from=date.min, governs_to=None)
    lines = [
        line
        for _, held in groupby(recorded, key=lambda line: line.return_id)
        for line in _of_return([*held], tried, law_of)
    ]
    counted = Counter((line.recorded.decision.verdict, line.after.verdict) for line in lines)
    changed = [line for line in lines if line.is_changed]
    return Simulation(
        returns=len({line.recorded.return_id for line in lines}),
        lines=len(lines),
        changed=len(changed),
        verdicts=tuple((*verdicts, count) for verdicts, count in sorted(counted.items())),
        money=_money(lines),
        without_money=sum(line.before_minor is None for line in lines),
        examples=tuple(sorted(changed, key=_least_telling)[:EXAMPLES]),
        untried=_untried(recorded, draft),
    )


_UNTRIED = (
    *("abuse_signals", "conditions", "coupons_lapse", "declares", "delivered_after_days"),
    *("faults_without_deduction", "fees.missed_visit", "gift_returns", "keep_item_up_to"),
    *("missing_gift", "promotion_clawback", "credit_bonus_percent", "uneven_exchange"),
)
"""Settings, as a :class:`Policy` has them, on which verdicts and money hang, but not by the facts
of one line as it was sent: what was declared, say, stands in them as the earlier policy had it.
That store credit is offered is tried, and not how much more it is."""


def _untried(recorded: Sequence[Recorded], draft: Policy) -> tuple[str, ...]:
    earlier = {line.policy.content_hash: line.policy for line in recorded if line.policy}
    return tuple(
        name
        for name in _UNTRIED
        if any(attrgetter(name)(one) != attrgetter(name)(draft) for one in earlier.values())
    )


def _least_telling(line: Simulated) -> int:
    """Put another verdict before other money, and that before other words."""
    return 0 if line.is_other_verdict else 1 if line.is_other_money else 2


def _money(lines: Sequence[Simulated]) -> tuple[tuple[str, int, int], ...]:
    sums: dict[str, tuple[int, int]] = {}
    for line in lines:
        if line.before_minor is not None:
            before, after = sums.get(line.recorded.currency, (0, 0))
            sums[line.recorded.currency] = before + line.before_minor, after + line.after_minor
    return tuple((currency, *sums[currency]) for currency in sorted(sums))


def _of_return(
    held: Sequence[Recorded], draft: Policy, law_of: Callable[[Facts], GoverningLaw | None]
) -> Iterator[Simulated]:
    before = held[0].policy
    decisions = [evaluate(line.facts, draft, law_of(line.facts)) for line in held]
    was = None if before is None else _owed(held, [line.decision for line in held], before)
    owed = _owed(held, decisions, draft)
    for line, decision in zip(held, decisions, strict=True):
        line_id = line.facts.line_id
        yield Simulated(line, decision, None if was is None else was[line_id], owed[line_id])


def _owed(held: Sequence[Recorded], decisions: Sequence[Decision], policy: Policy) -> Counter[str]:
    """Return what each line is owed where the rules alone grant it, in minor units."""
    ret = _as_if_open(held, decisions, policy)
    granted = {decision.line_id for decision in decisions if decision.granted}
    lots = [lot for lot in _as_if_accepted(ret) if lot.line_id in granted]
    owed: Counter[str] = Counter()
    for row in settle(ret, lots):
        owed[ret.lot(row.lot_id).line_id] += row.refund_minor
    return owed


def _as_if_open(held: Sequence[Recorded], decisions: Sequence[Decision], policy: Policy) -> Return:
    facts = held[0].facts
    request = ReturnRequest(
        order_id="",
        lines=tuple(
            RequestedLine(line.facts.line_id, line.quantity, _resolution(line.facts))
            for line in held
        ),
        ground=facts.ground,
        handover=HandoverMethod.DROP_OFF,
    )
    order = Order(
        order_id="",
        currency=held[0].currency,
        channel=facts.channel,
        buyer_type=facts.buyer,
        contract_at=facts.contract_at,
        delivery_country="",
        delivery_time_zone=facts.time_zone,
        lines=tuple(map(_bought, held)),
        tenders=(),
        shipping=Shipping(0, 0),
    )
    ret = open_return(
        tenant_id="",
        return_id=_NOBODYS,
        rma_no="",
        request=request,
        request_hash=request_hash(request),
        order=order,
        policy=policy,
        decisions=decisions,
        units={line.facts.line_id: tuple(range(line.quantity)) for line in held},
        at=facts.requested_at,
    )
    paid = {line.facts.line_id: line.basis for line in held}
    return replace(ret, lines=tuple(replace(one, basis=paid[one.line_id]) for one in ret.lines))


def _bought(line: Recorded) -> OrderLine:
    """Return the line as far as it is known; what was paid for it comes after, with its freight."""
    return OrderLine(
        line_id=line.facts.line_id,
        sku="",
        title="",
        category="",
        quantity=line.basis.quantity,
        gross_minor=line.basis.gross_minor,
        discount_minor=line.basis.discount_minor,
        taxes=line.basis.taxes,
        parcels=(),
        weight_grams=line.basis.weight_grams,
    )


def _resolution(facts: Facts) -> Resolution:
    """Return what was asked for; the same goods anew are an exchange for them."""
    return Resolution.EXCHANGE if facts.remedy == Remedy.REPLACE else Resolution(facts.remedy)


def _as_if_accepted(ret: Return) -> tuple[Lot, ...]:
    return tuple(
        replace(lot, receipt_id="simulation") for lot in ret.lots if lot.resolution.pays_back
    )


def _told(decision: Decision) -> tuple[object, ...]:
    return (
        decision.verdict,
        decision.remedies,
        decision.window_end,
        decision.terms,
        frozenset(decision.reason_codes),
    )
