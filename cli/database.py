"""``backhaul db``: the tables."""

import argparse

from runtime.devstack.errors import NotRunningError
from runtime.devstack.stack import find
from runtime.settings import SettingsError, load_stack_settings, variable
from storage.migrate import upgrade


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    database = subparsers.add_parser("db", help="create and change the tables")
    actions = database.add_subparsers(metavar="ACTION", required=True)
    migrate = actions.add_parser("migrate", help="bring the tables up to date; may be repeated")
    migrate.set_defaults(run=_migrate)


def _migrate(_arguments: argparse.Namespace) -> int:
    upgrade(_owner_url())
    print("The tables are up to date.")
    return 0


def _owner_url() -> str:
    """Return the configured database, or that of the stack that runs here."""
    settings = load_stack_settings()
    if settings.database_owner_url is not None:
        return settings.database_owner_url.get_secret_value()
    name = variable("database_owner_url")
    try:
        return find(settings.data_dir).environment[name]
    except NotRunningError:
        raise SettingsError(f"{name} is not set, and no embedded stack runs") from None
