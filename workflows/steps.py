"""The two ways a step is run: a call to an outside system, and a write to our own database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from workflows.options import CALL_PROVIDER, WRITE_RECORD, WRITE_RECORD_PATIENTLY

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
Activity = Callable[[Any, _Asked], Awaitable[_Answer]]
"""An activity method: of any class, with one message in and one out."""


async def call(
    activity: Activity[_Asked, _Answer],
    asked: _Asked,
    *,
    summary: str,
    options: ActivityConfig = CALL_PROVIDER,
) -> _Answer:
    """Run one activity; ``summary`` is what Temporal's UI shows for it (no personal data)."""
    config: ActivityConfig = {**options, "summary": summary}
    return await workflow.execute_activity_method(activity, asked, **config)


async def write(
    activity: Activity[_Asked, _Answer],
    asked: _Asked,
    *,
    summary: str,
    otherwise: ActivityConfig = WRITE_RECORD_PATIENTLY,
) -> _Answer:
    """Run one activity on our own database, as a local one: a single history event.

    While the database is away it becomes a regular activity, which is visible and, unless
    ``otherwise`` says so, repeats without end. A final refusal is raised as it is.
    """
    config: LocalActivityConfig = {**WRITE_RECORD, "summary": summary}
    try:
        return await workflow.execute_local_activity_method(activity, asked, **config)
    except FailureError as error:
        reason = reason_of(error)
        final = isinstance(reason, ApplicationError) and reason.non_retryable
        if final or is_cancelled_exception(error):
            raise
    return await call(activity, asked, summary=summary, options=otherwise)


def reason_of(error: FailureError) -> BaseException:
    """Return what went wrong in an activity.

    Temporal wraps the error of a regular activity, but raises that of a local one as it is.
    """
    return error.cause if isinstance(error, ActivityError) and error.cause else error


async def uninterrupted(
    work: Coroutine[Any, Any, _Answer], *, on_cancel: Callable[[], None] | None = None
) -> _Answer:
    """Do ``work`` to its end although the run is cancelled meanwhile; ``on_cancel`` is told then.

    Temporal delivers a cancellation once, so nothing interrupts the work afterwards.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if workflow.cancellation_reason() is None:
            # Not cancelled: the run leaves this worker's cache.
            raise
    if on_cancel is not None:
        on_cancel()
    return await task
