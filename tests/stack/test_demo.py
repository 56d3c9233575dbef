"""The demo ends with the same table, whatever is killed in the middle of it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runtime.devstack.errors import NotRunningError
from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset
from runtime.devstack.processes import ProcessId, is_alive, wait_until
from runtime.devstack.stack import Stack, find, start_stack

# A busy machine takes several times the 45 seconds of a quiet one.
_PATIENCE_SECONDS = 240.0
pytestmark = pytest.mark.timeout(600)
# Outcomes and money; numbers and times differ from run to run.
TABLE = {
    "pickup → refund": "paid, survey answered 128.02 EUR",
    "drop-off → refund": "settled twice 313.09 CNY",
    "drop-off → exchange": "replacement delivered 0 JPY",
    "denied": "window ended 0.00 EUR",
    "pickup → withdrawn": "courier, label undone 0.000 KWD",
    "drop-off → sent back": "rejected, sent back 0.00 EUR",
    "exchange → refund": "difference paid back 2000 JPY",
    "exchange → payment": "difference paid, sent 0 JPY",
    "pickup → drop-off": "2 visits, dropped off 45.600 KWD",
    "review → refund": "one line of three 72.39 EUR",
    "provider down": "parked, then paid once 375.70 CNY",
    "review, no answer": "granted by default 118.99 EUR",
    "review → denied": "decided by a person 0.00 EUR",
    "run terminated": "found, restarted, paid 10450 JPY",
    "order unreadable": "corrected, then paid 45.600 KWD",
}
_ROW = re.compile(
    r"^ *✓ +RMA-\S+ {2,}(?P<route>.+?) {2,}(?P<outcome>.+?)(?: [A-Z][a-z]{2} \d\d)? {2,}"
    r"(?P<money>[\d.]+ [A-Z]{3}) +\d+ s *$",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data folder for all of them: a demo leaves nothing that would be in another's way."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    yield folder
    with suppress(NotRunningError):
        find(folder).stop()
    reset(DataFolder.at(folder))


@contextmanager
def demo(data_dir: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``backhaul demo`` as at a prompt of 100 columns; it is over when the test is."""
    environment = {**os.environ, "BACKHAUL_DATA_DIR": str(data_dir), "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def wait_for_returns(stack: Stack, program: subprocess.Popen[str]) -> dict[str, ProcessId]:
    """Return every process of the stack once the demo has begun its returns."""
    begun = stack.folder.root / "demo.json"

    def is_under_way() -> bool:
        return begun.exists() and not json.loads(begun.read_text())["finished"]

    assert wait_until(lambda: is_under_way() or program.poll() is not None, _PATIENCE_SECONDS)
    assert program.poll() is None
    record = stack.record
    assert record.supervisor is not None
    return {"supervisor": record.supervisor, **record.processes}


def end_of(program: subprocess.Popen[str]) -> str:
    """Return all that it said; fail with it if it did not end well, or not in time."""
    try:
        text, _ = program.communicate(timeout=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        text, _ = program.communicate()
        pytest.fail(f"it did not end in {_PATIENCE_SECONDS:.0f} s:\n{text}")
    assert program.returncode == 0, text
    return text


def table_in(text: str) -> dict[str, str]:
    return {row["route"]: f"{row['outcome']} {row['money']}" for row in _ROW.finditer(text)}


def all_gone(these: dict[str, ProcessId]) -> bool:
    return wait_until(lambda: not any(map(is_alive, these.values())), _PATIENCE_SECONDS)


def test_a_killed_worker_changes_nothing(data_dir: Path) -> None:
    """Kill -9 of the worker in the middle: the same table, and nothing is left running."""
    stack = Stack(DataFolder.at(data_dir))
    with demo(data_dir, "--no-keep") as program:
        these = wait_for_returns(stack, program)
        os.kill(these["worker"].pid, signal.SIGKILL)
        text = end_of(program)

    assert table_in(text) == TABLE, text
    assert all_gone(these)


def test_a_second_demo_goes_on_where_everything_was_killed(data_dir: Path) -> None:
    """Kill -9 of the demo and every process of the stack: the next one ends with the same table."""
    stack = Stack(DataFolder.at(data_dir))
    with demo(data_dir, "--no-keep") as program:
        these = wait_for_returns(stack, program)
        for process in these.values():
            # Whoever watched over it is dead by now, and its children go with it.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        program.kill()
    assert all_gone(these)

    with demo(data_dir, "--no-keep") as program:
        text = end_of(program)

    assert "was cut off; it goes on" in text
    assert table_in(text) == TABLE, text


def test_a_stack_in_real_time_is_refused(data_dir: Path) -> None:
    """Nobody should watch a day of waiting pass; the message says what to set."""
    slow = {"BACKHAUL_TIME_SCALE": "1"}
    with start_stack(data_dir, overrides=slow), demo(data_dir) as program:
        text, _ = program.communicate(timeout=_PATIENCE_SECONDS)

    assert program.returncode == 1
    assert "BACKHAUL_TIME_SCALE" in text
    assert "RMA-" not in text
