"""Settings say clearly what is wrong with the environment."""

import base64
import json
from pathlib import Path

import pytest

from activities.policies import load_policy
from runtime.devstack.composition import plain_environment
from runtime.settings import (
    Settings,
    SettingsError,
    StackSettings,
    known_variables,
    load_settings,
    load_stack_settings,
    read_rates,
    variable,
)
from tests.support import builders

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
URL = "postgresql://backhaul_app:hidden-password@db.example.com/backhaul"


@pytest.fixture(autouse=True)
def a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests is seen."""
    for name in known_variables():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The least that a process needs."""
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", URL)
    monkeypatch.setenv("BACKHAUL_SECRET_KEY", KEY)
    return monkeypatch


def test_names_every_required_variable_that_is_missing() -> None:
    """One look at the message is enough to fix all of it."""
    with pytest.raises(SettingsError, match=r"BACKHAUL_DATABASE_URL.*; BACKHAUL_SECRET_KEY"):
        load_settings()


def test_refuses_a_misspelt_name_and_offers_the_right_one(complete: pytest.MonkeyPatch) -> None:
    """A typo is not silently replaced by the default."""
    complete.setenv("BACKHAUL_API_PROT", "9000")

    with pytest.raises(SettingsError, match=r"BACKHAUL_API_PROT.*did you mean BACKHAUL_API_PORT"):
        load_settings()


def test_the_embedded_stack_refuses_a_misspelt_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rule holds for the port of a service."""
    monkeypatch.setenv("BACKHAUL_POSTGRESS_PORT", "5432")

    with pytest.raises(SettingsError, match="BACKHAUL_POSTGRES_PORT"):
        load_stack_settings()


def test_always_uses_our_database_driver(complete: pytest.MonkeyPatch) -> None:
    """The address may be pasted as hosting companies show it."""
    settings = load_settings()

    assert settings.database_url.get_secret_value().startswith("postgresql+psycopg://backhaul_app:")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKHAUL_DATABASE_URL", "mysql://hidden-password@db.example.com/backhaul"),
        ("BACKHAUL_SECRET_KEY", "hidden-password"),
        ("BACKHAUL_API_PORT", "70000"),
        ("BACKHAUL_TIME_SCALE", "0.5"),
        ("BACKHAUL_PUBLIC_URL", "returns.example.com"),
    ],
)
def test_names_the_variable_and_hides_its_value(
    complete: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A wrong value is refused, and a secret does not end up in a terminal's log."""
    complete.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as refused:
        load_settings()

    assert "hidden-password" not in str(refused.value)


def test_time_is_scaled_against_the_sandbox_only(complete: pytest.MonkeyPatch) -> None:
    """A deployment with real shoppers cannot run on demo time."""
    complete.setenv("BACKHAUL_TIME_SCALE", "3600")
    with pytest.raises(SettingsError, match="BACKHAUL_SANDBOX_URL"):
        load_settings()

    complete.setenv("BACKHAUL_SANDBOX_URL", "http://127.0.0.1:9999/")
    assert load_settings().sandbox_url == "http://127.0.0.1:9999"


def test_a_policy_pack_is_read_before_anything_starts(
    complete: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pack that cannot govern stops the process, and the message says where it is wrong."""
    pack = tmp_path / "pack.json"
    complete.setenv("BACKHAUL_POLICY_PACK", str(pack))
    with pytest.raises(
        SettingsError, match=r"BACKHAUL_POLICY_PACK.*pack.json: wanted a readable file"
    ):
        load_settings()

    pack.write_text(json.dumps({**builders.pack(), "fees": {"taxable": "no"}}))
    with pytest.raises(SettingsError, match=r"BACKHAUL_POLICY_PACK.*fees.taxable: wanted true"):
        load_settings()

    own = tmp_path / "own.json"
    own.write_text(json.dumps({**builders.pack(), "id": "OWN"}))
    complete.setenv("BACKHAUL_POLICY_PACK", str(own))
    assert load_policy(load_settings().policy_pack).ref == "OWN@2024-01-01"


@pytest.mark.parametrize("rates", ["owl=1", "easypost=0", "easypost=-1", "easypost", "=3"])
def test_rates_of_carriers_are_read_before_anything_starts(
    complete: pytest.MonkeyPatch, rates: str
) -> None:
    """A carrier that nobody knows, or a rate that lets nothing through, stops the process."""
    complete.setenv("BACKHAUL_CARRIER_RATES", rates)
    with pytest.raises(SettingsError, match="BACKHAUL_CARRIER_RATES"):
        load_settings()

    complete.setenv("BACKHAUL_CARRIER_RATES", "easypost=2.5")
    assert read_rates(load_settings().carrier_rates) == {"easypost": 2.5}


def test_a_stack_hands_on_all_that_its_processes_understand_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each setting of both kinds reaches worker and API, a pack as a path that leads anywhere."""
    own = tmp_path / "own.json"
    own.write_text(json.dumps(builders.pack()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKHAUL_POLICY_PACK", "own.json")

    told = plain_environment(load_stack_settings(), {}, {})

    secret = {"database_url", "database_owner_url", "secret_key"}
    shared = Settings.model_fields.keys() & StackSettings.model_fields.keys() - secret
    bound_to_a_service = {"api_port", "public_url", "temporal_address", "temporal_ui_url"}
    assert {variable(name) for name in shared - bound_to_a_service} <= told.keys()
    assert told["BACKHAUL_POLICY_PACK"] == str(own.resolve())


@pytest.mark.parametrize(
    ("name", "value"),
    [("delay_watch", "false"), ("delay_watch", "true"), ("carrier_rates", "sf=2")],
)
def test_a_stack_hands_on_what_is_set(complete: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Its processes read the same as whoever started it wrote."""
    complete.setenv(variable(name), value)
    wanted = getattr(load_settings(), name)

    with pytest.MonkeyPatch.context() as embedded:
        embedded.delenv("BACKHAUL_DATABASE_URL")
        told = plain_environment(load_stack_settings(), {}, {})
    complete.setenv(variable(name), told[variable(name)])

    assert told[variable(name)] == value
    assert getattr(load_settings(), name) == wanted


def test_does_not_print_secrets(complete: pytest.MonkeyPatch) -> None:
    """Settings may be logged as a whole."""
    printed = repr(load_settings())

    assert KEY not in printed
    assert "hidden-password" not in printed


def test_a_database_of_ones_own_needs_both_roles(complete: pytest.MonkeyPatch) -> None:
    """The stack migrates the database that it is given."""
    with pytest.raises(SettingsError, match="BACKHAUL_DATABASE_OWNER_URL"):
        load_stack_settings()
