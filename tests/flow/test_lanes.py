"""What is bought is noted for the delay watch: the lane of the parcel, and what was promised."""

from datetime import datetime
from decimal import Decimal

from domain.lanes import Lane, area_of
from domain.promises import promised_at
from domain.tracking import Milestone
from sandbox.easypost_objects import rates
from storage.lanes import Lanes
from tests.support.house import TENANT, House
from tests.support.told import some_of


async def test_a_label_that_was_bought_has_its_lane_and_the_first_scan_its_promise(
    house: House,
) -> None:
    """Two characters of the postal code and no address; a promise without a parcel is no date."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    row = await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
    bought = row["deliveries"][0]
    trip = await Lanes(house.needs.database).find(TENANT, bought["tracking_code"])

    await opened.scan(Milestone.FIRST_SCAN)
    row = await opened.until(lambda view: view["deliveries"][0]["first_scan_at"] is not None)

    parcel, address = row["deliveries"][0], order["ship_to"]
    offers = rates("shp", country=address["country"], ounces=16, currency="USD")
    rate = min(offers, key=lambda offer: Decimal(offer["rate"]))
    area = area_of(address["country"], address["postal_code"])
    assert trip is not None
    assert trip.lane == Lane(rate["carrier"], rate["service"], area, "MAIN")
    assert trip.scans == ()
    assert bought["promised_at"] is None
    first_scan = datetime.fromisoformat(parcel["first_scan_at"])
    until = promised_at(
        first_scan,
        rate["delivery_days"],
        time_zone=address["time_zone"],
        country=address["country"],
    )
    assert datetime.fromisoformat(parcel["promised_at"]) == until
    (told,) = await opened.events("delivery.first_scan")
    assert datetime.fromisoformat(told.data["promised_at"]) == until
