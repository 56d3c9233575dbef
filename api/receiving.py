"""Whose label is on a parcel that the warehouse counts for one return."""

from domain.parcels import LabelOwner
from storage.returns import Returns
from storage.rows import ReturnRow
from storage.tracking import Tracking


class LabelOwners:
    def __init__(self, returns: Returns, tracking: Tracking) -> None:
        self._returns = returns
        self._tracking = tracking

    async def return_of(self, tenant_id: str, parcel: str) -> ReturnRow | None:
        """Return the return whose label a parcel bears; ``None`` for any other mark.

        Two statements.
        """
        found = await self._tracking.newest_delivery(tenant_id, parcel)
        if found is None or found.purpose != "return":
            return None
        return await self._returns.get(tenant_id, found.return_id)

    async def other_owner(self, row: ReturnRow, parcel: str) -> LabelOwner | None:
        """Return the other return of the tenant whose label a counted parcel bears.

        ``None`` for a label of the return itself, and for any mark that is no label we know.
        """
        own = (row.snapshot or {}).get("deliveries", ())
        if any(delivery["tracking_code"] == parcel for delivery in own):
            # Carriers use codes again; the return knows its own.
            return None
        other = await self.return_of(row.tenant_id, parcel)
        if other is None or other.return_id == row.return_id:
            return None
        receipts = (other.snapshot or {}).get("receipts", ())
        counted = any(receipt["parcel"] == parcel for receipt in receipts)
        return LabelOwner(other.return_id, other.rma_no, has_counted=counted)
