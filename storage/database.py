"""Connections to PostgreSQL: every transaction belongs to one tenant, or looks one up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

UNREACHABLE = (OperationalError, InterfaceError, PoolTimeoutError)
"""What a transaction raises while the database, or a free connection to it, is not to be had."""

_SET_TENANT = text("SELECT set_config('backhaul.tenant_id', :tenant_id, true)")
# A statement that outlives these belongs to nobody: the activity that sent it has timed out.
_SESSION = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "TimeZone": "UTC",
}


class Database:
    """A small pool of connections as the application role.

    Args:
        url: ``postgresql+psycopg://…``.
        pool_size: Connections kept open; as many again are opened under load.
        pool_seconds: How long a transaction waits until one of them is free.
    """

    def __init__(self, url: str, *, pool_size: int = 5, pool_seconds: float = 10) -> None:
        self._engine = create_async_engine(
            url,
            # Parameters may be personal data, and errors end in logs and in workflow history.
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_seconds,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                "application_name": "backhaul",
                "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
            },
        )

    @asynccontextmanager
    async def tenant(self, tenant_id: str) -> AsyncIterator[AsyncConnection]:
        """Open one transaction that sees and writes this tenant's rows only.

        Raises:
            ValueError: ``tenant_id`` is empty, which would mean no tenant.
        """
        if not tenant_id:
            raise ValueError("wanted a tenant id, found an empty text")
        async with self._engine.begin() as connection:
            await connection.execute(_SET_TENANT, {"tenant_id": tenant_id})
            yield connection

    @asynccontextmanager
    async def lookup(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction of no tenant: it sees no row, only the look-up functions' answers."""
        async with self._engine.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """Answer if the database does; otherwise raise what the driver raises."""
        async with self.lookup() as connection:
            await connection.execute(text("SELECT 1"))

    async def aclose(self) -> None:
        await self._engine.dispose()
