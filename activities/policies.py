"""Read the policy packs that are shipped with the engine."""

import json
from functools import cache
from importlib.resources import files

from domain.policies import Policy, parse_policy


@cache
def load_policy() -> Policy:
    """Return the standard pack, parsed and checked once per process."""
    return parse_policy(json.loads((files("domain") / "packs" / "standard.json").read_text()))
