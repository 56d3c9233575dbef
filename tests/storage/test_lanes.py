"""The trips of parcels, each with its lane, promise and scans, and the newest to learn from."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Select, text

from domain.arriving import Basis, outlook
from domain.carriers import Record
from domain.lanes import Lane, Trip, lane_times, observed
from domain.peaks import EVERY_DAY
from domain.promises import promised_at
from domain.tracking import Scan, ScanStatus
from storage.database import Database
from storage.lanes import Lanes, newest_delivered, promised_and_delivered
from storage.tracking import Tracking
from tests.storage.builders import ACCOUNT, OTHER, OTHER_ACCOUNT, TENANT

LANE = Lane("UPS", "Ground", "US-94", "MAIN")


@pytest.fixture
def now(owner: Engine) -> datetime:
    """The database's clock: what is new and old is told by it."""
    with owner.connect() as connection:
        told: datetime = connection.execute(text("SELECT now()")).scalar_one()
    return told


async def parcel(
    store: Database,
    code: str,
    *scans: Scan,
    lane: Lane = LANE,
    promised_days: int | None = None,
    tenant_id: str = TENANT,
    shipment_ref: str | None = None,
    account: str = ACCOUNT,
) -> None:
    await Lanes(store).begin(
        tenant_id,
        code,
        lane,
        connection_id=account,
        shipment_ref=shipment_ref or f"shp_{code}",
        promised_days=promised_days,
    )
    await Tracking(store).add_scans(tenant_id, code, scans)


def backdate(owner: Engine, code: str, booked_at: datetime) -> None:
    with owner.begin() as connection:
        connection.execute(text(f"SET LOCAL backhaul.tenant_id = '{TENANT}'"))
        connection.execute(
            text("UPDATE trips SET booked_at = :at WHERE tracking_code = :code"),
            {"at": booked_at, "code": code},
        )


def journey(end: datetime) -> tuple[Scan, Scan]:
    return (
        Scan(ScanStatus.ACCEPTED, end - timedelta(days=2), "accepted"),
        Scan(ScanStatus.DELIVERED, end, "delivered"),
    )


async def test_a_parcel_on_its_way_is_found_with_its_scans(store: Database, now: datetime) -> None:
    """Oldest first; a parcel of no known lane, and a stranger's, is none."""
    accepted, delivered = journey(now)
    await parcel(store, "T1", delivered, accepted, promised_days=3)
    await parcel(store, "T2")

    assert await Lanes(store).find(TENANT, "T1") == Trip(
        LANE, promised_at(accepted.occurred_at, 3), (accepted, delivered)
    )
    assert await Lanes(store).find(TENANT, "T2") == Trip(LANE, None, ())
    assert await Lanes(store).find(TENANT, "T3") is None
    assert await Lanes(store).find(OTHER, "T1") is None


async def test_only_what_arrived_by_the_same_service_is_learned_from(
    store: Database, now: datetime
) -> None:
    """Of all its lanes, in the order of their labels."""
    other_area = Lane("UPS", "Ground", "US-10", "MAIN")
    await parcel(store, "T1", *journey(now))
    await parcel(store, "T2", *journey(now), lane=other_area)
    await parcel(store, "moving", journey(now)[0])
    await parcel(store, "unseen")
    await parcel(store, "T3", *journey(now), lane=Lane("UPS", "Express", "US-94", "MAIN"))
    await parcel(store, "T4", *journey(now), lane=Lane("USPS", "Ground", "US-94", "MAIN"))
    await parcel(store, "T5", *journey(now), tenant_id=OTHER)

    trips = await Lanes(store).delivered(TENANT, "UPS", "Ground")

    assert [trip.lane for trip in trips] == [LANE, other_area]
    assert all(trip.scans == journey(now) for trip in trips)


async def test_the_newest_trips_are_taken_and_old_ones_forgotten(
    store: Database, owner: Engine, now: datetime
) -> None:
    """Oldest first among those that are taken; a label of last year teaches nothing."""
    for number in range(5):
        end = now + timedelta(hours=number)
        await parcel(store, f"T{number}", *journey(end))
        backdate(owner, f"T{number}", now - timedelta(days=300 - number * 60))

    async def ends(limit: int) -> list[datetime]:
        trips = await Lanes(store).delivered(TENANT, "UPS", "Ground", limit=limit)
        return [trip.scans[-1].occurred_at for trip in trips]

    assert await ends(2) == [now + timedelta(hours=3), now + timedelta(hours=4)]
    assert len(await ends(100)) == 4


async def test_a_repeat_changes_nothing_and_a_code_used_again_is_another_parcel(
    store: Database, owner: Engine, now: datetime
) -> None:
    """Carriers use their codes again: the scans of the parcel before are not this one's."""
    lanes, before = Lanes(store), now - timedelta(days=200)
    other = Lane("UPS", "Ground", "US-10", "EAST")
    await parcel(store, "T1", *journey(before), shipment_ref="shp_1", promised_days=3)
    await lanes.begin(
        TENANT, "T1", other, connection_id=ACCOUNT, shipment_ref="shp_1", promised_days=None
    )
    backdate(owner, "T1", before)
    repeated = await lanes.find(TENANT, "T1")

    await lanes.begin(
        TENANT, "T1", other, connection_id=ACCOUNT, shipment_ref="shp_2", promised_days=None
    )
    accepted = Scan(ScanStatus.ACCEPTED, now, "accepted")
    await Tracking(store).add_scans(TENANT, "T1", [accepted])

    assert repeated is not None
    assert repeated.lane == LANE
    assert repeated.promised_at is not None
    assert await lanes.find(TENANT, "T1") == Trip(other, None, (accepted,))
    assert await lanes.delivered(TENANT, "UPS", "Ground") == ()


async def test_parcels_in_time_are_counted_by_account(store: Database, now: datetime) -> None:
    """A parcel counts once it was scanned and delivered; one without a promise not at all."""
    for number, (account, days, took) in enumerate(
        [
            (ACCOUNT, 7, 6),
            (ACCOUNT, 3, 8),
            (OTHER_ACCOUNT, 5, 1),
            (OTHER_ACCOUNT, None, 1),
            (OTHER_ACCOUNT, 5, None),
        ]
    ):
        began = now - timedelta(days=10)
        scans = [Scan(ScanStatus.LABEL_CREATED, began), Scan(ScanStatus.IN_TRANSIT, began)]
        if took is not None:
            scans.append(Scan(ScanStatus.DELIVERED, began + timedelta(days=took)))
        await parcel(store, f"T{number}", *scans, promised_days=days, account=account)

    assert await Lanes(store).records(TENANT) == {
        ACCOUNT: Record(delivered=2, on_time=1),
        OTHER_ACCOUNT: Record(delivered=1, on_time=1),
    }


async def test_the_parcel_that_had_a_code_before_says_nothing_of_its_carrier(
    store: Database, now: datetime
) -> None:
    """It came in time, half a year ago; the one that has the code now is under way."""
    await parcel(store, "T1", *journey(now - timedelta(days=180)), promised_days=3)
    await parcel(store, "T1", journey(now)[0], promised_days=3, shipment_ref="shp_2")

    assert await Lanes(store).records(TENANT) == {}


@pytest.fixture
def year_of_trips(store: Database, owner: Engine) -> Database:
    """Fill in twenty thousand delivered trips of forty carriers."""
    with owner.begin() as connection:
        connection.execute(text(f"SET LOCAL backhaul.tenant_id = '{TENANT}'"))
        trips = (
            "INSERT INTO trips (tenant_id, tracking_code, connection_id, shipment_ref, carrier,"
            " service, area, location_id, promised_days, booked_at)"
            " SELECT :tenant, 'T' || n, :account, 'shp' || n, 'c' || n % 40,"
            " 'Ground', 'US-94', 'MAIN', 3, now() - n * interval '1 minute'"
            " FROM generate_series(1, 20000) n"
        )
        scans = (
            "INSERT INTO tracking_scans (tenant_id, tracking_code, status, occurred_at,"
            " description) SELECT :tenant, 'T' || n, status, now(), ''"
            " FROM generate_series(1, 20000) n,"
            " unnest(ARRAY['accepted', 'in_transit', 'out_for_delivery', 'delivered']) status"
        )
        for filling in (trips, scans):
            connection.execute(text(filling), {"tenant": TENANT, "account": ACCOUNT})
        connection.execute(text("ANALYZE trips, tracking_scans"))
    return store


@pytest.mark.parametrize(
    ("statement", "index", "rows"),
    [
        (newest_delivered(TENANT, "c7", "Ground", limit=100), "ix_trips_newest", 4 * 100),
        (promised_and_delivered(TENANT, limit=100), "ix_trips_of_late", 100),
    ],
    ids=["of a service", "of every account"],
)
async def test_a_year_of_trips_is_read_from_indexes(
    year_of_trips: Database, statement: Select[Any], index: str, rows: int
) -> None:
    """However many other trips there are, the newest are walked in their order."""
    async with year_of_trips.tenant(TENANT) as app:
        found = (await app.execute(statement)).all()
        told = statement.compile(dialect=app.dialect, compile_kwargs={"render_postcompile": True})
        query = re.sub(r"%\((\w+)\)s(::\w+)?", r":\1", str(told))
        plan = "\n".join((await app.scalars(text(f"EXPLAIN {query}"), told.params)).all())

    assert len(found) == rows
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_an_outlook_is_made_from_what_is_kept(store: Database, now: datetime) -> None:
    """The parcels before it came two days after their first scan; this one has not moved since."""
    lanes, calendars = Lanes(store), {"US": EVERY_DAY}
    for number in range(20):
        end = now - timedelta(days=5, hours=number)
        await parcel(store, f"T{number}", *journey(end), promised_days=3)
    first_scan = Scan(ScanStatus.ACCEPTED, now - timedelta(hours=12), "accepted")
    await parcel(store, "new", first_scan, promised_days=3)

    trip = await lanes.find(TENANT, "new")
    assert trip is not None
    past = await lanes.delivered(TENANT, trip.lane.carrier, trip.lane.service)
    times = lane_times(observed(one, calendars) for one in past)
    fresh = outlook(trip, times, calendars, now=now)
    silent = outlook(trip, times, calendars, now=now + timedelta(hours=48))

    assert fresh is not None
    assert silent is not None
    assert fresh.basis is Basis.LANE
    assert fresh.expected_at is not None
    arrival = first_scan.occurred_at + timedelta(days=2)
    assert abs(fresh.expected_at - arrival) <= timedelta(seconds=2)
    assert not fresh.warn
    assert (fresh.breach or 0) < 0.1 < (silent.breach or 0)
