"""The lint rule that keeps clocks, chance and set order out of what is replayed."""

from pathlib import Path

import pytest

from tests.support.determinism import check_files, checked_files, main

_ROOT = Path(__file__).parents[2]


def findings(tmp_path: Path, source: str, *, package: str = "workflows") -> list[str]:
    path = tmp_path / package / "sample.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    return [finding.message for finding in check_files([path], tmp_path)]


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nstart = datetime.now()\n",
        "import datetime\nstart = datetime.datetime.utcnow()\n",
        "import datetime as dt\nstart = dt.date.today()\n",
        "from datetime import datetime as moment\nread = moment.now\n",
        "import time\nstart = time.time()\n",
        "from time import monotonic\n",
        "import random\npick = random.random()\n",
        "from uuid import uuid4\nname = uuid4()\n",
        "import uuid\nname = uuid.uuid1()\n",
        "import secrets\n",
        "import os\nhome = os.environ['HOME']\n",
        "from os import getenv\n",
        "key = hash('text')\n",
        "import asyncio\n\nasync def f(tasks):\n    await asyncio.wait(tasks)\n",
        "from asyncio import as_completed\n",
    ],
)
def test_finds_clocks_chance_and_environment(tmp_path: Path, source: str) -> None:
    """Whatever name it was imported under, a source of other answers is found."""
    assert findings(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        "for x in {1, 2}:\n    f(x)\n",
        "for x in set(items):\n    f(x)\n",
        "values = [x for x in {y for y in items}]\n",
        "OPEN = frozenset({'a', 'b'})\n\ndef f():\n    for x in OPEN:\n        g(x)\n",
        "OPEN: frozenset[str] = load()\nfirst = list(OPEN)\n",
        "def f(codes: frozenset[str]):\n    return tuple(codes)\n",
        "def f(codes: set[str], more: list[str]):\n    return ','.join(codes - set(more))\n",
        "def f():\n    seen = set()\n    seen.add(1)\n    return {x: 1 for x in seen | {2}}\n",
        "def f():\n    seen = {1, 2}\n    return seen.pop()\n",
        "def f(codes: set[str]):\n    return sorted(codes, key=len)\n",
        "def f(codes: set[str]):\n    return next(iter(codes))\n",
        "def f(codes: set[str]):\n    first, second = codes\n    return first\n",
        "def f(codes: set[str]):\n    return [*codes]\n",
        "class A:\n    codes: frozenset[str]\n\n    def f(self):\n        f(*self.codes)\n",
        "def codes() -> set[str]:\n    return load()\n\nfor code in codes():\n    g(code)\n",
    ],
)
def test_finds_the_order_of_a_set(tmp_path: Path, source: str) -> None:
    """Where the order of a set would decide what happens next, it is found."""
    found = findings(tmp_path, source)

    assert found
    assert all("set" in message for message in found)


@pytest.mark.parametrize(
    "source",
    [
        "from temporalio import workflow\nstart = workflow.now()\nname = workflow.uuid4()\n",
        "from uuid import UUID, uuid5\nname = uuid5(UUID(int=0), 'a')\n",
        "from datetime import UTC, date, datetime, time\nday = datetime(2026, 1, 2, tzinfo=UTC)\n",
        "def f(codes: set[str]):\n    return sorted(codes)\n",
        "def f(codes: set[str]):\n    return any(code == 'a' for code in codes)\n",
        "def f(codes: set[str]):\n    return frozenset(code.lower() for code in codes)\n",
        "def f(codes: set[str]):\n    return 'a' in codes and len(codes) == max(codes)\n",
        "def f(codes: list[str]):\n    return [code for code in codes]\n",
        "def f(a: set[str], b: str):\n    return b in ('x', *a)\n",
        "def f(a: set[str], b: set[str]):\n    return {*a, *b} | {x for x in a}\n",
        "def f(hash: str, id: str):\n    return hash + id\n",
        "import asyncio\n\nasync def f():\n    await asyncio.sleep(3600)\n",
    ],
)
def test_lets_pass_what_gives_the_same_answer_twice(tmp_path: Path, source: str) -> None:
    """Workflow time, derived ids and order-free uses of sets are fine."""
    assert findings(tmp_path, source) == []


def test_knows_constants_of_other_modules(tmp_path: Path) -> None:
    """A set defined in one module is a set in the module that imports it."""
    (tmp_path / "domain").mkdir()
    constants = tmp_path / "domain" / "states.py"
    constants.write_text("OPEN = frozenset({'a'})\n")
    user = tmp_path / "domain" / "user.py"
    user.write_text("from domain.states import OPEN\nfor x in OPEN:\n    print(x)\n")

    found = check_files([constants, user], tmp_path)

    assert [finding.line for finding in found] == [2]


def test_the_domain_imports_the_standard_library_alone(tmp_path: Path) -> None:
    """A library in the domain is found, though workflows may use it."""
    assert findings(tmp_path, "import pydantic\n", package="domain")
    assert not findings(tmp_path, "import pydantic\n", package="workflows")


def test_our_own_code_is_clean() -> None:
    """Workflows and domain pass, and there is something to read."""
    assert check_files(checked_files(_ROOT), _ROOT) == []
    assert any(checked_files(_ROOT))
    assert main() == 0
