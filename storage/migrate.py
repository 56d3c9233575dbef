"""Brings a database to the newest schema, and says which one it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from storage.grants import grant

# Any number will do, as long as it stays: several processes may migrate at the same time.
_LOCK = 7_309_882_114


class MigrationError(Exception):
    """The database is not prepared for a migration."""


def upgrade(owner_url: str, app_role: str = "backhaul_app") -> None:
    """Apply the revisions that are missing and grant the application role its rights.

    All of it is one transaction, and one at a time: it happens wholly or not at all. Repeating it
    changes nothing.

    Raises:
        MigrationError: the role does not exist, or is the owner itself.
    """
    with create_engine(owner_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _check_role(connection, app_role)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        grant(connection, app_role)


def current(owner_url: str) -> str | None:
    """Return the database's revision; ``None`` before the first migration."""
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the revision this program was made for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    location = Path(__file__).parent / "migrations"
    # Alembic expands percent signs.
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    return config


def _check_role(connection: Connection, app_role: str) -> None:
    if connection.scalar(text("SELECT current_user")) == app_role:
        raise MigrationError(
            f"wanted an application role besides the owner, found {app_role} for both: "
            "an owner could undo the row-level policies that bind it"
        )
    known = connection.scalar(
        text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": app_role}
    )
    if known is None:
        raise MigrationError(f"wanted a role {app_role}: create it first (LOGIN, nothing more)")
