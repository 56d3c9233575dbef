"""Places in a JSON document, written as people write them: ``lines[0].parcels[1].quantity``."""

import re
from collections.abc import Sequence

Step = int | str

_STEP = re.compile(r"(?:^|\.)(\w+)|\[(\d{1,4})\]")


def written(steps: Sequence[Step]) -> str:
    """Write a place; the document itself is empty."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def steps_of(path: str) -> tuple[Step, ...]:
    """Read what :func:`written` writes; empty for anything else."""
    steps: list[Step] = []
    end = 0
    for found in _STEP.finditer(path):
        if found.start() != end:
            return ()
        end = found.end()
        steps.append(int(found[2]) if found[1] is None else found[1])
    return tuple(steps) if end == len(path) else ()
