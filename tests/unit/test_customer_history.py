"""What became of a return, as whoever reviews the customer's next one reads it."""

import pytest

from domain.customer_history import outcome_of
from domain.lifecycle import Headline


@pytest.mark.parametrize(
    ("headline", "any_rejected", "outcome"),
    [
        ("CLOSED", False, "finished"),
        ("COMPLETED", False, "finished"),
        ("CLOSED", True, "rejected"),
        ("DENIED", False, "denied"),
        ("WITHDRAWN", False, "withdrawn"),
        ("EXPIRED", False, "expired"),
        ("CANCELLED", False, "cancelled"),
        ("IN_TRANSIT", False, "open"),
        ("INSPECTING", True, "open"),
        ("SOMETHING_NEW", False, "open"),
    ],
)
def test_an_outcome_is_the_end_of_a_return(
    headline: str, *, any_rejected: bool, outcome: str
) -> None:
    """What is under way has none yet, nor what a later version may call its headlines."""
    assert outcome_of(headline, any_rejected=any_rejected) == outcome


def test_every_headline_has_one() -> None:
    assert all(outcome_of(headline, any_rejected=False) for headline in Headline)
