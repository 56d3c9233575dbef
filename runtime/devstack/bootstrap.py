"""What has to be in place between the start of the foundations and that of the engine."""

import argparse
import asyncio
import traceback
from pathlib import Path

from runtime.devstack.folder import DataFolder
from runtime.devstack.stack import Stack
from runtime.devstack.tenant import prepare_tenant
from runtime.leaving import leave
from runtime.settings import variable
from runtime.temporal import connect, ensure_search_attributes
from storage.migrate import upgrade


async def bootstrap(stack: Stack) -> None:
    """Bring database, Temporal and tenant up to date at every start; each step may be repeated."""
    environment = stack.environment
    upgrade(environment[variable("database_owner_url")])
    temporal = await connect(
        environment[variable("temporal_address")], environment[variable("temporal_namespace")]
    )
    await ensure_search_attributes(temporal)
    await prepare_tenant(stack)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    folder = DataFolder.at(parser.parse_args().data_dir)
    try:
        asyncio.run(bootstrap(Stack(folder)))
    except Exception:  # noqa: BLE001  # whatever it was, the last lines of the log are shown
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    leave(main())
