"""A parcel by its number: which returns travel in it, and in which bags."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.asking import ServicesOf
from api.auth import Caller, needs
from backhaul_client.parcels import InParcel, ParcelView

router = APIRouter(prefix="/v1/parcels", tags=["warehouse"])
Code = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/{tracking_code:path}", operation_id="read_parcel")
async def read_parcel(
    caller: Annotated[Caller, needs("read-parcel")], tracking_code: Code, services: ServicesOf
) -> ParcelView:
    """Show every return under a tracking code; a bulk parcel holds many, each in its bag.

    A number that nothing travels under holds none.
    """
    tenant_id = caller.tenant_id
    found_in = await services.tracking.deliveries_in(tenant_id, tracking_code)
    returns = await services.reads.get_many(tenant_id, [one.return_id for one in found_in])
    rows = {row.return_id: row for row in returns}
    held = []
    for found in found_in:
        row = rows[found.return_id]
        deliveries: list[dict[str, Any]] = (row.snapshot or {}).get("deliveries", [])
        shown = next((d for d in deliveries if d["delivery_id"] == found.delivery_id), None)
        if shown is not None:
            held.append(
                InParcel(
                    return_id=found.return_id,
                    rma_no=row.rma_no,
                    delivery_id=found.delivery_id,
                    state=shown["state"],
                    bag=shown.get("bag"),
                )
            )
    return ParcelView(tracking_code=tracking_code, returns=tuple(held))
