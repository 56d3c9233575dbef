"""What operators are told of a database: who is bound by its policies, and what lies undone."""

from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from storage.database import Database
from storage.health import Backlog, Health
from storage.inbox import Inbox
from storage.relay import Outbox
from storage.returns import Returns
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.storage.builders import OTHER, TENANT, notice, opened, transition

_AT_ONCE = timedelta()
_LATER = timedelta(hours=1)


async def test_the_application_is_bound_by_the_policies(store: Database) -> None:
    """Its role is neither a superuser nor exempt from row-level security."""
    state = await Health(store).server()

    assert (state.role, state.unbound) == ("backhaul_app", False)
    assert state.version


async def test_a_column_that_is_missing_is_named(store: Database, owner: Engine) -> None:
    """As it is when a newer program meets an older database."""
    health = Health(store)
    assert await health.missing() == ()
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE notices RENAME COLUMN last_error TO earlier_error"))
    try:
        assert await health.missing() == ("notices.last_error",)
    finally:
        with owner.begin() as connection:
            connection.execute(
                text("ALTER TABLE notices RENAME COLUMN earlier_error TO last_error")
            )


async def test_what_waits_is_counted_by_how_long_it_may(returns: Returns, store: Database) -> None:
    """Only what waits for longer counts, only the tenant's own, and nothing that is done."""
    health, outbox, inbox = Health(store), Outbox(store), Inbox(store)
    await opened(returns)
    await returns.record_transition(transition(notices=(notice(),)))
    connection_id = await _connected(store, Fernet.generate_key().decode())
    row = await inbox.receive(TENANT, connection_id, "evt_1", "tracker.updated", b"{}")

    async def late(tenant_id: str, takes: timedelta) -> Backlog:
        return await health.backlog(tenant_id, numbering_takes=takes, handling_takes=takes)

    # The transition's event, and the fact that a message is due.
    assert await late(TENANT, _AT_ONCE) == Backlog(2, 1, 1, 1)
    assert await late(TENANT, _LATER) == await late(OTHER, _AT_ONCE) == Backlog(0, 0, 0, 0)
    await outbox.assign_positions(TENANT, limit=10)
    await outbox.claim_notices(TENANT, limit=10)
    await inbox.processed(TENANT, row.inbox_id)
    assert await late(TENANT, _AT_ONCE) == Backlog(0, 0, 1, 0)


async def test_a_return_is_counted_once_however_much_blocks_it(
    returns: Returns, store: Database
) -> None:
    """Two of the codes block one return; others are not asked for."""
    await opened(returns)
    codes = ("booking_failed", "refund_unknown", "awaiting_review")
    await returns.record_transition(transition(blocker_codes=codes))

    health = Health(store)

    assert await health.returns_blocked_by(TENANT, {"booking_failed", "refund_unknown"}) == 1
    assert await health.returns_blocked_by(TENANT, {"something_else"}) == 0
    assert await health.returns_blocked_by(OTHER, set(codes)) == 0


async def test_a_connection_is_listed_though_nobody_can_read_it(store: Database) -> None:
    """With the right key its secrets are there, with another one it is said that they are not."""
    key, other = (Fernet.generate_key().decode() for _ in range(2))
    await _connected(store, key)

    (readable,) = await Health(store).connections(TENANT, SecretBox(key))
    (unreadable,) = await Health(store).connections(TENANT, SecretBox(other))

    assert (readable.is_readable, unreadable.is_readable) == (True, False)
    assert (readable.row.secrets, unreadable.row.secrets) == ({"api_key": "sk_test_1"}, {})
    assert readable.row.base_url == unreadable.row.base_url == "https://payments.example.com"


async def _connected(store: Database, key: str) -> str:
    row = await Tenants(store, SecretBox(key)).put_connection(
        ConnectionRow(
            connection_id="00000000-0000-4000-8000-000000000001",
            tenant_id=TENANT,
            kind="payments",
            adapter="stripe",
            base_url="https://payments.example.com",
            secrets={"api_key": "sk_test_1"},
            settings={},
        )
    )
    return row.connection_id
