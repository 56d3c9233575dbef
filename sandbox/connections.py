"""Connections that can be dropped without an answer, as if the network had failed."""

import asyncio
from typing import Any

from fastapi import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """The open connections by the client's address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        self._open[_peer(transport)] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        self._open.pop(_peer(transport), None)

    async def drop(self, request: Request) -> None:
        """Close the request's connection and wait until the server has noticed."""
        client = request.client
        transport = self._open.get((client.host, client.port)) if client is not None else None
        if transport is None:
            return
        transport.close()
        # The body was read before, so the next message can only be the disconnect.
        await request.receive()

    def protocol(self) -> type[H11Protocol]:
        """Return the HTTP protocol that keeps this list, for uvicorn's ``http`` setting."""
        connections = self

        class ListedProtocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                connections.opened(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.closed(self.transport)
                super().connection_lost(exc)

        return ListedProtocol


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return str(host), int(port)
