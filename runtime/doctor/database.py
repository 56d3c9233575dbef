"""The database: does it answer, to whom, with which tables, at what time."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from runtime.doctor.findings import Finding, broken, clock, doubtful, version_of, well
from runtime.settings import Settings, variable
from storage.health import Health
from storage.migrate import current, newest

_TESTED = (18,)
_MIGRATE = "`backhaul db migrate`, as the role that owns the tables"


async def reachable(health: Health, settings: Settings) -> tuple[list[Finding], bool]:
    """Connect as the application does; also say whether it is worth asking on."""
    name = variable("database_url")
    asked_at = datetime.now(UTC)
    try:
        state = await health.server()
    except (SQLAlchemyError, OSError) as error:
        mend = f"start PostgreSQL (embedded: `backhaul up`), or correct {name}"
        return [broken("database", _reason(error, settings), mend)], False
    took = datetime.now(UTC) - asked_at
    if state.unbound:
        mend = f"let {name} name a role without SUPERUSER and BYPASSRLS"
        found = f"{state.role} is not bound by row-level policies: it sees every tenant"
        role = broken("database", found, mend)
    else:
        role = well("database", f"answers to {state.role}")
    skew = state.now - (asked_at + took / 2)
    return [
        role,
        version_of("postgresql", state.version, _TESTED, name="PostgreSQL"),
        clock("clock: database", skew),
    ], True


async def migrated(health: Health, settings: Settings) -> tuple[Finding, bool]:
    """Compare the tables with this program's; also say whether its queries will work.

    The revision is for the tables' owner alone to read: without its address the tables themselves
    are compared.
    """
    missing = await health.missing()
    wanted = newest()
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        found = f"{missing[0]} is missing{more}; wanted revision {wanted}"
        return broken("migrations", found, _MIGRATE), False
    if settings.database_owner_url is None:
        return well("migrations", "every table and column is there"), True
    try:
        revision = await asyncio.to_thread(current, settings.database_owner_url.get_secret_value())
    except SQLAlchemyError as error:
        mend = f"correct {variable('database_owner_url')}; only migrations need it"
        return doubtful("migrations", f"the owner: {_reason(error, settings)}", mend), True
    if revision == wanted:
        return well("migrations", f"revision {revision}"), True
    found = f"revision {revision}, wanted {wanted}"
    return broken("migrations", found, f"{_MIGRATE}, or run the program that made it"), True


def _reason(error: Exception, settings: Settings) -> str:
    """Return the driver's first line, without anything of the address but what it chose to say."""
    text = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    for url in (settings.database_url, settings.database_owner_url):
        password = _password(url.get_secret_value()) if url is not None else None
        if password:
            text = text.replace(password, "…")
    return f"{type(error).__name__}: {text}"


def _password(url: str) -> str | None:
    return make_url(url).password
