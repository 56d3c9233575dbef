"""Decision records: appended with the events that tell of them, read by return and by time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.decision_json import basis_json, decision_json, facts_json
from storage.models.decisions import DecisionRecordModel
from storage.models.returns import ReturnModel
from storage.records import EventRecord, Transition
from storage.states import DecidedBy

OF_RULES = 0
"""The number of the rules' record: they decide once, and always on the same facts."""
_AFTER_THE_RULES = (DecidedBy.HUMAN, DecidedBy.TIMEOUT)
_KEY = ("tenant_id", "return_id", "number", "line_id")


@dataclass(frozen=True, slots=True)
class DecisionRow:
    number: int
    line_id: str
    quantity: int | None
    by: str
    decided_by: str
    decided_at: datetime
    policy_ref: str
    content_hash: str
    facts: dict[str, Any] | None
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """What the rules decided on one line, with the return that it is of."""

    return_id: str
    rma_no: str
    line_id: str
    quantity: int
    currency: str
    pack_hash: str
    basis: dict[str, Any]
    facts: dict[str, Any]
    result: dict[str, Any]


_COLUMNS = tuple(getattr(DecisionRecordModel, name) for name in DecisionRow.__slots__)


async def add(
    connection: AsyncConnection,
    transition: Transition,
    fresh: Sequence[tuple[int, EventRecord]],
) -> None:
    """Append what a transition decided: one statement where it decided anything.

    ``fresh`` are its events that are new, with their numbers in the log. What is stored stays.
    """
    rows = [*_of_rules(transition), *_of_others(fresh)]
    if rows:
        of = {"tenant_id": transition.tenant_id, "return_id": transition.return_id}
        await connection.execute(
            upsert(DecisionRecordModel)
            .values([{**of, **row} for row in rows])
            .on_conflict_do_nothing(index_elements=_KEY)
        )


def _of_rules(transition: Transition) -> Iterator[dict[str, Any]]:
    for decided in transition.decisions:
        decision = decided.decision
        yield {
            "number": OF_RULES,
            "line_id": decision.line_id,
            "quantity": decided.quantity,
            "by": DecidedBy.RULE,
            "decided_by": DecidedBy.RULE,
            "decided_at": decided.decided_at,
            "policy_ref": decision.policy_ref,
            "content_hash": decision.content_hash,
            "pack_hash": decided.pack_hash,
            "basis": basis_json(decided.basis),
            "facts": facts_json(decided.facts),
            "result": decision_json(decision),
        }


def _of_others(fresh: Sequence[tuple[int, EventRecord]]) -> Iterator[dict[str, Any]]:
    """Yield what was decided after the rules, as the events say."""
    for number, event in fresh:
        data, at = event.data, {"number": number, "decided_at": event.occurred_at}
        if event.type == "return.decided" and data.get("by") in _AFTER_THE_RULES:
            for line in data["lines"]:
                result = {"granted": line["granted"], "reason": line["reason"]}
                yield _row(line, by=data["by"], decided_by=data["decided_by"], result=result) | at
        # What was under way while the engine was replaced by this one does not name it.
        elif event.type == "inspection.completed" and "policy_ref" in data:
            result = {name: data[name] for name in _JUDGED if name in data}
            by = DecidedBy.INSPECTION
            yield _row(data, by=by, decided_by=data["by"], result=result) | at


_JUDGED = (
    "lot_id",
    "grade",
    "findings",
    "acceptance",
    "deduction_percent",
    "pack_ref",
    "law",
    "scale",
)
"""``scale`` is what the grades of the merchant's pack alone would have made of it, where the
``law`` (its reason code) decided."""


def _row(
    of: Mapping[str, Any], *, by: str, decided_by: str, result: dict[str, Any]
) -> dict[str, Any]:
    return {
        "line_id": of["line_id"],
        "quantity": None,
        "by": by,
        "decided_by": decided_by,
        "policy_ref": of["policy_ref"],
        "content_hash": of["content_hash"],
        "pack_hash": None,
        "basis": None,
        "facts": None,
        "result": result,
    }


class Decisions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_return(self, tenant_id: str, return_id: str) -> tuple[DecisionRow, ...]:
        """Read all decisions on a return's lines, the rules' first: one statement."""
        query = (
            select(*_COLUMNS)
            .where(
                DecisionRecordModel.tenant_id == tenant_id,
                DecisionRecordModel.return_id == return_id,
            )
            .order_by(DecisionRecordModel.number, DecisionRecordModel.line_id)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(DecisionRow(**row._asdict()) for row in await connection.execute(query))

    async def of_rules(
        self, tenant_id: str, since: datetime, *, limit: int
    ) -> tuple[RecordedRow, ...]:
        """Read what the rules decided since then, the newest ``limit`` lines: one statement."""
        query = (
            select(
                DecisionRecordModel.return_id,
                ReturnModel.rma_no,
                DecisionRecordModel.line_id,
                DecisionRecordModel.quantity,
                ReturnModel.currency,
                DecisionRecordModel.pack_hash,
                DecisionRecordModel.basis,
                DecisionRecordModel.facts,
                DecisionRecordModel.result,
            )
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == DecisionRecordModel.tenant_id)
                & (ReturnModel.return_id == DecisionRecordModel.return_id),
            )
            .where(
                DecisionRecordModel.tenant_id == tenant_id,
                DecisionRecordModel.by == DecidedBy.RULE.value,
                DecisionRecordModel.decided_at >= since,
            )
            .order_by(
                DecisionRecordModel.decided_at.desc(),
                DecisionRecordModel.return_id,
                DecisionRecordModel.line_id,
            )
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(RecordedRow(**row._asdict()) for row in await connection.execute(query))
