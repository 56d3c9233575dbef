"""Parcels that were refused, or could not be delivered, and came back."""

from typing import Annotated

from fastapi import APIRouter, Response

from api.asking import ServicesOf
from api.auth import Caller, needs
from api.routes.returns import started_answer
from api.undelivered import CameBack
from backhaul_client.answers import Accepted, ReturnView
from backhaul_client.requests import NewRefusal
from domain.parcels import ReceiptEntry

router = APIRouter(prefix="/v1/refusals", tags=["warehouse"])


@router.post(
    "",
    operation_id="report_refusal",
    status_code=201,
    response_model=ReturnView,
    responses={
        200: {"model": ReturnView, "description": "The parcel was reported before"},
        202: {"model": Accepted, "description": "Accepted: repeat it to have it counted"},
    },
)
async def report_refusal(
    caller: Annotated[Caller, needs("report-refusal")], body: NewRefusal, services: ServicesOf
) -> Response:
    """Report a parcel that came back though nobody asked: it becomes a return and its receipt.

    The parcel is the key: reported again it is the same return, and what was left undone is done.
    """
    found = CameBack(
        order_id=body.order_id,
        parcel=body.parcel,
        receipt_id=body.receipt_id or body.parcel,
        location_id=body.location_id or "",
        entries=tuple(
            ReceiptEntry(entry.sku, entry.quantity, note=entry.note) for entry in body.entries
        ),
    )
    return started_answer(await services.undelivered.report(caller.tenant_id, caller.actor, found))
