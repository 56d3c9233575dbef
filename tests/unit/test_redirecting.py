"""Which refund may go elsewhere, where to, and what the customer's consent must say."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.intents import Redirect
from domain.orders import Destination
from domain.redirecting import Consent, check_redirect, redirected
from domain.returns import Return
from domain.settling import intent_changed
from tests.support.builders import NOW, graded, settled

CONSENT = Consent(NOW, "phone", "ticket 7")
CREDIT = Redirect(Destination.STORE_CREDIT, "customer-1")


def told(ret: Return, state: str) -> Return:
    return intent_changed(ret, "i1-t1", state=state, refund_ref=None, failure=None, at=NOW)[0]


def refused() -> Return:
    ret = told(settled(graded()), "rejected")
    return replace(ret, policy=replace(ret.policy, fallback_tenders=(Destination.STORE_CREDIT,)))


def code_of(
    ret: Return, redirect: Redirect = CREDIT, consent: Consent = CONSENT, intent_id: str = "i1-t1"
) -> tuple[str, str | None]:
    with pytest.raises(RefusedError) as error:
        check_redirect(ret, intent_id, redirect, consent, at=NOW)
    return error.value.code, error.value.field


@pytest.mark.parametrize("state", ["planned", "sending", "pending", "unknown", "succeeded"])
def test_edge_64_what_may_have_had_an_effect_stays_where_it_is(state: str) -> None:
    """Only a refusal is known to be without effect."""
    ret = settled(graded()) if state == "planned" else told(settled(graded()), state)

    assert code_of(ret) == ("refund_not_refused", "intent_id")
    assert "change-tender" not in allowed_commands(ret)


def test_edge_64_a_refused_refund_may_go_to_a_declared_tender() -> None:
    """And the command is offered."""
    check_redirect(refused(), "i1-t1", CREDIT, CONSENT, at=NOW)

    assert "change-tender" in allowed_commands(refused())


def test_edge_64_overflow_only_to_a_declared_fallback_tender() -> None:
    """What the policy does not name is refused, whoever agreed."""
    by_hand = Redirect(Destination.BY_HAND, "transfer 3")

    assert code_of(refused(), by_hand) == ("tender_not_declared", "destination")


@pytest.mark.parametrize(
    ("consent", "problem"),
    [
        (replace(CONSENT, how=""), ("consent_missing", "consent.how")),
        (replace(CONSENT, reference=""), ("consent_missing", "consent.reference")),
        (
            replace(CONSENT, given_at=NOW + timedelta(seconds=1)),
            ("consent_missing", "consent.given_at"),
        ),
        (
            replace(CONSENT, given_at=datetime(2026, 1, 1)),  # noqa: DTZ001  # without its offset
            ("invalid_request", "consent.given_at"),
        ),
    ],
    ids=["no-channel", "no-reference", "ahead", "no-offset"],
)
def test_edge_64_a_consent_is_whole(consent: Consent, problem: tuple[str, str]) -> None:
    """How, where it is kept, and a time that has been."""
    assert code_of(refused(), consent=consent) == problem


def test_edge_64_a_stray_refund_or_an_empty_account_is_named() -> None:
    """Bad input names its field."""
    assert code_of(refused(), intent_id="x") == ("refund_not_found", "intent_id")
    empty = replace(CREDIT, reference="")
    assert code_of(refused(), empty) == ("invalid_request", "reference")


def test_edge_64_the_consent_is_in_the_log_and_forgotten_once_paid() -> None:
    """A success that fails later needs a consent of its own."""
    ret, (fact,) = redirected(refused(), "i1-t1", CREDIT, CONSENT)
    paid, _ = intent_changed(
        ret,
        "i1-t1",
        state="succeeded",
        refund_ref="t1",
        failure=None,
        at=NOW,
        destination=Destination.STORE_CREDIT,
    )

    (intent,) = paid.settlements[0].intents
    assert (intent.redirect, intent.destination) == (None, Destination.STORE_CREDIT)
    assert fact.data["consent_reference"] == "ticket 7"
    assert fact.data["consent_given_at"] == NOW.isoformat()
