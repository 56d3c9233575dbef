"""What the platform's trouble is to whoever asked us: the words of a refusal."""

from temporalio.exceptions import ApplicationError

from activities.orders import FetchFacts, OrderActivities, OrderFacts
from domain.codes import PROBLEMS, RefusedError
from integrations.directory import UnknownConnectionError


async def read_facts(orders: OrderActivities, asked: FetchFacts) -> OrderFacts:
    """Read an order's facts outside of any workflow.

    Raises:
        RefusedError: no connection to the platform, no such order, or no sensible answer.
    """
    try:
        return await orders.fetch_facts(asked)
    except ApplicationError as error:
        raise refusal_of(error) from error


def refusal_of(error: ApplicationError) -> RefusedError:
    """Return the refusal that a reading activity's error stands for, outside of any workflow."""
    if isinstance(error.__cause__, UnknownConnectionError):
        return RefusedError("connection_missing", error.message)
    code = error.type or ""
    field = error.details[1] if len(error.details) > 1 else None
    if code in PROBLEMS:
        return RefusedError(code, error.message, field=str(field) if field else None)
    if code == "ProviderUnavailable":
        return RefusedError("platform_unavailable", error.message)
    return RefusedError("bad_upstream_data", error.message, field=str(field) if field else None)
