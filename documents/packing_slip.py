"""The page that goes into the parcel: whose return it is, what is in it, where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.lib.colors import grey, lightgrey
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from documents.codes import barcode, qr_drawing
from documents.lettering import BOLD, PLAIN, has_asian, markup, register_fonts
from documents.wording import INSTRUCTIONS
from domain.requests import HandoverMethod

MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """Units of one line that belong into the parcel; ``reason`` is in words, or empty."""

    sku: str
    title: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class PackingSlip:
    """All that a slip says: nobody's name, mailbox or home.

    Args:
        address: The receiving place's postal lines; empty where the goods go over a counter.
        qr_address: Where the carrier shows the code that its drop-off point prints the label from.
        hand_over_by: The last local day, where there is one.
        courier: When a courier comes, in words and local time, where one does.
    """

    rma_no: str
    delivery_id: str
    method: HandoverMethod
    lines: tuple[SlipLine, ...]
    address: tuple[str, ...] = ()
    carrier: str | None = None
    tracking_code: str | None = None
    qr_address: str | None = None
    hand_over_by: date | None = None
    courier: str | None = None


def draw(slip: PackingSlip) -> bytes:
    """Return the slip as PDF: one page of A4, and more where its lines need them.

    The same slip is the same bytes. Characters of scripts that no reader's own font has are boxes,
    and a text of more than 200 characters is cut, which shows.
    """
    with _DRAWING:
        register_fonts()
        pages = _build(slip, of=None)[1]
        return _build(slip, of=pages)[0]


# reportlab reads the markup of all paragraphs, of whatever thread, with one parser.
_DRAWING = Lock()
# A shop's title may be a novel, and a row that is higher than its page cannot be printed.
_LONGEST = 200
_WIDTH = A4[0] - 40 * mm
_COLUMNS = (38 * mm, _WIDTH - 98 * mm, 15 * mm, 45 * mm)
_TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9, leading=12, splitLongWords=1)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontName=BOLD, fontSize=18, leading=23)
_NUMBER = ParagraphStyle("number", parent=_TEXT, fontName=BOLD, fontSize=13, leading=17)


def _build(slip: PackingSlip, *, of: int | None) -> tuple[bytes, int]:
    """Return the document and how many pages it has; ``of`` is that number, once it is known."""
    out = BytesIO()

    def number_page(canvas: Any, document: Any) -> None:
        canvas.setFont(PLAIN, 8)
        canvas.setFillColor(grey)
        canvas.drawString(20 * mm, 12 * mm, f"{slip.rma_no}  {slip.delivery_id}")
        canvas.drawRightString(A4[0] - 20 * mm, 12 * mm, f"page {document.page} of {of}")

    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=f"Packing slip {slip.rma_no}",
        author="Backhaul",
        # No time of making and no random id.
        invariant=1,
        pageCompression=1,
    )
    document.build(_story(slip), onFirstPage=number_page, onLaterPages=number_page)
    return out.getvalue(), int(document.page)


def _story(slip: PackingSlip) -> list[Any]:
    gap = Spacer(1, 6 * mm)
    return [_head(slip), gap, _facts(slip), gap, _advice(slip), gap, _contents(slip.lines)]


def _head(slip: PackingSlip) -> Any:
    side = 34 * mm
    number = [
        _paragraph("Packing slip", _TITLE),
        barcode(slip.rma_no),
        _paragraph(slip.rma_no, _NUMBER),
    ]
    codes = [_code(slip.rma_no, "This return", side)]
    if slip.qr_address is not None:
        codes.insert(0, _code(slip.qr_address, "The carrier's code", side))
    widths = [_WIDTH - len(codes) * (side + 2 * mm), *[side + 2 * mm] * len(codes)]
    return Table([[number, *codes]], colWidths=widths, style=_FLUSH)


def _code(text: str, caption: str, side: float) -> list[Any]:
    return [qr_drawing(text, side=side), _paragraph(caption)]


def _facts(slip: PackingSlip) -> Any:
    facts = {
        "Parcel": slip.delivery_id,
        "Carrier": slip.carrier,
        "Tracking code": slip.tracking_code,
        "Courier comes": slip.courier,
        "Hand over by": slip.hand_over_by.isoformat() if slip.hand_over_by is not None else None,
    }
    rows = [[_bold(name), _paragraph(text)] for name, text in facts.items() if text]
    if slip.address:
        rows.append([_bold("Goes to"), [_paragraph(line) for line in slip.address]])
    return Table(rows, colWidths=(32 * mm, _WIDTH - 32 * mm), style=_FLUSH)


def _advice(slip: PackingSlip) -> Any:
    rows = enumerate(INSTRUCTIONS[slip.method], start=1)
    return Table([[_paragraph(f"{n}. {text}")] for n, text in rows], colWidths=_WIDTH, style=_FLUSH)


def _contents(lines: Sequence[SlipLine]) -> Any:
    head = [_bold(name) for name in ("SKU", "Goods", "Units", "Reason")]
    rows = [
        [_paragraph(text) for text in (line.sku, line.title, str(line.quantity), line.reason)]
        for line in lines
    ]
    return Table([head, *rows], colWidths=_COLUMNS, repeatRows=1, style=_RULED)


def _paragraph(text: str, style: Any = _TEXT) -> Any:
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    if has_asian(text):
        style = ParagraphStyle("asian", parent=style, wordWrap="CJK")
    return Paragraph(markup(text, latin=style.fontName), style)


def _bold(text: str) -> Any:
    return Paragraph(markup(text, latin=BOLD), _TEXT)


_FLUSH = TableStyle(
    [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    + [(side, (0, 0), (-1, -1), 1) for side in ("TOPPADDING", "BOTTOMPADDING")]
)
_RULED = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, lightgrey),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
)
