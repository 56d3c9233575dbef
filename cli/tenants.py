"""``backhaul tenants``: tenants and their connections, in the database itself."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from cli.directly import open_direct
from cli.printing import show_table
from integrations.directory import ADAPTERS
from integrations.errors import ConfigurationError
from runtime.tenancy import connect_tenant


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    tenants = subparsers.add_parser("tenants", help="make tenants and connect them")
    actions = tenants.add_subparsers(metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a tenant")
    create.add_argument("tenant", help="lower-case letters, digits and hyphens; for good")
    create.add_argument("name")
    create.set_defaults(run=lambda arguments: asyncio.run(_create(arguments)))
    listing = actions.add_parser("list", help="list all tenants")
    listing.set_defaults(run=lambda arguments: asyncio.run(_list(arguments)))
    connect = actions.add_parser("connect", help="connect a tenant to an outside system")
    connect.add_argument("tenant")
    connect.add_argument("adapter", choices=[*ADAPTERS])
    connect.add_argument("base_url")
    connect.add_argument(
        "--secrets", metavar="FILE", help="a JSON object of the adapter's secrets; - is the input"
    )
    connect.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="such as sender=…"
    )
    connect.set_defaults(run=lambda arguments: asyncio.run(_connect(arguments)))


async def _create(arguments: argparse.Namespace) -> int:
    async with open_direct() as direct:
        try:
            created = await direct.tenants.create(arguments.tenant, arguments.name)
        except IntegrityError:
            print("backhaul: wanted lower-case letters, digits and hyphens", file=sys.stderr)
            return 1
    print(f"tenant {arguments.tenant} {'is made' if created else 'was there already'}")
    return 0


async def _list(_arguments: argparse.Namespace) -> int:
    async with open_direct() as direct:
        found = await direct.tenants.list_all()
    show_table(("tenant", "name"), [(tenant.tenant_id, tenant.name) for tenant in found])
    return 0


async def _connect(arguments: argparse.Namespace) -> int:
    try:
        secrets = _secrets(arguments.secrets)
        options = dict(_pair(setting) for setting in arguments.setting)
    except (OSError, ValueError) as error:
        print(f"backhaul: {error}", file=sys.stderr)
        return 2
    async with open_direct() as direct:
        try:
            stored = await connect_tenant(
                direct.tenants,
                direct.settings,
                tenant_id=arguments.tenant,
                kind=ADAPTERS[arguments.adapter].kind,
                adapter=arguments.adapter,
                base_url=arguments.base_url,
                secrets=secrets,
                options=options,
            )
        except ConfigurationError as error:
            print(f"backhaul: {error} ({error.field})", file=sys.stderr)
            return 1
        except IntegrityError:
            print(f"backhaul: there is no tenant {arguments.tenant}", file=sys.stderr)
            return 1
    print(f"connection {stored.connection_id}")
    print(f"webhooks go to {direct.settings.public_url}/v1/webhooks/{stored.connection_id}")
    return 0


def _secrets(source: str | None) -> dict[str, str]:
    """Read secrets from a file or the input: arguments are seen by every user of a machine."""
    if source is None:
        return {}
    found = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text())
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ValueError("wanted a JSON object of texts as secrets")
    return found


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise ValueError(f"wanted NAME=VALUE, found {setting!r}")
    return name, value
