"""One running Backhaul for all journeys: each brings orders and keys of its own."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog
from temporalio.testing import WorkflowEnvironment

from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE, PostgresServer
from runtime.settings import variable
from tests.support.journey import Journey, open_journey
from tests.support.postgres import PASSWORD, Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import EXAMPLES, SandboxClient, sandbox_client
from tests.support.terminal import Terminal, sign_in

# An hour of our own waits is a third of a second: a rejected lot goes back after nine.
TIME_SCALE = 10_000.0


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> Iterator[None]:
    """The API's and worker's log lines go to the test's log, not between what commands print."""
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def outside(shared_sandbox: Sandbox) -> Iterator[SandboxClient]:
    """The shared sandbox, with the one warehouse that returns go to."""
    locations = json.loads((EXAMPLES / "locations.json").read_text())["locations"]
    warehouse = {name: value for name, value in locations[0].items() if name != "location_id"}
    with sandbox_client(shared_sandbox) as client:
        client.put("locations/MAIN", warehouse)
        yield client


@pytest.fixture(scope="session")
def journey_database(postgres_server: PostgresServer, migrated_template: str) -> Database:
    """A migrated database for all journeys; it goes with its server."""
    postgres_server.ensure_database("journey", template=migrated_template)
    return Database(
        owner_url=postgres_server.url(OWNER_ROLE, PASSWORD, "journey"),
        app_url=postgres_server.url(APP_ROLE, PASSWORD, "journey"),
    )


@pytest_asyncio.fixture(scope="package")
async def journey(
    dev_server: WorkflowEnvironment,
    journey_database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> AsyncIterator[Journey]:
    """What all journeys share; it goes before other tests block the loop its worker runs in."""
    async with open_journey(
        dev_server, journey_database, shared_sandbox, outside, time_scale=TIME_SCALE
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def still_works(journey: Journey) -> None:
    """Name the first test that finds the worker gone, not the next one that waits for it."""
    assert journey.worker.is_running


@pytest.fixture
def terminal(
    journey: Journey, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """A terminal set up for the running API and its database."""
    settings = journey.settings
    sign_in(journey, monkeypatch, "platform")
    plain = {
        "database_url": settings.database_url.get_secret_value(),
        "secret_key": settings.secret_key.get_secret_value(),
        "sandbox_url": settings.sandbox_url or "",
        "time_scale": str(settings.time_scale),
        "public_url": settings.public_url,
    }
    for name, value in plain.items():
        monkeypatch.setenv(variable(name), value)
    return Terminal(capsys)
