"""Papers for goods that cross a customs border on their way back."""

from dataclasses import replace

import pytest

from domain.codes import RefusedError
from domain.customs import (
    can_record_papers,
    check_papers,
    crosses_border,
    lacks_papers,
    papers_recorded,
)
from domain.money import Money
from domain.returns import CustomsPapers, Return
from domain.view import document
from domain.waiting import waits
from domain.work import WorkKind, due_work
from tests.support.builders import decided, policy

PAPERS = CustomsPapers("folder 7")


def between(country: str, place: str, *, required: bool = True) -> Return:
    """A return that was granted and has no label yet."""
    ret = decided(under=replace(policy(), customs_papers=required))
    return replace(ret, country=country, location_country=place)


@pytest.mark.parametrize(
    ("country", "place", "crosses"),
    [
        ("DE", "NL", False),
        ("DE", "DE", False),
        ("CH", "DE", True),
        ("GB", "IE", True),
        ("US", "CN", True),
        ("US", "US", False),
        ("", "DE", False),
        ("CH", "", False),
    ],
)
def test_edge_43_the_union_is_one_area(country: str, place: str, crosses: bool) -> None:
    """Inside it goods need no papers; where one end is not known nothing is held up."""
    assert crosses_border(between(country, place)) is crosses


def test_edge_43_no_carrier_is_booked_without_papers() -> None:
    """The return says what it waits for, who owes it, and how else it could go."""
    ret = between("CH", "DE")

    assert not any(work.kind is WorkKind.BOOK for work in due_work(ret))
    (wait,) = [wait for wait in waits(ret) if wait.code == "customs_papers_missing"]
    assert wait.owner == "platform"
    assert wait.exits == ("record-customs-papers", "change-handover", "withdraw")


def test_edge_43_with_papers_it_is_booked() -> None:
    """They are recorded by where they are kept, and asked for no more."""
    ret, facts = papers_recorded(between("CH", "DE"), PAPERS)

    assert any(work.kind is WorkKind.BOOK for work in due_work(ret))
    assert not can_record_papers(ret)
    assert [fact.type for fact in facts] == ["customs.papers_recorded"]
    assert document(ret)["customs_papers"] == "folder 7"


def test_edge_43_duty_that_comes_back_is_a_line_of_its_own() -> None:
    """It is the merchant's, below zero among the costs, and no part of the refund."""
    before = between("CH", "DE")
    ret, facts = papers_recorded(before, replace(PAPERS, drawback=Money(1250, "CHF")))

    assert facts[1].type == "cost.recorded"
    assert facts[1].data == {
        "component": "duty_drawback",
        "amount_minor": -1250,
        "currency": "CHF",
    }
    assert replace(ret, customs=None) == before


@pytest.mark.parametrize(
    ("ret", "papers", "field"),
    [
        (between("DE", "NL"), PAPERS, None),
        (between("CH", "DE"), CustomsPapers(""), "reference"),
        (between("CH", "DE"), replace(PAPERS, drawback=Money(0, "CHF")), "drawback"),
    ],
    ids=["not wanted", "nowhere kept", "nothing back"],
)
def test_edge_43_papers_that_say_nothing_are_refused(
    ret: Return, papers: CustomsPapers, field: str | None
) -> None:
    """Nothing is written, and the answer names what is wrong."""
    with pytest.raises(RefusedError) as caught:
        check_papers(ret, papers)

    assert caught.value.field == field


def test_a_pack_that_does_not_ask_holds_nothing_up() -> None:
    """Papers may be recorded all the same."""
    ret = between("CH", "DE", required=False)

    assert not lacks_papers(ret)
    assert can_record_papers(ret)
