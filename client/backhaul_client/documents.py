"""Papers of a return's parcels on the wire, by reference."""

from dataclasses import dataclass

from backhaul_client.answer_model import AnswerModel


class DocumentView(AnswerModel):
    """One paper of one parcel.

    ``kind`` is label, label_qr (the carrier's, at an address of its own), packing_slip or qr_code
    (ours: a path of this API, read with the same key). ``media_type`` is empty where only the
    carrier knows it.
    """

    kind: str
    delivery_id: str
    media_type: str | None
    href: str


class DocumentList(AnswerModel):
    items: tuple[DocumentView, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it is printed; the same ``etag`` is the same content."""

    content: bytes
    media_type: str
    file_name: str
    etag: str
