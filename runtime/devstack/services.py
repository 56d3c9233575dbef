"""The long-running processes of the stack, in the order they start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.devstack import temporal
from runtime.devstack.folder import DataFolder
from runtime.devstack.modules import answers, python_launch
from runtime.devstack.postgres import PostgresServer
from runtime.devstack.processes import Launch
from runtime.temporal import SEARCH_ATTRIBUTE_TYPES

# The first group needs nothing; the second needs the first, and bootstrap, which runs and ends.
FOUNDATIONS = ("postgres", "temporal", "sandbox")
ENGINE = ("worker", "api")
ALL = (*FOUNDATIONS, "bootstrap", *ENGINE)

_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """One process to start, to watch and to stop.

    Attributes:
        prepare: Makes what it needs on disk and returns how to start it; called at every start.
        is_ready: Whether it does its work now.
    """

    name: str
    prepare: Callable[[], Launch]
    is_ready: Callable[[], bool]
    ready_seconds: float = _READY_SECONDS


def postgres_service(server: PostgresServer) -> Service:
    # Recovery after a crash may take a while; nothing is gained by giving up on it early.
    return Service("postgres", server.prepare, server.is_ready, ready_seconds=300)


def temporal_service(folder: DataFolder, ports: Mapping[str, int], namespace: str) -> Service:
    def prepare() -> Launch:
        return temporal.temporal_launch(
            folder.temporal / "temporal.db",
            port=ports["temporal"],
            ui_port=ports["temporal_ui"],
            namespace=namespace,
            search_attributes=SEARCH_ATTRIBUTE_TYPES,
        )

    address = f"127.0.0.1:{ports['temporal']}"
    return Service("temporal", prepare, lambda: temporal.is_ready(address, namespace))


def sandbox_service(folder: DataFolder, ports: Mapping[str, int]) -> Service:
    arguments = (
        "--port", str(ports["sandbox"]),
        "--data", str(folder.sandbox),
        "--smtp-port", str(ports["smtp"]),
    )  # fmt: skip
    return Service(
        "sandbox",
        lambda: python_launch("sandbox", *arguments, environment={}),
        lambda: answers(f"http://127.0.0.1:{ports['sandbox']}/healthz"),
    )


def worker_service(
    environment: Mapping[str, str], *, address: str, namespace: str, task_queue: str
) -> Service:
    return Service(
        "worker",
        lambda: python_launch("workers.returns", environment=environment, stop_seconds=20),
        lambda: temporal.has_worker(address, namespace, task_queue),
    )


def api_service(environment: Mapping[str, str], url: str, *, key: str) -> Service:
    return Service(
        "api",
        lambda: python_launch("api", environment=environment),
        # Only ours knows the key: another stack may have been quicker to take the port.
        lambda: answers(f"{url}/v1/returns?limit=1", key=key),
    )
