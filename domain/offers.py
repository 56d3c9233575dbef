"""Counter-offers: the goods are kept for a part of what was paid, if the customer agrees."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from domain.authority import check_limit, check_not_own
from domain.charging import goods_value
from domain.clocks import within_law
from domain.codes import RefusedError
from domain.commands import Actor
from domain.events import Fact, JsonValue
from domain.gift_returns import is_by_recipient
from domain.granting import grant
from domain.lifecycle import AuthorizationState
from domain.money import half_up, split
from domain.reasons import Ground
from domain.requests import HandoverMethod, Resolution
from domain.returns import Change, Lot, Return
from domain.review import NOT_REVIEWED, CounterOffer, OfferState
from domain.review_terms import Silence
from domain.reviewing import (
    back_to_review,
    decided_by_clock,
    reasons_of_rules,
    silence_after,
)

AT_DEADLINE = {
    Silence.DENY: "the offer is over, and the return is denied by system:timeout",
    Silence.REVIEW: "the offer is over, and the reviewer decides",
}
"""What an offer that nobody accepts leads to; silence never accepts one."""


def can_be_offered(ret: Return) -> bool:
    """Say whether it is a reviewer's turn, and the goods are the customer's to keep.

    They are not where they came back by themselves, nor where the recipient of a gift asks: the
    money would be the purchaser's, who has no goods, and he would be told what was paid.
    """
    is_turn = ret.authorization is AuthorizationState.IN_REVIEW or open_offer(ret) is not None
    keeps = ret.request.ground is not Ground.REFUSAL and not is_by_recipient(ret.request)
    return is_turn and keeps and _most(ret) > 0


def has_offer_left(ret: Return) -> bool:
    """Say whether the policy lets the customer be offered something once more."""
    return len((ret.review or NOT_REVIEWED).offers) < ret.policy.review.offer_rounds


def check_offer(
    ret: Return,
    percent: int | None,
    amount_minor: int | None,
    message: str,
    *,
    by: Actor,
    known_as: Sequence[str] = (),
) -> None:
    """Refuse an offer that cannot be made.

    Args:
        percent: Of what was paid for the goods that may be granted, with its tax; or
        amount_minor: that part itself.

    Raises:
        RefusedError: nobody reviews the return, or there is nothing to keep; not exactly one of
            the two, or out of range; no word to the customer; their own request, or above their
            limit.
    """
    if not can_be_offered(ret):
        raise RefusedError("command_not_allowed", f"nothing can be offered: {ret.headline}")
    if not has_offer_left(ret):
        most = ret.policy.review.offer_rounds
        raise RefusedError("too_many_offers", f"the policy lets a reviewer make {most} offers")
    if (percent is None) == (amount_minor is None):
        raise RefusedError(
            "invalid_request", "wanted either percent or amount_minor", field="percent"
        )
    most, amount = _most(ret), amount_of(ret, percent, amount_minor)
    if percent is not None and not (1 <= percent <= 100 and amount):
        raise RefusedError("invalid_request", "wanted 1 to 100, of a minor unit", field="percent")
    if not 1 <= amount <= most:
        raise RefusedError("invalid_request", f"wanted 1 to {most}", field="amount_minor")
    if not message.strip():
        raise RefusedError("invalid_request", "wanted a text", field="message")
    check_not_own(ret, by=by, known_as=known_as)
    check_limit(ret, amount, by=by)


def amount_of(ret: Return, percent: int | None, amount_minor: int | None) -> int:
    """Return what is offered, in minor units; of a percentage half up, once for all goods."""
    if percent is None:
        return amount_minor or 0
    return half_up(Fraction(_most(ret) * percent, 100))


def offer(
    ret: Return,
    percent: int | None,
    amount_minor: int | None,
    message: str,
    *,
    by: Actor,
    at: datetime,
) -> Change:
    """Make it the customer's turn, with an offer instead of an earlier one."""
    facts: list[Fact] = []
    if (before := open_offer(ret)) is not None:
        ret = back_to_review(
            _with(ret, _ended(before, OfferState.SUPERSEDED, at)), since=before.offered_at, at=at
        )
        facts.append(Fact("return.offer_superseded", _named(ret, before)))
    review = ret.review or NOT_REVIEWED
    made = CounterOffer(
        number=len(review.offers) + 1,
        amount_minor=amount_of(ret, percent, amount_minor),
        percent=percent,
        message=message,
        offered_by=by,
        offered_at=at,
    )
    review = replace(review, offers=(*review.offers, made), first_approval=None)
    ret = replace(ret, authorization=AuthorizationState.COUNTER_OFFERED, review=review)
    return ret, (*facts, Fact("return.offer_made", _made(ret, made)))


def open_offer(ret: Return) -> CounterOffer | None:
    """Return the offer that waits for the customer, if there is one."""
    if ret.authorization is not AuthorizationState.COUNTER_OFFERED or ret.review is None:
        return None
    return ret.review.offers[-1]


def state_of(ret: Return, made: CounterOffer) -> OfferState:
    """Return what became of an offer; who took the request back instead has declined it."""
    lapsed = made.state is OfferState.OPEN and open_offer(ret) is None
    return OfferState.DECLINED if lapsed else made.state


def check_open(ret: Return, number: int) -> CounterOffer:
    """Return the offer that may be accepted or declined.

    Whoever comes to the workflow first counts: an acceptance, or the end of its time (edge 22).

    Raises:
        RefusedError: there is no such offer, or it is over; says how.
    """
    offers = ret.review.offers if ret.review is not None else ()
    found = next((one for one in offers if one.number == number), None)
    if found is None:
        raise RefusedError("invalid_request", f"no offer {number} was made", field="offer_no")
    if found.state is not OfferState.OPEN:
        ended = found.ended_at or found.offered_at
        raise RefusedError("offer_over", f"offer {number} is {found.state} since {_utc(ended)}")
    if open_offer(ret) is None:
        raise RefusedError("offer_over", f"the return is {ret.headline}")
    return found


def accept(ret: Return, number: int, *, at: datetime) -> Change:
    """Let the goods be kept for what was offered: that is settled at once, and nothing comes back.

    The amount is shared over the lots by what was paid for each. Who wished other goods instead
    agreed to the money.
    """
    taken = check_open(ret, number)
    lots = _lots(ret)
    parts = split(taken.amount_minor, [goods_value(ret.line(lot.line_id), lot) for lot in lots])
    ret = _with(ret, _ended(taken, OfferState.ACCEPTED, at)).with_lots(
        *(
            replace(
                lot,
                offered_minor=part,
                resolution=lot.resolution if lot.resolution.pays_back else Resolution.REFUND,
            )
            for lot, part in zip(lots, parts, strict=True)
        )
    )
    ret, (decided, *more) = grant(
        ret,
        [line.line_id for line in ret.lines if line.units],
        by="human",
        at=at,
        reason=taken.message,
        reasons=reasons_of_rules(ret),
        actor=taken.offered_by,
        handover=HandoverMethod.KEEP,
    )
    told = replace(decided, data=decided.data | _named(ret, taken))
    return ret, (Fact("return.offer_accepted", _named(ret, taken)), told, *more)


def decline(ret: Return, number: int, *, at: datetime) -> Change:
    """Hand the return back to the reviewer, with what was left of the clock."""
    declined = check_open(ret, number)
    ret = _with(ret, _ended(declined, OfferState.DECLINED, at))
    told = Fact("return.offer_declined", _named(ret, declined))
    return back_to_review(ret, since=declined.offered_at, at=at), (told,)


def silence_of(ret: Return, made: CounterOffer) -> Silence:
    """Return what an offer that ran out leads to."""
    lasts, usual = ret.policy.handling.counter_offer, ret.policy.review.offer_default
    return silence_after(ret, since=made.offered_at, lasts=lasts, usual=usual)


def expire_offer(ret: Return, *, at: datetime) -> Change:
    """Nobody accepted in time: do what the policy says of that, in the name of the clock."""
    over = open_offer(ret)
    if over is None:
        raise ValueError("no offer is open")
    silence = silence_of(ret, over)
    ret = _with(ret, _ended(over, OfferState.EXPIRED, at))
    told = Fact("return.offer_expired", _named(ret, over) | {"default": silence, "by": "timeout"})
    if silence is Silence.REVIEW:
        return back_to_review(ret, since=over.offered_at, at=at), (told,)
    reason = "our offer was not accepted in time"
    ret, facts = decided_by_clock(ret, approve=False, reason=reason, at=at)
    return ret, (told, *facts)


def offer_key(made: CounterOffer) -> str:
    """Name the wait for the customer's word on an offer."""
    return f"offer/{made.number}"


def open_until(ret: Return, made: CounterOffer) -> datetime:
    """Return until when an offer stands."""
    since = made.offered_at
    until = since + within_law(ret, since, ret.policy.handling.counter_offer)
    return ret.extended_to(offer_key(made), until)


def _lots(ret: Return) -> list[Lot]:
    """Return the lots of the lines that the rules do not deny: only those hold units."""
    return [lot for lot in ret.lots if ret.line(lot.line_id).units]


def _most(ret: Return) -> int:
    return sum(goods_value(ret.line(lot.line_id), lot) for lot in _lots(ret))


def _ended(made: CounterOffer, state: OfferState, at: datetime) -> CounterOffer:
    return replace(made, state=state, ended_at=at)


def _with(ret: Return, changed: CounterOffer) -> Return:
    review = ret.review or NOT_REVIEWED
    return replace(ret, review=replace(review, offers=(*review.offers[:-1], changed)))


def _named(ret: Return, made: CounterOffer) -> dict[str, JsonValue]:
    return {
        "offer_no": made.number,
        "amount_minor": made.amount_minor,
        "currency": ret.currency,
    }


def _made(ret: Return, made: CounterOffer) -> dict[str, JsonValue]:
    until = open_until(ret, made).astimezone(ZoneInfo(ret.time_zone))
    return _named(ret, made) | {
        "percent": made.percent,
        "message": made.message,
        "open_until": until.isoformat(),
        "default": silence_of(ret, made),
    }


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
