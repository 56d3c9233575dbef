"""The run's own schema in the stack's database: triggers that count and hold, and the way to them.

The engine knows nothing of it. A trigger holds its transaction for a few seconds at most, and shows
that it does by an advisory lock, which others see although the transaction is not committed.
"""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql

from chaos.points import POINTS, ChangePoint
from runtime.devstack.postgres import DATABASE
from runtime.devstack.stack import Stack

HOLD_SECONDS = 4
"""Below the engine's own limit for a statement, so that what nobody releases goes on."""
_LOCK_CLASS = 0x6B696C6C
_SCHEMA = f"""
CREATE SCHEMA IF NOT EXISTS chaos;
CREATE TABLE IF NOT EXISTS chaos.points (
    name text PRIMARY KEY, number int NOT NULL, passes int);
CREATE OR REPLACE FUNCTION chaos.pass() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = chaos, pg_catalog AS $$
DECLARE
    point text := TG_ARGV[0];
    armed chaos.points%ROWTYPE;
BEGIN
    SELECT * INTO armed FROM chaos.points WHERE name = point AND passes IS NOT NULL;
    -- One transaction passes a point once, however many rows it writes there.
    IF NOT FOUND OR current_setting('chaos.' || point, true) = 'passed' THEN
        RETURN NEW;
    END IF;
    PERFORM set_config('chaos.' || point, 'passed', true);
    -- A sequence counts also what is rolled back, and holds nobody else up.
    IF nextval('chaos.' || point) < armed.passes
        OR NOT pg_try_advisory_xact_lock({_LOCK_CLASS}, armed.number) THEN
        RETURN NEW;
    END IF;
    FOR tick IN 1 .. {HOLD_SECONDS * 50} LOOP
        PERFORM pg_sleep(0.02);
        EXIT WHEN NOT EXISTS (
            SELECT FROM chaos.points WHERE name = point AND passes IS NOT NULL);
    END LOOP;
    RETURN NEW;
END $$;
"""  # noqa: S608  # two numbers of this module
_HELD = """
SELECT 1 FROM pg_locks JOIN chaos.points ON objid = number::oid
WHERE locktype = 'advisory' AND classid = %s AND granted AND name = %s
"""


Connect = Callable[[], Awaitable["psycopg.AsyncConnection[Any]"]]


def superuser_of(stack: Stack) -> Connect:
    """Return how to connect to a stack's database as who sees the rows of every tenant."""

    async def connect() -> "psycopg.AsyncConnection[Any]":
        return await psycopg.AsyncConnection.connect(
            host="127.0.0.1",
            port=stack.record.ports["postgres"],
            user="postgres",
            password=stack.secrets["postgres_password"],
            dbname=DATABASE,
            autocommit=True,
            connect_timeout=5,
        )

    return connect


class Observer:
    """A superuser's connection, made anew when PostgreSQL was killed meanwhile."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._drop()

    async def install(self) -> None:
        """Make the schema and its triggers; a repeat changes nothing."""
        await self._run(sql.SQL(_SCHEMA))
        changes = [point for point in POINTS.values() if isinstance(point, ChangePoint)]
        for number, point in enumerate(changes, start=1):
            name = sql.Identifier(f"chaos_{point.name}")
            await self._run(
                sql.SQL("CREATE SEQUENCE IF NOT EXISTS chaos.{} CACHE 1").format(
                    sql.Identifier(point.name)
                )
            )
            await self._run(
                "INSERT INTO chaos.points VALUES (%s, %s) ON CONFLICT (name) DO NOTHING",
                (point.name, number),
            )
            table = sql.Identifier(point.table)
            await self._run(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(name, table))
            await self._run(
                sql.SQL(
                    "CREATE {} TRIGGER {} {} {} ON {} {} FOR EACH ROW WHEN ({})"
                    " EXECUTE FUNCTION chaos.pass({})"
                ).format(
                    sql.SQL("CONSTRAINT" if point.at_commit else ""),
                    name,
                    sql.SQL("AFTER" if point.at_commit else "BEFORE"),
                    sql.SQL(point.event),
                    table,
                    sql.SQL("DEFERRABLE INITIALLY DEFERRED" if point.at_commit else ""),
                    sql.SQL(point.when),
                    sql.Literal(point.name),
                )
            )

    async def arm(self, point: str, passes: int) -> None:
        """Count what passes a point from now on, and hold the ``passes``-th and those after it."""
        await self._run(
            sql.SQL("ALTER SEQUENCE chaos.{} RESTART").format(sql.Identifier(point)),
        )
        await self._run("UPDATE chaos.points SET passes = %s WHERE name = %s", (passes, point))

    async def disarm(self, point: str) -> None:
        """Let go of what is held at a point, and hold nothing more there."""
        await self._run("UPDATE chaos.points SET passes = NULL WHERE name = %s", (point,))

    async def holds(self, point: str) -> bool:
        """Return whether a transaction is held at a point at this moment."""
        return bool(await self.rows(_HELD, (_LOCK_CLASS, point)))

    async def rows(self, query: Any, values: tuple[object, ...] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query, of every tenant; ids are text.

        Raises:
            psycopg.OperationalError: PostgreSQL is not there at this moment.
        """
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            cursor = self._connection.cursor(row_factory=psycopg.rows.dict_row)
            await cursor.execute(query, values or None)
            rows = await cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            await self._drop()
            raise
        return [
            {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
            for row in rows
        ]

    async def _run(self, statement: Any, values: tuple[object, ...] = ()) -> None:
        await self.rows(statement, values)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
