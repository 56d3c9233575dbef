"""SF's answers, the odd ones one by one: two layers that can each say no, with HTTP 200."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from domain.money import Money
from domain.tracking import ScanStatus
from integrations.carriers.sf.adapter import SfCarrier
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
from tests.contract.answers import json_answer
from tests.contract.inside_china import KEY, request_of
from tests.contract.sf_answers import (
    NUMBER,
    QUOTED,
    answer,
    carrier,
    denial,
    inner,
    order,
    rate,
    rates,
    refusal,
    route,
    routes,
)

Asking = Callable[[SfCarrier], Awaitable[object]]


async def buying(sf: SfCarrier) -> object:
    return await sf.purchase_label(QUOTED, request_of())


async def finding(sf: SfCarrier) -> object:
    return await sf.get_shipment(QUOTED)


async def pricing(sf: SfCarrier) -> object:
    return await sf.create_shipment(request_of())


async def tracking(sf: SfCarrier) -> object:
    return await sf.track(KEY)


async def error_of(asking: Asking, *answers: httpx.Response) -> IntegrationError:
    async with carrier(*answers) as (sf, _):
        with pytest.raises(IntegrationError) as caught:
            await asking(sf)
    assert "例子路" not in str(caught.value)
    return caught.value


class TestRefusal:
    @pytest.mark.parametrize("asking", [buying, finding])
    @pytest.mark.parametrize(
        "code", ["A1002", "A1003", "A1004", "A1006", "A1008", "A1010", "A1011"]
    )
    async def test_of_the_platform_names_the_account(self, asking: Asking, code: str) -> None:
        """Signature, address and rights: every request would fail."""
        assert type(await error_of(asking, denial(code))) is ConfigurationError

    @pytest.mark.parametrize("code", ["6126", "8057", "8114", "8119", "8179", "8256", "20052"])
    async def test_of_the_service_names_the_account(self, code: str) -> None:
        """Card and product: every order would fail."""
        error = await error_of(buying, refusal(code))

        assert type(error) is ConfigurationError
        assert error.code == code

    @pytest.mark.parametrize("asking", [buying, finding])
    async def test_of_too_many_is_obeyed(self, asking: Asking) -> None:
        """The platform passed nothing on."""
        assert type(await error_of(asking, denial("A1005"))) is ThrottledError

    @pytest.mark.parametrize(
        "trouble",
        [
            *(denial(code) for code in ("A1009", "A1099", "A1007", "B1", None, 1000)),
            *(refusal(code) for code in ("S0003", None)),
        ],
        ids=["A1009", "A1099", "A1007", "new", "none", "a number", "S0003", "no inner code"],
    )
    async def test_that_decides_nothing_is_looked_up(self, trouble: httpx.Response) -> None:
        """What spends may have had its effect; the rest is asked again."""
        assert type(await error_of(buying, trouble)) is AmbiguousOutcomeError
        assert type(await error_of(finding, trouble)) is TemporarilyUnavailableError

    @pytest.mark.parametrize("code", ["8096", "20034"])
    async def test_edge_26_of_the_hour_asks_for_another(self, code: str) -> None:
        """The window is not to be had any more."""
        error = await error_of(buying, refusal(code))

        assert (type(error), error.code) == (RejectedError, "slot_gone")

    @pytest.mark.parametrize("code", ["1016", "8177", "20035", "99999"])
    async def test_with_any_other_code_is_one(self, code: str) -> None:
        """It is named by its code, and never by its words."""
        error = await error_of(buying, refusal(code))

        assert (type(error), error.code) == (RejectedError, code)

    async def test_of_a_duplicate_says_that_it_stands(self) -> None:
        """The order was taken before: it is looked up."""
        assert type(await error_of(buying, refusal("8016"))) is AlreadyDoneError

    async def test_hides_behind_success(self) -> None:
        """``success`` is false beside the code of success: it is not believed."""
        trouble = inner(success=False, errorCode="S0000", msgData={"orderId": KEY})

        assert isinstance(await error_of(buying, trouble), IntegrationError)


class TestAnswer:
    @pytest.mark.parametrize("asking", [buying, finding])
    @pytest.mark.parametrize(
        "trouble",
        [
            httpx.Response(200, text="<html>"),
            json_answer({}),
            json_answer([]),
            json_answer({"apiResultCode": "A1000", "apiResultData": "{"}),
            json_answer({"apiResultCode": "A1000", "apiResultData": None}),
            json_answer({"apiResultCode": "A1000", "apiResultData": '{"a": NaN}'}),
            inner(success=True, errorCode="S0000", msgData=None),
            inner(success=True, errorCode="S0000", msgData=[]),
            answer(filterResult=2),
            order(waybillNoInfoList="none"),
        ],
        ids=[
            "no JSON",
            "empty",
            "a list",
            "half inner",
            "no inner",
            "no number",
            "no data",
            "a list of data",
            "no order",
            "bills as text",
        ],
    )
    async def test_that_cannot_be_read(self, asking: Asking, trouble: httpx.Response) -> None:
        """What spends may have had its effect; the rest breaks the contract."""
        wanted = AmbiguousOutcomeError if asking is buying else ProtocolError

        assert type(await error_of(asking, trouble)) is wanted

    async def test_may_say_success_in_words(self) -> None:
        """The documents have it as a text, the examples do not; so with the data."""
        spoken = inner(success="true", errorCode="S0000", msgData=f'{{"orderId": "{KEY}"}}')
        async with carrier(spoken) as (sf, _):
            label = await sf.purchase_label(QUOTED, request_of())

        assert (label.tracking_code, label.tracker_ref) == (KEY, KEY)

    async def test_of_another_order_is_not_taken(self) -> None:
        """Whose parcel would it be?"""
        error = await error_of(buying, order(orderId="f" * 32))

        assert type(error) is AmbiguousOutcomeError

    async def test_of_nobody_going_there_sells_nothing(self) -> None:
        """The order was taken, and nobody will come: it is no label, now or later."""
        error = await error_of(buying, order(filterResult=3, waybillNoInfoList=None, remark="1"))
        async with carrier(order(filterResult="3"), order(filterResult="3")) as (sf, _):
            found = await sf.get_shipment(QUOTED)
            visit = await sf.get_pickup(QUOTED)

        assert (type(error), error.code) == (RejectedError, "no_rates")
        assert found.label is None
        assert visit.status == "unbooked"

    async def test_without_a_number_is_known_by_our_key(self) -> None:
        """Where a person at SF has yet to decide, the number comes later."""
        undecided = order(filterResult=1, waybillNoInfoList=None)
        async with carrier(undecided, order()) as (sf, _):
            label = await sf.purchase_label(QUOTED, request_of())
            found = (await sf.get_shipment(QUOTED)).label

        assert (label.tracking_code, label.tracker_ref) == (KEY, KEY)
        assert found is not None
        assert (found.tracking_code, found.tracker_ref) == (NUMBER, KEY)

    @pytest.mark.parametrize("code", ["8018", "8024"])
    async def test_of_an_unknown_order_is_no_label(self, code: str) -> None:
        """It was never bought, and there is nothing to give back."""
        async with carrier(refusal(code), refusal(code)) as (sf, _):
            found = await sf.get_shipment(QUOTED)
            voided = await sf.void_label(QUOTED)

        assert (found.label, voided) == (None, "not_applicable")
        assert found.offer is not None

    @pytest.mark.parametrize("code", ["8037", "8253"])
    async def test_of_a_cancelled_order_is_given_back(self, code: str) -> None:
        """What was cancelled stays so, whether the look-up tells or only the cancellation."""
        async with carrier(refusal(code), refusal(code)) as (sf, _):
            assert (await sf.get_shipment(QUOTED)).refund_status == "refunded"
            assert await sf.void_label(QUOTED) == "refunded"
        async with carrier(order(), routes(), refusal(code)) as (sf, _):
            assert (await sf.cancel_pickup(QUOTED)).status == "canceled"

    async def test_that_refuses_a_cancellation(self) -> None:
        """The order stands as it did."""

        async def cancelling(sf: SfCarrier) -> object:
            return await sf.cancel_pickup(QUOTED)

        error = await error_of(cancelling, order(), routes(), refusal("8044"))

        assert (type(error), error.code) == (RejectedError, "8044")

    async def test_that_cancels_nothing_is_no_cancellation(self) -> None:
        """A success whose own status says otherwise: the order stands."""

        async def cancelling(sf: SfCarrier) -> object:
            return await sf.cancel_pickup(QUOTED)

        error = await error_of(cancelling, order(), routes(), answer(orderId=KEY, resStatus=1))

        assert (type(error), error.code) == (RejectedError, "not_canceled")


class TestPrice:
    @pytest.mark.parametrize(
        ("fee", "minor"), [(13.5, 1350), (119, 11900), ("12.50", 1250), (0.29, 29), (0, 0)]
    )
    async def test_is_exact(self, fee: object, minor: int) -> None:
        """However it is written, not a fen is lost."""
        async with carrier(rates(rate(fee))) as (sf, _):
            draft = await sf.create_shipment(request_of())

        assert draft.offer is not None
        assert draft.offer.cost == Money(minor, "CNY")

    async def test_of_a_third_of_a_fen_is_none(self) -> None:
        """No such money exists."""
        assert type(await error_of(pricing, rates(rate(13.333)))) is ProtocolError

    @pytest.mark.parametrize(
        "told",
        [
            rates(),
            answer(deliverTmDto=None),
            rates(rate(None)),
            rates(rate(13.5, product="1")),
            refusal("8052"),
        ],
        ids=["none", "null", "no fee", "another product", "refused"],
    )
    async def test_that_is_not_told_is_no_offer(self, told: httpx.Response) -> None:
        """Then nothing is ordered, either."""
        async with carrier(told) as (sf, _):
            draft = await sf.create_shipment(request_of())
            with pytest.raises(RejectedError) as caught:
                await sf.purchase_label(draft.shipment_ref, request_of())

        assert (draft.offer, draft.shipment_ref) == (None, KEY)
        assert caught.value.code == "no_rates"

    @pytest.mark.parametrize(
        ("until", "days"),
        [("2026-06-12 18:00:00", 1), ("2026-06-11 22:00:00", 0), ("soon", None)],
        ids=["tomorrow", "the same day", "unreadable"],
    )
    async def test_comes_with_a_promise(self, until: str, days: int | None) -> None:
        """Days are counted from the visit; what cannot be read is no promise."""
        async with carrier(rates(rate(13.5, until=until))) as (sf, _):
            draft = await sf.create_shipment(request_of())

        assert draft.offer is not None
        assert draft.offer.days == days

    async def test_is_found_in_a_name_of_ours_alone(self) -> None:
        """Another name is nobody's."""

        async def reading(sf: SfCarrier) -> object:
            return await sf.get_shipment(f"{KEY}-2-EUR100")

        assert type(await error_of(reading)) is NotFoundError


class TestScans:
    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("50", ScanStatus.ACCEPTED),
            (50, ScanStatus.ACCEPTED),
            ("31", ScanStatus.IN_TRANSIT),
            ("33", ScanStatus.IN_TRANSIT),
            ("44", ScanStatus.OUT_FOR_DELIVERY),
            ("80", ScanStatus.DELIVERED),
            ("648", ScanStatus.RETURNED_TO_SENDER),
            ("99", ScanStatus.UNKNOWN),
            ("0", ScanStatus.UNKNOWN),
        ],
        ids=str,
    )
    async def test_are_the_domains_words(self, code: object, status: ScanStatus) -> None:
        """A code that nobody knows is unknown, and never an error."""
        async with carrier(routes(route(code))) as (sf, _):
            (scan,) = (await sf.track(KEY)).scans

        assert scan.status is status

    async def test_edge_39_come_in_the_order_of_their_times(self) -> None:
        """However they are told; one whose time cannot be read is left out."""
        told = (
            route("80", "2026-06-13 10:00:00"),
            route("50", "2026-06-11 10:00:00"),
            route("31", "yesterday"),
            route("44", "2026-06-13 08:00:00"),
        )
        async with carrier(routes(*told)) as (sf, _):
            scans = (await sf.track(KEY)).scans

        assert [scan.description for scan in scans] == ["50", "44", "80"]

    async def test_name_no_courier(self) -> None:
        """SF's remarks have names and telephone numbers: they are not kept."""
        async with carrier(routes(route("44"))) as (sf, _):
            known = await sf.track(KEY)

        assert "李师傅" not in repr(known)
        assert "13700000000" not in repr(known)

    @pytest.mark.parametrize(
        "told",
        [routes(), answer(routeResps=[]), answer(routeResps=None)],
        ids=["no scans", "no parcel", "null"],
    )
    async def test_that_are_none_are_not_found(self, told: httpx.Response) -> None:
        """SF says the same of strangers and of what was not yet scanned."""
        assert type(await error_of(tracking, told)) is NotFoundError

    async def test_show_that_the_courier_was_there(self) -> None:
        """A visit whose parcel was scanned is over, and is not called off."""
        read = (order(), routes(route("50")))
        async with carrier(*read, *read) as (sf, asked):
            visit = await sf.get_pickup(QUOTED)
            with pytest.raises(RejectedError) as caught:
                await sf.cancel_pickup(QUOTED)

        assert visit.status == "over"
        assert caught.value.code == "collected"
        assert len(asked.requests) == 4
