"""Why each line of a return was granted or not, by whom, and on which facts."""

from typing import Annotated

from fastapi import APIRouter

from api.asking import ServicesOf
from api.auth import Caller, needs
from backhaul_client.policies import DecisionRecord, DecisionRecordList
from storage.decisions import DecisionRow
from storage.states import DecidedBy

router = APIRouter(prefix="/v1/returns", tags=["returns"])


@router.get("/{return_id}/decisions", operation_id="list_decisions")
async def list_decisions(
    caller: Annotated[Caller, needs("timeline")], return_id: str, services: ServicesOf
) -> DecisionRecordList:
    """Read what rules, people, time-outs and inspections decided, and what of."""
    row = await services.returns.find(caller.tenant_id, return_id)
    found = await services.decisions.of_return(caller.tenant_id, row.return_id)
    of_rules = {one.line_id: one.result for one in found if one.by == DecidedBy.RULE}
    return DecisionRecordList(
        return_id=row.return_id,
        rma_no=row.rma_no,
        items=tuple(_record(one, of_rules.get(one.line_id)) for one in found),
    )


def _record(row: DecisionRow, rule: dict[str, object] | None) -> DecisionRecord:
    was_decided = row.by in (DecidedBy.HUMAN, DecidedBy.TIMEOUT)
    return DecisionRecord(
        number=row.number,
        line_id=row.line_id,
        by=row.by,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        policy_ref=row.policy_ref,
        content_hash=row.content_hash,
        granted=row.result["granted"] if was_decided else None,
        reason=row.result["reason"] if was_decided else None,
        rule=rule,
        facts=row.facts,
        judged=row.result if row.by == DecidedBy.INSPECTION else None,
    )
