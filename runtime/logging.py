"""Structured logs: one event a line, Temporal ids bound, secrets dropped."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity

REDACTED = "[redacted]"

# A field is dropped by its name, wherever it comes from: a value cannot be told to be a secret.
_SECRET_WORDS = frozenset(
    {"token", "secret", "password", "authorization", "key", "apikey", "signature", "cookie"}
)
# Names that hold one of those words and are no secret.
_HARMLESS = frozenset({"idempotency_key", "key_id"})


# Without local variables: they hold keys and the addresses of customers.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logging(
    log_format: Literal["json", "console"], level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
) -> None:
    """Send structlog's and the standard library's records to standard error in one shape.

    Called once, first thing in a process; a second call replaces the first.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        bind_temporal_ids,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        redact_secrets,
    ]
    render: list[Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer(sort_keys=False)]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        # One line per request says what our own events say better, and may hold a URL's token.
        logging.getLogger(noisy).setLevel(logging.WARNING)


def bind_temporal_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add workflow, run, activity and attempt to every line written inside an activity."""
    if activity.in_activity():
        info = activity.info()
        event.setdefault("workflow_id", info.workflow_id)
        event.setdefault("workflow_run_id", info.workflow_run_id)
        event.setdefault("activity_type", info.activity_type)
        event.setdefault("attempt", info.attempt)
    return event


def redact_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says that it is a secret."""
    for name in event:
        words = name.lower().replace("-", "_").split("_")
        if name not in _HARMLESS and not _SECRET_WORDS.isdisjoint(words):
            event[name] = REDACTED
    return event
