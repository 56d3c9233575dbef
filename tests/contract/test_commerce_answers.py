"""Order facts that break the contract never enter a return: the field at fault is named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from domain.corrections import Correction
from domain.money import Money
from domain.paths import written
from integrations.commerce.http_platform import HttpCommercePlatform, open_commerce_client
from integrations.commerce.port import ReplacementRequest, StockMove
from integrations.errors import (
    ConfigurationError,
    InProgressError,
    IntegrationError,
    KeyConflictError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
)
from tests.contract.answers import Answer, Answering, json_answer
from tests.contract.outside import order_document

MISSING = object()


def order() -> dict[str, Any]:
    document = order_document("order-1", total=Money(1_000, "EUR"))
    document["tenders"][0]["payment_ref"] = "pi_1"
    return document


def steps(path: str) -> list[int | str]:
    return [int(name) if name.isdigit() else name for name in path.split(".")]


def changed(path: str, value: object) -> dict[str, Any]:
    document = order()
    *parents, last = steps(path)
    place: Any = document
    for step in parents:
        place = place[step]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return document


@asynccontextmanager
async def platform(*answers: Answer) -> AsyncIterator[tuple[HttpCommercePlatform, Answering]]:
    transport = Answering(*answers)
    async with open_commerce_client("http://shop.test/v1", "ct_1", transport) as client:
        yield HttpCommercePlatform(client, webhook_secret="whsec_AAAA"), transport


async def error_of_order(answer: httpx.Response) -> IntegrationError:
    async with platform(answer) as (shop, _):
        with pytest.raises(IntegrationError) as caught:
            await shop.get_order("order-1")
    return caught.value


class TestOrderFacts:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("currency", "eur"),
            ("currency", MISSING),
            ("channel", "MOON"),
            ("buyer_type", None),
            ("contract_at", "2026-05-01T09:30:00"),
            ("contract_at", 1_700_000_000),
            ("contract_at", "yesterday"),
            ("ship_to.country", "Germany"),
            ("ship_to.time_zone", "Mars/Olympus"),
            ("ship_to.time_zone", "../../etc/passwd"),
            ("ship_to.time_zone", "Europe"),
            ("shipping.paid_minor", -1),
            ("shipping.paid_minor", 0.5),
            ("tenders", {}),
            ("tenders.0.kind", "CASH"),
            ("tenders.0.payment_ref", ""),
            ("tenders.0.payment_ref", MISSING),
            ("tenders.0.captured_minor", "1000"),
            ("tenders.0.captured_minor", -1_000),
            ("lines.0.quantity", 0),
            ("lines.0.quantity", True),
            ("lines.0.quantity", "1"),
            ("lines.0.gross_minor", 10.0),
            ("lines.0.gross_minor", 2**60),
            ("lines.0.parcels.0.quantity", -1),
            ("lines.0.parcels.0.delivered_at", MISSING),
            ("lines.0.weight_grams", "heavy"),
            ("lines.0.final_sale", "no"),
            ("lines.0.traits", "fragile"),
            ("lines.0.gift_of", 7),
            ("lines.0.gift_value_minor", -1),
            ("customer.blocked", "yes"),
            ("customer.blocked", None),
        ],
    )
    async def test_of_another_shape_are_refused(self, path: str, value: object) -> None:
        """A wrong type, a missing or a negative value is refused with its path."""
        error = await error_of_order(json_answer(changed(path, value)))

        assert type(error) is ProtocolError
        assert error.field == written(steps(path))
        assert error.field in str(error)

    @pytest.mark.parametrize(
        ("path", "value", "field"),
        [
            ("order_id", "order-2", "order_id"),
            ("lines", [], "lines"),
            ("tenders.0.captured_minor", 999, "tenders"),
            ("tenders.0.refunded_minor", 1_001, "tenders[0].refunded_minor"),
            ("lines.0.discount_minor", 1_001, "lines[0].discount_minor"),
            ("lines.0.parcels.0.quantity", 2, "lines[0].parcels"),
        ],
    )
    async def test_that_contradict_themselves_are_refused(
        self, path: str, value: object, field: str
    ) -> None:
        """Another order than asked for, or sums that do not add up, are refused."""
        error = await error_of_order(json_answer(changed(path, value)))

        assert type(error) is ProtocolError
        assert error.field == field

    async def test_may_hold_more_than_we_know(self) -> None:
        """A platform may add fields: they are passed over."""
        document = changed("lines.0.colour", "red") | {"loyalty_points": 12}
        async with platform(json_answer(document)) as (shop, _):
            facts = await shop.get_order("order-1")

        assert facts.line("line-1").paid_minor == 1_000

    @pytest.mark.parametrize(
        ("told", "known"),
        [(None, None), ({"customer_ref": "friend-1"}, "friend-1"), ({}, ""), (7, "")],
    )
    async def test_edge_16_say_to_whom_it_was_given(self, told: object, known: str | None) -> None:
        """Of whom only the account is kept; who has none may ask all the same."""
        async with platform(json_answer(changed("gift_recipient", told))) as (shop, _):
            assert (await shop.get_order("order-1")).gift_recipient == known

    async def test_edge_17_say_whom_the_platform_blocked(self) -> None:
        """Nobody, unless the platform says so."""
        answers = [json_answer(order()), json_answer(changed("customer.blocked", True))]
        async with platform(*answers) as (shop, _):
            plain, blocked = [await shop.get_order("order-1") for _ in range(2)]

        assert (plain.customer_blocked, blocked.customer_blocked) == (False, True)

    async def test_hold_nothing_personal(self) -> None:
        """What enters workflow history names no person, street or mailbox."""
        async with platform(json_answer(order())) as (shop, _):
            facts = repr(await shop.get_order("order-1"))

        assert not [word for word in ("Kim", "Street", "@", "10115") if word in facts]

    @pytest.mark.parametrize(
        "personal", ["customer", "customer.email", "ship_to.street1", "ship_to.name"]
    )
    async def test_need_no_person(self, personal: str) -> None:
        """Who bought it and where they live decides nothing."""
        async with platform(json_answer(changed(personal, MISSING))) as (shop, _):
            facts = await shop.get_order("order-1")

        assert facts.delivery_country == "DE"

    @pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"<html>", b'{"order_id": "order-1"'])
    async def test_that_are_no_document_are_refused(self, body: bytes) -> None:
        """Something that is no JSON object is no order."""
        assert type(await error_of_order(httpx.Response(200, content=body))) is ProtocolError


class TestPeople:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("customer.email", "nobody"),
            ("customer.email", "a@example.com\nBcc: b@example.com"),
            ("customer.locale", 7),
            ("customer", MISSING),
        ],
    )
    async def test_whom_nobody_can_write_to(self, path: str, value: object) -> None:
        """A mailbox that is none is refused by name, for a message alone."""
        answers = [json_answer(changed(path, value)) for _ in range(2)]
        async with platform(*answers) as (shop, _):
            with pytest.raises(ProtocolError) as caught:
                await shop.get_contact("order-1")
            address = await shop.get_address("order-1")

        assert caught.value.field == path
        assert address.city == "Berlin"

    async def test_to_whom_it_was_given(self) -> None:
        """A gift's recipient is written to himself; where nobody is named, that is refused."""
        friend = {"email": "bo@example.com", "name": "Bo", "locale": "en"}
        answers = [json_answer(changed("gift_recipient", friend)), json_answer(order())]
        async with platform(*answers) as (shop, _):
            found = await shop.get_recipient("order-1")
            with pytest.raises(ProtocolError) as caught:
                await shop.get_recipient("order-1")

        assert (found.email, found.name) == ("bo@example.com", "Bo")
        assert caught.value.field == "gift_recipient"

    @pytest.mark.parametrize(
        ("path", "value"),
        [("ship_to.street1", MISSING), ("ship_to.city", 7), ("ship_to", None)],
    )
    async def test_whom_nobody_can_send_to(self, path: str, value: object) -> None:
        """An address that is none is refused by name, for a label alone."""
        answers = [json_answer(changed(path, value)) for _ in range(2)]
        async with platform(*answers) as (shop, _):
            with pytest.raises(ProtocolError) as caught:
                await shop.get_address("order-1")
            contact = await shop.get_contact("order-1")

        assert caught.value.field == path
        assert contact.email == "kim@example.com"

    async def test_of_an_order_that_makes_no_sense(self) -> None:
        """Prices that add up to nothing keep nobody from a label or a message."""
        answers = [json_answer(changed("tenders", [])) for _ in range(2)]
        async with platform(*answers) as (shop, _):
            assert (await shop.get_address("order-1")).city == "Berlin"
            assert (await shop.get_contact("order-1")).name == "Kim Example"


class TestCorrections:
    ZONE = Correction("ship_to.time_zone", "Europe/Paris")

    async def test_stand_instead_of_what_is_said(self) -> None:
        """What ops say counts before the order is looked at."""
        async with platform(json_answer(changed("ship_to.time_zone", 7))) as (shop, _):
            facts = await shop.get_order("order-1", (self.ZONE,))

        assert facts.delivery_time_zone == "Europe/Paris"

    async def test_of_a_place_that_is_not_there(self) -> None:
        """A line that the order does not have cannot be corrected."""
        late = Correction("lines[4].final_sale", value=False)
        async with platform(json_answer(order())) as (shop, _):
            with pytest.raises(ProtocolError) as caught:
                await shop.get_order("order-1", (late,))

        assert caught.value.field == "lines[4].final_sale"


class TestConflicts:
    MOVE = StockMove("m-1", "sku-1", 1, "loc-1", "RESTOCK", "return-1")
    REQUEST = ReplacementRequest("r-1", "return-1", "order-1", "sku-1", 1)

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("move_conflict", KeyConflictError),
            ("reference_conflict", KeyConflictError),
            ("in_progress", InProgressError),
            ("location_closed", RejectedError),
        ],
    )
    async def test_say_what_may_be_done_next(
        self, code: str, expected: type[IntegrationError]
    ) -> None:
        """A conflict that would be answered again is not waited for."""
        answer = json_answer({"error": {"code": code, "message": "no", "field": "sku"}}, 409)
        async with platform(answer) as (shop, _):
            with pytest.raises(IntegrationError) as caught:
                await shop.move_stock(self.MOVE)

        assert type(caught.value) is expected
        assert (caught.value.code, caught.value.field) == (code, "sku")

    async def test_without_a_code_are_waited_for(self) -> None:
        """A bare 409 says that somebody else is at work."""
        async with platform(httpx.Response(409)) as (shop, _):
            with pytest.raises(InProgressError):
                await shop.reserve_stock(reference="r-1", sku="sku-1", quantity=1)

    async def test_about_something_else_break_the_contract(self) -> None:
        """An answer for another move or reference is not ours."""
        other = {"replacement_order_id": "ro-1", "reference": "r-2", "status": "created"}
        async with platform(json_answer({"move_id": "m-2"}), json_answer(other)) as (shop, _):
            with pytest.raises(ProtocolError):
                await shop.move_stock(self.MOVE)
            with pytest.raises(ProtocolError):
                await shop.create_replacement(self.REQUEST)

    @pytest.mark.parametrize("answer", [httpx.Response(500), httpx.ReadTimeout("read")])
    async def test_never_come_from_repeating(self, answer: Answer) -> None:
        """Every write has a reference of ours, so after trouble it is simply sent again."""
        async with platform(answer) as (shop, _):
            with pytest.raises(TemporarilyUnavailableError):
                await shop.create_replacement(self.REQUEST)
            with pytest.raises(TemporarilyUnavailableError):
                await shop.release_stock("reservation-1")

    async def test_over_the_token_are_settings(self) -> None:
        """A refused token is for people to correct."""
        async with platform(json_answer({"error": {"code": "unauthorized"}}, 401)) as (shop, _):
            with pytest.raises(ConfigurationError):
                await shop.get_product("sku-1")
