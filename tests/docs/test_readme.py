"""What the README and the pages of docs/ tell people to type exists."""

import re
import shlex
from pathlib import Path

import pytest

from cli.main import build_parser
from domain.blockers import WAITS

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")))


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


def typed_commands(page: str) -> list[str]:
    """Return what stands after `backhaul` on each line of the page's code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text_of(page), flags=re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [
        re.match(r"(?:\.venv/bin/backhaul|backhaul|docker-compose run .*? cli) (.*)", line)
        for line in lines
    ]
    return [match[1].partition(" < ")[0] for match in found if match is not None]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_is_understood(page: str) -> None:
    """Whoever copies a line out of a page is not told that they misspelt it."""
    for command in typed_commands(page):
        try:
            build_parser().parse_args(shlex.split(command, comments=True))
        except SystemExit:
            pytest.fail(f"{page}: backhaul {command}")


def test_the_runbook_says_what_to_do_about_every_wait() -> None:
    """Whoever is called at night finds the code that they see."""
    runbook = text_of("docs/runbook.md")

    assert [code for code in WAITS if f"`{code}`" not in runbook] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    """Neither links nor the table of files point to nothing."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))

    missing = [target for target in targets if not ((ROOT / page).parent / target).exists()]

    assert missing == []


def test_continuous_integration_runs_what_the_readme_says() -> None:
    """People and machines test the same way."""
    script = (ROOT / ".ci" / "run").read_text()

    assert "\nmake test\n" in script
    assert "make test" in text_of("README.md")
