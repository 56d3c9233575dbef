"""Alembic runs this: with the connection of ``storage.migrate``, or with ``-x url=…`` by hand."""

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from storage.models.catalogue import METADATA


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    _run(given)
else:
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise SystemExit("wanted `backhaul db upgrade`, or -x url=<the owner's address>")
    with create_engine(url, poolclass=NullPool).begin() as own:
        _run(own)
