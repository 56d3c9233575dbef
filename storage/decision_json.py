"""Facts and decisions as the JSON that is stored, and back.

Fields that are added to them later need defaults: then what was stored before is read with those.
"""

from typing import Any

from pydantic import TypeAdapter

from domain.eligibility import Decision, Facts

_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def facts_json(facts: Facts) -> dict[str, Any]:
    written: dict[str, Any] = _FACTS.dump_python(facts, mode="json")
    return written


def facts_from(written: dict[str, Any]) -> Facts:
    return _FACTS.validate_python(written)


def decision_json(decision: Decision) -> dict[str, Any]:
    written: dict[str, Any] = _DECISION.dump_python(decision, mode="json")
    return written


def decision_from(written: dict[str, Any]) -> Decision:
    return _DECISION.validate_python(written)
