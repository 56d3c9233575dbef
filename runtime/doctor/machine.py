"""This machine: its programs, its clock, its disk, and the API where it is known."""

import platform
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import httpx

from runtime.doctor.findings import Finding, broken, doubtful, well

_MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right can be before this program was written."""
_ABSURD = datetime(2100, 1, 1, tzinfo=UTC)
_GIB = 1024**3
_TIGHT = _GIB
_FULL = _GIB // 5
_SECONDS = 5.0


def versions() -> list[Finding]:
    return [
        well("python", platform.python_version()),
        well("backhaul", version("backhaul")),
        well("temporalio", version("temporalio")),
    ]


def wall_clock(now: datetime) -> Finding:
    found = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if _MADE <= now < _ABSURD:
        return well("clock", found)
    return broken("clock", found, "set this machine's clock, and let NTP keep it")


def disk(folders: Mapping[str, Path]) -> list[Finding]:
    """Judge the free space of each folder; the key says what is kept there."""
    return [_space(name, path) for name, path in folders.items()]


def _space(name: str, path: Path) -> Finding:
    check = f"disk: {name}"
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        found = f"{path} cannot be read ({type(error).__name__})"
        return doubtful(check, found, f"look at {path} as the user it belongs to")
    found = f"{free / _GIB:.1f} GiB free in {path}"
    if free < _FULL:
        return broken(check, found, "make room: the database stops when the disk is full")
    return doubtful(check, found, "make room soon") if free < _TIGHT else well(check, found)


async def api(url: str) -> Finding:
    """Ask the API whether it can do its work."""
    mend = "start it with `backhaul api` (embedded: `backhaul up`), or correct BACKHAUL_API_URL"
    try:
        async with httpx.AsyncClient(
            timeout=_SECONDS, trust_env=not url.startswith("http://127.0.0.1")
        ) as http:
            answer = await http.get(f"{url.rstrip('/')}/readyz")
    except httpx.HTTPError as error:
        return broken("api", f"{url} does not answer ({type(error).__name__})", mend)
    if answer.status_code == httpx.codes.OK:
        return well("api", f"{url} is ready")
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        wanted = "mend what fails above; the API asks the same database and Temporal"
        return broken("api", f"{url} answers that it cannot work", wanted)
    return broken("api", f"{url} answers {answer.status_code}, wanted 200", mend)
