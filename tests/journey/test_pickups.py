"""A courier without the parcel, told of over HTTP: another visit, refusals by field."""

from typing import Any

import pytest

from backhaul_client import BackhaulError, PickupOutcomeCommand
from tests.support.asking import PATIENCE, courier_ordered, labelled, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey

NO_SHOW = PickupOutcomeCommand(
    delivery_id="d1", attempt=1, outcome="courier_no_show", note="the customer waited all day"
)


async def test_a_second_visit_follows_a_report(journey: Journey) -> None:
    """The platform says that nobody came; the next day's visit is seen, and why."""
    view, shop = await courier_ordered(journey), journey.client()

    await shop.report_pickup_outcome(view.return_id, NO_SHOW, idempotency_key=new_key())

    seen = await shop.wait_until(
        view.return_id, lambda view: len(view.deliveries[0].pickups) == 2, timeout=PATIENCE
    )
    first, second = seen.deliveries[0].pickups
    assert (first.outcome, first.fault, first.note) == ("courier_no_show", "CARRIER", NO_SHOW.note)
    assert second.outcome is None
    assert second.not_before > first.not_before
    (wait,) = (await shop.explain(view.return_id)).waiting_on
    assert wait.code == "awaiting_pickup"
    assert "report-pickup-outcome" in wait.exits


async def test_a_repeated_report_hears_the_same(journey: Journey) -> None:
    """A platform that lost the answer sends the same again; one visit is over, not two."""
    view, key, shop = await courier_ordered(journey), new_key(), journey.client()

    first = await shop.report_pickup_outcome(view.return_id, NO_SHOW, idempotency_key=key)
    again = await shop.report_pickup_outcome(view.return_id, NO_SHOW, idempotency_key=key)
    with pytest.raises(BackhaulError) as refused:
        await shop.report_pickup_outcome(view.return_id, NO_SHOW, idempotency_key=new_key())

    assert again == first
    assert (refused.value.status, refused.value.code) == (409, "pickup_over")
    assert refused.value.field == "attempt"


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"delivery_id": "d9"}, 422, "delivery_not_found", "delivery_id"),
        ({"attempt": 1}, 422, "pickup_not_found", "attempt"),
        ({"attempt": 0}, 422, "pickup_not_found", "attempt"),
        ({"attempt": "1"}, 400, "invalid_request", "attempt"),
        ({"outcome": "missed"}, 400, "invalid_request", "outcome"),
        ({"outcome": "collected"}, 400, "invalid_request", "outcome"),
        ({"note": "a\u0000b"}, 400, "invalid_request", "note"),
        ({"fault": "CUSTOMER"}, 400, "invalid_request", "fault"),
    ],
)
async def test_a_report_that_makes_no_sense_is_refused(
    journey: Journey, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    """A parcel without a courier has no visit to tell of; each field is held to what it may say."""
    view = await labelled(journey)

    response = await journey.http[TENANT, "platform"].post(
        f"/v1/returns/{view.return_id}/commands/report-pickup-outcome",
        json=NO_SHOW.model_dump(exclude_unset=True) | changes,
        headers={"Idempotency-Key": new_key()},
    )

    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (status, code, field)
