"""UPS's answers about labels: rates, purchases, look-ups, what was given back.

The shapes are those of Rating.yaml and Shipping.yaml of UPS-API/api-documentation, release 2409.
"""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from integrations.carriers.port import Offer, Shipment
from integrations.carriers.ups.quotes import LabelQuote, label_ref, read_label_ref
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    IntegrationError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from tests.contract.answers import Answer, json_answer, json_of
from tests.contract.ups_answers import (
    KEY,
    LABEL,
    NUMBER,
    QUOTED,
    UNKNOWN_TO_TRACKING,
    URL,
    about_to_buy,
    carrier,
    charge,
    rate,
    rates,
    recovered,
    refusal,
    request_of,
    shipped,
    tracked,
)


class TestQuoting:
    async def test_takes_the_cheapest_as_agreed(self) -> None:
        """Agreed prices count, and are compared as numbers; days are those of the calendar."""
        arrival = {"Arrival": {"Date": "20260615"}, "Pickup": {"Date": "20260612"}}
        offers = (
            rate("07", "9.90"),
            rate(
                "11",
                "12.00",
                NegotiatedRateCharges={"TotalCharge": charge("8.37")},
                TimeInTransit={"ServiceSummary": {"EstimatedArrival": arrival}},
            ),
            rate("65", "10.00"),
        )
        async with carrier(rates(*offers)) as (ups, _):
            draft = await ups.create_shipment(request_of())

        offer = Offer("UPS", "11", Money(837, "EUR"), 3)
        assert draft == Shipment(f"{QUOTED}-3", None, offer=offer)

    async def test_takes_the_same_among_equals(self) -> None:
        """Whatever the order of the offers, the same one of equal price is quoted."""
        offers = (rate("65", "9.90"), rate("11", "9.90"))
        for offered in (offers, offers[::-1]):
            async with carrier(rates(*offered)) as (ups, _):
                draft = await ups.create_shipment(request_of())

            assert draft.shipment_ref == f"{KEY}-11-NL-EUR990"

    @pytest.mark.parametrize("answer", [rates(), refusal("111210")], ids=("empty", "refused"))
    async def test_offers_nothing_where_no_service_goes(self, answer: Answer) -> None:
        """Empty or refused, it is the same: there is nothing to buy, and nothing is bought."""
        async with carrier(answer) as (ups, transport):
            draft = await ups.create_shipment(request_of())
            with pytest.raises(RejectedError) as caught:
                await ups.purchase_label(draft.shipment_ref, request_of())

        assert draft == Shipment(KEY, None)
        assert caught.value.code == "no_rates"
        assert len(transport.requests) == 2

    async def test_compares_no_euros_with_pounds(self) -> None:
        """Prices in several currencies are left to people."""
        other = {"Service": {"Code": "07"}, "TotalCharges": charge("9.00", "GBP")}
        async with carrier(rates(rate("11", "9.30"), other)) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.create_shipment(request_of())

        assert caught.value.code == "mixed_currencies"

    @pytest.mark.parametrize("price", ["free", "-1.00", "NaN", "", None, [], "1" * 30, "5.333"])
    async def test_reads_no_price_that_is_no_money(self, price: object) -> None:
        """A price that is no exact amount breaks the contract."""
        async with carrier(rates(rate("11", price))) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.create_shipment(request_of())

    async def test_says_what_else_was_refused(self) -> None:
        """A refusal that nobody foresaw keeps UPS's code, and nothing of its text."""
        async with carrier(refusal("111285")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.create_shipment(request_of())

        assert caught.value.code == "111285"
        assert "Street" not in str(caught.value)


class TestBuying:
    async def test_costs_what_is_charged(self) -> None:
        """The answer's own price counts, the agreed one first."""
        agreed = {"NegotiatedRateCharges": {"TotalCharge": charge("8.40")}}
        for changes, expected in ((agreed, 840), ({}, 930), ({"ShipmentCharges": None}, 837)):
            async with about_to_buy(shipped(**changes)) as (ups, _):
                label = await ups.purchase_label(QUOTED, request_of())

            assert label.cost == Money(expected, "EUR")
            assert (label.tracking_code, label.tracker_ref) == (NUMBER, NUMBER)
            assert (label.label_url, label.service) == (URL, "11")

    async def test_buys_nothing_that_was_bought(self) -> None:
        """A label that bears our key is not bought again."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            with pytest.raises(AlreadyDoneError):
                await ups.purchase_label(QUOTED, request_of())

        assert len(transport.requests) == 2

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("120124"), RejectedError),
            (refusal("250002"), ConfigurationError),
            (refusal(status=403), ConfigurationError),
            (httpx.Response(429), ThrottledError),
            (httpx.Response(500), AmbiguousOutcomeError),
            (httpx.Response(502), AmbiguousOutcomeError),
            (httpx.ReadTimeout("read"), AmbiguousOutcomeError),
            (httpx.Response(200, content=b"<html>"), AmbiguousOutcomeError),
            (shipped(LabelURL=None), AmbiguousOutcomeError),
            (shipped(PackageResults=[]), AmbiguousOutcomeError),
        ],
    )
    async def test_says_what_may_be_done_next(
        self, answer: Answer, expected: type[IntegrationError]
    ) -> None:
        """A purchase has no key: whatever might have happened is looked up."""
        async with about_to_buy(answer) as (ups, _):
            with pytest.raises(IntegrationError) as caught:
                await ups.purchase_label(QUOTED, request_of())

        assert type(caught.value) is expected

    async def test_names_a_service_that_is_gone_since(self) -> None:
        """What was quoted may not be had any more: the return goes another way."""
        async with about_to_buy(refusal("120124")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.purchase_label(QUOTED, request_of())

        assert caught.value.code == "no_rates"


class TestLookUp:
    async def test_finds_a_label_by_our_key(self) -> None:
        """Recovered by reference and account, it has the quoted price."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        asked: Any = json_of(transport.last)["LabelRecoveryRequest"]
        assert asked["ReferenceValues"] == {
            "ReferenceNumber": {"Value": KEY},
            "ShipperNumber": "A1B2C3",
        }
        assert asked["LabelDelivery"] == {"LabelLinkIndicator": ""}
        assert found.label is not None
        assert found.label.cost == Money(837, "EUR")
        assert (found.label.tracking_code, found.label.label_url) == (NUMBER, URL)

    async def test_asks_by_number_where_several_are_named(self) -> None:
        """UPS may name what bears a reference, and show it when asked by its number."""
        named = recovered(TrackingCandidate=[{"TrackingNumber": NUMBER}])
        async with carrier(named, recovered(LABEL)) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        asked: Any = json_of(transport.last)["LabelRecoveryRequest"]
        assert asked["TrackingNumber"] == NUMBER
        assert found.label is not None

    async def test_believes_two_registers_that_know_nothing(self) -> None:
        """Only where recovery refuses and tracking says 404, nothing was bought."""
        async with carrier(refusal(), UNKNOWN_TO_TRACKING) as (ups, transport):
            found = await ups.get_shipment(QUOTED)

        assert found == Shipment(QUOTED, None, offer=Offer("UPS", "11", Money(837, "EUR")))
        assert transport.last.url.path == f"/api/track/v1/reference/details/{KEY}"
        assert dict(transport.last.url.params) == {
            "shipperNum": "A1B2C3",
            "refNumType": "SmallPackage",
        }

    async def test_finds_in_tracking_what_is_not_recovered(self) -> None:
        """A label that recovery would not show by its reference is shown by its number."""
        async with carrier(refusal(), tracked("M"), recovered(LABEL)) as (ups, _):
            found = await ups.get_shipment(QUOTED)

        assert found.label is not None
        assert found.label.tracking_code == NUMBER

    async def test_knows_a_label_that_was_given_back(self) -> None:
        """Its manifest was voided: nothing can be printed, and nothing is bought again."""
        voided = (refusal(), tracked("MV", "M"))
        async with carrier(*voided, *voided) as (ups, transport):
            found = await ups.get_shipment(QUOTED)
            status = await ups.void_label(QUOTED)

        assert found.label is not None
        assert (found.label.label_url, found.refund_status) == ("", "refunded")
        assert status == "refunded"
        assert {one.method for one in transport.requests} == {"GET", "POST"}

    @pytest.mark.parametrize(
        ("second", "expected"),
        [
            (refusal(), RejectedError),
            (refusal("250003"), ConfigurationError),
            (httpx.Response(429), ThrottledError),
            (httpx.Response(503), TemporarilyUnavailableError),
            (httpx.ReadTimeout("read"), TemporarilyUnavailableError),
        ],
    )
    async def test_believes_no_trouble(
        self, second: Answer, expected: type[IntegrationError]
    ) -> None:
        """Where tracking does not say 404, nobody concludes that nothing was bought."""
        async with carrier(refusal(), second) as (ups, _):
            with pytest.raises(IntegrationError) as caught:
                await ups.get_shipment(QUOTED)

        assert type(caught.value) is expected

    async def test_takes_no_label_without_an_address(self) -> None:
        """An image alone cannot be kept by reference: the contract is broken, aloud."""
        bare: dict[str, object] = {
            "TrackingNumber": NUMBER,
            "LabelImage": {"GraphicImage": "R0lGOD=="},
        }
        async with carrier(recovered(bare)) as (ups, _):
            with pytest.raises(ProtocolError):
                await ups.get_shipment(QUOTED)

    async def test_guesses_no_price(self) -> None:
        """A label under a key whose quote is not told has no price: a person decides."""
        async with carrier(recovered(LABEL)) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.get_shipment(KEY)

        assert caught.value.field == "shipment_ref"

    @pytest.mark.parametrize("name", ["shp_1", "", KEY[:-1], f"{KEY}-11-NL", f"{QUOTED}-x"])
    async def test_knows_no_foreign_names(self, name: str) -> None:
        """A name that we never gave is nobody's shipment."""
        async with carrier(recovered(LABEL)) as (ups, transport):
            with pytest.raises(NotFoundError):
                await ups.get_shipment(name)

        assert not transport.requests


class TestGivingBack:
    @pytest.mark.parametrize(("code", "expected"), [("1", "refunded"), ("0", "rejected")])
    async def test_is_answered_by_its_status(self, code: str, expected: str) -> None:
        """A voided label is never charged; one that was not voided is not."""
        answer = json_answer(
            {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": code}}}}
        )
        async with carrier(recovered(LABEL), answer) as (ups, transport):
            assert await ups.void_label(QUOTED) == expected

        assert transport.last.method == "DELETE"
        assert transport.last.url.path == f"/api/shipments/v2409/void/cancel/{NUMBER}"

    async def test_is_refused_after_its_time(self) -> None:
        """UPS voids nothing that travels or is too old, and says so by its code."""
        async with carrier(recovered(LABEL), refusal("190102")) as (ups, _):
            with pytest.raises(RejectedError) as caught:
                await ups.void_label(QUOTED)

        assert caught.value.code == "190102"


@given(
    service=st.from_regex(r"[0-9A-Z]{2}", fullmatch=True),
    country=st.from_regex(r"[A-Z]{2}", fullmatch=True),
    currency=st.from_regex(r"[A-Z]{3}", fullmatch=True),
    minor=st.integers(0, 10**12 - 1),
    days=st.none() | st.integers(0, 999),
)
def test_a_quote_is_read_as_it_was_written(
    service: str, country: str, currency: str, minor: int, days: int | None
) -> None:
    """Whatever was quoted stands in the name of the shipment, and is read from it."""
    quote = LabelQuote(service, country, Money(minor, currency), days)

    assert read_label_ref(label_ref(KEY, quote)) == (KEY, quote)
