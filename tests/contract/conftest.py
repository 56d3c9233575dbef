"""Fixtures of the contract suites."""

from collections.abc import Iterator

import pytest

from tests.contract.outside import Outside
from tests.support.sandbox import Sandbox


@pytest.fixture(scope="session")
def outside(shared_sandbox: Sandbox) -> Iterator[Outside]:
    """The world around Backhaul, shared by the session: tests bring ids of their own."""
    world = Outside(shared_sandbox.url)
    yield world
    world.close()
