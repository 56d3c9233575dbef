"""How the API is served: its HTTP server, for the process and for tests alike."""

import uvicorn
from fastapi import FastAPI

IDLE_SECONDS = 75
"""How long a connection may lie idle before the server closes it.

Whoever keeps connections must be the one who closes them: a request sent while the server closes
is lost without an answer. Clients keep theirs for 5 s (httpx) or 4 s (Node's fetch), proxies and
load balancers for 60 s as they come (nginx before its upstream, AWS's application load balancer).
"""
# Longer than the longest answer takes: requests under way end before the process does.
_GRACE_SECONDS = 12


def server_of(app: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Server:
    """Return the server of ``app``; where it is given a socket, host and port are not used."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
