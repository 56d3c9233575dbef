"""Parcels that came back although nobody asked: each becomes one return, counted once."""

from dataclasses import dataclass

from activities.orders import FetchFacts, OrderActivities
from api.receiving import LabelOwners
from api.returns_service import ReturnsService
from api.starting import Started, Starter
from api.upstream import read_facts
from domain.codes import RefusedError
from domain.commands import Actor
from domain.ids import part_id, refusal_key, return_id_for
from domain.lifecycle import UNDER_REVIEW, Headline
from domain.locations import FALLBACK
from domain.parcels import ReceiptEntry
from domain.receiving import check_count
from domain.requests import ReturnRequest
from domain.undelivered import check_same_units, entry_refused, refusal_request
from storage.returns import Returns
from storage.rows import ReturnRow
from workflows.commands import payload_hash
from workflows.messages import CommandInfo, CountedEntry, Receive


@dataclass(frozen=True, slots=True)
class CameBack:
    """A count of one parcel; where ``location_id`` is empty, it is where its return belongs."""

    order_id: str
    parcel: str
    receipt_id: str
    location_id: str
    entries: tuple[ReceiptEntry, ...]


class UndeliveredParcels:
    def __init__(
        self,
        starter: Starter,
        service: ReturnsService,
        returns: Returns,
        *,
        labels: LabelOwners,
        orders: OrderActivities,
    ) -> None:
        self._starter = starter
        self._service = service
        self._returns = returns
        self._labels = labels
        self._orders = orders

    async def report(self, tenant_id: str, actor: Actor, found: CameBack) -> Started:
        """Start the parcel's return and count it as its receipt; a repeat does what is left of it.

        A return that a person reviews first is answered uncounted: the report is repeated then.

        Raises:
            RefusedError: it cannot be a return, or the parcel was reported otherwise before; before
                anything was written, unless the return itself refuses the count.
        """
        check_count(found.location_id or FALLBACK, found.entries)
        key = refusal_key(found.parcel)
        return_id = return_id_for(tenant_id, key)
        # Before the row: whose row is not there yet, its units are not among them.
        held = await self._held(tenant_id, found.order_id, return_id)
        row = await self._returns.get(tenant_id, return_id)
        if row is None or row.snapshot is None:
            await self._check_no_label(tenant_id, found)
            request = await self._request(tenant_id, found, held)
            try:
                started = await self._starter.start(tenant_id, actor, key, request)
            except RefusedError as refusal:
                raise entry_refused(refusal) from refusal
            if started.document is None:
                return started
            row = await self._service.find(tenant_id, return_id)
            return await self._counted(row, actor, found, replayed=started.replayed)
        if row.headline == Headline.DRAFT:
            return Started(return_id, None, parked=True)
        return await self._counted(row, actor, found, replayed=True)

    async def _counted(
        self, row: ReturnRow, actor: Actor, found: CameBack, *, replayed: bool
    ) -> Started:
        snapshot = row.snapshot or {}
        if row.order_id != found.order_id:
            raise RefusedError(
                "receipt_conflict", "the parcel was reported of another order", field="order_id"
            )
        if refused := snapshot.get("refused"):
            raise RefusedError(refused["code"], refused["message"], field=refused["field"])
        check_same_units(
            found.entries, [(line["sku"], line["quantity"]) for line in snapshot["lines"]]
        )
        counted = any(receipt["parcel"] == found.parcel for receipt in snapshot["receipts"])
        if counted or row.authorization_state in UNDER_REVIEW:
            return Started(row.return_id, snapshot, replayed=replayed)
        command = Receive(
            CommandInfo(part_id(row.return_id, "refusal", found.receipt_id), actor),
            found.receipt_id,
            found.parcel,
            tuple(CountedEntry(entry.sku, entry.quantity, entry.note) for entry in found.entries),
            found.location_id or snapshot.get("location_id") or FALLBACK,
        )
        await self._service.command(
            row,
            "receive",
            command,
            command_id=command.info.command_id,
            wanted_hash=payload_hash(command),
        )
        after = await self._service.find(row.tenant_id, row.return_id)
        return Started(row.return_id, after.snapshot, replayed=replayed)

    async def _held(self, tenant_id: str, order_id: str, return_id: str) -> dict[str, list[str]]:
        held: dict[str, list[str]] = {}
        for unit in await self._returns.held_units(tenant_id, order_id):
            if unit.return_id != return_id:
                held.setdefault(unit.line_id, []).append(unit.rma_no)
        return held

    async def _request(
        self, tenant_id: str, found: CameBack, held: dict[str, list[str]]
    ) -> ReturnRequest:
        asked = FetchFacts(tenant_id, found.order_id)
        facts = await read_facts(self._orders, asked)
        return refusal_request(facts.order, found.parcel, found.entries, held)

    async def _check_no_label(self, tenant_id: str, found: CameBack) -> None:
        """Refuse a parcel that somebody sent back with our label: its return counts it."""
        row = await self._labels.return_of(tenant_id, found.parcel)
        if row is not None and row.order_id == found.order_id:
            raise RefusedError(
                "invalid_request", f"is the label of {row.rma_no}: count it there", field="parcel"
            )
