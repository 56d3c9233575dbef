"""Fixtures that several kinds of tests use, in which order tests run, and which stay together."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import (  # type: ignore[import-untyped]  # no marker of its types
    LoadScopeScheduling,
)

from tests.support.memory import roomy_memory

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.temporal",
    "tests.support.sandbox",
    "tests.support.stranded",
]
# `--hypothesis-profile=thorough` asks for the many. On a busy machine drawing takes its time.
_UNHURRIED: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("suite", max_examples=200, **_UNHURRIED)
settings.register_profile("thorough", max_examples=10_000, **_UNHURRIED)
settings.load_profile("suite")
_TOGETHER = ("journey", "stack")

if (memory := roomy_memory()) is not None:
    # pytest's own name for where the folders of tests are; those of passed ones go at once.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the whole stacks, which take longest: there is other work beside them."""
    items.sort(key=lambda item: item.path.parent.name != "stack")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Gives each file to one of the processes that test side by side.

    All journeys share one house, and whole stacks take turns at the port that people expect.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        return path.parent.name if path.parent.name in _TOGETHER else str(path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)
