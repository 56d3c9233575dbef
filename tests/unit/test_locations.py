"""Goods go to a place that takes them, the closest one, and never to one that refuses them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.locations import (
    FALLBACK,
    Accepts,
    Area,
    Match,
    NoLocationError,
    Receiving,
    ReceivingLocation,
    choose_location,
    serving,
)
from domain.orders import Order
from tests.support.builders import order, order_line

LEIPZIG = ReceivingLocation("leipzig", "Europe/Berlin", Accepts((Area("DE"), Area("AT"))))
BAVARIA = ReceivingLocation("munich", "Europe/Berlin", Accepts((Area("DE", "Bayern"),)))
ANYWHERE = ReceivingLocation("rotterdam", "Europe/Amsterdam", Accepts())
SILENT = ReceivingLocation("cellar", "Europe/Berlin")
USUAL = ReceivingLocation(FALLBACK, "Europe/Paris")


def bought(country: str = "DE", region: str = "", **traits: tuple[str, ...]) -> Order:
    """An order of two lines, delivered there; traits by line."""
    lines = tuple(
        order_line(line_id=line_id, traits=traits.get(line_id, ())) for line_id in ("one", "two")
    )
    return replace(order(*lines), delivery_country=country, delivery_region=region)


def chosen(*places: ReceivingLocation, of: Order) -> Receiving:
    return choose_location(serving(places, of), of, [line.line_id for line in of.lines])


def test_a_platform_without_a_list_keeps_its_one_place() -> None:
    """Nothing changes for who does not say what its places take."""
    assert chosen(of=bought()) == Receiving(FALLBACK, "", None)
    assert chosen(SILENT, of=bought()) == Receiving(FALLBACK, "", None)


def test_the_usual_place_tells_its_time() -> None:
    """A list that leaves no choice still says in which zone the days of the place are."""
    assert chosen(SILENT, USUAL, of=bought()) == Receiving(FALLBACK, "Europe/Paris", None)


def test_the_closest_goes_first() -> None:
    """A place for the region, then one for the country, then one for everywhere."""
    places = (ANYWHERE, LEIPZIG, BAVARIA)

    assert chosen(*places, of=bought("DE", "Bayern")).location_id == "munich"
    assert chosen(*places, of=bought("DE", "Hessen")).location_id == "leipzig"
    assert chosen(*places, of=bought("FR")).location_id == "rotterdam"
    assert chosen(*places, of=bought("DE", "Bayern")).match is Match.REGION
    assert chosen(*places, of=bought("AT")).match is Match.COUNTRY
    assert chosen(*places, of=bought("FR")).match is Match.EVERYWHERE


def test_of_two_equals_the_platform_names_the_first() -> None:
    """Its own order is its preference."""
    other = replace(LEIPZIG, location_id="hamburg")

    assert chosen(LEIPZIG, other, of=bought()).location_id == "leipzig"
    assert chosen(other, LEIPZIG, of=bought()).location_id == "hamburg"


@pytest.mark.parametrize("region", ["bayern", " Bayern ", "BAYERN"])
def test_a_region_is_the_same_however_it_is_written(region: str) -> None:
    """People type addresses."""
    assert chosen(BAVARIA, of=bought("DE", region)).location_id == "munich"


def test_a_region_of_the_same_name_elsewhere_is_another() -> None:
    """The country decides first."""
    with pytest.raises(NoLocationError):
        chosen(BAVARIA, of=bought("BR", "Bayern"))


def test_a_place_for_a_region_does_not_serve_the_country() -> None:
    """Nor an order whose region nobody knows."""
    with pytest.raises(NoLocationError) as refused:
        chosen(BAVARIA, of=bought("DE"))

    assert refused.value.field == "ship_to.country"


def test_goods_that_a_place_refuses_go_to_the_next() -> None:
    """All lines travel together, so one of them decides for all."""
    clean = replace(BAVARIA, accepts=Accepts((Area("DE", "Bayern"),), ("HAZARDOUS",)))

    found = chosen(clean, LEIPZIG, of=bought("DE", "Bayern", two=("HAZARDOUS", "BULKY")))

    assert found.location_id == "leipzig"


def test_a_line_that_does_not_come_back_decides_nothing() -> None:
    """What is denied at once is not sent."""
    clean = replace(LEIPZIG, accepts=Accepts(except_traits=("HAZARDOUS",)))
    of = bought("DE", two=("HAZARDOUS",))

    assert choose_location(serving((clean,), of), of, ["one"]).location_id == "leipzig"


def test_goods_that_nobody_takes_are_named() -> None:
    """It is the goods, and not where they are."""
    clean = replace(LEIPZIG, accepts=Accepts(except_traits=("HAZARDOUS",)))

    with pytest.raises(NoLocationError) as refused:
        chosen(clean, of=bought("DE", one=("HAZARDOUS",)))

    assert refused.value.field == "lines"


def test_a_place_that_says_nothing_takes_nothing_beside_one_that_does() -> None:
    """Otherwise hazardous goods would go to whoever forgot to say no."""
    with pytest.raises(NoLocationError):
        chosen(SILENT, USUAL, LEIPZIG, of=bought("FR"))


areas = st.lists(
    st.builds(Area, st.sampled_from(["DE", "FR"]), st.sampled_from(["", "North", "South"])),
    max_size=3,
).map(tuple)
traits = st.lists(st.sampled_from(["HAZARDOUS", "BULKY"]), max_size=2).map(tuple)
places = st.lists(
    st.builds(
        ReceivingLocation,
        st.sampled_from(["a", "b", "c"]),
        st.just("UTC"),
        st.builds(Accepts, areas, traits),
    ),
    min_size=1,
    max_size=5,
)


@given(places, st.sampled_from(["DE", "FR"]), st.sampled_from(["", "North", "South"]), traits)
def test_whatever_is_chosen_takes_the_goods_from_there(
    listed: list[ReceivingLocation], country: str, region: str, of_line: tuple[str, ...]
) -> None:
    """And nothing is refused that one of the places would have taken."""
    of = bought(country, region, one=of_line)

    def takes(place: ReceivingLocation) -> bool:
        accepts = place.accepts
        assert accepts is not None
        here = not accepts.areas or any(
            area.country == country and area.region in ("", region) for area in accepts.areas
        )
        return here and not {*accepts.except_traits} & {*of_line}

    try:
        found = chosen(*listed, of=of)
    except NoLocationError:
        assert not any(map(takes, listed))
    else:
        assert any(takes(place) and place.location_id == found.location_id for place in listed)
        assert found.match is not None
