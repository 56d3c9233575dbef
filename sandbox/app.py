"""The HTTP side of the outside world, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse

from sandbox import (
    commerce_api,
    control,
    easypost_api,
    kuaidi100_api,
    labels,
    ledger_views,
    pages,
    paypal_api,
    sf_api,
    stripe_api,
    stripe_disputes_api,
    ups_api,
    wechatpay_api,
)
from sandbox.dialects import DIALECTS
from sandbox.world import World


def create_app(world: World) -> FastAPI:
    """Build the application; while it runs, its one background task delivers webhooks."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(world.webhooks.deliver_forever())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(title="Backhaul sandbox", version="1", lifespan=lifespan, docs_url=None)
    app.state.world = world
    for part in (
        stripe_api,
        stripe_disputes_api,
        paypal_api,
        wechatpay_api,
        easypost_api,
        ups_api,
        kuaidi100_api,
        sf_api,
        commerce_api,
        control,
        ledger_views,
        labels,
        pages,
    ):
        app.include_router(part.router)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def unknown_route(request: Request, error: HTTPException) -> Response:
        """Answer paths no route has as the system under that path would."""
        dialect = DIALECTS.get(request.url.path.split("/")[1])
        if dialect is None:
            return await http_exception_handler(request, error)
        code = dialect.failure_codes[error.status_code]
        message = f"unrecognized request URL ({request.method}: {request.url.path})"
        refusal = dialect.refuse(error.status_code, code, message)
        return JSONResponse(refusal.body, error.status_code)

    return app
