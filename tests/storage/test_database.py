"""What is told of a database that has no connection to spare."""

from contextlib import AsyncExitStack

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import translated
from api.problems import problem_of
from storage.database import UNREACHABLE, Database
from tests.storage.builders import TENANT
from tests.support.postgres import Database as Addresses


async def test_waiting_for_a_connection_ends_as_an_outage_does(addresses: Addresses) -> None:
    """Under load nobody waits for ever: steps and webhooks are tried again, callers told 503."""
    busy = Database(addresses.app_url, pool_size=1, pool_seconds=0.05)
    async with AsyncExitStack() as held:
        held.push_async_callback(busy.aclose)
        for _ in range(2):
            await held.enter_async_context(busy.tenant(TENANT))

        with pytest.raises(UNREACHABLE) as waited:
            await busy.ping()
        with pytest.raises(ApplicationError) as failed, translated():
            await busy.ping()

    assert (failed.value.type, failed.value.non_retryable) == ("Database", False)
    answer = problem_of(waited.value)
    assert answer is not None
    assert answer.status_code == 503
