"""What the outside world knows: one SQLite file that survives kill -9."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS by_reference ON documents (kind, json_extract(body, '$.reference'));
CREATE INDEX IF NOT EXISTS by_charge ON documents (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS by_intent ON documents (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS by_tracking ON documents (kind, json_extract(body, '$.tracking_code'));
CREATE INDEX IF NOT EXISTS by_metadata ON documents
    (kind, json_extract(body, '$.metadata.return_id'));
CREATE INDEX IF NOT EXISTS by_order ON documents (kind, json_extract(body, '$.order_id'));
CREATE INDEX IF NOT EXISTS by_return ON documents (kind, json_extract(body, '$.return_id'));
CREATE INDEX IF NOT EXISTS by_capture ON documents (kind, json_extract(body, '$._capture_id'));
CREATE INDEX IF NOT EXISTS by_invoice ON documents (kind, json_extract(body, '$.invoice_id'));
CREATE INDEX IF NOT EXISTS by_transaction ON documents
    (kind, json_extract(body, '$.transaction_id'));
CREATE INDEX IF NOT EXISTS by_customer ON documents (kind, json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS by_method ON documents (kind, json_extract(body, '$.payment_method'));
CREATE INDEX IF NOT EXISTS by_root ON documents (kind, json_extract(body, '$._root'));
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER,
    idempotency_key TEXT, fault TEXT, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    system TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL, kept_at REAL NOT NULL,
    PRIMARY KEY (system, key));
CREATE TABLE IF NOT EXISTS faults (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook_targets (
    system TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL, event_id TEXT NOT NULL, event_type TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL,
    held_by TEXT, last_answer TEXT, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_state ON deliveries (state, due_at);
"""

_SEQ_OF = "(SELECT seq FROM documents WHERE kind = ? AND id = ?)"


class Ledger:
    """Documents by kind and id in order of arrival, plus the tables of the sandbox's machinery.

    Everything happens inside :meth:`transaction`; one runs at a time, and its end is on disk
    (WAL, synchronous FULL) before the caller goes on.
    """

    def __init__(self, path: Path) -> None:
        self._turn = asyncio.Lock()
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = FULL")
        self.sql.execute("PRAGMA busy_timeout = 5000")
        self.sql.executescript(_SCHEMA)

    def close(self) -> None:
        self.sql.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit at the end, or undo all of it when the block raises."""
        async with self._turn:
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.sql.execute("ROLLBACK")
                raise
            self.sql.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what the block wrote when it raises, and keep the transaction around it alive."""
        self.sql.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK TO attempt")
            raise
        finally:
            self.sql.execute("RELEASE attempt")

    def add(self, kind: str, document_id: str, body: Json) -> None:
        self.sql.execute(
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)",
            (kind, document_id, json.dumps(body)),
        )

    def save(self, kind: str, document_id: str, body: Json) -> None:
        """Replace a document, or add it; its place in the order of arrival stays."""
        self.sql.execute(
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, document_id, json.dumps(body)),
        )

    def delete(self, kind: str, document_id: str) -> None:
        """Take a document away; one that is not there changes nothing."""
        self.sql.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, document_id))

    def get(self, kind: str, document_id: str) -> Json | None:
        row = self.sql.execute(
            "SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, document_id)
        ).fetchone()
        return None if row is None else _read(row)

    def find(
        self,
        kind: str,
        where: Mapping[str, str] | None = None,
        *,
        limit: int | None = None,
        older_than: str | None = None,
        newer_than: str | None = None,
        created: Mapping[str, int] | None = None,
    ) -> list[Json]:
        """Return documents, newest first, whose values at JSON paths (``"metadata.x"``) are these.

        ``older_than`` and ``newer_than`` are ids of the same kind; an unknown one matches nothing.
        ``created`` bounds a document's own time in seconds, by ``>=``, ``>``, ``<`` and ``<=``.
        """
        clauses, values = ["kind = ?"], [kind]
        for path, value in (where or {}).items():
            # The path is written into the statement so that it meets the index on it.
            clauses.append(f"json_extract(body, '$.{path}') = ?")
            values.append(value)
        for sign, other in (("<", older_than), (">", newer_than)):
            if other is not None:
                clauses.append(f"seq {sign} {_SEQ_OF}")
                values += [kind, other]
        for sign, seconds in (created or {}).items():
            clauses.append(f"json_extract(body, '$.created') {sign} {int(seconds)}")
        # Only paths and operators stand in the text, and those come from this program.
        condition = " AND ".join(clauses)
        statement = f"SELECT body FROM documents WHERE {condition} ORDER BY seq DESC"  # noqa: S608
        if limit is not None:
            statement += f" LIMIT {int(limit)}"
        return [_read(row) for row in self.sql.execute(statement, values)]

    def find_booked_for(self, kind: str, owner: str) -> list[Json]:
        """Return documents, newest first, whose reference is ``<owner>/…``."""
        # The character after "/" is "0": a range, because it can use the index.
        rows = self.sql.execute(
            "SELECT body FROM documents WHERE kind = ? AND json_extract(body, '$.reference') >= ?"
            " AND json_extract(body, '$.reference') < ? ORDER BY seq DESC",
            (kind, f"{owner}/", f"{owner}0"),
        )
        return [_read(row) for row in rows]


def _read(row: sqlite3.Row) -> Json:
    body: Json = json.loads(row["body"])
    return body
