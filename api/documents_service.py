"""Draw a parcel's papers from the read model; the receiving place is read at the platform."""

import asyncio
import hashlib

from temporalio.exceptions import ApplicationError

from activities.errors import translated
from api import views
from api.papers import SVG, needs_address, parcel_of, slip_of
from api.upstream import refusal_of
from backhaul_client.answers import ReturnView
from backhaul_client.documents import Paper
from documents import codes, packing_slip
from domain.codes import RefusedError
from integrations.carriers.port import Address
from integrations.directory import Connections
from storage.rows import ReturnRow


class DocumentsService:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def packing_slip(self, row: ReturnRow, delivery_id: str) -> Paper:
        """Draw the page that goes into a parcel; the same return is the same bytes.

        Raises:
            RefusedError: the parcel has none, or the platform does not tell where it goes.
        """
        view = views.row_view(row)
        delivery = parcel_of(view, delivery_id)
        address = await self._address(row.tenant_id, view) if needs_address(delivery) else None
        content = await asyncio.to_thread(packing_slip.draw, slip_of(view, delivery, address))
        return _paper(
            content, packing_slip.MEDIA_TYPE, f"packing-slip-{view.rma_no}-{delivery_id}.pdf"
        )

    def qr_code(self, row: ReturnRow, delivery_id: str, *, of_label: bool) -> Paper:
        """Draw the QR code of the RMA number, or of where the carrier shows its own.

        Raises:
            RefusedError: the parcel has none.
        """
        view = views.row_view(row)
        delivery = parcel_of(view, delivery_id)
        text = delivery.qr_url if of_label else view.rma_no
        if text is None:
            raise RefusedError(
                "document_not_available", "the carrier has no code for this parcel", field="of"
            )
        return _paper(codes.qr_svg(text), SVG, f"qr-code-{view.rma_no}-{delivery_id}.svg")

    async def _address(self, tenant_id: str, view: ReturnView) -> Address:
        if view.location_id is None:
            raise RefusedError("document_not_available", "the return is not registered yet")
        try:
            with translated():
                platform = await self._connections.commerce(tenant_id)
                return (await platform.get_location(view.location_id)).address
        except ApplicationError as error:
            raise refusal_of(error) from error


def _paper(content: bytes, media_type: str, file_name: str) -> Paper:
    return Paper(content, media_type, file_name, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
