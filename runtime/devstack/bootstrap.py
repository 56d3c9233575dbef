"""What has to be in place between the start of the foundations and that of the engine."""

import argparse
import os
import sys
from pathlib import Path

from runtime.devstack.folder import DataFolder
from runtime.devstack.stack import Stack
from runtime.settings import variable
from storage.migrate import upgrade


def bootstrap(stack: Stack) -> None:
    """Bring the database up to date. Runs at every start, so every step may be repeated."""
    upgrade(stack.environment[variable("database_owner_url")])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    bootstrap(Stack(DataFolder.at(parser.parse_args().data_dir)))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # A process that has opened a Temporal client may crash on its ordinary way out.
    os._exit(status)
