"""Every call to the outside may fail: named, mended, and gone on from, with each effect once.

A stage's calls are all in trouble at the same time, and are mended one after the other: each is
seen to park the work, by name.
"""

import ast
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

import runtime.adapters
from domain.blockers import WAITS, Kind
from domain.inspection import Grade
from domain.requests import HandoverMethod, Resolution
from integrations.carriers.port import CarrierGateway
from integrations.commerce.http_platform import open_commerce_client
from integrations.commerce.port import CommercePlatform
from integrations.notifications.port import Mailer
from integrations.payments.port import PaymentGateway
from runtime.adapters import CARRIER_SHEETS
from storage.models.returns import NoticeModel
from tests.contract.test_kuaidi100_trouble import KUAIDI100_CALLS
from tests.contract.test_sf_trouble import SF_CALLS
from tests.contract.test_ups_trouble import UPS_CALLS
from tests.flow.test_exchange import WANTED
from tests.flow.test_pickups import report, until_visit, visits_at_carrier
from tests.flow.test_settlement import paid
from tests.support.house import TENANT, House, OpenReturn
from tests.support.providers import PAYPAL, WECHAT_PAY
from tests.support.told import (
    CUSTOMER_SIDE,
    OPS,
    counted,
    for_exchange,
    graded,
    info,
    received,
    some_of,
    waiting_codes,
    whole_order,
    with_pickup,
)
from workflows.messages import ChangeHandover, ChooseResolution, Retry

ROOT = Path(__file__).parents[2]
PREFIX = {"easypost": "/v2"}
KINDS = {
    "503": ("http_503", "provider_unavailable"),
    "lost": ("lost_reply", "provider_unavailable"),
    "nonsense": ("nonsense", "bad_upstream_data"),
}
"""What each kind of trouble is called in the sandbox, and what the work that it parks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the method of the port, and what it asks of which system.

    Args:
        nonsense: The place in the answer where something else stands.
        after: So many answers before are good.
        found: Kinds of trouble after which the next try finds what was done, without a park.
        cut_off: What its work parks as when it is cut off, where that is told apart.
    """

    method: str
    system: str
    call: str
    nonsense: str
    after: int = 0
    found: frozenset[str] = frozenset()
    cut_off: str = ""

    def code(self, kind: str) -> str:
        if kind == "lost" and self.cut_off:
            return self.cut_off
        code = KINDS[kind][1]
        is_carrier = self.system in CARRIER_SHEETS and code == "provider_unavailable"
        return "courier_unavailable" if is_carrier else code

    def trouble(self, kind: str) -> dict[str, Any]:
        verb, path = self.call.split(" ")
        plan = {
            "system": self.system,
            "operation": f"{verb} {PREFIX.get(self.system, '')}{path}",
            "kind": KINDS[kind][0],
            "after": self.after,
            "times": 10_000,
        }
        wrong = {"set": {"path": self.nonsense, "value": {"no": "sense"}}}
        return plan | (wrong if kind == "nonsense" else {})


@dataclass(slots=True)
class Trouble:
    """The calls of one stage, all failing from :meth:`begin` on until each is mended."""

    house: House
    kind: str
    calls: tuple[Asked, ...]
    until_the_end: ExitStack
    faults: dict[Asked, ExitStack] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return KINDS[self.kind][1]

    def begin(self) -> None:
        for asked in self.calls:
            self.faults[asked] = self.until_the_end.enter_context(ExitStack())
            self.faults[asked].enter_context(self.house.sandbox.fault(**asked.trouble(self.kind)))

    def mend(self, asked: Asked) -> None:
        self.faults[asked].close()

    async def until_patience_ends(self) -> None:
        await self.house.pass_time(minutes=3)


LOST = frozenset({"lost"})
LOST_OR_NONSENSE = frozenset({"lost", "nonsense"})
ANY = frozenset(KINDS)


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a return's way: how it comes to its calls, the work they belong to, its end."""

    begins: Callable[[House, Trouble], Awaitable[OpenReturn]]
    work: str
    calls: tuple[Asked, ...]
    ends_well: Callable[[OpenReturn], Awaitable[None]]


def lamps(house: House) -> dict[str, Any]:
    order: dict[str, Any] = house.sandbox.order("three-units")
    return order


def shoes(house: House) -> dict[str, Any]:
    order: dict[str, Any] = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 5}
    house.sandbox.put(f"products/{WANTED}", product)
    return order


async def decided(house: House, trouble: Trouble) -> OpenReturn:
    trouble.begin()
    handle = await house.begin(for_exchange(shoes(house), WANTED))
    await trouble.until_patience_ends()
    return await house.draft(handle, trouble.code)


async def labelled_once(opened: OpenReturn) -> None:
    await opened.ready_for_handover()
    assert [label["status"] for label in opened.ledger()["labels"]] == ["bought"]


async def booked(house: House, trouble: Trouble) -> OpenReturn:
    trouble.begin()
    return await house.open(some_of(lamps(house), 1))


async def shown_as_a_code(house: House, trouble: Trouble) -> OpenReturn:
    opened = await house.open(some_of(lamps(house), 1))
    await opened.ready_for_handover()
    trouble.begin()
    await opened.do(ChangeHandover(info(CUSTOMER_SIDE), HandoverMethod.QR_DROP_OFF))
    return opened


async def code_shown(opened: OpenReturn) -> None:
    await opened.until(lambda view: view["deliveries"][0]["qr_url"] is not None)
    assert [label["status"] for label in opened.ledger()["labels"]] == ["bought"]


async def courier_ordered(house: House, trouble: Trouble) -> OpenReturn:
    trouble.begin()
    return await house.open(with_pickup(some_of(lamps(house), 1)))


async def courier_comes_once(opened: OpenReturn) -> None:
    await opened.until_waiting("awaiting_pickup")
    assert visits_at_carrier(opened) == ["scheduled"]
    assert len(opened.ledger()["labels"]) == 1


async def visited_again(house: House, trouble: Trouble) -> OpenReturn:
    opened = await house.open(with_pickup(some_of(lamps(house), 1)))
    await opened.until_waiting("awaiting_pickup")
    trouble.begin()
    await opened.do(report(1))
    return opened


async def visited_again_by_code(house: House, trouble: Trouble) -> OpenReturn:
    """The carrier gave no tracker with its label: its tracking code has to do."""
    buy = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy"}
    none = {"path": "tracker", "value": None}
    with house.sandbox.fault(**buy, kind="nonsense", set=none):
        return await visited_again(house, trouble)


async def second_courier_comes(opened: OpenReturn) -> None:
    await until_visit(opened, 2)
    assert sorted(visits_at_carrier(opened)) == ["canceled", "scheduled"]


async def taken_back(house: House, trouble: Trouble) -> OpenReturn:
    opened = await house.open(with_pickup(some_of(lamps(house), 1)))
    await opened.until_waiting("awaiting_pickup")
    trouble.begin()
    await opened.withdraw()
    return opened


async def all_given_back(opened: OpenReturn) -> None:
    assert (await opened.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(opened) == ["canceled"]
    assert len(opened.ledger()["labels"]) == 1
    assert opened.ledger()["labels"][0]["status"] != "bought"


async def accepted(house: House, trouble: Trouble) -> OpenReturn:
    order = lamps(house)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    trouble.begin()
    await opened.arrive_and_grade(order)
    return opened


async def paid_and_moved_once(opened: OpenReturn) -> None:
    assert (await opened.ends()).headline == "CLOSED"
    assert len(paid(opened)) == 1
    assert len(opened.ledger()["stock_moves"]) == 1


async def shoes_came_back(house: House, trouble: Trouble) -> OpenReturn:
    order = shoes(house)
    opened = await house.open(for_exchange(order, WANTED))
    await opened.ready_for_handover()
    trouble.begin()
    await opened.do(received(counted(order)))
    await opened.do(graded("line-1/1", Grade.A))
    return opened


async def replaced_once(opened: OpenReturn) -> None:
    await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")
    ledger = opened.ledger()
    assert (len(ledger["replacements"]), ledger["refunds"]) == (1, [])


async def sold_meanwhile(house: House, trouble: Trouble) -> OpenReturn:
    """What was reserved is gone when it is ordered, so the reservation is given back."""
    sold = {"path": "status", "value": "out_of_stock"}
    order = {"system": "commerce", "operation": "POST /replacement-orders", "kind": "nonsense"}
    trouble.until_the_end.enter_context(house.sandbox.fault(**order, times=10_000, set=sold))
    return await shoes_came_back(house, trouble)


async def asked_for_another_choice(opened: OpenReturn) -> None:
    await opened.until_waiting("replacement_out_of_stock")


async def unpaid(house: House, trouble: Trouble) -> OpenReturn:
    """The wanted shoes cost more, and the customer takes the money instead of paying."""
    order = shoes(house)
    dearer = {"price_minor": 12_000, "currency": "JPY", "in_stock": 5}
    house.sandbox.put(f"products/{WANTED}", dearer)
    opened = await house.open(for_exchange(order, WANTED))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_waiting("awaiting_difference")
    trouble.begin()
    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))
    return opened


async def called_off_and_paid_once(opened: OpenReturn) -> None:
    assert (await opened.ends()).headline == "CLOSED"
    assert [found["status"] for found in opened.ledger()["replacements"]] == ["cancelled"]
    assert len(paid(opened)) == 1


READ_SHIPMENT = Asked("get_shipment", "easypost", "GET /shipments/{shipment}", "id")
READ_PICKUP = Asked("get_pickup", "easypost", "GET /pickups/{pickup}", "id")
CANCEL_PICKUP = Asked(
    "cancel_pickup", "easypost", "POST /pickups/{pickup}/cancel", "id", found=LOST
)

STAGES = {
    "decision": Stage(
        decided,
        "open/order",
        (
            Asked("get_order", "commerce", "GET /orders/{order}", "order_id"),
            Asked("get_product", "commerce", "GET /products/{sku}", "in_stock"),
            Asked("list_locations", "commerce", "GET /locations", "locations"),
        ),
        labelled_once,
    ),
    "label": Stage(
        booked,
        "book/d1",
        (
            Asked("get_address", "commerce", "GET /orders/{order}", "ship_to.street1", after=1),
            Asked("get_location", "commerce", "GET /locations/{location}", "time_zone"),
            Asked("create_shipment", "easypost", "POST /shipments", "id"),
            READ_SHIPMENT,
            Asked(
                "purchase_label",
                "easypost",
                "POST /shipments/{shipment}/buy",
                "id",
                found=LOST_OR_NONSENSE,
            ),
        ),
        labelled_once,
    ),
    "code": Stage(
        shown_as_a_code,
        "qr-code/d1",
        (
            READ_SHIPMENT,
            Asked(
                "label_qr_code",
                "easypost",
                "POST /shipments/{shipment}/forms",
                "id",
                found=LOST,
            ),
        ),
        code_shown,
    ),
    "courier": Stage(
        courier_ordered,
        "courier/d1",
        (
            Asked("create_pickup", "easypost", "POST /pickups", "id"),
            READ_PICKUP,
            Asked(
                "buy_pickup",
                "easypost",
                "POST /pickups/{pickup}/buy",
                "id",
                found=LOST_OR_NONSENSE,
            ),
        ),
        courier_comes_once,
    ),
    "second courier": Stage(
        visited_again,
        "courier/d1",
        (CANCEL_PICKUP, Asked("track", "easypost", "GET /trackers/{tracker}", "tracking_code")),
        second_courier_comes,
    ),
    "second courier, no tracker": Stage(
        visited_again_by_code,
        "courier/d1",
        (Asked("track", "easypost", "GET /trackers", "trackers"),),
        second_courier_comes,
    ),
    "withdrawal": Stage(
        taken_back,
        "cancel/d1",
        (
            READ_PICKUP,
            CANCEL_PICKUP,
            READ_SHIPMENT,
            Asked("void_label", "easypost", "POST /shipments/{shipment}/refund", "id", found=LOST),
        ),
        all_given_back,
    ),
    "stock": Stage(
        accepted,
        "stock/parcel/R-1",
        (Asked("move_stock", "commerce", "POST /stock-moves", "move_id"),),
        paid_and_moved_once,
    ),
    "refund": Stage(
        accepted,
        "refund/",
        (
            # Of a refund whose answer was cut off nobody knows, whatever keeps us from asking.
            Asked("find_refund", "stripe", "GET /v1/refunds", "has_more", cut_off="refund_unknown"),
            Asked("refund", "stripe", "POST /v1/refunds", "amount", found=LOST_OR_NONSENSE),
            Asked("get_refund", "stripe", "GET /v1/refunds/{refund}", "amount", found=ANY),
        ),
        paid_and_moved_once,
    ),
    "replacement": Stage(
        shoes_came_back,
        "replace/line-1/1",
        (
            Asked("reserve_stock", "commerce", "POST /stock-reservations", "reservation_id"),
            Asked("create_replacement", "commerce", "POST /replacement-orders", "status"),
        ),
        replaced_once,
    ),
    "sold meanwhile": Stage(
        sold_meanwhile,
        "replace/line-1/1",
        (
            Asked(
                "release_stock",
                "commerce",
                "DELETE /stock-reservations/{reservation}",
                "nothing",
                found=frozenset({"nonsense"}),
            ),
        ),
        asked_for_another_choice,
    ),
    "called off": Stage(
        unpaid,
        "call-off/line-1/1",
        (
            Asked(
                "cancel_replacement",
                "commerce",
                "POST /replacement-orders/{order}/cancel",
                "status",
            ),
        ),
        called_off_and_paid_once,
    ),
}


async def parked(opened: OpenReturn, stage: Stage, asked: Asked, code: str) -> dict[str, Any]:
    """Wait until the stage's work stands parked because of this call."""

    def of_this_call(view: dict[str, Any]) -> list[dict[str, Any]]:
        return [w for w in view["waiting_on"] if w["code"] == code and asked.call in w["detail"]]

    view = await opened.until(lambda view: bool(of_this_call(view)))
    (wait,) = of_this_call(view)
    assert wait["key"].startswith(f"work/{stage.work}")
    assert wait["owner"] == WAITS[code].owner
    assert datetime.fromisoformat(wait["deadline"]) > await opened.house.env.get_current_time()
    assert "retry" in wait["exits"]
    return wait


@pytest.fixture
def until_the_end() -> Iterator[ExitStack]:
    """Takes every trouble away at last, whatever came between."""
    with ExitStack() as faults:
        yield faults


async def untroubled(opened: OpenReturn) -> bool:
    return all(WAITS[c].kind is not Kind.PARKED for c in waiting_codes(await opened.view()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", STAGES)
async def test_trouble_outside_parks_and_goes_on_once_mended(
    house: House, until_the_end: ExitStack, name: str, kind: str
) -> None:
    """Down, cut off or talking nonsense: the call is named, and mended it has its effect once."""
    stage = STAGES[name]
    trouble = Trouble(house, kind, stage.calls, until_the_end)
    opened = await stage.begins(house, trouble)

    for asked in stage.calls:
        if kind in asked.found:
            continue
        await trouble.until_patience_ends()
        wait = await parked(opened, stage, asked, asked.code(kind))
        assert wait["field"] == (asked.nonsense if kind == "nonsense" else None)
        trouble.mend(asked)
        await opened.do(Retry(info(OPS)))
    await trouble.until_patience_ends()

    await stage.ends_well(opened)
    assert await untroubled(opened)


async def test_an_answer_that_comes_too_late_is_a_lost_one(
    house: House, until_the_end: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform takes every stock move and is never waited for long enough: it moves once."""

    def hasty(base_url: str, token: str) -> httpx.AsyncClient:
        client = open_commerce_client(base_url, token)
        client.timeout = httpx.Timeout(connect=3, read=0.3, write=3, pool=3)
        return client

    monkeypatch.setattr(runtime.adapters, "open_commerce_client", hasty)
    stage = STAGES["stock"]
    (asked,) = stage.calls
    trouble = Trouble(house, "503", (), until_the_end)
    late = asked.trouble("lost") | {"kind": "delay", "delay_ms": 500}
    with house.sandbox.fault(**late):
        opened = await stage.begins(house, trouble)
        await trouble.until_patience_ends()
        await parked(opened, stage, asked, "provider_unavailable")

    await opened.do(Retry(info(OPS)))

    await stage.ends_well(opened)


CONTACT = Asked("get_contact", "commerce", "GET /orders/{order}", "customer.email")
MAIL = {"system": "smtp", "times": 10_000}
MAIL_TROUBLES = {
    "the shop is down": CONTACT.trouble("503"),
    "the shop is cut off": CONTACT.trouble("lost"),
    "the shop talks nonsense": CONTACT.trouble("nonsense"),
    "the mailbox is busy": {**MAIL, "operation": "RCPT", "kind": "http_503"},
    "the server is busy": {**MAIL, "operation": "DATA", "kind": "http_503"},
}


async def test_a_mail_that_cannot_go_is_sent_later_and_blocks_nothing(house: House) -> None:
    """Whatever keeps it, the return goes on, and each mail is there once in the end."""
    opened = await house.open(some_of(lamps(house), 1))
    await opened.ready_for_handover()

    for tries, plan in enumerate(MAIL_TROUBLES.values(), start=1):
        with house.sandbox.fault(**plan):
            await send_mails(house)
        assert {(n.state, n.attempts) for n in await notices(house)} == {("due", tries)}
        assert await untroubled(opened)
    without = opened.ledger()["mails"]
    await send_mails(house)

    due = await notices(house)
    assert without == []
    assert {notice.state for notice in due} == {"sent"}
    sent = [mail["message_id"] for mail in opened.ledger()["mails"]]
    assert sorted(sent) == sorted(f"<{notice.notice_id}@example.com>" for notice in due)


async def test_a_mail_whose_receipt_is_lost_is_known_by_its_id(house: House) -> None:
    """The one mail that may come twice: both have the same Message-ID, and the return goes on."""
    opened = await house.open(some_of(lamps(house), 1))
    await opened.ready_for_handover()
    with house.sandbox.fault(**MAIL, operation="DATA", kind="lost_reply"):
        await send_mails(house)

    await send_mails(house)

    ids = [mail["message_id"] for mail in opened.ledger()["mails"]]
    assert {notice.state for notice in await notices(house)} == {"sent"}
    assert set(ids) == {f"<{notice.notice_id}@example.com>" for notice in await notices(house)}
    assert await untroubled(opened)


async def send_mails(house: House) -> None:
    """Let the relay go round once, at a time when everything is due again."""
    async with house.needs.database.tenant(TENANT) as connection:
        await connection.execute(update(NoticeModel).values(next_attempt_at=func.now()))
    await house.relay.once()


async def notices(house: House) -> Sequence[Any]:
    async with house.needs.database.tenant(TENANT) as connection:
        columns = (NoticeModel.notice_id, NoticeModel.state, NoticeModel.attempts)
        return (await connection.execute(select(*columns))).all()


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def on(path: Path) -> set[str]:
    """Return method and path of each call that an adapter's source makes."""
    return {
        " ".join(
            str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)
        )
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Call"
    }


ALL_CALLS = {call for path in sources("integrations") for call in on(path)}
"""What the adapters can ask on the wire."""
OF_OTHER_PROVIDERS = {
    call for provider in (PAYPAL, WECHAT_PAY) for call in (provider.refund, *provider.reads)
}
"""Met with the same trouble in ``tests/flow/test_providers``."""
OF_HOLDS = {
    call for kind in ("payment_intents", "authorizations") for call in ALL_CALLS if kind in call
}
"""Met with the same trouble in ``tests/flow/test_hold_crashes``."""
OF_OTHER_CARRIERS = {asked.call for asked in (*UPS_CALLS, *KUAIDI100_CALLS, *SF_CALLS)}
"""Met with the same trouble in ``tests/contract``, in a ``test_…_trouble`` of each."""
READ_WHEN_TOLD = {
    "GET /v1/disputes/{dispute}",
    "POST /v1/disputes/{dispute}",
    "POST /v1/refunds/{refund}/cancel",
    "GET /replacement-orders/{order}",
    "GET /v1/refunds/{refund}",
    "GET /v2/payments/refunds/{refund}",
}
"""Asked when a webhook came, which is kept and tried again: ``tests/journey/test_webhooks``."""


IN_ROUNDS = {"GET /shipments", "GET /pickups"}
"""Asked for no return, and in the next round again: ``tests/flow/test_carrier_rounds``."""


def test_no_call_is_left_out() -> None:
    """What the adapters can ask on the wire is in the stages."""
    asked = {one.call for stage in STAGES.values() for one in stage.calls}

    others = OF_OTHER_PROVIDERS | OF_OTHER_CARRIERS | OF_HOLDS | READ_WHEN_TOLD | IN_ROUNDS
    assert asked | others == ALL_CALLS


def test_no_way_to_ask_is_left_out() -> None:
    """Whatever activities and the relay ask of a port is in the stages, or is about mail."""
    ports = (CarrierGateway, CommercePlatform, PaymentGateway, Mailer)
    known = {
        name for port in ports for name, what in vars(port).items() if iscoroutinefunction(what)
    }
    used = {
        node.func.attr
        for path in [*sources("activities"), ROOT / "workers" / "relay.py"]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    asked = {one.method for stage in STAGES.values() for one in stage.calls}

    assert used & known == asked | {CONTACT.method, "get_recipient", "send", "check"}
