"""Play a test once more that the time-skipping server stranded.

The server refuses a workflow task that cancels a timer which fired while the task was with the
worker, and never sends it again (temporalio/sdk-java#3088); a real server hands it out anew. Such
a run cannot go on, so its test says nothing. Only a test whose output holds the server's own words
is played again, and only once.
"""

import pytest
from _pytest.runner import runtestprotocol

_WORDS = "invalid history builder state for action"


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run the item, and a second time if the server stranded it; report the last run alone."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed and _is_stranded(report) for report in reports):
        item._initrequest()  # type: ignore[attr-defined]  # fresh fixtures
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _is_stranded(report: pytest.TestReport) -> bool:
    return any(_WORDS in text for _, text in report.sections)
