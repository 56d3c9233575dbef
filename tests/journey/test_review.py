"""A review over HTTP: granted in part, each declined line with its reason."""

from typing import Any

import pytest

from backhaul_client import ApproveCommand, LineReason
from tests.support.asking import PATIENCE, complained, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey


async def test_a_part_is_granted_and_the_rest_denied_with_reasons(journey: Journey) -> None:
    """The platform reads per line who decided, when and why; the customer's mail says the same."""
    view = await complained(journey)
    command = ApproveCommand(
        line_ids=("line-1",),
        reason="no defect found",
        reasons=(LineReason(line_id="line-2", reason="worn by a dog"),),
    )

    await journey.client("reviewer").approve(view.return_id, command, idempotency_key=new_key())

    seen = await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
    )
    assert [line.authorization for line in view.lines] == [None, None, None]
    decided = [line.authorization for line in seen.lines if line.authorization is not None]
    assert [(one.granted, one.reason) for one in decided] == [
        (True, ""),
        (False, "worn by a dog"),
        (False, "no defect found"),
    ]
    assert {one.by for one in decided} == {"human"}
    assert all(one.decided_by.startswith("reviewer:") for one in decided)
    assert all(one.decided_at >= view.requested_at for one in decided)


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({}, 400, "invalid_request", "reason"),
        ({"reasons": [{"line_id": "line-2", "reason": "worn"}]}, 400, "invalid_request", "reason"),
        (
            {"reasons": [{"line_id": "line-1", "reason": "worn"}]},
            400,
            "invalid_request",
            "reasons[0].line_id",
        ),
        (
            {"reasons": [{"line_id": "line-9", "reason": "worn"}]},
            422,
            "line_not_found",
            "reasons[0].line_id",
        ),
        (
            {"reasons": [{"line_id": "line-2", "reason": ""}]},
            400,
            "invalid_request",
            "reasons[0].reason",
        ),
        ({"reasons": [{"line_id": "line-2"}]}, 400, "invalid_request", "reasons[0].reason"),
        ({"reasons": {"line-2": "worn"}}, 400, "invalid_request", "reasons"),
    ],
)
async def test_a_decision_without_its_reasons_is_refused(
    journey: Journey, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    """Every declined line has its own or the common reason, and no other line has one."""
    view = await complained(journey)

    response = await journey.http[TENANT, "reviewer"].post(
        f"/v1/returns/{view.return_id}/commands/approve",
        json={"line_ids": ["line-1"], **changes},
        headers={"Idempotency-Key": new_key()},
    )

    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (status, code, field)
