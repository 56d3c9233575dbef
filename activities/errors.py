"""Errors of integrations and storage become Temporal's, named by what the workflow does with them.

Types (the workflow turns each into a blocker, see ``workflows/parking.py``):

``ProviderUnavailable``  repeated by the retry policy; parks when that gives up
``CourierUnavailable``   the same, of a carrier
``BookingUnknown``       not repeated: only a person can ask the carrier whether it was booked
``OutcomeUnknown``       repeated likewise: what was sent may have had its effect
``ProviderRefused``      not repeated: somebody must mend something first
``BadUpstreamData``      not repeated: the answer breaks its contract
``ChargedBack``          not repeated: nothing was sent, the customer's bank decides first
``RefundSpacing``        not repeated: nothing was sent, its provider wants a pause first
``RefundLimit``          not repeated: nothing was sent, its provider takes no such refund any more
``RefundGated``          not repeated: a person has to allow another key
``Database``             repeated by the retry policy
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.exc import DataError
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from integrations.directory import UnknownConnectionError
from integrations.errors import (
    AmbiguousOutcomeError,
    InProgressError,
    IntegrationError,
    NotSentError,
    ProtocolError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from storage.database import UNREACHABLE

_REPEATABLE = (
    NotSentError,
    TemporarilyUnavailableError,
    InProgressError,
    AmbiguousOutcomeError,
)
_UNCERTAIN = (AmbiguousOutcomeError, UnansweredError)


@contextmanager
def translated(
    *, unknown: str | None = None, outage: str = "ProviderUnavailable"
) -> Iterator[None]:
    """Raise what happens inside as an ``ApplicationError`` that says whether to try again.

    ``unknown`` is the type of an outcome that nobody knows. It is repeated as an ``outage`` is,
    since each of our activities looks up before it sends again; of money it is told apart.
    """
    try:
        yield
    except IntegrationError as error:
        raise _from_integration(error, unknown or outage, outage) from error
    except UnknownConnectionError as error:
        raise refused("ProviderRefused", str(error)) from error
    except DataError as error:
        # A value that the database cannot hold; every door refuses those, so one was left open.
        # Repeated all the same: nothing can be recorded of the return, not even a blocker, and a
        # run that failed would be lost. A recording stands as a visible pending activity until the
        # code is mended, other work parks.
        raise ApplicationError("database: a value does not fit", type="Database") from error
    except UNREACHABLE as error:
        # The driver's message may hold values; the class says enough.
        raise ApplicationError(f"database: {type(error).__name__}", type="Database") from error


def refused(
    kind: str,
    message: str,
    *,
    code: str | None = None,
    field: str | None = None,
    until: datetime | None = None,
) -> ApplicationError:
    """Make the error of a step that is not repeated.

    ``kind`` is its type, ``code`` the other side's word for it, ``field`` the place at fault;
    ``until`` is when it may be tried again, where the trouble itself says so.
    """
    details = (code, field) if until is None else (code, field, until.isoformat())
    return ApplicationError(message, *details, type=kind, non_retryable=True)


def _from_integration(error: IntegrationError, unknown: str, outage: str) -> ApplicationError:
    if isinstance(error, _REPEATABLE):
        delay = error.retry_after if isinstance(error, ThrottledError) else None
        return ApplicationError(
            str(error),
            type=unknown if isinstance(error, _UNCERTAIN) else outage,
            next_retry_delay=min(delay, timedelta(minutes=5)) if delay else None,
            category=ApplicationErrorCategory.BENIGN,
        )
    kind = "BadUpstreamData" if isinstance(error, ProtocolError) else "ProviderRefused"
    return refused(kind, str(error), code=error.code, field=error.field)
