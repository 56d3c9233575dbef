"""``python -m api``: serves the API until told to stop."""

import asyncio
import sys

import structlog

from api.app import create_app
from api.services import open_services
from api.serving import server_of
from integrations.errors import ConfigurationError
from runtime.leaving import leave
from runtime.logging import configure_logging
from runtime.settings import Settings, SettingsError, load_settings


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    log = structlog.get_logger("api")
    async with open_services(settings) as services:
        server = server_of(create_app(services), host=settings.api_host, port=settings.api_port)
        log.info("api.started", host=settings.api_host, port=settings.api_port)
        await server.serve()
    log.info("api.stopped")


def main() -> int:
    try:
        settings = load_settings()
        configure_logging(settings.log_format, settings.log_level)
        asyncio.run(serve(settings))
    except (SettingsError, ConfigurationError) as error:
        print(f"api: {error}", file=sys.stderr)  # noqa: T201  # before there is a log
        return 1
    return 0


if __name__ == "__main__":
    leave(main())
