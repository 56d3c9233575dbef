"""The embedded stack survives what happens to programs on people's machines."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.devstack.errors import AlreadyRunningError, NotRunningError, StackError
from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset
from runtime.devstack.ports import free_port
from runtime.devstack.processes import ProcessId, is_alive, wait_until
from runtime.devstack.stack import Stack, attach, find, start_stack

FOUNDATIONS = ("postgres", "temporal")
_PATIENCE_SECONDS = 60.0


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose stack is stopped and whose data is removed, whatever happened."""
    folder = tmp_path / "data"
    yield folder
    with contextlib.suppress(NotRunningError):
        find(folder).stop()
    reset(DataFolder.at(folder))


def remember(stack: Stack, word: str) -> None:
    with psycopg.connect(_owner_url(stack)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", (word,))


def recall(stack: Stack) -> list[str]:
    with psycopg.connect(_owner_url(stack)) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM words ORDER BY word")]


def _owner_url(stack: Stack) -> str:
    return stack.environment["BACKHAUL_DATABASE_OWNER_URL"].replace("+psycopg", "")


def processes(stack: Stack) -> list[ProcessId]:
    record = stack.record
    assert record.supervisor is not None
    return [record.supervisor, *record.processes.values()]


def all_gone(these: list[ProcessId]) -> bool:
    return wait_until(lambda: not any(is_alive(one) for one in these), _PATIENCE_SECONDS)


def test_a_second_start_finds_data_addresses_and_secrets_again(data_dir: Path) -> None:
    """Stopping loses nothing, and links that were sent stay good."""
    with start_stack(data_dir, services=FOUNDATIONS) as stack:
        remember(stack, "kept")
        urls, secrets, these = stack.urls, stack.secrets, processes(stack)
    assert all_gone(these)

    with start_stack(data_dir, services=FOUNDATIONS) as again:
        assert recall(again) == ["kept"]
        assert again.urls == urls
        assert again.secrets == secrets


def test_a_killed_supervisor_takes_all_with_it_and_loses_nothing(data_dir: Path) -> None:
    """After kill -9 no process is left behind, and the next start has what was committed."""
    stack = start_stack(data_dir, services=FOUNDATIONS)
    remember(stack, "committed")
    supervisor, *others = processes(stack)

    os.kill(supervisor.pid, signal.SIGKILL)
    assert all_gone(others)
    stack.stop()

    with start_stack(data_dir, services=FOUNDATIONS) as again:
        assert recall(again) == ["committed"]


def test_kill_9_of_everything_loses_nothing(data_dir: Path) -> None:
    """As when the machine runs out of memory or the container is removed."""
    stack = start_stack(data_dir, services=FOUNDATIONS)
    remember(stack, "committed")
    these = processes(stack)

    for one in these:
        # Whoever watched over it is dead by now, and its children go with it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
    assert all_gone(these)
    stack.stop()

    with start_stack(data_dir, services=FOUNDATIONS) as again:
        assert recall(again) == ["committed"]


@pytest.mark.parametrize("service", FOUNDATIONS)
def test_a_service_that_dies_is_started_again(data_dir: Path, service: str) -> None:
    """Kill -9 of one process is repaired while the others go on."""
    with start_stack(data_dir, services=FOUNDATIONS) as stack:
        before = stack.record.processes

        os.kill(before[service].pid, signal.SIGKILL)

        assert wait_until(
            lambda: (
                stack.record.processes.get(service, before[service]) != before[service]
                and is_alive(stack.record.processes[service])
            ),
            _PATIENCE_SECONDS,
        )
        others = {name: process for name, process in before.items() if name != service}
        assert others.items() <= stack.record.processes.items()


def test_it_ends_with_the_program_that_started_it(data_dir: Path) -> None:
    """A demo that is killed in its terminal leaves nothing behind."""
    program = (
        "import sys, time; from pathlib import Path\n"
        "from runtime.devstack.stack import start_stack\n"
        "stack = start_stack(Path(sys.argv[1]), services=('temporal',)); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(data_dir)]) as starter:
        try:
            assert wait_until(lambda: DataFolder.at(data_dir).is_locked(), _PATIENCE_SECONDS)
            stack = attach(data_dir)
            these = processes(stack)
        finally:
            starter.kill()

    assert all_gone(these)
    assert stack.record.state == "stopped"


def test_ctrl_c_stops_what_was_starting(data_dir: Path) -> None:
    """Whoever changes their mind while it starts is left with nothing running."""
    # As at a terminal, also where the tests themselves run in the background and ignore it.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "cli.main", "up"]
    environment = {**os.environ, "BACKHAUL_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as up:
        folder = DataFolder.at(data_dir)
        assert wait_until(lambda: bool(folder.read_record().processes), _PATIENCE_SECONDS)
        these = processes(Stack(folder))

        up.send_signal(signal.SIGINT)
        _, complaint = up.communicate(timeout=_PATIENCE_SECONDS)

    assert up.returncode == 130
    assert "interrupted" in complaint
    assert "Traceback" not in complaint
    assert all_gone(these)


def test_two_stacks_on_one_folder_are_refused(data_dir: Path) -> None:
    """The second one says so, and the first one does not notice."""
    with start_stack(data_dir, services=("temporal",)) as stack:
        these = processes(stack)

        with pytest.raises(AlreadyRunningError, match="already runs"):
            start_stack(data_dir, services=("temporal",))
        with pytest.raises(AlreadyRunningError, match="stop it first"):
            reset(DataFolder.at(data_dir))

        assert processes(stack) == these
        assert all(is_alive(one) for one in these)


def test_a_taken_port_is_named_before_anything_starts(data_dir: Path) -> None:
    """The message names the port and the setting; the addresses of last time are kept."""
    with start_stack(data_dir, services=("temporal",)) as stack:
        urls = stack.urls
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]

        with pytest.raises(StackError, match=f"port {port} .* BACKHAUL_TEMPORAL_PORT"):
            start_stack(
                data_dir,
                services=FOUNDATIONS,
                overrides={"BACKHAUL_TEMPORAL_PORT": str(port)},
            )

    assert not (data_dir / "postgres").exists()
    with start_stack(data_dir, services=("temporal",)) as again:
        assert again.urls == urls


class EnoughError(Exception):
    """The first line was read; nothing more need start."""


def test_says_where_the_api_went(data_dir: Path) -> None:
    """With 8080 taken by another program, the first line says where the API is instead."""
    said: list[str] = []

    def first_line(line: str) -> None:
        said.append(line)
        raise EnoughError

    with socket.socket() as other:
        # Connections to an earlier server there may still wind down.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody else has it already
            other.bind(("127.0.0.1", 8080))
            other.listen()

        with pytest.raises(EnoughError):
            start_stack(data_dir, services=("api",), on_progress=first_line)

    assert re.fullmatch(
        r"port 8080 is taken: api listens on \d+; BACKHAUL_API_PORT pins it", said[0]
    )


def test_data_of_another_major_version_is_refused(data_dir: Path) -> None:
    """The message says which versions, and the data is left as it is."""
    with start_stack(data_dir, services=("postgres",)) as stack:
        home = Path(stack.record.postgres_home or "")
    version = home / "postgres" / "PG_VERSION"
    found = version.read_text()
    version.write_text("9\n")

    with pytest.raises(StackError, match="made by PostgreSQL 9"):
        start_stack(data_dir, services=("postgres",))

    version.write_text(found)
    with start_stack(data_dir, services=("postgres",)):
        pass


def test_the_record_holds_no_secret(data_dir: Path) -> None:
    """Everybody may read stack.json; only its owner reads secrets.json."""
    with start_stack(data_dir, services=("postgres",)) as stack:
        text = (data_dir / "stack.json").read_text()
        assert not [name for name, value in stack.secrets.items() if value in text]
        assert (data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_reset_removes_what_the_stack_made_and_nothing_else(data_dir: Path) -> None:
    """A file of somebody else's in the data folder survives."""
    with start_stack(data_dir, services=FOUNDATIONS) as stack:
        home = Path(stack.record.postgres_home or "")
    theirs = data_dir / "notes.txt"
    theirs.write_text("mine")

    reset(DataFolder.at(data_dir))

    assert [path.name for path in data_dir.iterdir()] == ["notes.txt"]
    assert home == data_dir or not home.exists()
    theirs.unlink()
