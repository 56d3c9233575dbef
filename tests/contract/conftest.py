"""Fixtures of the contract suites."""

from collections.abc import Iterator

import pytest

from tests.contract.outside import Outside
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.sandbox_client import SandboxClient, sandbox_client


@pytest.fixture(scope="session")
def outside(shared_sandbox: Sandbox) -> Iterator[Outside]:
    """The world around Backhaul, shared by the session: tests bring ids of their own."""
    world = Outside(shared_sandbox.url)
    yield world
    world.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of one module's own: what it counts and forgets there is nobody else's."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[SandboxClient]:
    """The strings behind the scenes of the module's own sandbox."""
    with sandbox_client(sandbox) as client:
        yield client
