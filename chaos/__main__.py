"""``python -m chaos``: run seeds, print what was counted, and keep a row of each."""

import argparse
import json
import signal
import sys
from pathlib import Path

from chaos.journal import OtherRunError
from chaos.packs import PACKS, STANDARD
from chaos.report import Report
from chaos.run import CONCURRENCY, PATIENCE, TIME_SCALE, Asked, run
from runtime.devstack.errors import StackError
from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset
from runtime.leaving import leave

_FOLDER = Path(".backhaul-chaos")


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when nothing differs, 1 when something does, 2 when a run could not be counted."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=range(7, 8), metavar="N or N-M")
    parser.add_argument("--returns", type=int, default=20, help="of each seed (default: 20)")
    parser.add_argument(
        "--pack", choices=PACKS, default=STANDARD, help="when value goes out (default: standard)"
    )
    parser.add_argument("--matrix", action="store_true", help="every boundary with every process")
    parser.add_argument("--time-scale", type=float, default=TIME_SCALE)
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY)
    parser.add_argument("--patience", type=float, default=PATIENCE)
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="of the stacks and journals")
    parser.add_argument("--results", type=Path, metavar="FILE", help="append a row of each seed")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that is over")
    asked = parser.parse_args(arguments)
    if asked.returns < 1 or asked.concurrency < 1:
        parser.error("--returns and --concurrency must be at least 1")
    # To be told to end is to be interrupted, also where a shell had us ignore that: the run goes on
    # when it is asked for again.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    status = 0
    for seed in asked.seeds:
        variant = f"{f'-{asked.pack}' * (asked.pack != STANDARD)}{'-matrix' * asked.matrix}"
        folder = asked.folder / f"seed-{seed}-of-{asked.returns}{variant}"
        one = Asked(
            seed=seed,
            returns=asked.returns,
            whole_matrix=asked.matrix,
            pack=asked.pack,
            time_scale=asked.time_scale,
            concurrency=asked.concurrency,
            patience=asked.patience,
        )
        try:
            report = run(one, folder, _tell)
        except (OtherRunError, StackError) as error:
            # The next seed has a stack of its own.
            _tell(f"seed {seed} was not counted, its folder is kept: {error}")
            status = 2
            continue
        except KeyboardInterrupt:
            _tell(f"seed {seed} was cut off; the same command goes on with it")
            return 2
        print(report.as_text(), flush=True)
        status = max(status, _kept(report, folder, asked.results, keep=asked.keep))
    return status


def _kept(report: Report, folder: Path, results: Path | None, *, keep: bool) -> int:
    """Append the row; what a run left is removed, unless something differs or is open in it."""
    if results is not None:
        with results.open("a") as file:
            file.write(json.dumps(report.to_json()) + "\n")
    keep = keep or bool(report.differences or report.standing.parked)
    if keep:
        _tell(f"all of it is kept in {folder}")
    else:
        (folder / "chaos.json").unlink()
        reset(DataFolder.at(folder))
    return 1 if report.differences else 0


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"wanted a seed or a range as 1-20, found {text}"
        ) from error
    if not seeds or seeds[0] < 1:
        raise argparse.ArgumentTypeError(f"seeds start at 1 and go up, found {text}")
    return seeds


def _tell(message: str) -> None:
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    leave(main())
