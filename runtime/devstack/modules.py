"""Our own Python programs as processes: how they start, and whether they answer."""

import os
import signal
import sys
from collections.abc import Mapping

import httpx

from runtime.devstack.processes import Launch, StopStep
from runtime.settings import PREFIX


def python_launch(
    module: str, *arguments: str, environment: Mapping[str, str], stop_seconds: float = 10
) -> Launch:
    """Return how to start ``python -m module`` with these settings and no others."""
    return Launch(
        command=(sys.executable, "-m", module, *arguments),
        environment={**_without_settings(), **environment},
        stop=(StopStep(signal.SIGTERM, stop_seconds),),
    )


def _without_settings() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return ours | {"PYTHONUNBUFFERED": "1"}


def answers(url: str, *, key: str | None = None) -> bool:
    """Return whether a GET of ``url`` succeeds, for one who holds ``key`` where it asks for one."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        # No proxy of the person's own stands between us and the loopback address.
        return httpx.get(url, headers=headers, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
