"""UPS's answers about courier visits: prices, orders, what is to come, calling off."""

from datetime import timedelta

import httpx
import pytest

from domain.money import Money
from integrations.carriers.port import Pickup, PickupRequest
from integrations.errors import (
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    NotFoundError,
    NotSentError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from tests.contract.answers import Answer, json_answer
from tests.contract.ups_answers import (
    DRAFT_REF,
    KEY,
    NOTHING_PENDING,
    NOW,
    PRN,
    TODAYS_REF,
    carrier,
    created,
    pending,
    quoted,
    refusal,
    visit,
)


async def error_of_order(answer: Answer, request: PickupRequest | None = None) -> IntegrationError:
    async with carrier(answer) as (ups, _):
        with pytest.raises(IntegrationError) as caught:
            await ups.buy_pickup(DRAFT_REF, request or visit())
    return caught.value


class TestPrice:
    @pytest.mark.parametrize(
        ("rate", "expected"),
        [
            ({"GrandTotalOfAllCharge": "00005.85"}, Money(585, "EUR")),
            ({"GrandTotalOfAllCharge": "    5.85"}, Money(585, "EUR")),
            (
                {"GrandTotalOfAllCharge": "00005.85", "GrandTotalOfAllIncentedCharge": "4.00"},
                Money(400, "EUR"),
            ),
            ({"GrandTotalOfAllCharge": "00000.00"}, Money(0, "EUR")),
        ],
        ids=("filled up", "padded", "agreed", "free"),
    )
    async def test_is_the_agreed_one(self, rate: dict[str, str], expected: Money) -> None:
        """A quote is kept in the draft's name, in minor units, and nothing is ordered."""
        async with carrier(quoted(**rate)) as (ups, _):
            draft = await ups.create_pickup(visit())

        assert draft == Pickup(f"{KEY}-20260612-EUR{expected.minor}", "unbooked")

    @pytest.mark.parametrize(
        "rate", [{}, {"GrandTotalOfAllCharge": "5.855"}, {"GrandTotalOfAllCharge": "free"}]
    )
    async def test_that_is_no_money_breaks_the_contract(self, rate: dict[str, str]) -> None:
        """Nothing is ordered at a price that nobody can pay."""
        async with carrier(quoted(**rate)) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.create_pickup(visit())

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (created("01", GrandTotalOfAllCharge="00006.10"), Money(610, "EUR")),
            (created("02"), Money(585, "EUR")),
            (created("03"), Money(0, "EUR")),
            (created("04"), Money(585, "EUR")),
        ],
        ids=("rated", "no rate", "not charged", "not asked"),
    )
    async def test_of_an_order_is_what_is_charged(self, answer: Answer, expected: Money) -> None:
        """Where the order tells no rate it costs what was quoted, or nothing if UPS says so."""
        async with carrier(answer) as (ups, _):
            found = await ups.buy_pickup(DRAFT_REF, visit())

        assert found == Pickup(DRAFT_REF, "scheduled", PRN, expected)


class TestOrdering:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("250003", 400), ConfigurationError),
            (refusal(status=403), ConfigurationError),
            (refusal(status=404), NotFoundError),
            (httpx.Response(429, headers={"Retry-After": "7"}), ThrottledError),
            (httpx.Response(500), AmbiguousOutcomeError),
            (httpx.Response(503), AmbiguousOutcomeError),
            (httpx.ReadTimeout("read"), AmbiguousOutcomeError),
            (httpx.ConnectTimeout("connect"), NotSentError),
            (httpx.Response(200, content=b"<html>"), AmbiguousOutcomeError),
            (
                json_answer({"PickupCreationResponse": {"RateStatus": {"Code": "01"}}}),
                AmbiguousOutcomeError,
            ),
            (json_answer({"response": "down"}, 400), RejectedError),
            (json_answer({"response": {"errors": ["no"]}}, 400), RejectedError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """An order has no key: whatever might have happened is looked up or asked again."""
        error = await error_of_order(answer)

        assert type(error) is expected
        assert "Street" not in str(error)

    async def test_tells_how_long_to_wait(self) -> None:
        """A throttled order names the time after which it may be tried again."""
        error = await error_of_order(httpx.Response(429, headers={"Retry-After": "7"}))

        assert isinstance(error, ThrottledError)
        assert error.retry_after == timedelta(seconds=7)

    async def test_names_a_window_that_is_over(self) -> None:
        """Nobody can come yesterday: UPS is not asked."""
        past = visit(not_before=NOW - timedelta(hours=6), not_after=NOW - timedelta(hours=2))
        async with carrier(created()) as (ups, transport):
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(TODAYS_REF, past)

        assert caught.value.code == "slot_gone"
        assert not transport.requests

    async def test_edge_26_takes_a_refusal_for_today_for_the_end_of_the_day(self) -> None:
        """What was offered and is refused for today may be had another day."""
        today = visit(not_before=NOW, not_after=NOW + timedelta(hours=4))

        assert (await error_of_order(refusal(), today)).code == "slot_gone"
        assert (await error_of_order(refusal())).code == "9999999"

    async def test_offers_nothing_where_nothing_was_quoted(self) -> None:
        """Where UPS told no price there is nothing to order, and the refusal repeats no address."""
        async with carrier(refusal()) as (ups, transport):
            draft = await ups.create_pickup(visit())
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(draft.pickup_ref, visit())

        assert draft == Pickup(KEY, "unbooked")
        assert caught.value.code == "no_rates"
        assert len(transport.requests) == 2

    @pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("read")])
    async def test_asks_for_a_price_again_after_trouble(self, answer: Answer) -> None:
        """A quote is free: after trouble another one is asked for."""
        async with carrier(answer) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.create_pickup(visit())


class TestReading:
    @pytest.mark.parametrize(
        ("code", "message", "expected"),
        [
            ("001", "Received at dispatch", "scheduled"),
            ("002", "Dispatched to driver", "scheduled"),
            ("003", "Order successfully completed", "over"),
            ("004", "Order unsuccessfully completed", "over"),
            ("005", "Missed commit", "scheduled"),
            ("007", "Cancelled", "canceled"),
            ("008", "Order has invalid order status", "over"),
            ("012", "Your pickup request is being processed", "scheduled"),
            ("099", "Something new", "scheduled"),
            (None, "007 = Cancelled", "canceled"),
            (None, "On its way", "scheduled"),
        ],
    )
    async def test_puts_every_status_into_our_words(
        self, code: str | None, message: str, expected: str
    ) -> None:
        """A status nobody knows stands: it is listed among what is to come."""
        async with carrier(pending(OnCallStatusCode=code, PickupStatusMessage=message)) as (ups, _):
            found = await ups.get_pickup(TODAYS_REF, PRN)

        assert found == Pickup(TODAYS_REF, expected, PRN, Money(585, "EUR"))

    async def test_finds_ours_by_key_and_nobody_elses(self) -> None:
        """Without its number a visit is known by our key alone."""
        async with carrier(pending(), pending(ReferenceNumber="f" * 32)) as (ups, _):
            ours = await ups.get_pickup(TODAYS_REF)
            others = await ups.get_pickup(TODAYS_REF)

        assert (ours.status, ours.confirmation) == ("scheduled", PRN)
        assert others == Pickup(TODAYS_REF, "unbooked")

    @pytest.mark.parametrize(
        ("pickup_ref", "expected"),
        [
            (f"{KEY}-20260609-EUR585", "over"),
            (f"{KEY}-20260610-EUR585", "over"),
            (f"{KEY}-20260611-EUR585", "scheduled"),
            (f"{KEY}-20260620-EUR585", "scheduled"),
        ],
        ids=("yesterday", "today", "tomorrow", "next week"),
    )
    async def test_believes_a_list_only_of_the_days_it_shows(
        self, pickup_ref: str, expected: str
    ) -> None:
        """UPS lists today and tomorrow: what is not listed is over once its day has come."""
        async with carrier(NOTHING_PENDING) as (ups, _):
            assert (await ups.get_pickup(pickup_ref, PRN)).status == expected

    async def test_takes_a_refused_list_for_an_empty_one(self) -> None:
        """Believed wrongly, a visit is ordered again, and UPS answers the one that stands."""
        async with carrier(refusal()) as (ups, _):
            assert (await ups.get_pickup(DRAFT_REF)).status == "unbooked"

    @pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("read")])
    async def test_believes_no_trouble(self, answer: Answer) -> None:
        """Without an answer nothing is known."""
        async with carrier(answer) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.get_pickup(DRAFT_REF, PRN)

    @pytest.mark.parametrize("name", ["pickup_1", "", KEY[:-1], f"{KEY}-20261399-EUR1"])
    async def test_knows_no_foreign_names(self, name: str) -> None:
        """A name that we never gave is nobody's visit."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            with pytest.raises(NotFoundError):
                await ups.get_pickup(name, PRN)

        assert not transport.requests


class TestCallingOff:
    async def test_edge_29_is_refused_while_the_visit_stands(self) -> None:
        """A courier who cannot be called back is listed still."""
        async with carrier(refusal(), pending()) as (ups, _):
            with pytest.raises(RejectedError):
                await ups.cancel_pickup(TODAYS_REF, PRN)

    async def test_is_over_for_what_nobody_lists(self) -> None:
        """What UPS neither calls off nor lists does not stand."""
        async with carrier(refusal(), NOTHING_PENDING) as (ups, _):
            found = await ups.cancel_pickup(DRAFT_REF, PRN)

        assert found == Pickup(DRAFT_REF, "over", PRN, Money(585, "EUR"))

    async def test_leaves_alone_what_was_never_ordered(self) -> None:
        """Without a number, and none listed under our key, nobody is called off."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            found = await ups.cancel_pickup(DRAFT_REF)

        assert found == Pickup(DRAFT_REF, "unbooked")
        assert {request.method for request in transport.requests[1:]} == {"GET"}

    async def test_may_be_repeated_after_trouble(self) -> None:
        """A lost answer does no harm."""
        async with carrier(httpx.ReadTimeout("read")) as (ups, _):
            with pytest.raises(TemporarilyUnavailableError):
                await ups.cancel_pickup(DRAFT_REF, PRN)
