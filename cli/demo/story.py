"""One return of the demo: the steps that every scenario is told with.

Each step first looks whether it is done already, and every command has an id that follows from the
run, so a story that was cut off is simply told again from its start.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from backhaul_client import (
    Accepted,
    CountedItem,
    DeliveryView,
    InspectionCommand,
    LotView,
    NewPickupWindow,
    NewReturn,
    NewReturnLine,
    ReceiveCommand,
    ReturnView,
)
from backhaul_client.requests import Ground, Handover
from cli.demo.actors import Actors, patiently
from cli.demo.world import WAREHOUSE

_LOOK_EVERY = 0.25
_STEP_SECONDS = 180.0
_DEAD_ENDS = ("DENIED", "EXPIRED")


class StoryError(Exception):
    """The return did not come to where the story wanted it."""


@dataclass
class Story:
    """``tell`` shows the step at hand; ``checks`` pairs what must hold outside with the truth.

    ``note`` is what the table has no room for.
    """

    name: str
    run_id: str
    now: datetime
    actors: Actors
    tell: Callable[[str], None]
    checks: list[tuple[str, bool]] = field(default_factory=list)
    view: ReturnView | None = None
    note: str | None = None
    order: dict[str, Any] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        return f"{self.run_id}-{self.name}"

    @property
    def ret(self) -> ReturnView:
        if self.view is None:
            raise StoryError("the return was not started")
        return self.view

    def check(self, what: str, holds: bool) -> None:  # noqa: FBT001  # reads as a sentence
        self.checks.append((what, holds))

    async def place_order(self, example: str) -> None:
        self.tell("the order is paid and delivered")
        self.order = await self.outside(
            lambda: self.actors.world.place_order(example, order_id=self.order_id, now=self.now)
        )

    async def ask(
        self,
        *,
        handover: Handover = "DROP_OFF",
        exchange_sku: str | None = None,
        ground: Ground = "WITHDRAWAL",
        reason: str | None = None,
        patient: bool = True,
    ) -> Accepted | None:
        """Ask for every unit back.

        A start that is answered later is asked for again, unless not ``patient``: then what it was
        answered for now is returned.
        """
        self.tell("the shopper asks for a return")
        wanted = NewReturn(
            order_id=self.order_id,
            lines=tuple(
                NewReturnLine(
                    line_id=line["line_id"],
                    quantity=line["quantity"],
                    resolution="EXCHANGE" if exchange_sku else "REFUND",
                    exchange_sku=exchange_sku,
                    reason=reason,
                )
                for line in self.order["lines"]
            ),
            ground=ground,
            handover=handover,
            pickup_window=self._window() if handover == "PICKUP" else None,
        )
        key = f"{self.order_id}-start"
        while True:
            answer = await patiently(
                lambda: self.actors.shop.start_return(wanted, idempotency_key=key)
            )
            if not isinstance(answer, Accepted):
                self.view = answer
                return None
            if not patient:
                return answer
            await asyncio.sleep(_LOOK_EVERY)

    def _window(self) -> NewPickupWindow:
        zone = self.order["ship_to"]["time_zone"]
        tomorrow = (self.now + timedelta(days=1)).astimezone(ZoneInfo(zone))
        morning = tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)
        return NewPickupWindow(
            not_before=morning, not_after=morning + timedelta(hours=4), time_zone=zone
        )

    async def until(self, what: str, reached: Callable[[ReturnView], bool]) -> ReturnView:
        """Wait until the return, as the API shows it, is where it should be."""

        async def look() -> bool:
            self.view = await patiently(lambda: self.actors.shop.get_return(self.ret.return_id))
            if reached(self.ret):
                return True
            if self.ret.headline in _DEAD_ENDS:
                raise StoryError(f"waited for: {what}; the return is {self.ret.headline}")
            return False

        await self.until_seen(what, look)
        return self.ret

    async def until_seen(self, what: str, look: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again until it is there."""
        self.tell(what)
        deadline = asyncio.get_running_loop().time() + _STEP_SECONDS
        while not await look():
            if asyncio.get_running_loop().time() > deadline:
                raise StoryError(f"waited {_STEP_SECONDS:.0f} s for: {what}")
            await asyncio.sleep(_LOOK_EVERY)

    async def travel(self, delivery: DeliveryView) -> None:
        """The parcel is handed in and arrives; the carrier's webhooks tell it."""
        code = str(delivery.tracking_code)
        self.tell(f"parcel {code} travels")
        for status in ("in_transit", "delivered"):
            await self.outside(partial(self.actors.world.scan, code, status))

    async def receive(self, receipt_id: str, **counted: int) -> None:
        """The warehouse counts a parcel, by SKU."""
        if any(receipt.receipt_id == receipt_id for receipt in self.ret.receipts):
            return
        self.tell("the warehouse counts " + ", ".join(f"{n} × {s}" for s, n in counted.items()))
        command = ReceiveCommand(
            receipt_id=receipt_id,
            parcel=str(self.ret.deliveries[0].tracking_code),
            location_id=WAREHOUSE,
            entries=tuple(CountedItem(sku=sku, quantity=n) for sku, n in counted.items()),
        )
        await patiently(
            lambda: self.actors.warehouse.receive(
                self.ret.return_id, command, idempotency_key=f"{self.order_id}-{receipt_id}"
            )
        )
        await self.until("the receipt is recorded", lambda ret: len(ret.receipts) > 0)

    async def inspect(self, lot: LotView, grade: str, **fields: Any) -> None:
        """The warehouse grades a lot, or ``quantity`` units of it."""
        self.tell(f"lot {lot.lot_id} is graded {grade}")
        command = InspectionCommand.model_validate(
            {"lot_id": lot.lot_id, "grade": grade, "lot_version": lot.version, **fields}
        )
        await patiently(
            lambda: self.actors.warehouse.record_inspection(
                self.ret.return_id,
                command,
                idempotency_key=f"{self.order_id}-{lot.lot_id}-{lot.version}",
            )
        )
        await self.until(
            "the grade is recorded",
            lambda ret: any(row.lot_id == lot.lot_id and row.grade for row in ret.lots),
        )

    def lots(self, *states: str) -> list[LotView]:
        return [lot for lot in self.ret.lots if lot.state in states]

    async def ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.outside(
            lambda: self.actors.world.ledger(self.ret.return_id)
        )
        return found

    async def outside(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Act in the world outside, also while its program is being started again."""
        return await patiently(call)
