"""Goods that cross a customs border on their way back need papers before they set out (edge 43)."""

from dataclasses import replace

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.lifecycle import GRANTED, DeliveryState
from domain.parcels import Delivery
from domain.returns import Change, CustomsPapers, Return
from domain.transport import cost_recorded

_EU = "EU"
_OF_THE_UNION = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The customs territory of the Union by countries: Regulation (EU) No 952/2013, article 4.

Territories that it leaves out (Canary Islands, Büsingen, ...) are told apart only where the
platform writes them with a country code of their own.
"""


def customs_area(country: str) -> str:
    """Return the area inside which goods move without papers: the Union, else the country."""
    return _EU if country in _OF_THE_UNION else country


def crosses_border(ret: Return) -> bool:
    """Say whether goods cross a customs border to their place; not where one end is unknown."""
    if not ret.country or not ret.location_country:
        return False
    return customs_area(ret.country) != customs_area(ret.location_country)


def lacks_papers(ret: Return) -> bool:
    """Say whether no carrier may be booked yet, because papers are wanted and not there."""
    return ret.policy.customs_papers and ret.customs is None and crosses_border(ret)


def awaits_papers(ret: Return, delivery: Delivery) -> bool:
    """Say whether the label of this parcel waits for papers."""
    back = delivery.ship_back_of is None
    return back and delivery.state is DeliveryState.LABEL_PENDING and lacks_papers(ret)


def can_record_papers(ret: Return) -> bool:
    return ret.authorization in GRANTED and crosses_border(ret) and ret.customs is None


def check_papers(ret: Return, papers: CustomsPapers) -> None:
    """Refuse papers that nobody needs, or that name nothing.

    Raises:
        RefusedError: it names the field that is wrong.
    """
    if not can_record_papers(ret):
        raise RefusedError("command_not_allowed", "no papers are wanted for this return")
    if not papers.reference:
        raise RefusedError("invalid_request", "wanted where they are kept", field="reference")
    drawback = papers.drawback
    if drawback is not None and drawback.minor <= 0:
        raise RefusedError("invalid_request", "wanted more than nothing", field="drawback")


def papers_recorded(ret: Return, papers: CustomsPapers) -> Change:
    """The papers are there: carriers may be booked.

    Duty that customs give back belongs to whoever paid it on import, the merchant: a money line of
    its own, and never a part of the customer's refund.
    """
    data: dict[str, JsonValue] = {
        "reference": papers.reference,
        "from_country": ret.country,
        "to_country": ret.location_country,
    }
    facts = [Fact("customs.papers_recorded", data)]
    if papers.drawback is not None:
        facts.append(
            cost_recorded("duty_drawback", -papers.drawback.minor, papers.drawback.currency)
        )
    return replace(ret, customs=papers), tuple(facts)
