"""Fees, promotions and tenders in kind, carried through to the provider and to the customer."""

from datetime import UTC, datetime
from typing import Any

from api.preview import Previewed
from domain.inspection import Grade
from domain.value_ledger import Account, AccountKind
from storage import value_ledger
from tests.flow.conftest import Ruled
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.journey import Journey
from tests.support.settling import charging
from tests.support.told import counted, graded, received, some_of, whole_order

LAMP = "LAMP-DESK-WHITE"
# No law gives a right without a reason there: what the shop promises it may take fees for.
IN_A_SHOP = {"channel": "STORE"}


def paid_in(house: House | Journey, *tenders: tuple[str, str, int]) -> dict[str, Any]:
    """An order of three lamps for 375.70 CNY, paid with (tender, kind, amount)."""
    order = house.sandbox.order("three-units")
    rows = [
        {
            "tender_id": tender_id,
            "kind": kind,
            "provider": "stripe" if kind in ("CARD", "WALLET") else "issuer",
            "payment_ref": None,
            "captured_minor": minor,
        }
        for tender_id, kind, minor in tenders
    ]
    changed: dict[str, Any] = order | {"tenders": rows}
    return dict(house.sandbox.put(f"orders/{order['order_id']}", changed))


def with_promotion(house: House) -> dict[str, Any]:
    """Lamps at 114.16 each, 10.00 off from 300.00 on."""
    order = house.sandbox.order("three-units")
    promotion = {
        "promotion_id": "spend-300",
        "kind": "THRESHOLD",
        "threshold_minor": 30_000,
        "lines": [{"line_id": "line-1", "discount_minor": 1_000}],
    }
    return dict(
        house.sandbox.put(f"orders/{order['order_id']}", order | {"promotions": [promotion]})
    )


async def arrived(
    house: House, order: dict[str, Any], quantity: int, key: str = "r1"
) -> OpenReturn:
    opened = await house.open(some_of(order, quantity))
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{LAMP: quantity}), receipt_id=f"R-{key}"))
    return opened


def refunds(opened: OpenReturn) -> list[int]:
    return [row["amount_minor"] for row in opened.ledger()["refunds"]]


async def test_a_return_explains_what_its_fees_were(ruled: Ruled) -> None:
    """The refund is less the fees, and each stands by name beside the amount."""
    house = await ruled(
        charging(
            taxable=True,
            restocking={"percent": 10},
            return_shipping={"per": "PARCEL", "amount_minor": {"CNY": 1_000}},
        )
    )
    order = house.sandbox.order("three-units", **IN_A_SHOP)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    await opened.until_lot("line-1/1", "REFUNDED")

    (settlement,) = (await opened.view())["settlements"]
    (row,) = settlement["breakdown"]
    assert (row["gross_minor"], row["discount_minor"]) == (34_248, 1_000)
    assert row["restocking_fee_minor"] == 3_325
    assert row["return_shipping_fee_minor"] == 1_000
    # 13 % of what is left of 332.48: 289.23.
    assert row["tax_minor"] == 3_760
    assert row["refund_minor"] == 33_248 - 3_325 - 1_000 + 3_760
    assert refunds(opened) == [settlement["amount_minor"]] == [row["refund_minor"]]
    assert settlement["settlement_hash"].startswith("sha256:")


async def test_edge_70_a_settlement_of_nothing_calls_no_provider(ruled: Ruled) -> None:
    """Fees above the value: a record, a mail that says why, and the return ends."""
    house = await ruled(charging(handling={"per_return_minor": {"CNY": 99_999}}))
    order = house.sandbox.order("three-units", **IN_A_SHOP)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)

    outcome = await opened.ends()

    (settlement,) = (await opened.view())["settlements"]
    assert outcome.headline == "CLOSED"
    assert (settlement["amount_minor"], settlement["refunds"]) == (0, [])
    assert opened.ledger()["refunds"] == []
    text = (await until_mailed(opened, "is settled"))["text"]
    assert "nothing is left to pay back" in text
    assert "- price: 342.48 CNY" in text
    assert "- handling fee: -375.70 CNY" in text
    assert "- refund: 0.00 CNY" in text


async def until_mailed(opened: OpenReturn, subject: str) -> dict[str, Any]:
    async def mails() -> list[dict[str, Any]]:
        await opened.house.relay.once()
        return [mail for mail in opened.ledger()["mails"] if subject in mail["subject"]]

    (mail,) = await eventually(mails, bool)
    return mail


async def test_a_gift_card_is_paid_in_kind_beside_the_card(house: House) -> None:
    """Each tender gets its own back: the gift card in our ledger, the card at its provider."""
    order = paid_in(house, ("card", "CARD", 30_000), ("gift", "GIFT_CARD", 7_570))
    opened = await arrived(house, order, 3)
    await opened.do(graded("line-1/1", Grade.A))

    await opened.until_lot("line-1/1", "REFUNDED")

    assert refunds(opened) == [30_000]
    assert {
        r["tender_id"]: r["state"]
        for s in (await opened.view())["settlements"]
        for r in s["refunds"]
    } == {"card": "succeeded", "gift": "succeeded"}
    assert await held(house, order, "gift") == 7_570


async def test_a_part_goes_back_to_the_gift_card_first(house: House) -> None:
    """One lamp of three is less than the gift card paid: the card gets nothing yet."""
    order = paid_in(house, ("card", "CARD", 17_570), ("gift", "GIFT_CARD", 20_000))
    opened = await arrived(house, order, 1)
    await opened.do(graded("line-1/1", Grade.A))

    await opened.until_lot("line-1/1", "REFUNDED")

    (settlement,) = (await opened.view())["settlements"]
    assert [r["tender_id"] for r in settlement["refunds"]] == ["gift"]
    assert refunds(opened) == []
    assert await held(house, order, "gift") == settlement["amount_minor"]


async def held(house: House, order: dict[str, Any], tender_id: str) -> int | None:
    """What our ledger has on the gift card that paid a part of the order."""
    (ref,) = [t["payment_ref"] for t in order["tenders"] if t["tender_id"] == tender_id]
    account = Account(AccountKind.GIFT_CARD, ref, order["currency"])
    async with house.needs.database.tenant(TENANT) as connection:
        return await value_ledger.balance(connection, TENANT, account)


async def test_two_returns_of_an_order_keep_a_promotion_back_once(ruled: Ruled) -> None:
    """What one return breaks, the other knows: the lamps kept cost more, until none is kept."""
    house = await ruled(charging(clawback=True))
    order = with_promotion(house)
    first = await arrived(house, order, 1, "one")
    second = await arrived(house, order, 2, "two")

    await second.do(graded("line-1/1", Grade.A))
    await second.until_lot("line-1/1", "REFUNDED")
    await first.do(graded("line-1/1", Grade.A))
    await first.until_lot("line-1/1", "REFUNDED")

    (broke,) = (await second.view())["settlements"]
    (mended,) = (await first.view())["settlements"]
    kept = broke["breakdown"][0]["clawback_minor"]
    assert kept > 0
    assert mended["breakdown"][0]["clawback_minor"] == -kept
    assert broke["amount_minor"] + mended["amount_minor"] == 37_570
    assert (await first.view())["broken_invariants"] == []


async def test_a_preview_has_the_hash_of_the_settlement_it_leads_to(ruled: Ruled) -> None:
    """What was shown is what is sealed, after another return of the order has changed it too."""
    rules = charging(clawback=True, handling={"per_return_minor": {"CNY": 500}})
    house = await ruled(rules)
    order = with_promotion(house)
    previews = house.previews()

    async def shown(quantity: int) -> Previewed:
        return await previews.preview(TENANT, some_of(order, quantity), at=datetime.now(UTC))

    hashes: list[str] = []
    for quantity, key in ((1, "one"), (2, "two")):
        before = await shown(quantity)
        opened = await arrived(house, order, quantity, key)
        await opened.do(graded("line-1/1", Grade.A))
        await opened.until_lot("line-1/1", "REFUNDED")

        (settlement,) = (await opened.view())["settlements"]
        assert settlement["settlement_hash"] == before.settlement_hash
        assert settlement["amount_minor"] == before.refund_minor
        hashes.append(before.settlement_hash)
    assert len(set(hashes)) == 2


async def test_another_grade_is_another_settlement(house: House) -> None:
    """The hash that was shown does not stand for less money."""
    order = house.sandbox.order("three-units")
    previews = house.previews()
    before = await previews.preview(TENANT, whole_order(order), at=datetime.now(UTC))
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order, Grade.C)
    await opened.until_lot("line-1/1", "REFUNDED")

    (settlement,) = (await opened.view())["settlements"]

    assert settlement["settlement_hash"] != before.settlement_hash
    assert settlement["amount_minor"] < before.refund_minor


async def test_a_right_by_law_bears_no_fee(ruled: Ruled) -> None:
    """Bought at a distance, the same goods come back without one."""
    house = await ruled(charging(handling={"per_return_minor": {"CNY": 99_999}}))
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    await opened.until_lot("line-1/1", "REFUNDED")

    (settlement,) = (await opened.view())["settlements"]
    assert settlement["breakdown"][0]["handling_fee_minor"] == 0
    assert settlement["amount_minor"] == 37_570
