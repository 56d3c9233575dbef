"""The sandbox as a process of its own, as every other environment runs it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.devstack.modules import answers, python_launch
from runtime.devstack.ports import PortWish, choose_ports
from runtime.devstack.processes import spawn, stop_child, tail, wait_until

_READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where a running sandbox listens; ``url`` has no slash at its end."""

    url: str
    smtp_port: int
    log: Path

    @property
    def stripe_url(self) -> str:
        return f"{self.url}/stripe"

    @property
    def paypal_url(self) -> str:
        return f"{self.url}/paypal"

    @property
    def wechatpay_url(self) -> str:
        return f"{self.url}/wechatpay"

    @property
    def easypost_url(self) -> str:
        return f"{self.url}/easypost/v2"

    @property
    def ups_url(self) -> str:
        return f"{self.url}/ups"

    @property
    def kuaidi100_url(self) -> str:
        return f"{self.url}/kuaidi100"

    @property
    def sf_url(self) -> str:
        return f"{self.url}/sf"

    @property
    def commerce_url(self) -> str:
        return f"{self.url}/commerce/v1"


@contextlib.contextmanager
def running_sandbox(folder: Path) -> Iterator[Sandbox]:
    """Run a sandbox that keeps its ledger in ``folder``, for as long as the context is open."""
    ports = choose_ports([PortWish("http"), PortWish("smtp")], remembered={})
    data = folder / "sandbox"
    data.mkdir(exist_ok=True)
    launch = python_launch(
        "sandbox",
        *("--port", str(ports["http"])),
        *("--data", str(data)),
        *("--smtp-port", str(ports["smtp"])),
        environment={},
    )
    running = Sandbox(f"http://127.0.0.1:{ports['http']}", ports["smtp"], folder / "sandbox.log")
    child = spawn(launch, running.log)
    try:
        wait_until(
            lambda: child.poll() is not None or answers(f"{running.url}/healthz"), _READY_SECONDS
        )
        assert answers(f"{running.url}/healthz"), tail(running.log)
        yield running
    finally:
        stop_child(child, launch.stop)


@pytest.fixture
def empty_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of this test's own with an empty ledger."""
    with running_sandbox(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the session: a test that uses it brings orders and ids of its own."""
    with running_sandbox(tmp_path_factory.mktemp("shared-sandbox")) as running:
        yield running
