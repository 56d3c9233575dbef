"""Which facts of an order ops may correct, and how a correction is laid over it."""

from typing import Any

import pytest

from domain.codes import RefusedError
from domain.corrections import Correction, NoSuchPlaceError, checked_correction, corrected
from domain.paths import steps_of, written


def document() -> dict[str, Any]:
    return {"ship_to": {"country": "DE"}, "lines": [{"parcels": [{"delivered_at": "soon"}]}]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contract_at", "2026-05-01T09:30:00+02:00"),
        ("channel", "STORE"),
        ("buyer_type", "BUSINESS"),
        ("ship_to.country", "FR"),
        ("ship_to.region", "Bayern"),
        ("ship_to.time_zone", "Europe/Paris"),
        ("lines[0].title", "A lamp"),
        ("lines[12].category", "lamps"),
        ("lines[0].weight_grams", 400),
        ("lines[0].traits", ["fragile"]),
        ("lines[0].final_sale", False),
        ("lines[0].parcels[1].fulfilled_at", "2026-05-01T09:30:00Z"),
        ("lines[0].parcels[1].delivered_at", None),
    ],
)
def test_facts_that_grant_no_money_can_be_corrected(field: str, value: object) -> None:
    """Times, places and kinds are known to ops, too."""
    correction = checked_correction(field, value)

    assert correction.field == field
    assert correction.value == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    "field",
    [
        "currency",
        "order_id",
        "tenders",
        "tenders[0].captured_minor",
        "shipping.paid_minor",
        "lines",
        "lines[0].gross_minor",
        "lines[0].discount_minor",
        "lines[0].taxes[0].amount_minor",
        "lines[0].refunded_minor",
        "lines[0].quantity",
        "lines[0].sku",
        "lines[0].parcels[0].quantity",
    ],
)
def test_what_grants_money_is_mended_at_the_platform(field: str) -> None:
    """Nobody at our side sets a price, a payment or a number of units."""
    with pytest.raises(RefusedError, match="grant money") as refused:
        checked_correction(field, 1)

    assert refused.value.code == "mend_at_platform"


@pytest.mark.parametrize("field", ["customer.email", "ship_to.street1", "ship_to.name", "customer"])
def test_personal_data_is_mended_at_the_platform(field: str) -> None:
    """A name or street given here would be kept in histories."""
    with pytest.raises(RefusedError, match="personal data") as refused:
        checked_correction(field, "Kim")

    assert refused.value.code == "mend_at_platform"


@pytest.mark.parametrize(
    "field", ["colour", "", "lines.", "lines[x].title", "lines[0]title", "a b"]
)
def test_a_field_that_no_order_has_is_refused(field: str) -> None:
    """A misspelt path is noticed at once."""
    with pytest.raises(RefusedError) as refused:
        checked_correction(field, "x")

    assert (refused.value.code, refused.value.field) == ("invalid_request", "field")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contract_at", "yesterday"),
        ("contract_at", "2026-05-01T09:30:00"),
        ("channel", "MOON"),
        ("channel", ["STORE"]),
        ("buyer_type", None),
        ("ship_to.country", "Germany"),
        ("ship_to.country", "DE\n"),
        ("ship_to.time_zone", "Mars/Olympus"),
        ("ship_to.time_zone", "../../etc/passwd"),
        ("lines[0].title", ""),
        ("lines[0].title", "x" * 201),
        ("lines[0].title", "a\x00b"),
        ("lines[0].traits", ["fragile", "a\x00b"]),
        ("lines[0].weight_grams", -1),
        ("lines[0].weight_grams", True),
        ("lines[0].weight_grams", 0.5),
        ("lines[0].traits", "fragile"),
        ("lines[0].traits", [1]),
        ("lines[0].final_sale", "no"),
        ("lines[0].parcels[0].fulfilled_at", None),
        ("lines[0].parcels[0].delivered_at", 7),
    ],
)
def test_a_value_that_does_not_fit_is_refused(field: str, value: object) -> None:
    """Nonsense is not answered with other nonsense."""
    with pytest.raises(RefusedError) as refused:
        checked_correction(field, value)

    assert (refused.value.code, refused.value.field) == ("invalid_request", "value")


def test_a_correction_stands_instead_of_what_is_said() -> None:
    """What is not corrected stays, and an object that is missing on the way is made."""
    found = corrected(
        document() | {"ship_to": None},
        (
            Correction("ship_to.time_zone", "Europe/Paris"),
            Correction("lines[0].parcels[0].delivered_at", None),
            Correction("lines[0].traits", ("fragile",)),
        ),
    )

    assert found["ship_to"] == {"time_zone": "Europe/Paris"}
    assert found["lines"] == [{"parcels": [{"delivered_at": None}], "traits": ["fragile"]}]


@pytest.mark.parametrize("field", ["lines[1].title", "lines[0].parcels[3].fulfilled_at"])
def test_nothing_is_corrected_where_nothing_is(field: str) -> None:
    """A line or parcel that the order does not have is not made up."""
    with pytest.raises(NoSuchPlaceError) as missing:
        corrected(document(), (Correction(field, "x"),))

    assert missing.value.field == field


@pytest.mark.parametrize("odd", [7, "text", [], None])
def test_an_order_of_another_shape_has_no_places(odd: object) -> None:
    """Whatever the platform answers, a correction ends in a named field."""
    with pytest.raises(NoSuchPlaceError):
        corrected({"lines": odd}, (Correction("lines[0].title", "x"),))


def test_paths_are_read_as_they_are_written() -> None:
    """One notation, both ways."""
    steps = ("lines", 0, "parcels", 12, "delivered_at")

    assert written(steps) == "lines[0].parcels[12].delivered_at"
    assert steps_of(written(steps)) == steps
    assert steps_of("lines..x") == ()
