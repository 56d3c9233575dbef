"""The wire and the domain speak the same words, though neither imports the other."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from backhaul_client import requests
from backhaul_client.admin_models import AdapterName, ConnectionKind, RoleName
from backhaul_client.answers import ReturnView
from domain.commands import Role
from domain.inspection import Fault, Grade
from domain.pickups import PickupOutcome, pickup_failed
from domain.reasons import Ground
from domain.replacing import out_of_stock
from domain.requests import HandoverMethod, Resolution
from domain.returns import Return
from domain.texts import bad_text_in
from domain.view import document
from integrations import directory
from storage.states import Role as StoredRole
from tests.support.builders import (
    after,
    decided,
    exchange,
    graded,
    granted,
    settled,
    with_label,
    with_pickup,
)
from tests.unit.test_waiting import charged_back


@pytest.mark.parametrize(
    ("wire", "ours"),
    [
        (requests.Ground, [ground for ground in Ground if ground is not Ground.REFUSAL]),
        (requests.Handover, [*HandoverMethod]),
        (requests.WantedResolution, [r for r in Resolution if r is not Resolution.NONE]),
        (requests.Grade, [*Grade]),
        (requests.Fault, [*Fault]),
        (requests.PickupOutcome, [*PickupOutcome]),
        (RoleName, [*Role]),
        (RoleName, [*StoredRole]),
        (ConnectionKind, get_args(directory.ConnectionKind)),
        (AdapterName, [*directory.ADAPTERS]),
    ],
)
def test_both_know_the_same_words(wire: Any, ours: list[str]) -> None:
    """A word that one side learns, the other learns too."""
    assert sorted(get_args(wire)) == sorted(ours)


@pytest.mark.parametrize("bad", ["a\x00b", "\x00", "a\x7f", "a\ud800b"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda bad: requests.WithdrawCommand(reason=bad),
        lambda bad: requests.RetryCommand(work=bad),
        lambda bad: requests.CorrectCommand(field="channel", value=bad, reason="a typo"),
        lambda bad: requests.CorrectCommand(field="traits", value=(bad,), reason="a typo"),
        lambda bad: requests.PhotoReference(url=f"https://{bad}", sha256="0" * 64),
    ],
)
def test_no_request_holds_what_cannot_be_kept(ask: Callable[[str], Any], bad: str) -> None:
    """Notes, ids and addresses of photos are refused before they are sent."""
    with pytest.raises(ValidationError):
        ask(bad)


@pytest.mark.parametrize("note", ["two\nlines", "two\r\nlines", "a\ttab", "Grüße"])
def test_a_request_takes_every_text_that_can_be_kept(note: str) -> None:
    """Forms end their lines with a carriage return: what we can keep, we take."""
    command = requests.CorrectCommand(field="lines[0].title", value=note, reason=note)

    assert (command.value, command.reason) == (note, note)
    assert bad_text_in(note) is None


@pytest.mark.parametrize("value", [True, 0, "DISTANCE", "1", ("fragile",), (), None])
def test_a_correction_keeps_the_kind_of_its_value(value: Any) -> None:
    """Text that looks like a number stays text, and a yes does not become a one."""
    command = requests.CorrectCommand(field="lines[0].traits", value=value, reason="a typo")

    assert (type(command.value), command.value) == (type(value), value)


@pytest.mark.parametrize(
    "stage",
    [
        lambda: with_pickup(with_label(decided(pickup=True))),
        lambda: pickup_failed(granted(pickup=True), "d1", None, at=after(days=3), note="rain")[0],
        lambda: settled(graded()),
        lambda: graded(Grade.X),
        lambda: out_of_stock(graded(Grade.A, exchange()), "shoes/1", at=after(days=5))[0],
        charged_back,
    ],
    ids=["courier booked", "courier missed", "settled", "rejected", "out of stock", "charged back"],
)
def test_the_wire_loses_nothing_of_a_return(stage: Callable[[], Return]) -> None:
    """The view that callers read is the document, field by field."""
    shown = json.loads(json.dumps(document(stage())))

    read = json.loads(ReturnView.model_validate(shown).model_dump_json(exclude_unset=True))

    assert _with_offsets(read) == shown


def _with_offsets(value: Any) -> Any:
    """Write the offset of UTC as Python does."""
    match value:
        case dict():
            return {name: _with_offsets(inner) for name, inner in value.items()}
        case list():
            return [_with_offsets(inner) for inner in value]
        case str() if value.endswith("Z") and value[:2] == "20":
            return f"{value[:-1]}+00:00"
    return value
