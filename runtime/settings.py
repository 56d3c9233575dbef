"""Every setting of every process, read from ``BACKHAUL_*`` variables by this module alone."""

import base64
import binascii
import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.policies import load_policy
from runtime.adapters import CARRIER_SHEETS

PREFIX = "BACKHAUL_"

_DRIVER = "postgresql+psycopg://"


class SettingsError(ValueError):
    """The environment does not make valid settings; the message names every variable at fault."""


def _psycopg_url(url: SecretStr) -> SecretStr:
    scheme, separator, rest = url.get_secret_value().partition("://")
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise ValueError(f"want an address that starts with {_DRIVER}")
    return SecretStr(_DRIVER + rest)


def _fernet_key(key: SecretStr) -> SecretStr:
    try:
        raw = base64.urlsafe_b64decode(key.get_secret_value().encode())
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise ValueError("want a Fernet key: 32 random bytes in URL-safe base64")
    return key


def _without_slash(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("want an address that starts with http:// or https://")
    return url.rstrip("/")


def _policy_pack(pack: Path) -> Path:
    load_policy(pack)
    # The processes of a stack may run elsewhere.
    return pack.resolve()


DatabaseUrl = Annotated[SecretStr, AfterValidator(_psycopg_url)]
FernetKey = Annotated[SecretStr, AfterValidator(_fernet_key)]


def _carrier_rates(rates: str) -> str:
    read_rates(rates)
    return rates


def read_rates(rates: str) -> dict[str, float]:
    """Read ``ups=10,sf=5``: steps a second by adapter.

    Raises:
        ValueError: it is written otherwise, names no carrier's adapter, or a rate is not above 0.
    """
    found: dict[str, float] = {}
    for part in filter(None, rates.split(",")):
        name, _, rate = part.partition("=")
        if name not in CARRIER_SHEETS:
            raise ValueError(f"want carriers of {', '.join(CARRIER_SHEETS)}, found {name!r}")
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", rate) or float(rate) == 0:
            raise ValueError(f"want a number above 0 for {name}")
        found[name] = float(rate)
    return found


CarrierRates = Annotated[str, AfterValidator(_carrier_rates)]
PolicyPack = Annotated[Path, AfterValidator(_policy_pack)]
BaseUrl = Annotated[str, AfterValidator(_without_slash)]
Port = Annotated[int, Field(ge=0, le=65535)]


class _Shared(BaseSettings):
    """What both a single process and the embedded stack understand."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object a line, or coloured lines for people."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe line that is written."
    )
    time_scale: float = Field(
        1.0,
        ge=1,
        allow_inf_nan=False,
        description=(
            "Divides the waits that are ours (reminders, windows), never a statutory date. Above 1 "
            "only with `BACKHAUL_SANDBOX_URL`, and only while every connection of every tenant "
            "points at that sandbox."
        ),
    )
    temporal_namespace: str = Field("default", description="The Temporal namespace.")
    task_queue: str = Field("returns", description="The Temporal task queue of the returns worker.")
    carrier_rates: CarrierRates = Field(
        "",
        description=(
            "How many steps a second each carrier's task queue gives out, as `ups=10,sf=5`, "
            "instead of what its capability sheet says (`docs/carriers.md`)."
        ),
    )
    delay_watch: bool = Field(
        default=True,
        description=(
            "Whether customers and ops are told before a parcel breaks its carrier's promise; "
            "what that is worth stands in `docs/reliability.md`."
        ),
    )
    policy_pack: PolicyPack | None = Field(
        None,
        description=(
            "A JSON file with the policy pack that governs returns to come, instead of the "
            "shipped one; the same for workers and API."
        ),
    )


class Settings(_Shared):
    """Settings of one process: worker, API or a command that talks to them."""

    database_url: DatabaseUrl = Field(
        description=(
            "PostgreSQL as the application role, which row-level policies bind: "
            "`postgresql+psycopg://user:password@host:5432/backhaul`."
        )
    )
    database_owner_url: DatabaseUrl | None = Field(
        None,
        description="PostgreSQL as the role that owns the tables; only migrations need it.",
    )
    temporal_address: str = Field("127.0.0.1:7233", description="Host and port of Temporal's gRPC.")
    temporal_ui_url: BaseUrl | None = Field(
        None, description="Temporal's web interface; only printed in links for operators."
    )
    api_host: str = Field("127.0.0.1", description="The address the API listens on.")
    api_port: Port = Field(8080, description="The port the API listens on.")
    public_url: BaseUrl = Field(
        "http://127.0.0.1:8080", description="The base of links in mails and of webhook addresses."
    )
    secret_key: FernetKey = Field(
        description=(
            "Fernet key that encrypts the secrets of tenants' connections. "
            "Losing it means entering them again. Sessions of the pages are signed with it too."
        )
    )
    sandbox_url: BaseUrl | None = Field(
        None, description="The sandbox, where this deployment is a rehearsal and may scale time."
    )

    @model_validator(mode="after")
    def _time_is_scaled_only_against_the_sandbox(self) -> "Settings":
        if self.time_scale > 1 and self.sandbox_url is None:
            raise ValueError(
                f"{PREFIX}TIME_SCALE above 1 needs {PREFIX}SANDBOX_URL: "
                "time is scaled against the sandbox only"
            )
        return self


class StackSettings(_Shared):
    """Settings of the embedded stack, which writes those of its processes itself."""

    time_scale: float = Field(
        5000.0,
        ge=1,
        allow_inf_nan=False,
        description=(
            "The embedded stack is a rehearsal against its own sandbox: a day of our own waits "
            "passes in 17 seconds. Statutory dates stay as they are."
        ),
    )

    data_dir: Path = Field(
        Path(".backhaul"),
        description="Where the embedded stack keeps its data, logs, addresses and secrets.",
    )
    postgres_port: Port = Field(0, description="Port of the embedded PostgreSQL.")
    temporal_port: Port = Field(0, description="Port of the embedded Temporal's gRPC.")
    temporal_ui_port: Port = Field(0, description="Port of the embedded Temporal's web interface.")
    sandbox_port: Port = Field(0, description="Port of the sandbox's HTTP side.")
    api_host: str = Field("127.0.0.1", description="The address the API listens on.")
    api_port: Port = Field(
        0, description="The port the API listens on; of any free one, 8080 is tried first."
    )
    public_url: BaseUrl | None = Field(
        None, description="The base of links in mails and of webhook addresses."
    )
    database_url: DatabaseUrl | None = Field(
        None, description="A PostgreSQL to use instead of the embedded one: the application role."
    )
    database_owner_url: DatabaseUrl | None = Field(
        None, description="The same database as the role that owns its tables."
    )
    temporal_address: str | None = Field(
        None, description="A Temporal server to use instead of the embedded one."
    )
    temporal_ui_url: BaseUrl | None = Field(
        None, description="The web interface of that Temporal server."
    )
    secret_key: FernetKey | None = Field(
        None, description="Used instead of the generated key in `secrets.json`."
    )

    @model_validator(mode="after")
    def _a_database_of_ones_own_comes_with_both_roles(self) -> "StackSettings":
        if (self.database_url is None) != (self.database_owner_url is None):
            raise ValueError(
                f"{PREFIX}DATABASE_URL and {PREFIX}DATABASE_OWNER_URL are set together: "
                "the stack migrates the database it is given"
            )
        return self


class ClientSettings(BaseSettings):
    """Settings of commands that call the API; without them they call the embedded stack."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    api_url: BaseUrl | None = Field(None, description="The API that commands call.")
    api_key: SecretStr | None = Field(None, description="The API key that commands call it with.")

    @model_validator(mode="after")
    def _an_address_comes_with_its_key(self) -> "ClientSettings":
        if (self.api_url is None) != (self.api_key is None):
            raise ValueError(f"{PREFIX}API_URL and {PREFIX}API_KEY are set together")
        return self


# Variables that are ours and no process reads: they steer the tests.
TEST_VARIABLES: Mapping[str, str] = {
    f"{PREFIX}SHARED": "Folder of shared data for the tests; `../shared` where it is not set.",
}


def variable(field: str) -> str:
    """Return the name of the variable that sets ``field``."""
    return PREFIX + field.upper()


def known_variables() -> frozenset[str]:
    """Return every ``BACKHAUL_*`` name that means something."""
    models: tuple[type[BaseModel], ...] = (Settings, StackSettings, ClientSettings)
    named = {variable(field) for model in models for field in model.model_fields}
    return frozenset(named | TEST_VARIABLES.keys())


def load_settings() -> Settings:
    """Read the settings of one process.

    Raises:
        SettingsError: a variable is missing, has a wrong value, or has an unknown name.
    """
    _refuse_unknown()
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def load_stack_settings() -> StackSettings:
    """Read the settings of the embedded stack; raises as :func:`load_settings` does."""
    _refuse_unknown()
    try:
        return StackSettings()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def load_client_settings() -> ClientSettings:
    """Read the settings of a command; raises as :func:`load_settings` does."""
    _refuse_unknown()
    try:
        return ClientSettings()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _refuse_unknown() -> None:
    known = known_variables()
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError("; ".join(_unknown(name, known) for name in unknown))


def _unknown(name: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f", did you mean {near[0]}?" if near else "")


def _explain(error: ValidationError) -> str:
    """Return one line that names each variable at fault and never shows its value."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        message = problem["msg"].removeprefix("Value error, ")
        place = ".".join(str(part) for part in problem["loc"])
        lines.append(f"{variable(place)}: {message}" if place else message)
    return "; ".join(lines)
