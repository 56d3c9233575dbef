"""A promise that gives less than the law of a place where it is made is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.policies import load_policy
from domain.eligibility import evaluate
from domain.law.places import is_place
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from packs.library import shipped
from packs.promising import check_promises
from packs.trying import facts_of_case
from tests.support.builders import pack
from tests.support.worked_cases import case


def with_rule(number: int, places: list[str] | None = None, **terms: Any) -> dict[str, Any]:
    """Return the standard pack with another term of one rule; ``days`` and ``start`` too."""
    data: Any = pack()
    rule = data["rules"][number]
    window = {name: terms.pop(name) for name in ("days", "start") if name in terms}
    rule["window"].update(window)
    rule.update(terms)
    return {**data, **({"places": places} if places is not None else {})}


def check(document: dict[str, Any]) -> None:
    check_promises(parse_policy(document), shipped())


FAULTS: dict[str, Any] = {"number": 1, "layer": "MERCHANT"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            with_rule(0, ["EU-FR"], days=13),
            "rules[0].window.days: wanted 14 or more, for EU-WITHDRAWAL of EU-FR gives 14 days",
        ),
        (
            with_rule(0, ["US", "UK"], days=14, start="SAME_DAY"),
            "rules[0].window.days: wanted 15 or more, for UK-CANCELLATION of UK gives 14 days",
        ),
        (
            with_rule(0, days=0),
            "rules[0].window.days: wanted 7 or more, for CN-7D-WITHDRAWAL of CN gives 7 days",
        ),
        (
            with_rule(0, ["CN"], days=6, layer="PLATFORM"),
            "rules[0].window.days: wanted 7 or more, for CN-7D-WITHDRAWAL of CN gives 7 days",
        ),
        (
            with_rule(**FAULTS, places=["UK"], days=29),
            "rules[1].window.days: wanted 30 or more, for UK-SHORT-TERM-REJECT of UK gives 30 days",
        ),
        (
            with_rule(**FAULTS, places=["EU-DE"], return_shipping_payer="CONSUMER"),
            "rules[1].return_shipping_payer: wanted TRADER, who pays under EU-CONFORMITY of EU-DE",
        ),
    ],
)
def test_a_worse_promise(document: dict[str, Any], message: str) -> None:
    """The path, the days and the rule of the place are named."""
    with pytest.raises(PolicyError) as refused:
        check(document)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    "document",
    [
        pack(),
        with_rule(0, days=14),
        with_rule(0, ["CN"], days=7),
        # It counts from the purchase, and only where no policy was posted.
        with_rule(0, ["US-NY"], days=1),
        # A shop that shows terms of its own may have them.
        with_rule(0, ["JP"], days=1),
        # No pack is for the place.
        with_rule(0, ["BR"], days=0),
        # The consumer pays the way of a withdrawal, unless nobody told him so.
        with_rule(0, return_shipping_payer="CONSUMER"),
        with_rule(**FAULTS, places=["EU-DE"], return_shipping_payer="NONE"),
        # What a pack calls law is no promise.
        with_rule(1, ["UK"], days=1),
    ],
)
def test_a_promise_that_is_as_good(document: dict[str, Any]) -> None:
    """It is read without a word."""
    check(document)


def test_law_counts_for_the_contracts_that_the_promise_governs() -> None:
    """Before 2014 China's law knew no return at will."""
    document = with_rule(0, ["CN"], days=1)

    check(document | {"governs": {"by": "CONTRACT_DATE", "from": "2010-01-01", "to": "2014-03-15"}})
    with pytest.raises(PolicyError, match="CN-7D-WITHDRAWAL"):
        check(
            document
            | {"governs": {"by": "CONTRACT_DATE", "from": "2010-01-01", "to": "2014-03-16"}}
        )


def test_the_operators_pack_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    """Nothing starts with it."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps(with_rule(0, days=13)))

    with pytest.raises(PolicyError, match=r"^rules\[0\]\.window\.days: wanted 14 or more"):
        load_policy(path)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([], "places: wanted one or more"),
        (["EU"], "places[0]: no jurisdiction 'EU'"),
        (["CN", "DE"], "places[1]: no jurisdiction 'DE'"),
        ("CN", "places: wanted a list of texts"),
    ],
)
def test_places_that_are_none(places: Any, message: str) -> None:
    """They are named as law's are: promises for nowhere would be lost."""
    with pytest.raises(PolicyError) as refused:
        parse_policy(pack() | {"places": places})

    assert str(refused.value).startswith(message)


def test_places_are_those_that_an_address_can_be_in() -> None:
    """Each that a pack of law is for, and countries without any."""
    assert all(is_place(place) for place in shipped().all_places)
    assert [is_place(name) for name in ("BR", "EU-SE", "US")] == [True] * 3
    assert not any(
        is_place(name) for name in ("GB", "DE", "EU-CN", "US-XX", "EU", "UK-X", "", "br")
    )


def test_a_promise_is_nobodys_elsewhere() -> None:
    """Where no law is either, a person decides."""
    policy = parse_policy(with_rule(0, ["CN"]))
    facts = facts_of_case(case("CN").input, shipped())
    abroad = facts_of_case(case("EU-DE").input, shipped())

    assert evaluate(facts, policy).reason_codes[0] == "R_PROMISE_APPLIES"
    assert evaluate(abroad, policy).reason_codes == ("M_NO_RULE",)
