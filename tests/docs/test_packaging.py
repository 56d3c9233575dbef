"""The checkout can be installed, shared and published without a surprise."""

import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def root_packages() -> list[str]:
    packages: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"][
        "build"
    ]["targets"]["wheel"]["packages"]
    return [package.rpartition("/")[2] for package in packages]


def tracked_texts() -> dict[str, str]:
    """Return every tracked text file by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            raw = path.read_bytes()
            if b"\0" not in raw:
                texts[name] = raw.decode()
    return texts


def test_no_other_package_uses_our_import_names() -> None:
    """Another distribution with a package `workflows` would replace ours without a word."""
    owners = packages_distributions()

    for name in root_packages():
        assert set(owners.get(name, [])) <= {"backhaul", "backhaul-client"}, name


def test_every_root_package_is_there() -> None:
    """What the wheel is told to contain exists."""
    missing = [
        name
        for name in root_packages()
        if not (ROOT / name / "__init__.py").exists()
        and not (ROOT / "client" / name / "__init__.py").exists()
    ]

    assert missing == []


def locked_versions(text: str) -> dict[str, str]:
    """Return the version that a lock file pins, by package."""
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text, flags=re.MULTILINE))


def lock_problems(text: str) -> list[str]:
    """Return what is wrong with a lock file: pins without hash, addresses, options."""
    requirements = re.findall(r"^[a-z0-9].*", text, flags=re.MULTILINE)
    pin = r"[\w.-]+==[\w.+!-]+( ;.*)? \\"
    problems = [line for line in requirements if not re.fullmatch(pin, line)]
    problems += re.findall(r"^--.*|^-[a-z].*|.*://.*", text, flags=re.MULTILINE)
    if not 0 < len(requirements) <= text.count("--hash=sha256:"):
        problems.append(f"{len(requirements)} requirements without a hash each")
    return problems


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-runtime.lock"])
def test_the_lock_file_names_no_index_and_pins_everything_by_hash(name: str) -> None:
    """It works with whatever index a person or a company uses."""
    assert lock_problems((ROOT / name).read_text()) == []


def test_no_tracked_file_names_a_package_index() -> None:
    """Where packages come from is the business of the person who installs them."""
    # In two parts, so that this very line names none.
    host = re.compile(r"\b(?:files\.python" r"hosted|(?:test\.)?pypi(?:\.python)?)\.org\b")

    assert [name for name, text in tracked_texts().items() if host.search(text)] == []


def test_no_tracked_file_names_a_folder_of_one_machine() -> None:
    """Paths are relative to the checkout, or found when the program runs."""
    personal = re.compile(r"(?<![\w.])/(?:root|home|Users|work|opt|tmp)/[\w.]+")

    found = {
        name: match[0]
        for name, text in tracked_texts().items()
        if (match := personal.search(text)) is not None
    }

    assert found == {}
