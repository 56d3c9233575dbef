"""The law of one contract, as it is handed to a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from domain.law.deciding import Law
from domain.law.schema import Source
from domain.reasons import Ground


@dataclass(frozen=True, slots=True)
class GoverningLaw:
    """What decides, the sources its rules name, and the holidays over which a window may roll.

    ``later`` are versions that came after the contract and rule over it where they are better for
    the consumer.
    """

    law: Law
    sources: Mapping[str, Source] = field(default_factory=dict)
    closed_days: tuple[date, ...] = ()
    later: tuple[Law, ...] = ()

    def for_ground(self, ground: Ground) -> "GoverningLaw":
        """Return the same law with nothing in it that does not bear on this ground."""
        law, *later = (_of_ground(law, ground) for law in (self.law, *self.later))
        rules = [rule for one in (law, *later) for rule in one.rules]
        keys = {key.split("#", maxsplit=1)[0] for rule in rules for key in rule.sources}
        sources = {key: source for key, source in self.sources.items() if key in keys}
        return replace(self, law=law, sources=sources, later=tuple(later))


def _of_ground(law: Law, ground: Ground) -> Law:
    return replace(
        law,
        rules=tuple(rule for rule in law.rules if rule.ground is ground),
        may_be_longer=tuple(one for one in law.may_be_longer if one is ground),
    )
