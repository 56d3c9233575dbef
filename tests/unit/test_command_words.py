"""What a misspelt command line is told, before anything is asked of anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import build_parser
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


@pytest.mark.parametrize("line", ["line-1:abc", "line-1:", "line-1:-1", "line-1:1.5"])
def test_a_quantity_that_is_no_number(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """It is not read as part of the line's name, which nobody would find."""
    assert "the quantity is no number" in complaint(capsys, "returns", "start", "O-1", line)


def test_a_name_with_a_colon_takes_a_quantity() -> None:
    """Some platforms' own ids have colons."""
    parsed = build_parser().parse_args(["returns", "start", "O-1", "gid://shop/line/7:2"])

    assert parsed.lines == [("gid://shop/line/7", 2)]


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
