"""Fixtures that several kinds of tests use, and which tests stay together."""

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.temporal",
    "tests.support.sandbox",
]
# `--hypothesis-profile=thorough` asks for the many; what drawn money takes is no test of speed.
settings.register_profile("suite", max_examples=200, deadline=None)
settings.register_profile("thorough", max_examples=10_000, deadline=None)
settings.load_profile("suite")
_TOGETHER = ("journey", "stack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each file to one of the processes that test side by side.

    All journeys share one house, and whole stacks take turns at the port that people expect.
    """
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in _TOGETHER else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
