"""What passes the border of a return's workflow in a review."""

from dataclasses import dataclass

from domain.inspection import Photo
from workflows.messages import CommandInfo


@dataclass(frozen=True, slots=True)
class AskInfo:
    """``question`` is for the customer to read."""

    info: CommandInfo
    question: str


@dataclass(frozen=True, slots=True)
class AnswerInfo:
    """The customer's answer: a text, evidence by reference, or both."""

    info: CommandInfo
    answer: str = ""
    evidence: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """The goods are kept for ``percent`` of what was paid for them, or for ``amount_minor``."""

    info: CommandInfo
    message: str
    percent: int | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    info: CommandInfo
    offer_no: int


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    info: CommandInfo
    offer_no: int
