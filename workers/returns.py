"""``python -m workers.returns``: runs returns, sends their messages, until told to stop."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from activities.carrier_rounds import CarrierRounds
from activities.giving_back import GivingBackActivities
from activities.holds import HoldActivities
from activities.labels import LabelActivities
from activities.linking import LinkActivities
from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.platform import PlatformActivities
from activities.policies import GoverningPolicies, load_policy
from activities.quotes import QuoteActivities
from activities.reconciling import ReconcileActivities
from activities.records import RecordActivities
from activities.relocking import RelockActivities
from activities.reopening import ReopenActivities
from activities.surveys import SurveyActivities
from activities.sweeping import SweepActivities
from activities.visits import PickupActivities
from domain.policies import Policy
from integrations.carriers.capabilities import CarrierCapabilities
from integrations.directory import Connections
from runtime.adapters import CARRIER_SHEETS
from runtime.connections import check_stored_connections, stored_connections
from runtime.inbox import InboxProcessor
from runtime.logging import configure_logging
from runtime.settings import Settings, load_settings, read_rates
from runtime.temporal import WORKFLOW_RUNNER, connect, ensure_search_attributes
from runtime.tokens import SurveyTokens
from storage.bookings import Bookings
from storage.credit_notes import CreditNotes
from storage.customers import Customers
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.followups import FollowUps
from storage.lanes import Lanes
from storage.missing import MissingRuns
from storage.policy_versions import PolicyVersions
from storage.redirects import Redirects
from storage.relay import Outbox
from storage.returns import Returns
from storage.secrets import SecretBox
from storage.settlements import Settlements
from storage.tenants import Tenants
from workers.heartbeats import Heartbeats
from workers.relay import Relay
from workers.schedules import ensure_carrier_rounds, ensure_reconciliation, ensure_sweep
from workers.working import GRACE, working
from workflows.carrier_rounds import CarrierRoundWorkflow
from workflows.follow_up import FollowUpWorkflow
from workflows.options import carrier_queue
from workflows.reconciliation import ReconciliationWorkflow
from workflows.return_workflow import ReturnWorkflow
from workflows.sweep import SweepWorkflow

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a worker needs.

    ``time_scale`` divides our own waits, see the settings; ``policy`` governs returns to come
    where a tenant has none of its own, and those under way keep theirs; ``carrier_rates`` are steps
    a second by adapter.
    """

    database: Database
    connections: Connections
    tokens: SurveyTokens
    task_queue: str
    time_scale: float = 1.0
    policy: Policy = field(default_factory=load_policy)
    max_cached_workflows: int = 1000
    carrier_rates: Mapping[str, float] = field(default_factory=dict)
    watches_delays: bool = True


def needs_of(settings: Settings, database: Database, connections: Connections) -> Dependencies:
    """Return what the settings say of a worker."""
    return Dependencies(
        database=database,
        connections=connections,
        tokens=SurveyTokens(settings.secret_key.get_secret_value()),
        task_queue=settings.task_queue,
        time_scale=settings.time_scale,
        policy=load_policy(settings.policy_pack),
        carrier_rates=read_rates(settings.carrier_rates),
        watches_delays=settings.delay_watch,
    )


def build_workers(client: Client, needs: Dependencies) -> tuple[Worker, ...]:
    """Build what one process runs: a worker for all workflows, and one for each carrier's calls."""
    labels = LabelActivities(needs.connections, Bookings(needs.database), Lanes(needs.database))
    pickups = PickupActivities(needs.connections, Bookings(needs.database))
    calls: list[Callable[..., Any]] = [
        labels.buy_label,
        labels.make_qr_code,
        labels.void_label,
        pickups.book_pickup,
        pickups.cancel_pickup,
        pickups.call_courier_off,
    ]
    # Also on the queue of the returns: parcels whose carrier is not known.
    rounds = CarrierRounds(
        needs.connections,
        needs.database,
        time_scale=needs.time_scale,
        watches_delays=needs.watches_delays,
    )
    calls += [rounds.poll_parcels, rounds.sweep_bookings]
    own: list[Callable[..., Any]] = [rounds.list_accounts, rounds.parked_for_carriers]
    own += [labels.list_carriers, labels.choose_carrier, *calls]
    carriers = [
        Worker(
            client,
            task_queue=carrier_queue(needs.task_queue, carrier),
            activities=calls,
            interceptors=[Heartbeats()],
            max_task_queue_activities_per_second=rate_of(sheet, needs.carrier_rates),
            graceful_shutdown_timeout=GRACE,
        )
        for carrier, sheet in CARRIER_SHEETS.items()
    ]
    return (_returns_worker(client, needs, own), *carriers)


def rate_of(sheet: CarrierCapabilities, rates: Mapping[str, float]) -> float | None:
    """Return the steps a second of a carrier's queue: as set, else as its sheet says."""
    return rates.get(sheet.carrier, sheet.calls_per_second)


def _returns_worker(
    client: Client, needs: Dependencies, carrier_calls: Sequence[Callable[..., Any]]
) -> Worker:
    orders = OrderActivities(
        needs.connections,
        Customers(needs.database),
        time_scale=needs.time_scale,
        policies=GoverningPolicies(PolicyVersions(needs.database), needs.policy),
    )
    records = RecordActivities(Returns(needs.database))
    payments = PaymentActivities(
        needs.connections,
        Settlements(needs.database),
        ExternalRefunds(needs.database),
        CreditNotes(needs.database),
        Redirects(needs.database),
    )
    quotes = QuoteActivities(Returns(needs.database))
    holds = HoldActivities(needs.connections, needs.database)
    giving_back = GivingBackActivities(needs.connections, needs.database)
    platform = PlatformActivities(needs.connections)
    sweeping = SweepActivities(
        Tenants(needs.database), MissingRuns(needs.database), time_scale=needs.time_scale
    )
    reconciling = ReconcileActivities(needs.connections, needs.database)
    reopening = ReopenActivities(Returns(needs.database))
    linking = LinkActivities(Returns(needs.database))
    relocking = RelockActivities(Returns(needs.database))
    surveys = SurveyActivities(FollowUps(needs.database), needs.tokens.hash_for)
    return Worker(
        client,
        task_queue=needs.task_queue,
        workflows=[
            ReturnWorkflow,
            FollowUpWorkflow,
            SweepWorkflow,
            ReconciliationWorkflow,
            CarrierRoundWorkflow,
        ],
        activities=[
            orders.fetch_facts,
            orders.read_policy,
            records.open_return,
            records.open_draft,
            records.record_transition,
            *carrier_calls,
            payments.settle,
            payments.issue_refund,
            quotes.quote_settlement,
            holds.place_hold,
            holds.renew_hold,
            holds.capture_hold,
            holds.void_hold,
            giving_back.give_back,
            platform.move_stock,
            platform.order_replacement,
            platform.call_off_replacement,
            surveys.start_follow_up,
            surveys.record_follow_up,
            sweeping.sweep,
            reconciling.list_tenants,
            reconciling.reconcile,
            reopening.reopen_for,
            linking.tell_of_parcel,
            relocking.relock_units,
        ],
        workflow_runner=WORKFLOW_RUNNER,
        interceptors=[Heartbeats()],
        max_cached_workflows=needs.max_cached_workflows,
        graceful_shutdown_timeout=GRACE,
        # After a killed worker its sticky queue is given up soon, and another worker goes on.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
    )


def build_relay(
    client: Client, needs: Dependencies, *, public_url: str, retry_webhooks_after: float = 30
) -> Relay:
    """Build the relay; webhooks younger than ``retry_webhooks_after`` seconds are the API's."""
    inbox = InboxProcessor(client, needs.connections, needs.database, task_queue=needs.task_queue)
    return Relay(
        retry_webhooks=partial(inbox.process_waiting, older_than_seconds=retry_webhooks_after),
        tenants=Tenants(needs.database),
        outbox=Outbox(needs.database),
        returns=Returns(needs.database),
        connections=needs.connections,
        survey_link=lambda return_id: f"{public_url}/v1/surveys/{needs.tokens.token(return_id)}",
    )


async def run(settings: Settings) -> None:
    """Run worker and relay until SIGTERM or SIGINT; what runs then finishes within the grace."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    database = Database(settings.database_url.get_secret_value())
    tenants = Tenants(database, SecretBox(settings.secret_key.get_secret_value()))
    await check_stored_connections(tenants, settings)
    connections = stored_connections(tenants, settings)
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    await ensure_search_attributes(client)
    await ensure_sweep(client, task_queue=settings.task_queue, time_scale=settings.time_scale)
    await ensure_reconciliation(client, task_queue=settings.task_queue)
    await ensure_carrier_rounds(
        client, task_queue=settings.task_queue, time_scale=settings.time_scale
    )
    needs = needs_of(settings, database, connections)
    relay = build_relay(client, needs, public_url=settings.public_url)
    async with working(*build_workers(client, needs)):
        log.info("worker.started", task_queue=settings.task_queue, time_scale=settings.time_scale)
        relaying = asyncio.create_task(relay.run())
        await stopping.wait()
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
    await connections.aclose()
    await database.aclose()
    log.info("worker.stopped")


def main() -> None:
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
