"""What the README tells people to type exists."""

import re
from pathlib import Path

from cli.main import build_parser

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md")


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def backhaul_commands() -> set[str]:
    return set(re.findall(r"^ {4}([a-z]+)", build_parser().format_help(), flags=re.MULTILINE))


def test_every_make_command_exists() -> None:
    """A newcomer's first command is not a misspelt one."""
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z]+)", text_of(page), flags=re.MULTILINE)
    }

    assert named - make_targets() == set()
    assert {"demo", "test", "up"} <= named


def test_every_backhaul_command_exists() -> None:
    """Commands in code spans are commands of the program."""
    named = {
        command for page in PAGES for command in re.findall(r"`backhaul ([a-z]+)", text_of(page))
    }

    assert named - backhaul_commands() == set()


def test_every_link_to_a_file_leads_to_one() -> None:
    """Neither links nor the table of files point to nothing."""
    for page in PAGES:
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))
        missing = [target for target in targets if not (ROOT / target).exists()]
        assert missing == [], page


def test_continuous_integration_runs_what_the_readme_says() -> None:
    """People and machines test the same way."""
    script = (ROOT / ".ci" / "run").read_text()

    assert "\nmake test\n" in script
    assert "make test" in text_of("README.md")
