"""Read the facts that grant money from the platform's order API, and freeze them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.errors import refused, translated
from activities.policies import GoverningPolicies
from domain.abuse import Recent
from domain.corrections import Correction
from domain.law.governing import GoverningLaw
from domain.law.places import place_of
from domain.locations import ReceivingLocation, serving
from domain.orders import Order
from domain.pack_reading import PolicyError
from domain.policies import Policy
from domain.reasons import Ground
from integrations.commerce.port import CommercePlatform, Product
from integrations.directory import Connections
from integrations.errors import NotFoundError
from packs.library import Library, shipped
from storage.customers import Customers


@dataclass(frozen=True, slots=True)
class FetchFacts:
    """``skus`` are the goods wanted in exchange, each priced and counted.

    ``corrections`` are laid over the platform's order before it is checked. Of the law that governs
    the contract only the rules for ``ground`` are read.
    """

    tenant_id: str
    order_id: str
    skus: tuple[str, ...] = ()
    ground: Ground = Ground.WITHDRAWAL
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Facts without personal data, for workflow history. ``time_scale`` is the deployment's.

    ``locations`` are those that serve the order; ``None`` where the platform leaves no choice.
    ``law`` is that of the contract; ``None`` where no pack is for its place.
    ``recent`` is what the customer sent back before; ``None`` where nothing is counted.
    """

    order: Order
    policy: Policy
    products: tuple[Product, ...]
    time_scale: float = 1.0
    locations: tuple[ReceivingLocation, ...] | None = None
    law: GoverningLaw | None = None
    recent: Recent | None = None


@dataclass(frozen=True, slots=True)
class PolicyFor:
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Governing:
    """The policy whose waits govern a return; ``time_scale`` is the deployment's."""

    policy: Policy
    time_scale: float


class OrderActivities:
    def __init__(
        self,
        connections: Connections,
        customers: Customers,
        *,
        time_scale: float,
        policies: GoverningPolicies,
        library: Library | None = None,
    ) -> None:
        self._connections = connections
        self._customers = customers
        self._library = library if library is not None else shipped()
        self._time_scale = time_scale
        self._policies = policies

    @activity.defn
    async def read_policy(self, asked: PolicyFor) -> Governing:
        """Read the policy whose waits govern while the order cannot be read: today's."""
        with translated():
            policy = await self._policies.waits_of(asked.tenant_id, datetime.now(UTC).date())
        return Governing(policy, self._time_scale)

    @activity.defn
    async def fetch_facts(self, asked: FetchFacts) -> OrderFacts:
        """Read the order, the policy, the wanted goods and the places that receive returns.

        Where the policy counts what customers send back, that too.

        Reads only; repeats change nothing.

        Raises:
            ApplicationError: type ``order_not_found`` or ``sku_not_found`` (final), or as in
                :mod:`activities.errors`.
        """
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            order = await _order(platform, asked)
            products = tuple([await _product(platform, sku) for sku in asked.skus])
            locations = serving(await platform.list_locations(), order)
            policy = await _policy(self._policies, asked.tenant_id, contract_day(order))
            recent = await self._recent(asked.tenant_id, order, policy)
        return OrderFacts(
            order,
            policy,
            products,
            self._time_scale,
            locations,
            law=law_of(order, asked.ground, self._library),
            recent=recent,
        )

    async def _recent(self, tenant_id: str, order: Order, policy: Policy) -> Recent | None:
        limits = policy.abuse_signals
        if not limits.counts or not order.customer_ref:
            return None
        return await self._customers.recent(tenant_id, order.customer_ref, limits, order.currency)


def law_of(order: Order, ground: Ground, library: Library) -> GoverningLaw | None:
    """Return the rules of law for a contract and a ground; ``None`` where no pack is for the place.

    Workflow history keeps it with the facts: the same decision comes out of a replay.
    """
    place = place_of(order.delivery_country, order.delivery_region)
    parcels = [parcel for line in order.lines for parcel in line.parcels]
    came = [p.installed_at or p.delivered_at or p.fulfilled_at for p in parcels]
    law = library.law_of(place, order.contract_at, max(came, default=None))
    return None if law is None else law.for_ground(ground)


def contract_day(order: Order) -> date:
    """Return the local day of the contract, where the goods were delivered to."""
    return order.contract_at.astimezone(ZoneInfo(order.delivery_time_zone)).date()


async def _policy(policies: GoverningPolicies, tenant_id: str, day: date) -> Policy:
    try:
        return await policies.of(tenant_id, day)
    except PolicyError as error:
        raise refused("BadUpstreamData", f"the policy: {error}", field="policy") from error


async def _order(platform: CommercePlatform, asked: FetchFacts) -> Order:
    try:
        return await platform.get_order(asked.order_id, asked.corrections)
    except NotFoundError as error:
        raise refused(
            "order_not_found", f"no order {asked.order_id!r}", field="order_id"
        ) from error


async def _product(platform: CommercePlatform, sku: str) -> Product:
    try:
        return await platform.get_product(sku)
    except NotFoundError as error:
        raise refused("sku_not_found", f"no product {sku!r}", field="lines.exchange_sku") from error
