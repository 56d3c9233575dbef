"""Where goods are expected, as shopper and warehouse see it over HTTP."""

import pytest

from backhaul_client import BackhaulError, CountedItem, ReceiveCommand
from sandbox.examples import load_locations
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.journey import Journey
from tests.support.sandbox_client import EXAMPLES


async def test_a_preview_names_the_goods_that_nobody_takes(journey: Journey) -> None:
    """A start would be parked for ops, so the shopper is told before he asks."""
    order = journey.sandbox.order("three-units")
    only_kuwait = journey.sandbox.fault(
        system="commerce",
        operation="GET /locations",
        kind="nonsense",
        times=1,
        set={"path": "locations[0].accepts", "value": {"areas": [{"country": "KW"}]}},
    )

    with only_kuwait, pytest.raises(BackhaulError) as refused:
        await journey.client().preview(units_of(order))

    assert (refused.value.status, refused.value.code) == (422, "no_receiving_location")
    assert refused.value.field == "ship_to.country"


async def test_a_count_without_a_place_is_of_where_the_goods_were_expected(
    journey: Journey,
) -> None:
    """The warehouse need not type what the return knows; where it says another, that counts."""
    order, client = journey.sandbox.order("three-units"), journey.client()
    place = load_locations(EXAMPLES / "locations.json")["warehouse-jp"]
    journey.sandbox.put("locations/west", place)
    chosen = journey.sandbox.fault(
        system="commerce",
        operation="GET /locations",
        kind="nonsense",
        times=1,
        set={
            "path": "locations",
            "value": [{"location_id": "west", "time_zone": "Europe/Paris", "accepts": {}}],
        },
    )
    with chosen:
        view = await client.start_return(units_of(order, 2), idempotency_key=new_key())
    lamp = CountedItem(sku=order["lines"][0]["sku"], quantity=1)

    for receipt, said in (("R-1", None), ("R-2", "north")):
        count = ReceiveCommand(receipt_id=receipt, parcel="P", entries=(lamp,), location_id=said)
        await journey.client("warehouse").receive(view.return_id, count, idempotency_key=new_key())

    seen = await client.wait_until(view.return_id, lambda v: len(v.receipts) == 2, timeout=PATIENCE)
    assert [receipt.location_id for receipt in seen.receipts] == ["west", "north"]
