"""Papers of a return's parcels: listed by reference, and those of ours drawn."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from api import views
from api.asking import ServicesOf
from api.auth import Caller, needs
from api.papers import SVG, documents_of
from backhaul_client.documents import DocumentList, Paper
from documents.packing_slip import MEDIA_TYPE

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["documents"])

IfNoneMatch = Annotated[str | None, Header(description="An ETag: 304 when nothing changed.")]


@router.get("/documents", operation_id="list_documents")
async def list_documents(
    caller: Annotated[Caller, needs("get")], return_id: str, services: ServicesOf
) -> DocumentList:
    """List labels and codes, at the carrier's addresses, and packing slips and codes of ours."""
    row = await services.returns.find(caller.tenant_id, return_id)
    return DocumentList(items=documents_of(views.row_view(row)))


@router.get(
    "/deliveries/{delivery_id}/packing-slip",
    operation_id="get_packing_slip",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_packing_slip(
    caller: Annotated[Caller, needs("get")],
    return_id: str,
    delivery_id: str,
    services: ServicesOf,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw the page that goes into a parcel, with the RMA number as bar code and QR code."""
    row = await services.returns.find(caller.tenant_id, return_id)
    return _answer(await services.documents.packing_slip(row, delivery_id), if_none_match)


@router.get(
    "/deliveries/{delivery_id}/qr-code",
    operation_id="get_qr_code",
    response_class=Response,
    responses={200: {"content": {SVG: {"schema": {"type": "string"}}}}},
)
async def get_qr_code(
    *,
    caller: Annotated[Caller, needs("get")],
    return_id: str,
    delivery_id: str,
    services: ServicesOf,
    of: Annotated[Literal["return", "label"], Query()] = "return",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw the QR code of the RMA number, or of the address at which the carrier shows its own."""
    row = await services.returns.find(caller.tenant_id, return_id)
    return _answer(
        services.documents.qr_code(row, delivery_id, of_label=of == "label"), if_none_match
    )


def _answer(paper: Paper, if_none_match: str | None) -> Response:
    if if_none_match == paper.etag:
        return Response(status_code=304, headers={"ETag": paper.etag})
    return Response(
        paper.content,
        media_type=paper.media_type,
        headers={
            "ETag": paper.etag,
            "Content-Disposition": f'inline; filename="{paper.file_name}"',
        },
    )
