"""A start that cannot be decided: what it shows, takes, and becomes."""

import json
from dataclasses import replace

import pytest

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.commands import Actor
from domain.corrections import Correction
from domain.deadlines import pass_deadlines
from domain.drafts import check_correction, correct, draft, refuse, registered
from domain.events import Event
from domain.invariants import broken
from domain.lifecycle import AuthorizationState, LotState
from domain.notices import notices_for
from domain.requests import RequestedLine
from domain.resolving import all_resolved
from domain.returns import Blocker, Return
from domain.transport import withdraw
from domain.view import document
from domain.waiting import waits
from domain.work import OPENING, due_work
from tests.support.builders import NOW, RETURN_ID, after, decided, opened, policy, request

SHOP = Actor("platform", "shop")
BLOCKER = Blocker(
    "bad_upstream_data",
    OPENING.key,
    NOW,
    after(minutes=10),
    "not a zone",
    field="ship_to.time_zone",
)


def parked() -> Return:
    ret = draft(
        tenant_id="acme",
        return_id=RETURN_ID,
        rma_no="RMA-0000-01-7",
        request=request(RequestedLine("shoes", 2, reason="FIT")),
        request_hash="sha256:0",
        policy=policy(),
        requested_by=SHOP,
        at=NOW,
    )
    return replace(ret, version=3, blockers=(BLOCKER,))


def test_shows_what_was_asked_and_why_it_waits() -> None:
    """Nothing is made up: no decision, no goods, no currency."""
    shown = json.loads(json.dumps(document(parked()), allow_nan=False))

    assert (shown["headline"], shown["currency"], shown["lots"]) == ("DRAFT", "XXX", [])
    (line,) = shown["lines"]
    assert (line["line_id"], line["quantity"], line["reason"]) == ("shoes", 2, "FIT")
    assert line["decision"]["verdict"] == "UNDECIDED"
    (wait,) = shown["waiting_on"]
    assert (wait["field"], wait["exits"]) == (
        "ship_to.time_zone",
        ["retry", "correct", "withdraw"],
    )
    assert shown["next_step"]["owner"] == "ops"
    assert shown["broken_invariants"] == []


def test_takes_what_moves_a_draft_alone() -> None:
    """There is nothing to count, grade or approve."""
    assert allowed_commands(parked()) == ("withdraw", "retry", "correct", "extend-deadline")


def test_is_opened_and_nothing_else() -> None:
    """Its one work is reading the order; without lots nothing is resolved."""
    assert due_work(parked()) == (OPENING,)
    assert not all_resolved(parked())
    assert pass_deadlines(parked(), at=after(days=9)) == (parked(), ())


def test_becomes_a_return_as_of_when_it_was_asked_for() -> None:
    """The customer's windows count from the request, not from when somebody mended the shop."""
    ret = replace(parked(), corrections=(Correction("channel", "STORE"),))
    fresh = replace(opened(RequestedLine("shoes", 2)), requested_at=after(days=9))

    after_all, facts = registered(ret, fresh, at=after(days=9))

    assert (after_all.requested_at, after_all.version) == (NOW, 3)
    assert after_all.corrections == ret.corrections
    assert after_all.blockers == ()
    assert [(fact.type, fact.occurred_at) for fact in facts] == [
        ("return.requested", NOW),
        ("return.acknowledged", None),
    ]


def test_that_was_taken_back_holds_nothing_although_it_was_registered() -> None:
    """Withdrawn while its units were being locked: they are free again, and the log has it once."""
    gone, _ = withdraw(parked(), at=NOW)

    after_all, facts = registered(gone, opened(RequestedLine("shoes", 2)), at=NOW)

    assert after_all.authorization is AuthorizationState.WITHDRAWN
    assert [lot.state for lot in after_all.lots] == [LotState.CANCELLED]
    assert facts == ()
    assert broken(after_all) == ()


def test_ends_with_the_reason_when_it_is_impossible() -> None:
    """The code is in the log and the document; nobody is named."""
    ended, (told,) = refuse(
        parked(), RefusedError("line_not_found", "no such line", field="lines[0].line_id"), at=NOW
    )

    assert ended.headline == "CANCELLED"
    assert told.data == {"code": "line_not_found", "field": "lines[0].line_id"}
    assert document(ended)["refused"] == {
        "code": "line_not_found",
        "message": "no such line",
        "field": "lines[0].line_id",
    }
    assert due_work(ended) == ()


def test_a_later_correction_replaces_an_earlier_one() -> None:
    """The log tells both; only the last one counts."""
    once, _ = correct(parked(), Correction("lines[0].traits", ("fragile",)))
    twice, (told,) = correct(once, Correction("lines[0].traits", ()))

    assert twice.corrections == (Correction("lines[0].traits", ()),)
    assert told.data["before"] == ["fragile"]
    assert told.data["value"] == []


def test_a_registered_return_cannot_be_corrected() -> None:
    """What was decided stays decided."""
    with pytest.raises(RefusedError) as refused:
        check_correction(decided(), "channel", "STORE")

    assert refused.value.code == "command_not_allowed"


def test_only_a_draft_offers_a_correction() -> None:
    """A label that waits for an address is mended at the platform."""
    booking = replace(BLOCKER, work="book/d1", field="ship_to.street1")
    (wait,) = waits(replace(decided(), blockers=(booking,)))

    assert wait.exits == ("retry", "withdraw")


def test_nobody_is_written_to_about_a_draft() -> None:
    """The customer was told nothing of it, so its end is no news."""
    gone, facts = withdraw(parked(), at=NOW)
    events = [Event(n, fact.type, NOW, "x", data=fact.data) for n, fact in enumerate(facts, 4)]

    assert notices_for(gone, events) == ()
