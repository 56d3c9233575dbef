"""How commands reach the API: the configured one, or that of the embedded stack."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from pydantic import ValidationError

from backhaul_client import BackhaulClient, BackhaulError
from domain.commands import COMMANDS
from runtime.devstack.composition import key_name
from runtime.devstack.errors import NotRunningError
from runtime.devstack.stack import find
from runtime.settings import (
    SettingsError,
    load_client_settings,
    load_stack_settings,
    variable,
)

Run = Callable[[argparse.Namespace], int]
Action = Callable[[BackhaulClient, argparse.Namespace], Awaitable[None]]
# A start waits for its decision, a command for its answer; each ends before this.
_SECONDS = 30.0


def calls(command: str, action: Action) -> Run:
    """Return the ``run`` of a parser: it calls the API in a role that may give ``command``.

    Exit status 0: done. 1: refused, or nobody answers. 2: misspelt. Standard error says why.
    """

    def run(arguments: argparse.Namespace) -> int:
        try:
            asyncio.run(_call(command, action, arguments))
        except BackhaulError as error:
            print(f"backhaul: {error}", file=sys.stderr)
            if error.allowed_commands:
                print(f"possible now: {', '.join(error.allowed_commands)}", file=sys.stderr)
            return 1
        except ValidationError as error:
            for wrong in error.errors(include_url=False, include_input=False):
                place = ".".join(str(part) for part in wrong["loc"])
                print(f"backhaul: {place}: {wrong['msg']}", file=sys.stderr)
            return 2
        except httpx.TransportError as error:
            print(f"backhaul: the API does not answer ({type(error).__name__})", file=sys.stderr)
            return 1
        return 0

    return run


async def _call(command: str, action: Action, arguments: argparse.Namespace) -> None:
    async with _open_http(command) as http:
        await action(BackhaulClient(http), arguments)


@asynccontextmanager
async def _open_http(command: str) -> AsyncIterator[httpx.AsyncClient]:
    url, key = _address(command)
    async with httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=_SECONDS,
        # No proxy of the person's own stands between us and the embedded stack.
        trust_env=not url.startswith("http://127.0.0.1"),
    ) as http:
        yield http


def _address(command: str) -> tuple[str, str]:
    settings = load_client_settings()
    if settings.api_url is not None and settings.api_key is not None:
        return settings.api_url, settings.api_key.get_secret_value()
    try:
        stack = find(load_stack_settings().data_dir)
    except NotRunningError:
        raise SettingsError(
            f"{variable('api_url')} and {variable('api_key')} are not set, and no embedded stack "
            "runs; `backhaul up` starts one"
        ) from None
    return stack.urls["api"], stack.secrets[key_name(COMMANDS[command].roles[0])]
