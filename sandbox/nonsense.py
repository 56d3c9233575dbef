"""Alters one place of an otherwise good JSON answer."""

import json
import re
from typing import Any

from sandbox.faults import Nonsense


def altered(body: bytes, nonsense: Nonsense) -> bytes:
    """Return the answer with one value set or taken away; as it was where it has no such place."""
    document: Any = json.loads(body)
    *parents, last = _steps(nonsense.path)
    place = document
    try:
        for step in parents:
            place = place[step]
        if nonsense.delete:
            del place[last]
        else:
            place[last] = nonsense.value
    except (KeyError, IndexError, TypeError):
        return body
    return json.dumps(document).encode()


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else name for name, index in re.findall(r"(\w+)|\[(\d+)\]", path)]
