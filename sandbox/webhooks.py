"""Webhooks out: a queue in the ledger and the one task that empties it."""

import asyncio
import ipaddress
import json
import sqlite3
import time
from itertools import groupby
from urllib.parse import urlsplit

import httpx

from sandbox.clock import iso_now
from sandbox.faults import FaultKind, Faults, System
from sandbox.keyring import Keyring
from sandbox.ledger import Json, Ledger
from sandbox.signatures import signed

MAX_TRIES = 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
_REORDER_WAIT_S = 2.0
_BATCH = 50


class Webhooks:
    """Events to deliver until a 2xx or :data:`MAX_TRIES`; without a target nothing is queued."""

    def __init__(self, ledger: Ledger, faults: Faults, keyring: Keyring) -> None:
        self._ledger = ledger
        self._faults = faults
        self._keyring = keyring
        self._wake = asyncio.Event()

    def set_target(self, system: System, url: str, secret: str) -> None:
        """Point a system's webhooks somewhere and give undelivered ones another chance there."""
        self._ledger.sql.execute(
            "INSERT OR REPLACE INTO webhook_targets VALUES (?, ?, ?)", (system, url, secret)
        )
        self._ledger.sql.execute(
            "UPDATE deliveries SET state = 'pending', tries = 0, due_at = ?"
            " WHERE system = ? AND state IN ('failed', 'pending')",
            (time.time(), system),
        )
        self.wake()

    def remove_target(self, system: System) -> None:
        """Tell nobody of a system's events any more, nor of those that are still undelivered."""
        self._ledger.sql.execute("DELETE FROM webhook_targets WHERE system = ?", (system,))
        self._ledger.sql.execute(
            "DELETE FROM deliveries WHERE system = ? AND state <> 'delivered'", (system,)
        )

    def enqueue(self, system: System, event_id: str, event_type: str, body: Json) -> None:
        """Queue an event inside the caller's transaction, as the webhook faults would have it."""
        if self._target(system) is None:
            return
        hits = self._faults.hit_event(system, event_type)
        now = time.time()
        held_by = hits.get(FaultKind.HOLD_WEBHOOKS)
        due_at = now
        if FaultKind.REORDER_WEBHOOKS in hits and not self._let_waiting_follow(system, now):
            due_at = now + _REORDER_WAIT_S
        for _ in range(2 if FaultKind.DUPLICATE_WEBHOOKS in hits else 1):
            self._ledger.sql.execute(
                "INSERT INTO deliveries"
                " (system, event_id, event_type, body, state, due_at, held_by, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    system,
                    event_id,
                    event_type,
                    json.dumps(body),
                    "held" if held_by else "pending",
                    due_at,
                    held_by,
                    iso_now(),
                ),
            )
        self.wake()

    def wake(self) -> None:
        self._wake.set()

    async def deliver_forever(self) -> None:
        """Send what is due, system by system in order of arrival; run it as the one task."""
        timeout = httpx.Timeout(5.0, connect=2.0)
        async with httpx.AsyncClient(timeout=timeout, trust_env=False) as http:
            while True:
                self._wake.clear()
                async with self._ledger.transaction():
                    due, wait_s = self._due()
                if due:
                    queues = groupby(sorted(due, key=_system_then_age), key=lambda r: r["system"])
                    batches = [list(queue) for _, queue in queues]
                    await asyncio.gather(*(self._send_all(http, batch) for batch in batches))
                    continue
                try:
                    await asyncio.wait_for(self._wake.wait(), wait_s)
                except TimeoutError:
                    continue

    async def _send_all(self, http: httpx.AsyncClient, batch: list[sqlite3.Row]) -> None:
        for delivery in batch:
            target = self._target(delivery["system"])
            answer = "no target" if target is None else await self._send(http, target, delivery)
            async with self._ledger.transaction():
                self._settle(delivery, answer)

    async def _send(
        self, http: httpx.AsyncClient, target: sqlite3.Row, delivery: sqlite3.Row
    ) -> str:
        body, headers = signed(
            delivery["system"],
            secret=target["secret"],
            event_id=delivery["event_id"],
            body=delivery["body"].encode(),
            at=int(time.time()),
            keyring=self._keyring,
        )
        try:
            response = await http.post(target["url"], content=body, headers=headers)
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(response.status_code)

    def _settle(self, delivery: sqlite3.Row, answer: str) -> None:
        tries = delivery["tries"] + 1
        state = "pending"
        if answer.startswith("2"):
            state = "delivered"
        elif tries >= MAX_TRIES:
            state = "failed"
        wait_s = min(_FIRST_WAIT_S * 2 ** (tries - 1), _LONGEST_WAIT_S)
        self._ledger.sql.execute(
            "UPDATE deliveries SET state = ?, tries = ?, due_at = ?, last_answer = ? WHERE seq = ?",
            (state, tries, time.time() + wait_s, answer, delivery["seq"]),
        )

    def _due(self) -> tuple[list[sqlite3.Row], float | None]:
        now = time.time()
        rows = self._ledger.sql.execute(
            "SELECT * FROM deliveries WHERE state = 'pending' AND due_at <= ? ORDER BY seq LIMIT ?",
            (now, _BATCH),
        ).fetchall()
        following = self._ledger.sql.execute(
            "SELECT min(due_at) FROM deliveries WHERE state = 'pending'"
        ).fetchone()[0]
        return rows, None if following is None else max(following - now, 0.01)

    def _let_waiting_follow(self, system: System, now: float) -> bool:
        """Let the events kept back for reordering go shortly after the one being queued now."""
        changed = self._ledger.sql.execute(
            "UPDATE deliveries SET due_at = ? WHERE system = ? AND state = 'pending'"
            " AND tries = 0 AND due_at > ?",
            (now + _FIRST_WAIT_S, system, now),
        )
        return changed.rowcount > 0

    def _target(self, system: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._ledger.sql.execute(
            "SELECT url, secret FROM webhook_targets WHERE system = ?", (system,)
        ).fetchone()
        return row


def _system_then_age(delivery: sqlite3.Row) -> tuple[str, int]:
    return delivery["system"], delivery["seq"]


def is_loopback(url: str) -> bool:
    """Say whether an http(s) URL stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname is None:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False
