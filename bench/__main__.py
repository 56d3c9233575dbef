"""``python -m bench``: measure, print the tables, and write them as JSON where asked."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bench.ground import open_ground
from bench.report import as_markdown
from bench.run import bare_process, measure
from runtime.devstack.errors import StackError
from runtime.leaving import leave


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--returns", type=int, default=60, help="of each side (default: 60)")
    parser.add_argument("--concurrency", type=int, default=8, help="at a time (default: 8)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default: 5)")
    parser.add_argument("--limit", type=float, default=600, help="seconds (default: 600)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    asked = parser.parse_args(arguments)
    for name in ("returns", "concurrency", "rounds"):
        if getattr(asked, name) < 1:
            parser.error(f"--{name} must be at least 1")
    try:
        with open_ground(tell=_tell) as ground, bare_process(ground) as bare:
            running = measure(
                ground,
                bare,
                returns=asked.returns,
                concurrency=asked.concurrency,
                rounds=asked.rounds,
                tell=_tell,
            )
            report = asyncio.run(asyncio.wait_for(running, asked.limit))
    except (StackError, TimeoutError) as error:
        _tell(f"not measured: {str(error) or 'it took too long'}")
        return 1
    print(as_markdown(report), end="")
    if asked.json is not None:
        asked.json.write_text(json.dumps(report.to_json(), indent=2) + "\n")
    return 0


def _tell(message: str) -> None:
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    leave(main())
