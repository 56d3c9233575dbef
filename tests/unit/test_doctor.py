"""How ``backhaul doctor`` judges clocks, versions, disks and what waits."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.doctor import machine, tenants
from runtime.doctor.findings import Level, clock, version_of
from storage.health import Backlog

_MIB = 1024**2


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, Level.OK), (-1.9, Level.OK), (2.5, Level.WARN), (-61, Level.FAIL), (3600, Level.FAIL)],
)
def test_a_clock_may_be_off_by_two_seconds(seconds: float, level: Level) -> None:
    """In either direction; more than a minute fails."""
    found = clock("clock: database", timedelta(seconds=seconds))

    assert found.level is level
    assert (found.mend is None) == (level is Level.OK)


@pytest.mark.parametrize(
    ("year", "level"), [(1970, Level.FAIL), (2030, Level.OK), (2200, Level.FAIL)]
)
def test_the_wall_clock_is_of_our_time(year: int, level: Level) -> None:
    """A machine that lost its clock starts in 1970."""
    assert machine.wall_clock(datetime(year, 6, 1, tzinfo=UTC)).level is level


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("18.6", Level.OK),
        ("18.1 (Debian 18.1-1)", Level.OK),
        ("19beta1", Level.OK),
        ("devel", Level.WARN),
        ("17.9", Level.WARN),
    ],
)
def test_older_servers_are_not_tested(version: str, level: Level) -> None:
    """That is worth a warning, and no more; so is what cannot be read."""
    assert version_of("postgresql", version, (18,), name="PostgreSQL").level is level


@pytest.mark.parametrize(
    ("free_mib", "level"), [(5_000, Level.OK), (900, Level.WARN), (100, Level.FAIL)]
)
def test_a_disk_fills_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mib: int, level: Level
) -> None:
    """Below a gigabyte it is said, below a fifth of one it fails."""
    usage = SimpleNamespace(free=free_mib * _MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    (found,) = machine.disk({"data": tmp_path})

    assert (found.check, found.level) == ("disk: data", level)
    assert str(tmp_path) in found.found


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """The examination goes on."""
    (found,) = machine.disk({"database": tmp_path / "gone"})

    assert found.level is Level.WARN


@pytest.mark.parametrize(
    ("late", "check", "level"),
    [
        (Backlog(7, 0, 0, 0), "outbox: events", Level.FAIL),
        (Backlog(0, 7, 7, 0), "outbox: messages", Level.FAIL),
        (Backlog(0, 0, 7, 0), "outbox: messages", Level.WARN),
        (Backlog(0, 0, 0, 7), "inbox", Level.WARN),
    ],
)
def test_what_waits_for_too_long_is_counted(late: Backlog, check: str, level: Level) -> None:
    """Where nobody is at work it fails; what is tried again is a warning."""
    ill = [finding for finding in tenants.judged(late) if finding.mend is not None]

    assert [(one.check, one.level) for one in ill] == [(check, level)]
    assert ill[0].found.startswith("7 ")
