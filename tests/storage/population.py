"""One tenant with rows in every table, written through the public interface."""

from datetime import timedelta

from cryptography.fernet import Fernet

from domain.credit_notes import NewNote, NoteRow, RowKind
from domain.ids import part_id
from domain.lanes import Lane
from domain.money import Money
from domain.orders import HoldMethod, TenderKind
from domain.tracking import Scan, ScanStatus
from domain.value_ledger import Account, AccountKind, refund_in_kind, spend
from storage import value_ledger
from storage.bookings import Bookings
from storage.chargebacks import Chargebacks
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.holds import Holds
from storage.inbox import Inbox
from storage.keys import ApiKeys
from storage.lanes import Lanes
from storage.policy_versions import PolicyVersions
from storage.reconciliations import Reconciliations
from storage.relay import Outbox
from storage.returns import Returns
from storage.rows import ConnectionRow, TenderBalance
from storage.secrets import SecretBox
from storage.settlements import Settlements
from storage.states import ChargebackState, IntentState, Role
from storage.surveys import Surveys
from storage.tenants import Tenants
from storage.tracking import Tracking
from tests.storage.builders import (
    CARD,
    NOON,
    arrival,
    delivery,
    drafted,
    notice,
    on_line,
    opened,
    return_id,
    transition,
)


def _all_on_one(_balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
    return (amount_minor,)


async def populate(store: Database, tenant_id: str) -> None:
    """Write at least one row of ``tenant_id`` to every table."""
    first = return_id("first", tenant_id)
    returns = Returns(store)
    await opened(returns, tenant_id=tenant_id, tenders=(CARD,))
    await returns.record_transition(
        transition(
            tenant_id=tenant_id,
            blocker_codes=("label_failed",),
            deliveries=(delivery(),),
            notices=(notice(),),
            arrivals=(arrival(),),
            decisions=(on_line(),),
        )
    )
    await Settlements(store).seal(
        tenant_id,
        first,
        order_id="O-1",
        number=1,
        amount_minor=500,
        currency="EUR",
        split=_all_on_one,
        lot_ids=("shoes/1",),
        note=NewNote("RMA-0000-01-7", (NoteRow(RowKind.GOODS, "shoes/1", 500),)),
    )
    await ExternalRefunds(store).note(
        tenant_id,
        "re_1",
        payment_refs=(CARD.payment_ref,),
        amount=Money(100, "EUR"),
        state=IntentState.SUCCEEDED,
    )
    await Chargebacks(store).note(
        tenant_id,
        "du_1",
        payment_refs=(CARD.payment_ref,),
        amount=Money(100, "EUR"),
        state=ChargebackState.OPEN,
        reason="fraudulent",
        evidence_due_by=NOON,
    )
    await Reconciliations(store).put(
        tenant_id, NOON.date(), provider="stripe", counts={"agrees": 1}, findings=[]
    )
    await Holds(store).plan(
        tenant_id,
        first,
        purpose="shoes",
        number=1,
        order_id="O-1",
        amount=Money(5_000, "EUR"),
        method=HoldMethod("pm_1", "cus_1"),
    )
    account = Account(AccountKind.GIFT_CARD, "GC-1", "EUR")
    async with store.tenant(tenant_id) as connection:
        granted = refund_in_kind(TenderKind.GIFT_CARD, "GC-1", Money(100, "EUR"), "in kind")
        await value_ledger.post(connection, tenant_id, granted)
        await value_ledger.post(connection, tenant_id, spend(account, Money(40, "EUR"), "s1"))
    await Bookings(store).plan(tenant_id, first, "label", 1)
    await Tracking(store).add_scans(tenant_id, "TRACK1", [Scan(ScanStatus.ACCEPTED, NOON)])
    lane = Lane("UPS", "Ground", "US-94", "MAIN")
    connection_id = part_id(first, "connection")
    await Lanes(store).begin(
        tenant_id,
        "TRACK1",
        lane,
        connection_id=connection_id,
        shipment_ref="shp_1",
        promised_days=None,
    )
    await Tenants(store, SecretBox(Fernet.generate_key().decode())).put_connection(
        ConnectionRow(connection_id, tenant_id, "payments", "stripe", "http://x", {}, {})
    )
    await Inbox(store).receive(tenant_id, connection_id, "evt_1", "refund.updated", b"{}")
    await PolicyVersions(store).put_draft(tenant_id, drafted("1"), {"id": "OWN"})
    surveys = Surveys(store)
    await surveys.invite(tenant_id, first, f"hash of {tenant_id}", NOON + timedelta(days=14))
    await surveys.record_answer(tenant_id, first, csat=5, nps=9, comment="", answered_at=NOON)
    await ApiKeys(store).create(tenant_id, Role.OPS, "console")
    await Outbox(store).assign_positions(tenant_id, limit=10)
