"""A terminal for tests: types commands, reads what they print."""

import asyncio

import pytest

from cli.main import run
from runtime.settings import variable
from tests.support.house import TENANT
from tests.support.journey import Journey


class Terminal:
    """Types commands and reads what they print."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    async def type(self, *words: str) -> tuple[int, str, str]:
        """Return exit status, output and errors of one command."""
        self._capture.readouterr()
        status = await asyncio.to_thread(run, words)
        printed = self._capture.readouterr()
        return status, printed.out, printed.err


def sign_in(journey: Journey, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    http = journey.http[TENANT, role]
    key = http.headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv(variable("api_url"), str(http.base_url))
    monkeypatch.setenv(variable("api_key"), key)
