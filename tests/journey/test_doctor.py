"""``backhaul doctor`` names what is wrong, and what mends it."""

import asyncio
import json
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from google.protobuf.duration_pb2 import Duration
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import ScheduleUpdate, ScheduleUpdateInput
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from cli.main import run
from domain.ids import sweep_id_for
from runtime.devstack.ports import free_port
from runtime.settings import PREFIX, variable
from runtime.temporal import connect, ensure_search_attributes
from storage.database import Database as Storage
from storage.missing import MissingRuns
from storage.returns import Returns
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.storage.builders import NOON, opened
from tests.support.house import TENANT, eventually, sandbox_connections
from tests.support.journey import Journey
from tests.support.postgres import PASSWORD, Database
from tests.support.sandbox import Sandbox
from workers.schedules import ensure_sweep


@dataclass(frozen=True, slots=True)
class Findings:
    """What one examination said."""

    status: int
    by_check: dict[str, dict[str, str | None]]
    text: str

    @property
    def failed(self) -> list[str]:
        return [check for check, one in self.by_check.items() if one["level"] == "fail"]

    def found(self, check: str) -> str:
        return self.by_check[check]["found"] or ""

    def mend(self, check: str) -> str:
        return self.by_check[check]["mend"] or ""


@dataclass(frozen=True, slots=True)
class Practice:
    """A house in good health, of whose settings each test spoils one."""

    database: Database
    key: str
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def set(self, name: str, value: str) -> None:
        self.monkeypatch.setenv(variable(name), value)

    async def examine(self, *options: str) -> Findings:
        self.capture.readouterr()
        status = await asyncio.to_thread(run, ["doctor", "--json", *options])
        text = self.capture.readouterr().out
        return Findings(status, {one["check"]: one for one in json.loads(text)}, text)


@pytest.fixture
async def practice(
    journey: Journey,
    database: Database,
    shared_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Practice:
    """The running house's API, worker and Temporal, and a database with one connected tenant."""
    key = Fernet.generate_key().decode()
    storage = Storage(database.app_url)
    tenants = Tenants(storage, SecretBox(key))
    await tenants.create(TENANT, "Acme")
    for connection in sandbox_connections(shared_sandbox):
        await tenants.put_connection(connection)
    await storage.aclose()
    settings = journey.settings
    practice = Practice(database, key, monkeypatch, capsys)
    values = {
        "database_url": database.app_url,
        "database_owner_url": database.owner_url,
        "secret_key": key,
        "temporal_address": settings.temporal_address,
        "temporal_namespace": settings.temporal_namespace,
        "task_queue": settings.task_queue,
        "sandbox_url": settings.sandbox_url or "",
        "time_scale": str(settings.time_scale),
        "api_url": settings.public_url,
        "api_key": "bh_secret",
    }
    for name, value in values.items():
        practice.set(name, value)
    return practice


async def test_all_is_well_on_a_running_house(practice: Practice) -> None:
    """Everything is looked at, nothing is wrong, and no secret is shown."""
    findings = await practice.examine()

    levels = {check: one["level"] for check, one in findings.by_check.items()}
    assert set(levels.values()) == {"ok"}, findings.text
    assert findings.status == 0
    assert set(levels) == {
        *("python", "backhaul", "temporalio", "temporal server", "postgresql"),
        *("clock", "clock: database", "clock: temporal"),
        *("database", "migrations", "temporal", "search attributes", "workers", "sweep", "api"),
        *(f"connection: {TENANT} {kind}" for kind in ("carrier", "commerce", "mail", "payments")),
        *("outbox: events", "outbox: messages", "inbox", "parked returns", "lost runs"),
    }
    secrets = (PASSWORD, practice.key, "bh_secret", "sk_test_1", "EZTK1", "ct_1", "whsec_")
    assert [secret for secret in secrets if secret in findings.text] == []


async def test_people_read_a_table_with_mends(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a finding, and below it what to do."""
    practice.set("task_queue", "nobody")
    status = await asyncio.to_thread(run, ["doctor"])

    printed = capsys.readouterr().out
    assert status == 1
    assert "ok    database" in printed
    assert "fail  workers" in printed
    assert "mend: `backhaul worker`" in printed
    assert printed.rstrip().endswith("0 warn, 2 fail")


async def test_the_database_is_away(practice: Practice) -> None:
    """The rest is examined all the same, and the password is not shown."""
    practice.set("database_url", f"postgresql://app:hidden-word@127.0.0.1:{free_port()}/backhaul")

    findings = await practice.examine()

    assert (findings.status, findings.failed) == (1, ["database"])
    assert "start PostgreSQL" in findings.mend("database")
    assert "workers" in findings.by_check
    assert "hidden-word" not in findings.text


async def test_nothing_was_migrated(practice: Practice, empty_database: Database) -> None:
    """A database without tables is told from one that is away, also without its owner."""
    practice.set("database_url", empty_database.app_url)
    practice.monkeypatch.delenv(variable("database_owner_url"))

    findings = await practice.examine()

    assert findings.failed == ["migrations"]
    assert "is missing" in findings.found("migrations")
    assert "backhaul db migrate" in findings.mend("migrations")


async def test_the_newest_migration_is_missing(practice: Practice) -> None:
    """The owner's address shows the revision itself."""
    with psycopg.connect(practice.database.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    findings = await practice.examine()

    assert findings.failed == ["migrations"]
    assert "revision 0001, wanted" in findings.found("migrations")
    assert "backhaul db migrate" in findings.mend("migrations")


async def test_temporal_is_away(practice: Practice) -> None:
    """Nothing more is asked of it."""
    practice.set("temporal_address", f"127.0.0.1:{free_port()}")

    findings = await practice.examine()

    assert findings.failed == ["temporal"]
    assert "start Temporal" in findings.mend("temporal")
    assert "workers" not in findings.by_check


async def test_a_namespace_is_missing(practice: Practice) -> None:
    """A wrong name of the namespace is told from a server that is away."""
    practice.set("temporal_namespace", "nowhere")

    findings = await practice.examine()

    assert findings.failed == ["temporal"]
    assert "namespace create --namespace nowhere" in findings.mend("temporal")


async def test_a_search_attribute_is_missing(
    practice: Practice, dev_server: WorkflowEnvironment
) -> None:
    """It is named, and so is the command that registers it."""
    namespace = f"doctor-{uuid.uuid4().hex[:8]}"
    await _namespace_without(dev_server, namespace, "OwnerRole")
    practice.set("temporal_namespace", namespace)

    findings = await practice.examine()

    assert findings.found("search attributes") == "missing: OwnerRole"
    assert "--name OwnerRole --type Keyword`" in findings.mend("search attributes")
    assert findings.failed == ["search attributes", "workers", "sweep"]


async def test_nobody_works(practice: Practice) -> None:
    """A queue without a worker is named, with the command that starts one."""
    practice.set("task_queue", "nobody")

    findings = await practice.examine()

    assert findings.failed == ["workers", "sweep"]
    assert "nobody takes workflow tasks" in findings.found("workers")
    assert "backhaul worker" in findings.mend("workers")
    assert "no schedule sweep/nobody" in findings.found("sweep")
    assert "start a worker" in findings.mend("sweep")


async def test_a_sweep_stands_still(practice: Practice, dev_server: WorkflowEnvironment) -> None:
    """A schedule that was paused or robbed of its interval is named, with what mends it."""
    queue = f"idle-{uuid.uuid4().hex[:8]}"
    client = dev_server.client
    await ensure_sweep(client, task_queue=queue, time_scale=1)
    schedule = client.get_schedule_handle(sweep_id_for(queue))
    practice.set("task_queue", queue)

    fresh = await practice.examine()
    await schedule.pause()
    await ensure_sweep(client, task_queue=queue, time_scale=1)
    paused = await practice.examine()
    await schedule.unpause()
    await schedule.update(without_interval)
    changed = await practice.examine()
    await ensure_sweep(client, task_queue=queue, time_scale=1)
    mended = await practice.examine()
    await schedule.delete()

    assert fresh.by_check["sweep"]["level"] == "ok"
    assert paused.by_check["sweep"]["level"] == "warn"
    assert f"--unpause --schedule-id {sweep_id_for(queue)}" in paused.mend("sweep")
    assert changed.by_check["sweep"]["level"] == "warn"
    assert "has no interval" in changed.found("sweep")
    assert mended.by_check["sweep"]["level"] == "ok"


def without_interval(found: ScheduleUpdateInput) -> ScheduleUpdate:
    """Let a schedule begin at no time, as an edit by hand may."""
    schedule = found.description.schedule
    return ScheduleUpdate(replace(schedule, spec=replace(schedule.spec, intervals=[])))


async def test_runs_are_lost(practice: Practice) -> None:
    """Returns without a run are counted, with the command that restarts them."""
    storage = Storage(practice.database.app_url)
    lost = await missing_return(storage)
    await storage.aclose()

    findings = await practice.examine()

    assert lost
    assert findings.failed == ["lost runs"]
    assert findings.found("lost runs").startswith("returns whose run is gone: 1;")
    assert "backhaul ops restart" in findings.mend("lost runs")
    assert findings.by_check["parked returns"]["level"] == "ok"


async def test_a_secret_cannot_be_decrypted(practice: Practice) -> None:
    """Each connection says so, and how to enter its secrets again."""
    practice.set("secret_key", Fernet.generate_key().decode())

    findings = await practice.examine()

    kinds = ("carrier", "commerce", "mail", "payments")
    assert findings.failed == [f"connection: {TENANT} {kind}" for kind in kinds]
    mend = findings.mend(f"connection: {TENANT} payments")
    assert "bring the old key back" in mend
    assert f"backhaul tenants connect {TENANT} stripe" in mend


async def test_a_connection_leads_nowhere(practice: Practice, shared_sandbox: Sandbox) -> None:
    """A closed port, an adapter without its secret, and a host that scaled time may not see."""
    closed = f"smtp://127.0.0.1:{free_port()}"
    payments, carrier, commerce, mail = sandbox_connections(shared_sandbox)
    storage = Storage(practice.database.app_url)
    tenants = Tenants(storage, SecretBox(practice.key))
    await tenants.put_connection(replace(mail, base_url=closed))
    await tenants.put_connection(replace(payments, secrets={"api_key": "sk_test_1"}))
    await tenants.put_connection(replace(carrier, base_url="https://carrier.example.com/v2"))
    await tenants.put_connection(replace(commerce, tenant_id=TENANT))
    await storage.aclose()

    findings = await practice.examine()

    kinds = ("carrier", "mail", "payments")
    assert findings.failed == [f"connection: {TENANT} {kind}" for kind in kinds]
    assert "cannot be reached" in findings.found(f"connection: {TENANT} mail")
    assert "webhook_secret is missing" in findings.found(f"connection: {TENANT} payments")
    assert "leads out of the sandbox" in findings.found(f"connection: {TENANT} carrier")
    assert "BACKHAUL_TIME_SCALE=1" in findings.mend(f"connection: {TENANT} carrier")


async def test_the_api_is_away(practice: Practice) -> None:
    """Its address is shown with the command that starts it."""
    url = f"http://127.0.0.1:{free_port()}"
    practice.set("api_url", url)

    findings = await practice.examine()

    assert findings.failed == ["api"]
    assert url in findings.found("api")
    assert "backhaul api" in findings.mend("api")


async def test_no_house_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without settings and without an embedded stack there is nothing to examine."""
    for name in ("database_url", "api_url", "api_key"):
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "nothing"))

    status = await asyncio.to_thread(run, ["doctor"])

    printed = capsys.readouterr().out
    assert status == 1
    assert "BACKHAUL_DATABASE_URL is not set" in printed
    assert "mend: `backhaul up`" in printed


async def missing_return(storage: Storage) -> bool:
    """Open a return that has no run, and let it be found."""
    await opened(Returns(storage))
    missing = MissingRuns(storage)
    (seen,) = await missing.open_returns(TENANT, after=None, limit=10)
    return await missing.note(TENANT, seen, at=NOON, deadline=NOON)


async def _namespace_without(server: WorkflowEnvironment, namespace: str, missing: str) -> None:
    """Make a namespace with all of our search attributes but one."""
    service = server.client.workflow_service
    retention = Duration()
    retention.FromTimedelta(timedelta(days=1))
    await service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=retention)
    )

    async def add() -> bool:
        try:
            client = await connect(server.client.service_client.config.target_host, namespace)
            await ensure_search_attributes(client)
        except RPCError:
            return False
        return True

    # The server reads its list of namespaces again every few seconds.
    await eventually(add, bool)
    await server.client.operator_service.remove_search_attributes(
        RemoveSearchAttributesRequest(namespace=namespace, search_attributes=[missing])
    )
