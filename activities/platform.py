"""Tell the merchant's platform: goods changed place, and order replacements from it."""

from dataclasses import dataclass

from temporalio import activity

from activities.errors import refused, translated
from domain.money import Money
from integrations.commerce.port import ReplacementRequest, StockMove
from integrations.directory import Connections


@dataclass(frozen=True, slots=True)
class MoveStock:
    """Each ``move_id`` is a lot's and its disposition's: the platform applies it once."""

    tenant_id: str
    moves: tuple[StockMove, ...]


@dataclass(frozen=True, slots=True)
class OrderReplacement:
    """``reference`` names the replacement for good; a repeat finds the same order.

    What is ``due``, the customer pays to the platform before the goods are sent.
    """

    tenant_id: str
    return_id: str
    order_id: str
    reference: str
    sku: str
    quantity: int
    due: Money | None = None


@dataclass(frozen=True, slots=True)
class CallOffReplacement:
    tenant_id: str
    replacement_order_id: str


@dataclass(frozen=True, slots=True)
class OrderedReplacement:
    """``replacement_order_id`` is ``None`` when the goods are out of stock."""

    reservation_id: str | None = None
    replacement_order_id: str | None = None
    status: str = "out_of_stock"
    tracking_code: str | None = None
    payment_url: str | None = None


class PlatformActivities:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @activity.defn
    async def move_stock(self, asked: MoveStock) -> None:
        """Apply dispositions to the platform's stock, each once; a repeat begins at the first."""
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            for move in asked.moves:
                await platform.move_stock(move)

    @activity.defn
    async def order_replacement(self, asked: OrderReplacement) -> OrderedReplacement:
        """Reserve the goods, then order them; each under its reference, so repeats are safe."""
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            reservation_id = await platform.reserve_stock(
                reference=asked.reference, sku=asked.sku, quantity=asked.quantity
            )
            if reservation_id is None:
                return OrderedReplacement()
            order = await platform.create_replacement(
                ReplacementRequest(
                    reference=asked.reference,
                    return_id=asked.return_id,
                    order_id=asked.order_id,
                    sku=asked.sku,
                    quantity=asked.quantity,
                    reservation_id=reservation_id,
                    due=asked.due,
                )
            )
            if order.status == "out_of_stock":
                await platform.release_stock(reservation_id)
                return OrderedReplacement()
            return OrderedReplacement(
                reservation_id,
                order.replacement_order_id,
                order.status,
                order.tracking_code,
                order.payment_url,
            )

    @activity.defn
    async def call_off_replacement(self, asked: CallOffReplacement) -> str:
        """Call off an unpaid order and return its status then; a repeat changes nothing.

        Raises:
            ApplicationError: type ``ProviderUnavailable`` while it still waits to be paid.
        """
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            order = await platform.cancel_replacement(asked.replacement_order_id)
        if order.status == "awaiting_payment":
            message = "the platform has not called it off yet"
            raise refused("ProviderUnavailable", message)
        return "cancelled" if order.status == "out_of_stock" else order.status
