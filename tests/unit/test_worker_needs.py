"""A worker does as its settings say."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from runtime.adapters import CARRIER_SHEETS
from runtime.connections import stored_connections
from runtime.settings import Settings
from storage.database import Database
from storage.secrets import SecretBox
from storage.tenants import Tenants
from workers.returns import Dependencies, needs_of, rate_of

KEY = Fernet.generate_key().decode()
NOWHERE = "postgresql+psycopg://app@127.0.0.1:1/backhaul"


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """One that nobody asks anything."""
    unasked = Database(NOWHERE)
    yield unasked
    await unasked.aclose()


def needs(database: Database, **said: object) -> Dependencies:
    settings = Settings.model_validate(
        {"database_url": SecretStr(NOWHERE), "secret_key": SecretStr(KEY), **said}
    )
    tenants = Tenants(database, SecretBox(KEY))
    return needs_of(settings, database, stored_connections(tenants, settings))


@pytest.mark.parametrize(
    ("rates", "takes", "rate"),
    [("", 30, 30), ("sf=2.5", 30, 2.5), ("ups=2.5", 30, 30), ("", None, None), ("sf=4", None, 4)],
)
async def test_a_carrier_is_called_as_often_as_is_set_or_as_its_sheet_says(
    database: Database, rates: str, takes: float | None, rate: float | None
) -> None:
    """What is set of one changes no other; one whose sheet tells nothing is not held back."""
    sheet = replace(CARRIER_SHEETS["sf"], calls_per_second=takes)

    told = needs(database, carrier_rates=rates)

    assert rate_of(sheet, told.carrier_rates) == rate


@pytest.mark.parametrize("watches", [True, False])
async def test_parcels_are_watched_unless_that_is_off(database: Database, watches: bool) -> None:
    """Warnings come too early for some shops."""
    assert needs(database, delay_watch=watches).watches_delays is watches
