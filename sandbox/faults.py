"""Misbehaviour on request: which fault strikes which request, counted and kept over restarts."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.ledger import Ledger

System = Literal[
    "stripe", "paypal", "wechatpay", "easypost", "ups", "kuaidi100", "sf", "commerce", "smtp"
]


class FaultKind(StrEnum):
    DELAY = "delay"
    LOST_REPLY = "lost_reply"
    STORED_500 = "stored_500"
    HTTP_500 = "http_500"
    HTTP_503 = "http_503"
    CONFLICT = "409"
    THROTTLED = "429"
    PENDING_REFUND = "pending_refund"
    FORGET_KEYS = "forget_keys"
    NONSENSE = "nonsense"
    HOLD_BEFORE = "hold_before"
    HOLD_AFTER = "hold_after"
    DUPLICATE_WEBHOOKS = "duplicate_webhooks"
    HOLD_WEBHOOKS = "hold_webhooks"
    REORDER_WEBHOOKS = "reorder_webhooks"


WEBHOOK_KINDS = frozenset(
    {FaultKind.DUPLICATE_WEBHOOKS, FaultKind.HOLD_WEBHOOKS, FaultKind.REORDER_WEBHOOKS}
)
HOLDING_KINDS = frozenset({FaultKind.HOLD_BEFORE, FaultKind.HOLD_AFTER})


class Nonsense(BaseModel):
    """What an answer is made to say: ``value`` at ``path``, or nothing at all there.

    A path is dots and list indexes: ``ship_to.time_zone``, ``lines[0].gross_minor``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, Field(pattern=r"^\w+(\.\w+|\[\d+\])*$", max_length=200)]
    value: Any = None
    delete: bool = False


class FaultPlan(BaseModel):
    """One switch: lets ``after`` matching requests (or events) pass, then strikes ``times`` times.

    ``operation`` is method and path template (``"POST /v1/refunds"``, names in braces do not
    matter), for webhook kinds an event type, for SMTP ``RCPT`` or ``DATA``; ``*`` is all.
    ``times`` left out is once for requests and without end for webhook kinds. ``delay_ms`` is how
    long ``delay`` waits, and how long a held request waits at most. ``containing`` lets
    all requests pass whose path, query and body do not hold this text: an order's or payment's id.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: System
    operation: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    kind: FaultKind
    after: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None
    delay_ms: Annotated[int, Field(ge=0, le=600_000)] = 0
    retry_after_s: Annotated[int, Field(ge=0, le=3600)] = 1
    effect: bool = False
    """Only for ``stored_500``: the effect happens although the answer says 500."""
    containing: Annotated[str, Field(max_length=200)] = ""
    set: Nonsense | None = None
    """Only for ``nonsense``, which needs it."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if (self.kind is FaultKind.NONSENSE) != (self.set is not None):
            raise ValueError("set goes with nonsense only")
        if self.kind in HOLDING_KINDS and (self.system == "smtp" or not self.delay_ms):
            raise ValueError("a request over HTTP is held, for delay_ms at most")
        if self.containing and (self.kind in WEBHOOK_KINDS or self.system == "smtp"):
            raise ValueError("containing goes with requests over HTTP only")
        return self

    @property
    def limit(self) -> int | None:
        if self.times is None and self.kind not in WEBHOOK_KINDS:
            return 1
        return self.times


class Fault(BaseModel):
    """A plan and how far it has come."""

    plan: FaultPlan
    seen: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Count one matching request and say whether it is hit."""
        self.seen += 1
        limit = self.plan.limit
        if self.seen <= self.plan.after or (limit is not None and self.struck >= limit):
            return False
        self.struck += 1
        return True


class Faults:
    """The switches, read once from the ledger and written through."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._deleted = asyncio.Condition()
        self._faults = {
            row["name"]: Fault.model_validate_json(row["body"])
            for row in ledger.sql.execute("SELECT name, body FROM faults ORDER BY name")
        }

    def all(self) -> dict[str, Fault]:
        return dict(self._faults)

    async def put(self, name: str, plan: FaultPlan) -> Fault:
        """Switch on. The same plan again keeps its count; another plan starts from zero."""
        known = self._faults.get(name)
        if known is not None and known.plan == plan:
            return known
        async with self._ledger.transaction():
            return self._keep(name, Fault(plan=plan))

    async def delete(self, name: str) -> None:
        async with self._ledger.transaction():
            self._ledger.sql.execute("DELETE FROM faults WHERE name = ?", (name,))
            self._ledger.sql.execute(
                "UPDATE deliveries SET state = 'pending', held_by = NULL WHERE held_by = ?", (name,)
            )
            self._faults.pop(name, None)
        async with self._deleted:
            self._deleted.notify_all()

    async def hold(self, kind: FaultKind, hits: Mapping[FaultKind, FaultPlan]) -> None:
        """Where ``kind`` strikes, wait until its fault is deleted or replaced, or its time is over.

        That it strikes is on disk before, so who watches the faults sees it and can act meanwhile.
        """
        plan = hits.get(kind)
        if plan is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(plan.delay_ms / 1000), self._deleted:
                await self._deleted.wait_for(
                    lambda: all(fault.plan is not plan for fault in self._faults.values())
                )

    async def hit_request(
        self, system: System, operation: str, *, content: str = ""
    ) -> dict[FaultKind, FaultPlan]:
        """Count one request and return the faults that strike it, one per kind.

        ``content`` is the text in which ``containing`` is looked for.
        """
        if not self._waiting(system, operation, content, webhooks=False):
            return {}
        async with self._ledger.transaction():
            hits = self._hit(system, operation, content, webhooks=False)
            return {plan.kind: plan for plan in hits.values()}

    def hit_event(self, system: System, event_type: str) -> dict[FaultKind, str]:
        """Count one event, inside the caller's transaction; return the striking faults' names."""
        hits = self._hit(system, event_type, "", webhooks=True)
        return {plan.kind: name for name, plan in hits.items()}

    def _hit(
        self, system: System, operation: str, content: str, *, webhooks: bool
    ) -> dict[str, FaultPlan]:
        hits: dict[str, FaultPlan] = {}
        for name in self._waiting(system, operation, content, webhooks=webhooks):
            fault = self._faults[name].model_copy()
            if fault.strikes():
                hits[name] = fault.plan
            self._keep(name, fault)
        return hits

    def _waiting(
        self, system: System, operation: str, content: str, *, webhooks: bool
    ) -> list[str]:
        return [
            name
            for name, fault in self._faults.items()
            if fault.plan.system == system
            and (fault.plan.kind in WEBHOOK_KINDS) is webhooks
            and _matches(fault.plan.operation, operation)
            and fault.plan.containing in content
        ]

    def _keep(self, name: str, fault: Fault) -> Fault:
        self._ledger.sql.execute(
            "INSERT INTO faults (name, body) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            (name, fault.model_dump_json()),
        )
        self._faults[name] = fault
        return fault


def _matches(pattern: str, operation: str) -> bool:
    if pattern == "*":
        return True
    wanted, found = _nameless(pattern), _nameless(operation)
    # The commerce contract is written without its base, so "GET /orders/{id}" is enough there.
    return wanted in (found, found.replace(" /v1/", " /", 1))


def _nameless(operation: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", operation.strip())
