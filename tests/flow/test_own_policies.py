"""Returns of a tenant that has published a policy of its own."""

from datetime import UTC, date, datetime
from typing import Any

from domain.ids import content_hash
from domain.policy_versions import PolicyVersion, first_free_day
from storage.policy_versions import PolicyVersions
from tests.support.house import TENANT, House
from tests.support.shop import order_for_a_promise, own_pack
from tests.support.told import OPS, info, some_of
from workflows import resuming
from workflows.messages import Retry

EVER = date(2020, 1, 1)


async def publish(house: House, document: dict[str, Any], *, start: date = EVER) -> None:
    """Store a version as one that somebody drafted and somebody else published."""
    versions = PolicyVersions(house.needs.database)
    now = datetime.now(UTC)
    draft = PolicyVersion(
        document["id"], document["version"], content_hash(document), start, None, "ops:k1", now
    )
    await versions.put_draft(TENANT, draft, document)
    done = await versions.publish(
        TENANT,
        draft.pack_id,
        draft.version,
        content_hash=draft.content_hash,
        by="admin:k2",
        key_id="k2",
        known_as=(),
        now=now,
    )
    assert done is not None


async def test_a_return_is_decided_by_it_and_keeps_it(house: House) -> None:
    """What is published later governs later contracts alone: its fee is not taken of this one."""
    await publish(house, own_pack("1"))
    opened = await house.open(some_of(order_for_a_promise(house.sandbox), 1))
    await opened.ready_for_handover()

    begins = first_free_day(datetime.now(UTC))
    dear = own_pack("2", start=begins.isoformat(), fees={"restocking": {"percent": 50}})
    await publish(house, dear, start=begins)
    await opened.arrive_and_grade_one()
    await opened.until(lambda view: view["settlement_state"] == "SETTLED")

    view = await opened.view()
    decision = view["lines"][0]["decision"]
    (settlement,) = view["settlements"]
    (row,) = settlement["breakdown"]
    assert (decision["policy_ref"], decision["verdict"]) == ("OWN@1", "APPROVE")
    assert row["restocking_fee_minor"] == 0
    assert opened.ledger()["refunds"][0]["amount_minor"] == row["refund_minor"] > 0


async def test_its_waits_govern_a_start_whose_order_cannot_be_read(house: House) -> None:
    """A draft has no contract date yet, so today's version says how long its work may hang."""
    await publish(house, own_pack("1"))
    order = order_for_a_promise(house.sandbox)

    with house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        draft = resuming.load(await house.returns.resume_from(TENANT, opened.return_id))
    await opened.do(Retry(info(OPS)))
    await opened.ready_for_handover()
    view = await opened.view()

    assert draft is not None
    assert draft.resumed is not None
    assert draft.resumed.ret.policy.ref == "OWN@1"
    assert view["lines"][0]["decision"]["policy_ref"] == "OWN@1"


async def test_a_version_that_cannot_be_read_any_more_parks_the_start(house: House) -> None:
    """It is named, and decided by nothing else in its place."""
    await publish(house, {"id": "OLD", "version": "1", "rules": "as they were written once"})

    parked = await house.begin_draft(
        some_of(order_for_a_promise(house.sandbox), 1), "bad_upstream_data"
    )

    view = await parked.view()
    (wait,) = [one for one in view["waiting_on"] if one["code"] == "bad_upstream_data"]
    assert wait["field"] == "policy"
    assert "governs: is missing" in wait["detail"]
