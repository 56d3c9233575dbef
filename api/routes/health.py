"""Is the process alive, and can it do its work?"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.asking import ServicesOf
from backhaul_client.listing import Health

router = APIRouter(tags=["health"])
_SECONDS = 3.0


@router.get("/healthz", operation_id="healthz")
async def healthz() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz", responses={503: {"model": Health}})
async def readyz(response: Response, services: ServicesOf) -> Health:
    """Say whether database and workflow engine answer: 503 unless both do."""
    service = services.temporal.service_client
    database, temporal = await asyncio.gather(
        _check(services.database.ping()),
        _check(service.check_health(timeout=timedelta(seconds=_SECONDS))),
    )
    ready = database == temporal == "ok"
    response.status_code = 200 if ready else 503
    return Health(
        status="ok" if ready else "unavailable",
        checks={"database": database, "temporal": temporal},
    )


async def _check(asked: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(_SECONDS):
            await asked
    except (SQLAlchemyError, RPCError, TimeoutError):
        return "does not answer"
    return "ok"
