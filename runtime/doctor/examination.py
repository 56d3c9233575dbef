"""One examination: everything that can be asked, and nothing that would only fail again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from runtime.doctor import database, machine, temporal, tenants
from runtime.doctor.findings import Finding, broken
from runtime.settings import Settings
from storage.database import Database
from storage.health import Health
from storage.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined.

    Attributes:
        api_url: Where the API listens, if that is known.
        folders: Folders whose disk must not fill up, by what is kept in them.
    """

    settings: Settings
    api_url: str | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)


async def examine(patient: Patient) -> list[Finding]:
    """Ask everything once. Nothing of a return is changed, and no secret is in the answer."""
    findings = [
        *machine.versions(),
        machine.wall_clock(datetime.now(UTC)),
        *machine.disk(patient.folders),
        *await _database(patient.settings),
        *await _temporal(patient.settings),
    ]
    if patient.api_url is not None:
        findings.append(await machine.api(patient.api_url))
    return findings


async def _database(settings: Settings) -> list[Finding]:
    opened = Database(settings.database_url.get_secret_value(), pool_size=1)
    health = Health(opened)
    findings: list[Finding] = []
    try:
        reached, answers = await database.reachable(health, settings)
        findings += reached
        if not answers:
            return findings
        migrated, is_usable = await database.migrated(health, settings)
        findings.append(migrated)
        if not is_usable:
            return findings
        names = [tenant.tenant_id for tenant in await Tenants(opened).list_all()]
        for name in names:
            findings += await tenants.connections(health, name, settings)
        findings += await tenants.backlog(health, names)
        findings.append(await tenants.parked(health, names))
        findings.append(await tenants.lost_runs(health, names))
    except SQLAlchemyError as error:
        mend = "`backhaul db migrate` gives the application role its rights; then look at its log"
        findings.append(broken("database", f"refuses a query ({type(error).__name__})", mend))
    finally:
        await opened.aclose()
    return findings


async def _temporal(settings: Settings) -> list[Finding]:
    findings, client = await temporal.reachable(settings)
    if client is None:
        return findings
    try:
        findings.append(await temporal.search_attributes(client))
        skewed = await temporal.skew(client)
        findings.append(temporal.clock_of(skewed))
        findings.append(await temporal.workers(client, settings, skewed or timedelta()))
        findings.append(await temporal.sweep(client, settings, skewed or timedelta()))
    except RPCError as error:
        mend = "let this machine's account read search attributes, task queues and schedules"
        found = f"refuses a question ({error.status.name.lower()})"
        findings.append(broken("temporal", found, mend))
    return findings
