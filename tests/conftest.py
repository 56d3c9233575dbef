"""Fixtures that several kinds of tests use, and which tests stay together."""

import pytest

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.temporal",
    "tests.support.sandbox",
]
_TOGETHER = ("journey", "stack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each file to one of the processes that test side by side.

    All journeys share one house, and whole stacks take turns at the port that people expect.
    """
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in _TOGETHER else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
