"""One process: sockets, HTTP, mail, and a clean end."""

import asyncio
import contextlib
import fcntl
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.ledger import Ledger
from sandbox.smtp import serve_smtp
from sandbox.world import World, create_world

_GRACE_S = 3
# As vendors do: longer than clients keep theirs, or a request meets a connection being closed.
_IDLE_S = 75


class StartError(Exception):
    """The sandbox cannot start; the message says why and what to do."""


class _Server(uvicorn.Server):
    """Leaves the signals to :func:`_serve`, which also has mail and the ledger to close."""

    def __init__(self, config: uvicorn.Config, ready_line: str) -> None:
        super().__init__(config)
        self._ready_line = ready_line

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"{self._ready_line}\n")
            sys.stdout.flush()


def run(*, host: str, port: int, smtp_port: int, data: Path, local_only: bool = True) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; the ready line tells which.

    Raises:
        StartError: a port is taken, or another sandbox uses the data folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    with _sole_user(data), _bound(host, port) as http, _bound(host, smtp_port) as smtp:
        ledger = Ledger(data / "ledger.sqlite3")
        try:
            asyncio.run(_serve(create_world(ledger, local_only=local_only), host, http, smtp))
        finally:
            ledger.close()


async def _serve(world: World, host: str, http: socket.socket, smtp: socket.socket) -> None:
    url = f"http://{host}:{http.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(world),
        http=world.connections.protocol(),
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        server_header=False,
    )
    server = _Server(config, f"sandbox ready url={url} smtp_port={smtp.getsockname()[1]}")

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    mail = await serve_smtp(world, smtp)
    try:
        await server.serve([http])
    finally:
        mail.close()


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that name their protocol.
    with socket.socket(family, proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise StartError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        yield listener


@contextlib.contextmanager
def _sole_user(data: Path) -> Iterator[None]:
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(f"another sandbox is using {data}") from error
        yield
