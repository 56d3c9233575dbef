"""The catalogues say what the code does: no name outside them, no row that nothing uses."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from domain.blockers import WAITS, Kind, Owner
from domain.codes import PROBLEMS, ProblemKind, RefusedError
from domain.commands import COMMANDS, SYSTEM, Actor, Role, may
from domain.events import EVENT_TYPES, NOTICE_TYPES, Fact
from domain.lifecycle import DeliveryState

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "domain",
    "workflows",
    "activities",
    "integrations",
    "storage",
    "documents",
    "runtime",
    "workers",
    "api",
)


def texts(*without: str) -> Iterator[tuple[str, Path]]:
    """Yield every text in the engine's code and the file it stands in."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if str(path.relative_to(ROOT)) in without:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value, path


def first_arguments(function: str) -> set[str]:
    """Return the first argument of every call of ``function`` that is a plain text."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_]):
                        if name == function:
                            found.add(text)
    return found


TROUBLES = {
    f"delivery.{state.lower()}"
    for state in (DeliveryState.EXCEPTION, DeliveryState.RETURNED_TO_SENDER)
}
"""The only event names that are put together instead of written out."""


@pytest.mark.parametrize(
    ("catalogue", "home", "built"),
    [
        (EVENT_TYPES, "domain/events.py", TROUBLES),
        (NOTICE_TYPES, "domain/events.py", set()),
        (PROBLEMS, "domain/codes.py", set()),
        (WAITS, "domain/blockers.py", set()),
        (COMMANDS, "domain/commands.py", set()),
    ],
    ids=["events", "notices", "problems", "waits", "commands"],
)
def test_no_row_is_unused(catalogue: Mapping[str, object], home: str, built: set[str]) -> None:
    """A name that nothing emits, refuses or awaits does not stand in a catalogue."""
    used = {text for text, _ in texts(home)} | built

    assert sorted(set(catalogue) - used) == []


def test_every_fact_in_the_code_is_in_the_catalogue() -> None:
    """No path of the code can come to a fact that the catalogue refuses."""
    emitted = first_arguments("Fact")

    assert "return.decided" in emitted
    assert emitted - set(EVENT_TYPES) == set()


def test_every_refusal_in_the_code_is_in_the_catalogue() -> None:
    """No path of the code can come to a refusal that the catalogue does not know."""
    codes = first_arguments("RefusedError") | first_arguments("RequestError")

    assert {"stale_version", "invalid_reason"} <= codes
    assert codes - set(PROBLEMS) == set()


def test_a_fact_or_refusal_outside_the_catalogue_is_a_mistake() -> None:
    """A mistyped name is noticed where it is written."""
    with pytest.raises(ValueError, match="catalogue of events"):
        Fact("return.lost")
    with pytest.raises(ValueError, match="catalogue of problems"):
        RefusedError("no_idea", "never")


def test_every_exit_of_a_wait_is_known() -> None:
    """What ends a wait is a command or a fact from outside, by its name in the catalogue."""
    exits = {way for row in WAITS.values() for way in row.exits}

    assert exits - set(COMMANDS) - set(EVENT_TYPES) == set()


def test_every_wait_has_an_exit_and_a_deadline() -> None:
    """Nothing is waited for without a way out and a word on what happens in the end."""
    assert all(row.exits and row.at_deadline and row.handling for row in WAITS.values())
    assert {row.owner for row in WAITS.values()} <= set(Owner)


def test_trouble_belongs_to_somebody_of_ours() -> None:
    """Parked and overdue work is owned by ops or finance, never by the one who is late."""
    owners = {row.owner for row in WAITS.values() if row.kind is not Kind.WAIT}

    assert owners == {Owner.OPS, Owner.FINANCE}


class TestCommands:
    def test_who_may_do_what(self) -> None:
        """Goods are the warehouse's, decisions the reviewer's, requests the platform's."""
        assert may("warehouse", "record-inspection")
        assert may("reviewer", "approve")
        assert may("platform", "withdraw")

    @pytest.mark.parametrize(
        ("role", "command"),
        [
            ("platform", "approve"),
            ("warehouse", "retry"),
            ("auditor", "receive"),
            ("admin", "start"),
            ("system", "retry"),
            ("ops", "no-such-command"),
            ("nobody", "get"),
        ],
    )
    def test_what_is_not_granted_is_denied(self, role: str, command: str) -> None:
        """No row, no right; an unknown command or role has none."""
        assert not may(role, command)

    def test_auditors_only_read(self) -> None:
        """Whoever checks changes nothing."""
        changing = [row for row in COMMANDS.values() if row.update]

        assert not any(Role.AUDITOR in row.roles for row in changing)

    def test_every_command_has_somebody_who_may_give_it(self) -> None:
        """A command that nobody may give would be dead."""
        assert all(row.roles and row.meaning for row in COMMANDS.values())


def test_actors_are_named_by_role_and_id() -> None:
    """The log says who acted without a person's name."""
    assert str(Actor("warehouse", "key-7")) == "warehouse:key-7"
    assert str(SYSTEM) == "system:backhaul"


def test_every_problem_says_what_a_caller_can_do() -> None:
    """Kinds that nothing has would be words without meaning."""
    assert {row.kind for row in PROBLEMS.values()} == set(ProblemKind)
