"""What a misspelt command line is told, before anything is asked of anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.asking import new_return
from cli.main import build_parser, run
from runtime.settings import variable


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Type a command that is refused as misspelt; return what is said of it."""
    with pytest.raises(SystemExit) as left:
        build_parser().parse_args(words)
    assert left.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("returns", "start", "O-1", "line-1", "--key", ""),
        ("returns", "withdraw", "RMA-1", "--key", ""),
        ("ops", "retry", "RMA-1", "--key", ""),
    ],
)
def test_an_empty_key_is_not_taken_for_none(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """A script whose variable is empty would ask anew each time it is repeated."""
    assert "--key: wanted a key" in complaint(capsys, *words)


def test_evidence_is_a_hash_and_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    """One alone proves nothing, and neither is guessed."""
    words = ("returns", "answer", "RMA-1", "--evidence", "https://example.com/1.jpg")

    assert "--evidence: wanted SHA256=URL" in complaint(capsys, *words)


@pytest.mark.parametrize("line", ["line-1:abc", "line-1:", "line-1:-1", "line-1:1.5"])
def test_a_quantity_that_is_no_number(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """It is not read as part of the line's name, which nobody would find."""
    assert "the quantity is no number" in complaint(capsys, "returns", "start", "O-1", line)


def test_a_name_with_a_colon_takes_a_quantity() -> None:
    """Some platforms' own ids have colons."""
    parsed = build_parser().parse_args(["returns", "start", "O-1", "gid://shop/line/7:2"])

    assert parsed.lines == [("gid://shop/line/7", 2)]


_WINDOW = ("2026-06-02T09:00+02:00", "2026-06-02T12:00+02:00", "Europe/Berlin")


@pytest.mark.parametrize(
    ("words", "method", "zones"),
    [
        ((), "DROP_OFF", []),
        (("--handover", "QR_DROP_OFF"), "QR_DROP_OFF", []),
        (("--handover", "IN_STORE"), "IN_STORE", []),
        (("--pickup", *_WINDOW), "PICKUP", ["Europe/Berlin"]),
    ],
)
def test_every_way_back_can_be_asked_for(
    words: tuple[str, ...], method: str, zones: list[str]
) -> None:
    """Who names a time wants a courier; what does not go together is the engine's to refuse."""
    asked = new_return(build_parser().parse_args(["returns", "start", "O-1", "line-1", *words]))

    windows = [asked.pickup_window] if asked.pickup_window is not None else []
    assert (asked.handover, [window.time_zone for window in windows]) == (method, zones)


@pytest.mark.parametrize("words", [("start", "O-1", "line-1"), ("handover", "RMA-1", "PICKUP")])
def test_a_time_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Nothing is asked of the API, which does not even answer."""
    monkeypatch.setenv(variable("api_url"), "http://127.0.0.1:9")
    monkeypatch.setenv(variable("api_key"), "x")

    left = run(["returns", *words, "--pickup", "soon", _WINDOW[1], _WINDOW[2]])

    assert (left, "pickup_window.not_before" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    "words", [("--headline", "NOPE"), ("--blocker", "typo"), ("--limit", "0"), ("--limit", "-1")]
)
def test_a_list_of_nothing_is_not_asked_for(
    capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    """An empty list would be read as good news."""
    assert f"argument {words[0]}: " in complaint(capsys, "returns", "list", *words)


def test_choices_are_shown_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is told to type what a program calls its values inside."""
    commands = (
        ("returns", "inspect", "RMA-1", "lot-1", "E"),
        ("returns", "inspect", "RMA-1", "lot-1", "A", "--fault", "nobody"),
        ("returns", "pickup-outcome", "RMA-1", "d1", "1", "lost"),
        ("returns", "start", "O-1", "line-1", "--ground", "whim"),
        ("keys", "create", "--tenant", "t", "--role", "king"),
    )

    told = [complaint(capsys, *words) for words in commands]

    assert "choose from 'A', 'B', 'C', 'D', 'X'" in told[0]
    assert not any("<" in text for text in told)


def test_examples_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Several returns of the demo are asked for from one example."""
    told = complaint(capsys, "example", "no-such")

    assert told.count("'withdrawn'") == 1


@pytest.mark.parametrize("order", ["../products/X", "a b", "a?b", "", ".."])
def test_an_order_id_that_is_no_part_of_an_address(
    capsys: pytest.CaptureFixture[str], order: str
) -> None:
    """It would be put somewhere else in the shop, or nowhere."""
    told = complaint(capsys, "example", "withdrawn", "--order", order)

    assert "--order: wanted letters, digits" in told


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """`backhaul … | head -1` ends without a word about it."""
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run(  # our own program
        [sys.executable, "-m", "cli.main", "status"],
        env={**os.environ, variable("data_dir"): str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (141, b"")
