"""What the routes stand on: one engine client, one database, one set of connections a process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client

from activities.orders import OrderActivities
from activities.policies import GoverningPolicies, load_policy
from api.credit_service import CreditService
from api.documents_service import DocumentsService
from api.finance_service import FinanceService
from api.pages.sessions import Sessions
from api.policies_service import PoliciesService
from api.preview import Previews
from api.receiving import LabelOwners
from api.reopening import ClosedReturns
from api.restarting import Restarter
from api.returns_service import ReturnsService
from api.simulating import Simulations
from api.starting import Patience, Starter
from api.surveys_service import SurveysService
from api.tenants_service import TenantsService
from api.undelivered import UndeliveredParcels
from runtime.connections import check_stored_connections, stored_connections
from runtime.inbox import InboxProcessor
from runtime.settings import Settings
from runtime.temporal import connect
from storage.chargebacks import Chargebacks
from storage.credit_notes import CreditNotes
from storage.credits import Credits
from storage.customer_history import CustomerHistory
from storage.customers import Customers
from storage.database import Database
from storage.decided_under import DecidedUnder
from storage.decisions import Decisions
from storage.expected_arrivals import ExpectedArrivals
from storage.keys import ApiKeys
from storage.policy_versions import PolicyVersions
from storage.reconciliations import Reconciliations
from storage.refunds import Refunds
from storage.returns import Returns
from storage.reversals import Reversals
from storage.secrets import SecretBox
from storage.settlements import Settlements
from storage.surveys import Surveys
from storage.tenants import Tenants
from storage.tracking import Tracking


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    temporal: Client
    database: Database
    keys: ApiKeys
    reads: Returns
    starter: Starter
    restarter: Restarter
    closed: ClosedReturns
    returns: ReturnsService
    previews: Previews
    documents: DocumentsService
    arrivals: ExpectedArrivals
    tracking: Tracking
    surveys: SurveysService
    tenants: TenantsService
    policies: PoliciesService
    simulations: Simulations
    decisions: Decisions
    decided_under: DecidedUnder
    finance: FinanceService
    refunds: Refunds
    chargebacks: Chargebacks
    credit_notes: CreditNotes
    histories: CustomerHistory
    sessions: Sessions
    pages_over_https: bool
    credit: CreditService
    inbox: InboxProcessor
    label_owners: LabelOwners
    undelivered: UndeliveredParcels
    clock: Callable[[], datetime] = _now


_USUAL = Patience()


@asynccontextmanager
async def open_services(
    settings: Settings, *, patience: Patience = _USUAL
) -> AsyncIterator[Services]:
    """Connect once, and close everything at the end.

    Raises:
        TimeScaleRefusedError: time is scaled, but a connection leads out of the sandbox.
    """
    async with AsyncExitStack() as closing:
        database = Database(settings.database_url.get_secret_value())
        closing.push_async_callback(database.aclose)
        tenants = Tenants(database, SecretBox(settings.secret_key.get_secret_value()))
        await check_stored_connections(tenants, settings)
        connections = stored_connections(tenants, settings)
        closing.push_async_callback(connections.aclose)
        temporal = await connect(settings.temporal_address, settings.temporal_namespace)
        keys, returns = ApiKeys(database), Returns(database)
        starter = Starter(temporal, returns, task_queue=settings.task_queue, patience=patience)
        service = ReturnsService(temporal, returns, patience=patience)
        policy, tracking = load_policy(settings.policy_pack), Tracking(database)
        # Nothing is waited for here, so no wait is scaled.
        versions = PolicyVersions(database)
        policies = GoverningPolicies(versions, policy)
        orders = OrderActivities(
            connections, Customers(database), time_scale=1.0, policies=policies
        )
        labels = LabelOwners(returns, tracking)
        yield Services(
            temporal=temporal,
            database=database,
            keys=keys,
            reads=returns,
            starter=starter,
            restarter=Restarter(
                temporal, returns, task_queue=settings.task_queue, patience=patience
            ),
            closed=ClosedReturns(
                temporal,
                returns,
                Settlements(database),
                task_queue=settings.task_queue,
                patience=patience,
            ),
            returns=service,
            previews=Previews(orders, returns),
            documents=DocumentsService(connections),
            arrivals=ExpectedArrivals(database),
            tracking=tracking,
            surveys=SurveysService(temporal, Surveys(database)),
            tenants=TenantsService(tenants, keys, settings),
            policies=PoliciesService(versions, keys),
            simulations=Simulations(Decisions(database), versions, policy),
            decisions=Decisions(database),
            decided_under=DecidedUnder(database),
            finance=FinanceService(
                temporal,
                Reconciliations(database),
                task_queue=settings.task_queue,
                patience=patience,
            ),
            refunds=Refunds(database),
            chargebacks=Chargebacks(database),
            credit_notes=CreditNotes(database),
            histories=CustomerHistory(database),
            sessions=Sessions(settings.secret_key.get_secret_value()),
            pages_over_https=settings.public_url.startswith("https:"),
            inbox=InboxProcessor(temporal, connections, database, task_queue=settings.task_queue),
            label_owners=labels,
            undelivered=UndeliveredParcels(starter, service, returns, labels=labels, orders=orders),
            credit=CreditService(
                Credits(database),
                Reversals(database),
                returns,
                policy.credit_shortfall,
            ),
        )
