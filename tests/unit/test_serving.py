"""A connection is closed by whoever sends the next request over it, not by the server."""

import httpx
from fastapi import FastAPI

from api.serving import server_of

BALANCER_SECONDS = 60
"""What nginx keeps an idle connection to what it stands before, and AWS's load balancer too."""


def test_an_idle_connection_outlasts_the_client_and_the_proxy_that_keep_it() -> None:
    kept = server_of(FastAPI()).config.timeout_keep_alive

    assert kept > (httpx.Limits().keepalive_expiry or 0)
    assert kept > BALANCER_SECONDS
