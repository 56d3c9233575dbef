"""Fixtures that several kinds of tests use, and which tests stay together."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

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
    """Give each file to one of the processes that test side by side.

    All journeys share one house, and whole stacks take turns at the port that people expect.
    """
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in _TOGETHER else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
