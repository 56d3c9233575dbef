"""``backhaul demo``: start the stack if none runs, play the returns, show where to look."""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from cli.demo.run import play_all
from cli.demo.show import save_picture, show_endings, show_failures
from cli.stack import address_lines
from runtime.devstack.stack import Stack, open_stack
from runtime.settings import load_stack_settings, variable

_SLOWEST_SCALE = 1000.0


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = subparsers.add_parser("demo", help="watch real returns run, from request to survey")
    demo.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="leave a stack that was started here running until Ctrl-C (default: at a terminal)",
    )
    demo.add_argument(
        "--save-svg", type=Path, metavar="FILE", help="save the end of it as a picture"
    )
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    # To be told to end is to be interrupted: what was started here is stopped first.
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    console = Console(highlight=False)
    data_dir = load_stack_settings().data_dir
    stack = open_stack(data_dir, on_progress=lambda message: console.print(f"  {message}"))
    if not stack.is_ours:
        console.print(f"Using the stack that runs on {stack.folder.shown}.", soft_wrap=True)
        return _play(stack, console, arguments.save_svg)
    with stack:
        status = _play(stack, console, arguments.save_svg)
        keep = sys.stdin.isatty() if arguments.keep is None else arguments.keep
        if keep:
            console.print("All of it keeps running until Ctrl-C; `make up` starts it to stay.")
            _wait_for_interrupt()
            console.print("Stopping; all data is kept.")
    return status


def _play(stack: Stack, console: Console, picture: Path | None) -> int:
    scale = float(stack.environment[variable("time_scale")])
    if scale < _SLOWEST_SCALE:
        console.print(
            f"This stack runs its waits at a scale of {scale:g}, so the demo would take days. "
            f"Start it with {variable('time_scale')} at {_SLOWEST_SCALE:g} or more.",
            style="red",
        )
        return 1
    console.print(
        f"Our own waits run {scale:g} times faster here: a day in {86400 / scale:.0f} s.\n"
        "Statutory dates stay as they are."
    )
    endings = asyncio.run(play_all(stack, console))

    def draw(console: Console) -> None:
        show_endings(console, endings)
        for line in address_lines(stack):
            console.print(line, markup=False, soft_wrap=True)
        show_failures(console, endings)

    draw(console)
    if picture is not None:
        save_picture(picture, draw)
    return 0 if not any(ending.failures for ending in endings) else 1


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
