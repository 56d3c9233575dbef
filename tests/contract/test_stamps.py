"""A stamp on a refund says whose it is, and cannot be taken for another generation's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import refund_key
from integrations.payments.stamps import intent_of, stamp

INTENTS = st.uuids().map(str)


@given(intent=INTENTS, generation=st.integers(min_value=0, max_value=99))
def test_names_its_intent(intent: str, generation: int) -> None:
    """From what the provider shows, the intent is read back."""
    assert intent_of(stamp(intent, refund_key(intent, generation))) == intent


@given(intent=INTENTS)
def test_differs_from_generation_to_generation(intent: str) -> None:
    """A failed refund keeps its stamp: the next has one of its own."""
    assert stamp(intent, refund_key(intent, 0)) != stamp(intent, refund_key(intent, 1))


@given(intent=INTENTS)
def test_fits_every_provider(intent: str) -> None:
    """PayPal takes 127 characters, WeChat Pay 64 of these."""
    assert re.fullmatch(r"[0-9A-Za-z_\-|*@]{1,64}", stamp(intent, refund_key(intent, 99)))


@pytest.mark.parametrize(
    "text", [None, "", "INVOICE-123", "-0123456789abcdef", "a-0123456789ABCDEF"]
)
def test_is_not_seen_in_what_others_write(text: str | None) -> None:
    """A refund made by hand is of no intent of ours."""
    assert intent_of(text) is None
