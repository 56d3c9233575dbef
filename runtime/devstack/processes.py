"""Processes of ours: started so that they cannot outlive us, known again by pid and start time."""

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOG_LIMIT_BYTES = 10_000_000
_POLL_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1

_LINUX = platform.system() == "Linux"
# Loaded before any fork: the child may only call what is already there.
_LIBC = ctypes.CDLL(None) if _LINUX else None


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user and group that a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process for ever: pids are reused, a pid and its start time are not."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class StopStep:
    """A signal and how long it may take to work."""

    signal: signal.Signals
    seconds: float


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process and how to end it.

    Attributes:
        death_signal: What it gets from the kernel (Linux) when the process that started it dies.
        stop: Signals in the order tried; SIGKILL follows by itself.
        account: Who it runs as; None for whoever we are.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    death_signal: signal.Signals = signal.SIGKILL
    stop: tuple[StopStep, ...] = (StopStep(signal.SIGTERM, 10),)
    account: Account | None = None
    directory: Path | None = None


def spawn(launch: Launch, log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, its output appended to ``log``.

    Must be called by the main thread: the death signal is tied to the thread that starts it.
    """
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    account = launch.account
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # commands are composed by this package
            launch.command,
            env=dict(launch.environment),
            cwd=launch.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else (),
            preexec_fn=_die_with_parent(launch.death_signal),  # noqa: PLW1509  # single-threaded
        )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        # Runs after the change of user, which would clear the setting.
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def identify(pid: int) -> ProcessId | None:
    """Return the process that now has ``pid``, or None if there is none or it is a zombie."""
    if _LINUX:
        return _identify_linux(pid)
    answer = _ps(pid, "stat=,lstart=")
    if answer is None or answer.startswith("Z"):
        return None
    return ProcessId(pid, answer.split(maxsplit=1)[1])


def _identify_linux(pid: int) -> ProcessId | None:
    try:
        # The command name, in parentheses, may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else ProcessId(pid, f"{boot}/{started}")


def command_line(pid: int) -> str:
    """Return the command line of a process, empty if there is none."""
    if _LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, UnicodeDecodeError):
            return ""
    return _ps(pid, "command=") or ""


def _ps(pid: int, columns: str) -> str | None:
    answer = subprocess.run(  # noqa: S603  # a pid and a constant
        ["/bin/ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def is_alive(process: ProcessId) -> bool:
    """Return whether this very process, not another with its pid, still runs."""
    return identify(process.pid) == process


def stop_process(process: ProcessId, steps: Sequence[StopStep]) -> None:
    """End a process that may not be our child; returns once it is gone."""
    for step in (*steps, StopStep(signal.SIGKILL, 10)):
        if not is_alive(process):
            return
        with contextlib.suppress(ProcessLookupError):
            if step.signal is signal.SIGKILL:
                _kill_group(process.pid)
            else:
                os.kill(process.pid, step.signal)
        if wait_until(lambda: not is_alive(process), step.seconds):
            return


def stop_child(child: subprocess.Popen[bytes], steps: Sequence[StopStep]) -> None:
    """End a child of ours and reap it."""
    for step in steps:
        if child.poll() is not None:
            return
        child.send_signal(step.signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(step.seconds)
            return
    with contextlib.suppress(ProcessLookupError):
        _kill_group(child.pid)
    child.wait()


def _kill_group(pid: int) -> None:
    # Every process we start leads a session of its own, so the group is its own descendants.
    if os.getpgid(pid) == pid:
        os.killpg(pid, signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether ``condition`` came true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, for a message about a process that died."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
