"""Read the policy pack that governs: the shipped one, or the operator's own."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from domain.pack_reading import PolicyError
from domain.policies import Policy, parse_policy


@cache
def load_policy(pack: Path | None = None) -> Policy:
    """Return the pack in this file, or the standard one, parsed and checked once per process.

    Raises:
        PolicyError: the file cannot be read, or is no pack; the message says where.
    """
    if pack is None:
        return parse_policy(json.loads((files("domain") / "packs" / "standard.json").read_text()))
    try:
        data = json.loads(pack.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyError(f"wanted a readable JSON file, found {type(error).__name__}") from error
    if not isinstance(data, dict):
        raise PolicyError("wanted a JSON object")
    return parse_policy(data)
