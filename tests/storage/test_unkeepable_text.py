"""What becomes of a write whose text the database cannot hold, should one come this far."""

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import translated
from storage.returns import Returns
from tests.storage.builders import opened, transition


@pytest.mark.parametrize("place", ["snapshot", "resume_from"])
async def test_a_write_that_does_not_fit_says_so(returns: Returns, place: str) -> None:
    """The step stays pending under a name that people find, and shows nothing of the value."""
    await opened(returns)
    bad = {"snapshot": {"note": "Kim\x00"}} if place == "snapshot" else {"resume_from": "Kim\x00"}

    with pytest.raises(ApplicationError) as failed, translated():
        await returns.record_transition(transition(**bad))

    assert (failed.value.type, failed.value.non_retryable) == ("Database", False)
    assert str(failed.value) == "Database: database: a value does not fit"
