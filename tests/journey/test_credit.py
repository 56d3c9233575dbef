"""A platform lets its customer pay with what a refund gave in kind."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from backhaul_client import (
    BackhaulError,
    NewReturn,
    NewReturnLine,
    NewReversal,
    NewSpend,
    ReturnView,
)
from cli.printing import show_preview
from domain.money import Money
from domain.orders import TenderKind
from domain.value_ledger import refund_in_kind
from storage import value_ledger
from tests.flow.test_fees import paid_in
from tests.journey.test_webhooks import take_in
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.builders import pack
from tests.support.house import TENANT
from tests.support.journey import Journey, without_workers
from tests.support.terminal import Terminal, sign_in


async def with_credit(journey: Journey, minor: int, currency: str = "EUR") -> str:
    """A customer's store credit that a refund was paid into."""
    owner_ref = f"customer-{uuid.uuid4().hex}"
    given = refund_in_kind(
        TenderKind.STORE_CREDIT, owner_ref, Money(minor, currency), uuid.uuid4().hex
    )
    async with journey.services.database.tenant(TENANT) as connection:
        await value_ledger.post(connection, TENANT, given)
    return owner_ref


def spending(owner_ref: str, minor: int, currency: str = "EUR") -> NewSpend:
    return NewSpend(kind="STORE_CREDIT", owner_ref=owner_ref, currency=currency, amount_minor=minor)


async def refused(asked: Any) -> tuple[int, str, str | None]:
    with pytest.raises(BackhaulError) as error:
        await asked
    return error.value.status, error.value.code, error.value.field


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
async def test_credit_is_spent_and_given_back_once(journey: Journey, currency: str) -> None:
    """However often the same is asked for, in currencies of two, no and three decimals."""
    client, owner_ref = journey.client(), await with_credit(journey, 1000, currency)
    key = new_key()

    paid = [
        await client.credit.spend(spending(owner_ref, 400, currency), idempotency_key=key)
        for _ in range(2)
    ]
    back = [
        await client.credit.give_back(paid[0].spend_id, idempotency_key=new_key()) for _ in range(2)
    ]

    assert [one.balance_minor for one in (*paid, *back)] == [600, 600, 1000, 1000]
    assert paid[0] == paid[1]
    held = await journey.client("finance").credit.balance("STORE_CREDIT", owner_ref, currency)
    assert held.balance_minor == 1000


async def test_what_cannot_be_paid_names_its_field(journey: Journey) -> None:
    """Too much, another currency, nobody's account, a used key; nothing is changed."""
    client, owner_ref = journey.client(), await with_credit(journey, 500)
    key = new_key()
    await client.credit.spend(spending(owner_ref, 100), idempotency_key=key)

    answers = [
        await refused(client.credit.spend(spending(owner_ref, 401), idempotency_key=new_key())),
        await refused(
            client.credit.spend(spending(owner_ref, 1, "USD"), idempotency_key=new_key())
        ),
        await refused(client.credit.spend(spending("nobody", 1), idempotency_key=new_key())),
        await refused(client.credit.spend(spending(owner_ref, 99), idempotency_key=key)),
        await refused(client.credit.give_back("nothing", idempotency_key=new_key())),
    ]

    assert answers == [
        (409, "credit_too_little", "amount_minor"),
        (404, "credit_not_found", "currency"),
        (404, "credit_not_found", "owner_ref"),
        (409, "key_reused", None),
        (404, "spend_not_found", "spend_id"),
    ]
    assert (await client.credit.balance("STORE_CREDIT", owner_ref, "EUR")).balance_minor == 400


async def test_transactions_are_read_page_by_page(journey: Journey) -> None:
    """Newest first, each once."""
    client, owner_ref = journey.client(), await with_credit(journey, 500)
    for minor in (10, 20, 30):
        await client.credit.spend(spending(owner_ref, minor), idempotency_key=new_key())
    account = ("STORE_CREDIT", owner_ref, "EUR")

    first = await client.credit.transactions(*account, page_size=3)
    rest = await client.credit.transactions(*account, page_size=3, cursor=first.next_cursor)

    assert [row.change_minor for row in (*first.items, *rest.items)] == [-30, -20, -10, 500]
    assert rest.next_cursor is None
    assert await refused(client.credit.transactions(*account, cursor="x")) == (
        400,
        "invalid_cursor",
        "cursor",
    )


async def test_finance_reads_it_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The balance, and what changed it."""
    owner_ref = await with_credit(journey, 1234)
    sign_in(journey, monkeypatch, "finance")

    shown = await terminal.type("credit", "show", "STORE_CREDIT", owner_ref, "EUR")

    assert shown[0] == 0
    assert shown[1].startswith("12.34 EUR\n")
    assert "refund" in shown[1]


async def test_edge_66_finance_takes_back_what_was_given_in_kind(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part was spent: that is owed, the rest is taken, and once."""
    order = paid_in(journey, ("gift", "GIFT_CARD", 37_570))
    started = await journey.client().start_return(units_of(order), idempotency_key=new_key())
    assert isinstance(started, ReturnView)
    await take_in(journey, started.return_id, "LAMP-DESK-WHITE")
    await journey.client().wait_until(
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
    left = await journey.client().credit.spend(gift_card, idempotency_key=new_key())
    finance, key = journey.client("finance"), new_key()
    wanted = NewReversal(return_id=started.rma_no, settlement_no=1)

    done = [await finance.credit.reverse(wanted, idempotency_key=key) for _ in range(2)]
    sign_in(journey, monkeypatch, "finance")
    by_another = await terminal.type("credit", "reverse", started.rma_no, "1")

    assert done[0] == done[1]
    assert (done[0].taken_minor, done[0].shortfall_minor) == (left.balance_minor, 100)
    assert done[0].shortfall == "RECEIVABLE"
    assert by_another[0] == 1
    assert "credit_reversed (settlement_no)" in by_another[2]
    nothing = NewReversal(return_id=started.rma_no, settlement_no=2)
    assert await refused(finance.credit.reverse(nothing, idempotency_key=new_key())) == (
        409,
        "no_credit_to_reverse",
        "settlement_no",
    )


async def test_what_credit_would_bring_is_previewed(
    journey: Journey, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """By tender, with the bonus; where no pack offers it, it is refused by name."""
    order = paid_in(journey, ("card", "CARD", 30_000), ("gift", "GIFT_CARD", 7_570))
    own = tmp_path / "pack.json"
    own.write_text(json.dumps(pack() | {"store_credit": {"bonus_percent": 10}}))
    line = NewReturnLine(line_id="line-1", quantity=3, resolution="STORE_CREDIT")
    wanted = NewReturn(order_id=order["order_id"], lines=(line,))

    async with without_workers(journey, policy_pack=own) as offering:
        previewed = await offering.client().preview(wanted)

    assert [
        (part.tender_id, part.destination, part.amount_minor, part.bonus_minor)
        for part in previewed.by_tender
    ] == [("card", "store_credit", 30_000, 3_000), ("gift", "original", 7_570, 0)]
    assert previewed.lines[0].verdict == "APPROVE"
    show_preview(previewed)
    assert "as store credit of card: 300.00 CNY and 30.00 CNY more" in capsys.readouterr().out
    answers = [
        await refused(journey.client().preview(wanted)),
        await refused(journey.client().start_return(wanted, idempotency_key=new_key())),
    ]
    assert answers == [(422, "store_credit_not_offered", "lines[0].resolution")] * 2
