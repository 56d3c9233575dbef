"""Whose label is on a parcel that the warehouse counts for one return."""

from domain.parcels import LabelOwner
from storage.returns import Returns
from storage.rows import ReturnRow
from storage.tracking import Tracking


class LabelOwners:
    def __init__(self, returns: Returns, tracking: Tracking) -> None:
        self._returns = returns
        self._tracking = tracking

    async def other_owner(self, row: ReturnRow, parcel: str) -> LabelOwner | None:
        """Return the other return of the tenant whose label a counted parcel bears.

        ``None`` for a label of the return itself, and for any mark that is no label we know. One
        statement, one more where there is another return.
        """
        found = await self._tracking.newest_delivery(row.tenant_id, parcel)
        if found is None or found.purpose != "return" or found.return_id == row.return_id:
            return None
        own = (row.snapshot or {}).get("deliveries", ())
        if any(delivery["tracking_code"] == parcel for delivery in own):
            # Carriers use codes again; the return knows its own.
            return None
        other = await self._returns.get(row.tenant_id, found.return_id)
        if other is None:
            return None
        receipts = (other.snapshot or {}).get("receipts", ())
        counted = any(receipt["parcel"] == parcel for receipt in receipts)
        return LabelOwner(other.return_id, other.rma_no, has_counted=counted)
