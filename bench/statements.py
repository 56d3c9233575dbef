"""What PostgreSQL was asked, as its own counters have it."""

from dataclasses import dataclass
from typing import Any

import psycopg

_COUNT = """
SELECT coalesce(sum(s.calls) FILTER (WHERE s.query !~* '^(begin|commit|rollback)'), 0)::bigint,
       coalesce(sum(s.calls) FILTER (WHERE s.query ~* '^(commit|rollback)'), 0)::bigint
FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.userid
WHERE d.datname = %s AND r.rolname <> 'postgres'
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Statements without BEGIN, COMMIT and ROLLBACK; and transactions that ended."""

    statements: int
    transactions: int

    def since(self, before: "Asked") -> "Asked":
        return Asked(self.statements - before.statements, self.transactions - before.transactions)


class StatementCounter:
    """Counts what everybody but the superuser, who watches, asks of one database.

    Args:
        connection: A superuser's; the module ``pg_stat_statements`` must be loaded.
    """

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", database: str) -> None:
        self._connection = connection
        self._database = database

    async def read(self) -> Asked:
        row = await (await self._connection.execute(_COUNT, (self._database,))).fetchone()
        assert row is not None
        return Asked(*row)
