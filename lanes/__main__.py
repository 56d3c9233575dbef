"""``python -m lanes``: judge the delay watch on simulated lanes, and print what was found."""

import argparse
import json
import os
import sys
from pathlib import Path

from lanes.report import tables, to_json
from lanes.trial import Plan, run

_SHORT = Plan(validation=(11,), held_out=(21,), shifted=(41,), per_day=5)


def main(arguments: list[str] | None = None) -> int:
    """Return 0 whatever was found: a model that is no better is a finding, no failure."""
    parser = argparse.ArgumentParser(prog="lanes", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one small seed of each; seconds")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep what was found there")
    asked = parser.parse_args(arguments)
    if asked.processes < 1:
        parser.error("--processes must be at least 1")
    trial = run(_SHORT if asked.short else Plan(), processes=asked.processes, tell=_tell)
    kept = to_json(trial)
    print(tables(kept), end="")
    if asked.results is not None:
        asked.results.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


def _tell(message: str) -> None:
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
