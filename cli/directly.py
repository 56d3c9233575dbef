"""How commands reach the database: the configured one, or that of the embedded stack."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runtime.devstack.errors import NotRunningError
from runtime.devstack.stack import Stack, find
from runtime.settings import (
    PREFIX,
    Settings,
    SettingsError,
    load_settings,
    load_stack_settings,
    variable,
)
from storage.database import Database
from storage.keys import ApiKeys
from storage.secrets import SecretBox
from storage.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Direct:
    """The database behind the API: for the first keys, before there is one to call it with."""

    settings: Settings
    tenants: Tenants
    keys: ApiKeys


@asynccontextmanager
async def open_direct() -> AsyncIterator[Direct]:
    settings = _settings()
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        box = SecretBox(settings.secret_key.get_secret_value())
        yield Direct(settings, Tenants(database, box), ApiKeys(database))
    finally:
        await database.aclose()


def _settings() -> Settings:
    name = variable("database_url")
    if name in os.environ:
        return load_settings()
    try:
        stack = find(load_stack_settings().data_dir)
    except NotRunningError:
        raise SettingsError(f"{name} is not set, and no embedded stack runs") from None
    return settings_of(stack)


def settings_of(stack: Stack) -> Settings:
    """Return what the processes of an embedded stack are told."""
    values = {key.removeprefix(PREFIX).lower(): value for key, value in stack.environment.items()}
    return Settings.model_validate(values)
