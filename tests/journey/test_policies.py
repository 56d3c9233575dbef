"""A tenant's own policies over HTTP: drafted, read, compared, published, and then obeyed."""

import copy
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from api import simulating
from backhaul_client import (
    BackhaulError,
    CountedItem,
    InspectionCommand,
    NewPublication,
    NewReturn,
    NewReturnLine,
    NewReversal,
    NewSimulation,
    NewSpend,
    ReceiveCommand,
    ReturnView,
)
from domain.ids import content_hash
from domain.policy_versions import PolicyVersion
from storage.policy_versions import PolicyVersions
from tests.flow.test_fees import paid_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.journey import Journey
from tests.support.sandbox import Sandbox
from tests.support.shop import Shop, open_shop, order_for_a_promise, order_to_washington, own_pack


@pytest_asyncio.fixture
async def shop(journey: Journey, shared_sandbox: Sandbox) -> AsyncIterator[Shop]:
    async with open_shop(journey, shared_sandbox) as opened:
        yield opened


def in_days(days: int) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


async def start(shop: Shop, order: Any = None) -> ReturnView:
    """Ask for one unit of an order of the shop; of one that its policy decides unless stated."""
    client = await shop.person("platform", "the shop")
    wanted = units_of(order or order_for_a_promise(shop.journey.sandbox))
    view = await client.start_return(wanted, idempotency_key=new_key())
    assert isinstance(view, ReturnView)
    return view


async def test_a_draft_is_read_as_it_was_sent(shop: Shop) -> None:
    """With its hash, its days and who drafted it; it is new once and replaced after."""
    dora = await shop.http("ops", "Dora")
    document = own_pack("1")

    put = await dora.put("/v1/policies/OWN@1", json=document)
    replaced = await dora.put("/v1/policies/OWN@1", json=document | {"pickup_attempts": 3})
    read = await (await shop.person("auditor", "Ada")).policies.get("OWN@1")

    assert (put.status_code, replaced.status_code) == (201, 200)
    assert (read.state, read.governs_from, read.governs_to) == ("DRAFT", date(2020, 1, 1), None)
    assert read.drafted_by.startswith("ops:")
    assert read.document == document | {"pickup_attempts": 3}
    assert read.content_hash != put.json()["content_hash"]


async def test_a_pack_of_law_is_read_like_any_policy_and_written_by_nobody(shop: Shop) -> None:
    """Past versions too; what differs between two is told by path."""
    dora, ada = await shop.http("ops", "Dora"), await shop.person("auditor", "Ada")
    document = own_pack("2024-07-01") | {"id": "CN-CORE"}

    read = await ada.policies.get("CN-CORE@2014-03-15")
    diff = await dora.get("/v1/policies/CN-CORE@2020-10-23/diff?to=CN-CORE@2024-07-01")
    put = await dora.put("/v1/policies/CN-CORE@2024-07-01", json=document)

    assert (read.drafted_by, read.state) == ("engine:shipped", "RETIRED")
    assert read.document["rules"][0]["id"] == "CN-7D-WITHDRAWAL"
    assert "sources.CN-IR" in [change["path"] for change in diff.json()["changes"]]
    assert (put.status_code, put.json()["code"], put.json()["field"]) == (
        422,
        "invalid_policy",
        "id",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data.pop("rules"), "rules"),
        (lambda data: data["rules"][0]["window"].update(days="many"), "rules[0].window.days"),
        (lambda data: data["rules"][1].update(ground="WHIM"), "rules[1].ground"),
        (
            lambda data: data["rules"][0].update(sources=["NOBODY#1"]),
            "rules.STD-WITHDRAWAL-30.sources",
        ),
        (lambda data: data["handling_hours"].update(review=-1), "handling_hours.review"),
        (lambda data: data["governs"].update(to="2019-01-01"), "governs.to"),
        (lambda data: data.update(id="OTHER"), "id"),
        (lambda data: data.update(version="2"), "version"),
        (lambda data: data["sources"][0].update(title="\x00"), "sources[0].title"),
        (lambda data: data.update(fees={"a fee": 1}), "fees.a fee"),
    ],
)
async def test_a_pack_that_is_wrong_is_told_where(shop: Shop, change: Any, field: str) -> None:
    """The field of the refusal is the path in the pack, and nothing is stored."""
    document = copy.deepcopy(own_pack("1"))
    change(document)

    refused = await (await shop.http("ops", "Dora")).put("/v1/policies/OWN@1", json=document)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "invalid_policy")
    assert problem["field"] == field
    assert await (await shop.person("ops", "Dora")).policies.list() == ()


@pytest.mark.parametrize(
    ("terms", "field", "words"),
    [
        ({"days": 13}, "rules[0].window.days", "14 or more, for EU-WITHDRAWAL of EU-DE"),
        ({"days": 6, "places": ["CN"]}, "rules[0].window.days", "for CN-7D-WITHDRAWAL of CN"),
        ({"places": ["Germany"]}, "places[0]", "no jurisdiction 'Germany'"),
    ],
)
async def test_a_promise_that_worsens_the_law_is_refused(
    shop: Shop, terms: dict[str, Any], field: str, words: str
) -> None:
    """When it is put and when it is tried, with the path, the days and the rule."""
    document = own_pack("1", **terms)
    dora = await shop.person("ops", "Dora")

    with pytest.raises(BackhaulError) as put:
        await dora.policies.put("OWN@1", document)
    with pytest.raises(BackhaulError) as tried:
        await dora.policies.simulate(NewSimulation(document=document))

    for refused in (put.value, tried.value):
        assert (refused.status, refused.code, refused.field) == (422, "invalid_policy", field)
        assert words in str(refused)
    assert await dora.policies.list() == ()


async def test_promises_are_for_the_places_of_their_pack(shop: Shop) -> None:
    """Elsewhere the law decides, or a person where there is none."""
    await shop.publish(own_pack("1", places=["CN"], days=10))
    client = await shop.person("platform", "the shop")

    abroad = await client.preview(units_of(order_to_washington(shop.journey.sandbox)))
    at_home = await client.preview(units_of(shop.journey.sandbox.order("three-units")))

    (there,), (here,) = abroad.lines, at_home.lines
    assert (there.policy_ref, there.verdict) == ("US-STATE@2026-01-01", "REJECT")
    # By the law the consumer would pay the way back.
    assert (here.verdict, here.return_shipping_payer) == ("APPROVE", "TRADER")


@pytest.mark.parametrize(
    "body", ["[]", "null", '"pack"', '{"a":' * 400 + "1" + "}" * 400], ids=[*"lnt", "deep"]
)
async def test_what_is_no_pack_at_all(shop: Shop, body: str) -> None:
    """It is refused as a body, before it is read as a pack."""
    http = await shop.http("ops", "Dora")
    json_type = {"Content-Type": "application/json"}

    refused = await http.put("/v1/policies/OWN@1", content=body, headers=json_type)

    assert refused.status_code in (400, 422)


async def test_a_second_person_publishes_what_they_have_read(shop: Shop) -> None:
    """Not the drafter, not another key of theirs, and no content that changed meanwhile."""
    dora, same = await shop.person("admin", "Dora"), await shop.person("admin", "dora")
    paul = await shop.person("admin", "Paul")
    drafted = await dora.policies.put("OWN@1", own_pack("1"))
    read = NewPublication(content_hash=drafted.content_hash)

    codes = []
    for person in (dora, same):
        with pytest.raises(BackhaulError) as refused:
            await person.policies.publish("OWN@1", read, idempotency_key=new_key())
        codes.append((refused.value.status, refused.value.code))
    await dora.policies.put("OWN@1", own_pack("1", days=20))
    with pytest.raises(BackhaulError) as stale:
        await paul.policies.publish("OWN@1", read, idempotency_key=new_key())

    assert codes == [(403, "four_eyes")] * 2
    assert (stale.value.status, stale.value.code) == (409, "policy_changed")
    assert (await paul.policies.get("OWN@1")).state == "DRAFT"


async def test_a_draft_of_before_is_read_again_before_it_governs(shop: Shop) -> None:
    """An engine that took it may have read packs otherwise: it stays a draft, and says why."""
    document, now = own_pack("1") | {"review_limit": {"reviewer": {"EUR": 1}}}, datetime.now(UTC)
    kept = PolicyVersion("OWN", "1", content_hash(document), date(2020, 1, 1), None, "ops:old", now)
    await PolicyVersions(shop.journey.services.database).put_draft(shop.tenant_id, kept, document)
    paul = await shop.person("admin", "Paul")
    publication = NewPublication(content_hash=kept.content_hash)

    with pytest.raises(BackhaulError) as refused:
        await paul.policies.publish("OWN@1", publication, idempotency_key=new_key())

    assert (refused.value.code, refused.value.field) == ("invalid_policy", "review_limit")
    assert (await paul.policies.get("OWN@1")).state == "DRAFT"


async def test_what_is_published_stays(shop: Shop) -> None:
    """It can be read for good, takes no other content, and its like again changes nothing."""
    published = await shop.publish(own_pack("1"))
    again = await shop.publish(own_pack("1"))
    dora = await shop.person("ops", "Dora")

    with pytest.raises(BackhaulError) as refused:
        await dora.policies.put("OWN@1", own_pack("1", days=20))

    assert published.state == "PUBLISHED"
    assert published.published_by is not None
    assert again == published
    assert (refused.value.status, refused.value.code) == (409, "policy_published")


async def test_versions_follow_one_another(shop: Shop) -> None:
    """The next one closes the open end; one that begins too early is refused."""
    await shop.publish(own_pack("1"))
    start_of_next = in_days(30)
    await shop.publish(own_pack("2", start=start_of_next.isoformat(), days=14))
    reader = await shop.person("auditor", "Ada")

    with pytest.raises(BackhaulError) as refused:
        await shop.publish(own_pack("3", start=in_days(0).isoformat()))
    listed = await reader.policies.list()
    today, then = await reader.policies.current(), await reader.policies.current(start_of_next)
    diff = await reader.policies.diff("OWN@1", "OWN@2")

    assert (refused.value.status, refused.value.code, refused.value.field) == (
        422,
        "policy_dates",
        "governs.from",
    )
    assert [(one.ref, one.state, one.governs_to) for one in listed] == [
        ("OWN@1", "PUBLISHED", start_of_next),
        ("OWN@3", "DRAFT", None),
        ("OWN@2", "PUBLISHED", None),
    ]
    assert (today.ref, then.ref) == ("OWN@1", "OWN@2")
    assert [(one.path, one.before, one.after) for one in diff.changes] == [
        ("version", "1", "2"),
        ("governs.from", "2020-01-01", start_of_next.isoformat()),
        ("rules[STD-WITHDRAWAL-30].window.days", 30, 14),
    ]


async def test_another_tenants_policy_is_none(shop: Shop, journey: Journey) -> None:
    """It is not found by whoever has another tenant's key, and governs nothing there."""
    await shop.publish(own_pack("1"))
    stranger = journey.client("admin")

    for asked in (
        stranger.policies.get("OWN@1"),
        stranger.policies.diff("OWN@1", "OWN@1"),
        stranger.policies.current(),
        stranger.policies.publish(
            "OWN@1", NewPublication(content_hash=f"sha256:{'0' * 64}"), idempotency_key=new_key()
        ),
    ):
        with pytest.raises(BackhaulError) as refused:
            await asked
        assert (refused.value.status, refused.value.code) == (404, "policy_not_found")


async def test_returns_go_by_the_policy_of_their_tenant(shop: Shop) -> None:
    """Once it is published and for contracts of its days; those of before keep theirs."""
    before = await start(shop)
    await shop.publish(own_pack("1"))
    after = await start(shop)
    kept = await (await shop.person("ops", "Dora")).get_return(before.return_id)

    assert before.lines[0].decision.policy_ref == "STANDARD@2024-01-01"
    assert after.lines[0].decision.policy_ref == "OWN@1"
    assert kept.lines[0].decision.policy_ref == "STANDARD@2024-01-01"


async def test_a_preview_goes_by_the_same_policy(shop: Shop) -> None:
    """What the shopper is told is what a start would decide."""
    await shop.publish(own_pack("1", days=10, places=["CN"]))
    client = await shop.person("platform", "the shop")

    told = await client.preview(units_of(order_for_a_promise(shop.journey.sandbox)))

    assert (told.lines[0].policy_ref, told.lines[0].verdict) == ("OWN@1", "REJECT")


async def test_a_contract_that_no_version_governs_goes_to_a_person(shop: Shop) -> None:
    """Neither the operator's pack nor the newest version decides what was never promised."""
    await shop.publish(own_pack("1", start=in_days(5).isoformat()))

    view = await start(shop)

    decision = view.lines[0].decision
    assert view.headline == "IN_REVIEW"
    assert (decision.verdict, decision.reason_codes) == ("MANUAL_REVIEW", ("M_PACK_MISSING",))
    assert decision.policy_ref == "OWN@1"


async def test_a_draft_is_tried_on_what_was_decided(shop: Shop) -> None:
    """It says what would change, with money and examples, and writes nothing."""
    await shop.publish(own_pack("1"))
    kept, refused = (
        await start(shop),
        await start(shop, shop.journey.sandbox.order("out-of-window")),
    )
    dora = await shop.person("ops", "Dora")

    same = await dora.policies.simulate(NewSimulation(document=own_pack("2")))
    strict = await dora.policies.simulate(
        NewSimulation(
            document=own_pack("2", start="2030-01-01", days=10, places=["CN"]), since_days=1
        )
    )

    assert (same.returns, same.lines, same.changed, same.is_cut) == (2, 2, 0, False)
    money = next(one for one in same.money if one.currency == kept.currency)
    assert money.before_minor == money.after_minor > 0
    assert [(one.before, one.after, one.lines) for one in strict.verdicts] == [
        ("APPROVE", "REJECT", 1),
        ("REJECT", "REJECT", 1),
    ]
    assert {one.after_minor for one in strict.money} == {0}
    assert sum(one.before_minor for one in strict.money) == money.before_minor
    first = strict.examples[0]
    assert (first.rma_no, first.before, first.after) == (kept.rma_no, "APPROVE", "REJECT")
    assert "R_PROMISE_APPLIES" in first.before_codes
    assert first.after_codes == ("X_WINDOW_EXPIRED",)
    assert [one.ref for one in await dora.policies.list()] == ["OWN@1"]
    assert refused.headline == "DENIED"


async def test_whom_a_version_decided_is_listed_page_by_page(shop: Shop) -> None:
    """The newest first; of a version of the law, too, and of none that nobody knows."""
    await shop.publish(own_pack("1"))
    views = [await start(shop) for _ in range(3)]
    dora = await shop.person("ops", "Dora")

    under = [one async for one in dora.policies.decided_under("OWN@1", page_size=2)]
    by_law = [one async for one in dora.policies.decided_under("CN-CORE@2024-07-01")]
    http = await shop.http("ops", "Dora")
    unknown = await http.get("/v1/policies/OWN@9/returns")
    no_page = await http.get("/v1/policies/OWN@1/returns", params={"cursor": "nonsense"})

    assert [one.return_id for one in under] == [view.return_id for view in reversed(views)]
    assert {one.line_ids for one in under} == {(views[0].lines[0].line_id,)}
    assert [one.rma_no for one in by_law] == [one.rma_no for one in under]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "policy_not_found")
    assert (no_page.status_code, no_page.json()["code"]) == (400, "invalid_cursor")


async def test_of_too_many_lines_the_newest_are_tried(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole returns only, and the answer says that there were more."""
    order = shop.journey.sandbox.order("no-reason-return")
    lines = tuple(NewReturnLine(line_id=line["line_id"], quantity=1) for line in order["lines"][:2])
    client = await shop.person("platform", "the shop")
    await client.start_return(
        NewReturn(order_id=order["order_id"], lines=lines), idempotency_key=new_key()
    )
    await start(shop)
    dora = await shop.person("ops", "Dora")
    wanted = NewSimulation(document=own_pack("1"))

    monkeypatch.setattr(simulating, "MOST_LINES", 3)
    all_three = await dora.policies.simulate(wanted)
    monkeypatch.setattr(simulating, "MOST_LINES", 2)
    newest = await dora.policies.simulate(wanted)

    assert (all_three.returns, all_three.lines, all_three.is_cut) == (2, 3, False)
    assert (newest.returns, newest.lines, newest.is_cut) == (1, 1, True)


async def test_a_draft_that_is_no_pack_is_not_tried(shop: Shop) -> None:
    """It is refused with the path, as if it were put."""
    dora = await shop.person("ops", "Dora")
    document = own_pack("2")
    document["rules"][0]["window"]["days"] = -1

    with pytest.raises(BackhaulError) as refused:
        await dora.policies.simulate(NewSimulation(document=document))

    assert (refused.value.code, refused.value.field) == ("invalid_policy", "rules[0].window.days")


async def test_credit_is_reversed_as_the_return_s_own_policy_says(shop: Shop) -> None:
    """What was spent before is written off, though the operator's pack would collect it."""
    await shop.publish(own_pack("1", credit_shortfall="WRITE_OFF"))
    order = paid_in(shop.journey, ("gift", "GIFT_CARD", 37_570))
    client, warehouse = await shop.person("platform", "shop"), await shop.person("warehouse", "W")
    started = await client.start_return(units_of(order), idempotency_key=new_key())
    await client.wait_until(started.return_id, lambda seen: bool(seen.deliveries), timeout=PATIENCE)
    count = ReceiveCommand(
        receipt_id="R-1", parcel="P-1", entries=(CountedItem(sku="LAMP-DESK-WHITE", quantity=1),)
    )
    await warehouse.receive(started.return_id, count, idempotency_key=new_key())
    grade = InspectionCommand(lot_id="line-1/1", grade="A")
    await warehouse.record_inspection(started.return_id, grade, idempotency_key=new_key())
    await client.wait_until(
        started.return_id,
        lambda seen: [s.refunds[0].state for s in seen.settlements] == ["succeeded"],
        timeout=PATIENCE,
    )
    gift_card = NewSpend(
        kind="GIFT_CARD",
        owner_ref=order["tenders"][0]["payment_ref"],
        currency=order["currency"],
        amount_minor=100,
    )
    await client.credit.spend(gift_card, idempotency_key=new_key())

    reversal = NewReversal(return_id=started.return_id, settlement_no=1)
    finance = await shop.person("finance", "Fay")
    done = await finance.credit.reverse(reversal, idempotency_key=new_key())

    assert (done.shortfall_minor, done.shortfall) == (100, "WRITE_OFF")
