"""What a misspelt command line is told, before anything is asked of anybody."""

import pytest

from cli.main import build_parser


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
