"""Returns in every stage of a review: asked about, answered, offered something."""

from domain.asking_info import answer, ask
from domain.commands import Actor
from domain.offers import offer
from domain.policies import Policy
from domain.reasons import Ground
from domain.requests import RequestedLine
from domain.returns import Return
from domain.reviewing import approved
from tests.support.builders import after, decided
from tests.support.ruling import ruled_by

RITA = Actor("reviewer", "rita")
QUESTION = "Where is the crack?"
ASKED = after(hours=6)
"""When a question or an offer is made: of 24 hours 18 are left."""


def in_review(*lines: RequestedLine, under: Policy | None = None) -> Return:
    """A complaint, which a person is to decide; about three shoes unless stated."""
    wanted = lines or (RequestedLine("shoes", 3, reason="DEFECTIVE"),)
    return decided(*wanted, ground=Ground.NON_CONFORMITY, under=under)


def warned() -> Return:
    """The reviewer is to be told at half of the time for a decision."""
    return in_review(under=ruled_by(review_warnings=[50]))


def asked(under: Policy | None = None) -> Return:
    """The customer was asked, and has not answered yet."""
    return ask(in_review(under=under), QUESTION, by=RITA, at=ASKED)[0]


def answered(ret: Return) -> Return:
    return answer(ret, "At the heel.", [], at=after(hours=100))[0]


def limited(**amounts: int) -> Policy:
    """A pack under which these roles may grant so many minor units of a euro."""
    return ruled_by(review_limits={role: {"EUR": minor} for role, minor in amounts.items()})


def approved_first(under: Policy | None = None) -> Return:
    """Rita approved shoes of 40.60 EUR, and may grant 40.00 alone."""
    ret = in_review(under=under or limited(reviewer=4_000))
    return approved(ret, ["shoes"], by=RITA, at=ASKED)[0]


def offered(
    percent: int | None = 30, amount_minor: int | None = None, of: Return | None = None
) -> Return:
    """Rita offered that the shoes be kept, for 30 % of what was paid for them unless stated."""
    return offer(of or in_review(), percent, amount_minor, "Keep them.", by=RITA, at=ASKED)[0]
