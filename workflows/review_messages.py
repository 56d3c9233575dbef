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
