"""What a customer sent back of late is counted over all orders, each number over its own days."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.abuse import AbuseSignals, Recent
from storage.customers import Customers
from storage.database import Database
from storage.returns import Returns
from tests.storage.builders import OTHER, TENANT, opened, return_id, transition

LIMITS = AbuseSignals(10, 90, 10, 30, (("EUR", 1),), 365)


@pytest.fixture
def customers(store: Database) -> Customers:
    return Customers(store)


async def bought_by(
    returns: Returns, name: str, *, whose: str = "customer-1", units: int = 1, **changes: object
) -> None:
    facts = {"customer_ref": whose, "value_minor": 1_000 * units, "wanted": (("shoes", units),)}
    await opened(returns, name, order_id=f"O-{name}", **facts | changes)


def made_before(owner: Engine, days: int, *names: str) -> None:
    """Let returns have been made so many days ago."""
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE returns NO FORCE ROW LEVEL SECURITY"))
        for name in names:
            connection.execute(
                text("UPDATE returns SET created_at = created_at - :age WHERE return_id = :id"),
                {"age": timedelta(days=days), "id": return_id(name)},
            )
        connection.execute(text("ALTER TABLE returns FORCE ROW LEVEL SECURITY"))


async def test_edge_18_counts_over_all_orders(returns: Returns, customers: Customers) -> None:
    """Three small requests on three orders are three returns of one customer."""
    for name in ("a", "b"):
        await bought_by(returns, name)
    await bought_by(returns, "c", units=3)
    await bought_by(returns, "d", whose="customer-2")

    found = await customers.recent(TENANT, "customer-1", LIMITS, "EUR")

    assert found == Recent(returns=3, units=5, value_minor=5_000)
    assert await customers.recent(OTHER, "customer-1", LIMITS, "EUR") == Recent()


async def test_edge_18_each_number_has_its_own_days(
    returns: Returns, customers: Customers, owner: Engine
) -> None:
    """Of one made 40 days ago the units are past, of one made 100 days ago the return too."""
    for name in ("a", "b", "c", "d"):
        await bought_by(returns, name)
    made_before(owner, 40, "a")
    made_before(owner, 100, "b")
    made_before(owner, 366, "c")

    found = await customers.recent(TENANT, "customer-1", LIMITS, "EUR")

    assert found == Recent(returns=2, units=1, value_minor=3_000)


async def test_what_came_to_nothing_does_not_count(returns: Returns, customers: Customers) -> None:
    """A return that was denied or withdrawn is nobody's burden."""
    for name in ("a", "b", "c"):
        await bought_by(returns, name)
    for name, state in (("a", "DENIED"), ("b", "WITHDRAWN")):
        ended = transition(name, order_id=f"O-{name}", authorization_state=state)
        await returns.record_transition(ended)

    found = await customers.recent(TENANT, "customer-1", LIMITS, "EUR")

    assert found.returns == 1


async def test_another_currency_is_another_value(returns: Returns, customers: Customers) -> None:
    """Dollars are counted as returns and units, and not among euros."""
    await bought_by(returns, "a")
    await bought_by(returns, "b", currency="USD")

    found = await customers.recent(TENANT, "customer-1", LIMITS, "EUR")

    assert found == Recent(returns=2, units=2, value_minor=1_000)
