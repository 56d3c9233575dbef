"""``backhaul keys``: API keys, made and ended in the database itself."""

import argparse
import asyncio
import sys
import uuid

from sqlalchemy.exc import IntegrityError

from cli.asking import moment
from cli.directly import open_direct
from cli.printing import show_table
from storage.states import Role


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = subparsers.add_parser("keys", help="make, list and end API keys")
    actions = keys.add_subparsers(metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a key; it is shown this once")
    create.add_argument("--tenant", required=True)
    create.add_argument("--role", choices=[*map(str, Role)], required=True)
    create.add_argument("--label", default="command line")
    create.add_argument("--expires", type=moment, help="a time with its offset")
    create.set_defaults(run=lambda arguments: asyncio.run(_create(arguments)))
    listing = actions.add_parser("list", help="list a tenant's keys")
    listing.add_argument("--tenant", required=True)
    listing.set_defaults(run=lambda arguments: asyncio.run(_list(arguments)))
    revoke = actions.add_parser("revoke", help="end a key now")
    revoke.add_argument("--tenant", required=True)
    revoke.add_argument("key_id", type=uuid.UUID)
    revoke.set_defaults(run=lambda arguments: asyncio.run(_revoke(arguments)))


async def _create(arguments: argparse.Namespace) -> int:
    async with open_direct() as direct:
        try:
            key_id, plain = await direct.keys.create(
                arguments.tenant,
                Role(arguments.role),
                arguments.label,
                expires_at=arguments.expires,
            )
        except IntegrityError:
            print(f"backhaul: there is no tenant {arguments.tenant}", file=sys.stderr)
            return 1
    print(plain)
    print(f"key {key_id}; it cannot be shown again", file=sys.stderr)
    return 0


async def _list(arguments: argparse.Namespace) -> int:
    async with open_direct() as direct:
        found = await direct.keys.list(arguments.tenant)
    rows = [
        (
            key.key_id,
            f"bh_{key.prefix}_…",
            key.role,
            key.label,
            "revoked" if key.revoked_at else f"until {key.expires_at}" if key.expires_at else "",
        )
        for key in found
    ]
    show_table(("id", "key", "role", "label", ""), rows)
    return 0


async def _revoke(arguments: argparse.Namespace) -> int:
    async with open_direct() as direct:
        ended = await direct.keys.revoke(arguments.tenant, str(arguments.key_id))
    if not ended:
        print("backhaul: the tenant has no such key", file=sys.stderr)
    return 0 if ended else 1
