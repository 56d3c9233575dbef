"""Sentences in a reader's language; where there is no text yet, in English and marked as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from backhaul_client.decision_tree import TreeNode
from domain.wording import Language, catalogue, language_of, text

_MOODS = {"R": "good", "X": "bad", "M": "person"}


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's language, and the zone in which their days are days."""

    language: Language
    zone: ZoneInfo

    def say(self, code: str, /, **values: object) -> TreeNode:
        own = catalogue(language_of(code, self.language)).tag
        return TreeNode(text=text(code, self.language, **values), language=own)

    def reason(self, code: str, /, **values: object) -> TreeNode:
        """Tell a reason code."""
        mood = _MOODS.get(code[:1], "plain")
        return self.say(code, **values).model_copy(update={"code": code, "mood": mood})

    def name(self, code: str, *, within: str) -> str:
        """Return a name in the language of the sentence that it stands in."""
        return text(code, language_of(within, self.language))

    def day(self, at: datetime) -> str:
        return at.astimezone(self.zone).date().isoformat()


def over(heading: TreeNode, parts: Sequence[TreeNode]) -> TreeNode:
    return heading.model_copy(update={"parts": tuple(parts)})
