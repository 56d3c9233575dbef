"""The whole of Backhaul around a test: client, HTTP, engine, worker, database, outside world."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
from cryptography.fernet import Fernet
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.app import create_app
from api.services import Services, open_services
from api.serving import server_of
from api.starting import Patience
from backhaul_client import BackhaulClient
from runtime.connections import stored_connections
from runtime.settings import Settings
from runtime.tokens import SurveyTokens
from storage.secrets import SecretBox
from storage.states import Role
from storage.tenants import Tenants
from tests.support.house import TENANT, sandbox_connections
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from workers.returns import build_relay, build_workers, needs_of
from workers.schedules import ensure_sweep
from workers.working import working

OTHER_TENANT = "other"
"""A tenant of its own without any connection."""
QUIET_TENANT = "quiet"
"""A tenant connected like the first; whoever uses it sees to it that nothing happens there."""
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Tests are about what is answered, not how fast.
ON_A_BUSY_MACHINE = Patience(*[timedelta(seconds=60)] * 3)
# For those who know that nobody answers.
_HASTY = Patience(*[timedelta(seconds=1)] * 3)
# Longer than the API is at one, so that the relay takes up none that the API has not given up.
_RETRY_WEBHOOKS_AFTER_SECONDS = 2
_SYSTEMS = {"payments": "stripe", "carrier": "easypost", "commerce": "commerce"}


@dataclass(frozen=True, slots=True)
class Journey:
    """``http`` holds a client for each tenant and role; ``anonymous`` carries no key."""

    settings: Settings
    services: Services
    worker: Worker
    sandbox: SandboxClient
    http: dict[tuple[str, str], httpx.AsyncClient]
    anonymous: httpx.AsyncClient
    connection_ids: dict[tuple[str, str], str]

    def client(self, role: str = "platform", *, tenant: str = TENANT) -> BackhaulClient:
        return BackhaulClient(self.http[tenant, role])

    def survey_token(self, return_id: str) -> str:
        """Return the token of the survey that the customer of a return is sent."""
        return SurveyTokens(self.settings.secret_key.get_secret_value()).token(return_id)


@asynccontextmanager
async def open_journey(
    environment: WorkflowEnvironment,
    database: Database,
    sandbox: Sandbox,
    sandbox_http: SandboxClient,
    *,
    time_scale: float,
) -> AsyncIterator[Journey]:
    """Run API, worker and relay as they run in production, but in this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        database_url=SecretStr(database.app_url),
        temporal_address=environment.client.service_client.config.target_host,
        temporal_namespace=environment.client.namespace,
        task_queue=f"returns-{uuid.uuid4().hex[:8]}",
        secret_key=SecretStr(Fernet.generate_key().decode()),
        public_url=address,
        sandbox_url=sandbox.url,
        time_scale=time_scale,
    )
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(
            open_services(settings, patience=ON_A_BUSY_MACHINE)
        )
        connection_ids = await _connect(services, settings, sandbox)
        for kind, system in _SYSTEMS.items():
            url = f"{address}/v1/webhooks/{connection_ids[TENANT, kind]}"
            sandbox_http.put(f"webhooks/{system}", {"url": url, "secret": WEBHOOK_SECRET})
        await stack.enter_async_context(_served(create_app(services), listener))
        await ensure_sweep(services.temporal, task_queue=settings.task_queue, time_scale=time_scale)
        worker = await stack.enter_async_context(_working(services, settings))
        http = {}
        for tenant in (TENANT, OTHER_TENANT, QUIET_TENANT):
            for role in Role:
                _, key = await services.keys.create(tenant, role, f"test, {role}")
                client = _http(address, {"Authorization": f"Bearer {key}"})
                http[tenant, role.value] = await stack.enter_async_context(client)
        anonymous = await stack.enter_async_context(_http(address, {}))
        yield Journey(settings, services, worker, sandbox_http, http, anonymous, connection_ids)


@dataclass(frozen=True, slots=True)
class Quiet:
    """The same database behind an API of its own, on a task queue that nobody works on yet."""

    services: Services
    settings: Settings
    http: dict[str, httpx.AsyncClient]

    def client(self, role: str = "platform") -> BackhaulClient:
        return BackhaulClient(self.http[role])

    def working(self) -> AbstractAsyncContextManager[Worker]:
        """Run a worker on the queue for as long as the context is open."""
        return _working(self.services, self.settings)


@asynccontextmanager
async def without_workers(
    journey: Journey, *, patience: Patience = _HASTY, **changes: object
) -> AsyncIterator[Quiet]:
    """Open an API of these settings, but for its task queue, which is a new one.

    It waits for nobody longer than a second, unless it is told to.
    """
    queue = f"nobody-{uuid.uuid4().hex[:8]}"
    settings = journey.settings.model_copy(update={"task_queue": queue, **changes})
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings, patience=patience))
        transport = httpx.ASGITransport(create_app(services))
        http = {}
        for role in Role:
            client = httpx.AsyncClient(
                base_url="http://api",
                headers={"Authorization": journey.http[TENANT, role].headers["Authorization"]},
                transport=transport,
                timeout=30,
            )
            http[role.value] = await stack.enter_async_context(client)
        yield Quiet(services, settings, http)


async def _connect(
    services: Services, settings: Settings, sandbox: Sandbox
) -> dict[tuple[str, str], str]:
    tenants = Tenants(services.database, SecretBox(settings.secret_key.get_secret_value()))
    ids = {}
    for tenant in (TENANT, OTHER_TENANT, QUIET_TENANT):
        await tenants.create(tenant, tenant)
        for connection in sandbox_connections(sandbox) if tenant != OTHER_TENANT else ():
            own = replace(connection, tenant_id=tenant)
            stored = await tenants.put_connection(own)
            ids[tenant, connection.kind] = stored.connection_id
    return ids


@asynccontextmanager
async def _served(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    server = server_of(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _working(services: Services, settings: Settings) -> AsyncIterator[Worker]:
    secret_key = settings.secret_key.get_secret_value()
    connections = stored_connections(Tenants(services.database, SecretBox(secret_key)), settings)
    needs = needs_of(settings, services.database, connections)
    relay = build_relay(
        services.temporal,
        needs,
        public_url=settings.public_url,
        retry_webhooks_after=_RETRY_WEBHOOKS_AFTER_SECONDS,
    )
    workers = build_workers(services.temporal, needs)
    async with working(*workers):
        relaying = asyncio.create_task(relay.run())
        try:
            yield workers[0]
        finally:
            relaying.cancel()
            with suppress(asyncio.CancelledError):
                await relaying
    await connections.aclose()


def _http(address: str, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=address, headers=headers, timeout=90, trust_env=False, verify=False
    )
