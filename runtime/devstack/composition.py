"""What the processes of a stack are told: secrets, addresses, environment."""

import base64
import secrets
from collections.abc import Callable, Mapping

from runtime.devstack.folder import StackRecord
from runtime.devstack.ports import PortWish
from runtime.devstack.postgres import APP_ROLE, DATABASE, OWNER_ROLE
from runtime.settings import PREFIX, StackSettings, variable
from storage.states import Role

# The ports of each service that has any.
SERVICE_PORTS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("postgres",),
    "temporal": ("temporal", "temporal_ui"),
    "sandbox": ("sandbox", "smtp"),
    "api": ("api",),
}

_SECRET_VARIABLES = ("database_url", "database_owner_url", "secret_key")


def key_name(role: str) -> str:
    """Return the name in ``secrets.json`` of the API key for a role."""
    return f"api_key_{role}"


def _webhook_secret() -> str:
    # Standard Webhooks: the part after the prefix is 24 to 64 bytes in base64.
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _api_key() -> str:
    return f"bh_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


# The prefixes of the vendors' keys are what the sandbox takes for its own.
SECRET_FACTORIES: Mapping[str, Callable[[], str]] = {
    "postgres_password": lambda: secrets.token_urlsafe(24),
    "owner_password": lambda: secrets.token_urlsafe(24),
    "app_password": lambda: secrets.token_urlsafe(24),
    "secret_key": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "stripe_webhook_secret": lambda: "whsec_" + secrets.token_hex(24),
    "easypost_webhook_secret": lambda: secrets.token_hex(24),
    "commerce_webhook_secret": _webhook_secret,
    "stripe_key": lambda: "sk_test_" + secrets.token_hex(24),
    "easypost_key": lambda: "EZTK" + secrets.token_hex(24),
    "commerce_token": lambda: "ct_" + secrets.token_hex(24),
    **{key_name(role): _api_key for role in Role},
}


def port_wishes(settings: StackSettings, services: tuple[str, ...]) -> list[PortWish]:
    """Return what is known about the port of each of these services."""
    wishes = {
        "postgres": settings.postgres_port,
        "temporal": settings.temporal_port,
        "temporal_ui": settings.temporal_ui_port,
        "sandbox": settings.sandbox_port,
        "smtp": 0,
        "api": settings.api_port,
    }
    preferred = {"api": 8080}
    return [
        PortWish(
            name,
            configured=wishes[name],
            setting=variable(f"{name}_port") if name != "smtp" else None,
            preferred=preferred.get(name, 0),
        )
        for service in services
        for name in SERVICE_PORTS.get(service, ())
    ]


def addresses(settings: StackSettings, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what to open or to connect to, by name; none of them holds a password."""
    urls = {
        name: f"http://127.0.0.1:{ports[name]}"
        for name in ("api", "sandbox", "temporal_ui")
        if name in ports
    }
    for name in ("temporal", "postgres", "smtp"):
        if name in ports:
            urls[name] = f"127.0.0.1:{ports[name]}"
    if settings.temporal_address is not None:
        urls["temporal"] = settings.temporal_address
    if settings.temporal_ui_url is not None:
        urls["temporal_ui"] = settings.temporal_ui_url
    if "api" in urls:
        urls["public"] = settings.public_url or urls["api"]
    return urls


def plain_environment(
    settings: StackSettings, ports: Mapping[str, int], urls: Mapping[str, str]
) -> dict[str, str]:
    """Return the settings of worker, API and commands, without the secret ones."""
    values = {
        "temporal_address": urls.get("temporal"),
        "temporal_namespace": settings.temporal_namespace,
        "temporal_ui_url": urls.get("temporal_ui"),
        "task_queue": settings.task_queue,
        "api_host": settings.api_host,
        "api_port": str(ports["api"]) if "api" in ports else None,
        "public_url": urls.get("public"),
        "sandbox_url": urls.get("sandbox"),
        "time_scale": str(settings.time_scale),
        "carrier_rates": settings.carrier_rates,
        "delay_watch": str(settings.delay_watch).lower(),
        "policy_pack": None if settings.policy_pack is None else str(settings.policy_pack),
        "log_format": settings.log_format,
        "log_level": settings.log_level,
    }
    return {variable(name): value for name, value in values.items() if value is not None}


def secret_values(
    settings: StackSettings, ports: Mapping[str, int], known: Mapping[str, str]
) -> dict[str, str]:
    """Return the known secrets with those that settings and ports decide."""
    values = dict(known)
    if settings.secret_key is not None:
        values["secret_key"] = settings.secret_key.get_secret_value()
    if settings.database_url is not None and settings.database_owner_url is not None:
        values["database_url"] = settings.database_url.get_secret_value()
        values["database_owner_url"] = settings.database_owner_url.get_secret_value()
    elif "postgres" in ports:
        place = f"127.0.0.1:{ports['postgres']}/{DATABASE}"
        for name, role, password in (
            ("database_url", APP_ROLE, known["app_password"]),
            ("database_owner_url", OWNER_ROLE, known["owner_password"]),
        ):
            values[name] = f"postgresql+psycopg://{role}:{password}@{place}"
    return values


def full_environment(record: StackRecord, secrets_by_name: Mapping[str, str]) -> dict[str, str]:
    """Return every setting of the stack's processes; the owner's address is for migrations."""
    known = {name: secrets_by_name.get(name) for name in _SECRET_VARIABLES}
    secret = {variable(name): value for name, value in known.items() if value is not None}
    return {**record.environment, **secret}


def without_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that has no business changing tables."""
    return {
        name: value for name, value in environment.items() if name != f"{PREFIX}DATABASE_OWNER_URL"
    }
