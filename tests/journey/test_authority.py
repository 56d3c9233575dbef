"""Whose approval counts, over HTTP: a person is known under all keys of their label."""

import httpx
import pytest

from api.app import create_app
from backhaul_client import ApproveCommand, BackhaulClient, BackhaulError
from storage.states import Role
from tests.support.asking import complained, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey


async def test_edge_19_the_reviewer_key_of_whoever_asked_grants_nothing(journey: Journey) -> None:
    """The shop's key has a label; so has a reviewer's key, and both are one person's."""
    view = await complained(journey)
    _, key = await journey.services.keys.create(TENANT, Role.REVIEWER, f"test, {Role.PLATFORM}")
    command = ApproveCommand(line_ids=("line-1", "line-2", "line-3"))

    async with httpx.AsyncClient(
        base_url="http://api",
        headers={"Authorization": f"Bearer {key}"},
        transport=httpx.ASGITransport(create_app(journey.services)),
        timeout=30,
    ) as http:
        with pytest.raises(BackhaulError) as refused:
            await BackhaulClient(http).approve(view.return_id, command, idempotency_key=new_key())
    done = await journey.client("reviewer").approve(
        view.return_id, command, idempotency_key=new_key()
    )

    assert (refused.value.status, refused.value.code) == (403, "four_eyes")
    assert done.headline == "APPROVED"
