"""An address webhooks can be sent to: keeps what arrives, and answers as it is told."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

_PATIENCE_S = 30.0
"""Longer than a delivery that is under way to somebody else and hears nothing there."""


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery attempt; headers keep the spelling of the sender."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class WebhookReceiver:
    """Deliveries in order of arrival; ``answer`` gives the status of each, 200 unless set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Callable[[Received], int] = lambda _: 200
        self.arrivals: Queue[Received] = Queue()

    def next(self, wanted: Callable[[Received], bool] = lambda _: True) -> Received:
        """Wait for the next delivery that is wanted; others before it are dropped."""
        while True:
            try:
                received = self.arrivals.get(timeout=_PATIENCE_S)
            except Empty:
                raise AssertionError("no such webhook came") from None
            if wanted(received):
                return received


@contextlib.contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """Listen on a free port for as long as the context is open."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        receiver = WebhookReceiver(f"http://127.0.0.1:{server.server_port}/webhooks")
        server.receiver = receiver
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    receiver: WebhookReceiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(dict(self.headers.items()), body)
        status = receiver.answer(received)
        # Before the answer: the sender's next delivery comes on another thread, and not earlier.
        receiver.arrivals.put(received)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class says so
        """Stay silent."""
