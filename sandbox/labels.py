"""Labels one can print: a page of PDF with the addresses and a bar code of the tracking number."""

from fastapi import APIRouter, HTTPException, Request, Response

from sandbox import ups_shipments
from sandbox.ledger import Json
from sandbox.world import world_of

router = APIRouter(prefix="/labels", include_in_schema=False)

# Code 39: nine elements per character, bars and spaces in turn, "w" is a wide one.
_CODE_39 = {
    "0": "nnnwwnwnn",
    "1": "wnnwnnnnw",
    "2": "nnwwnnnnw",
    "3": "wnwwnnnnn",
    "4": "nnnwwnnnw",
    "5": "wnnwwnnnn",
    "6": "nnwwwnnnn",
    "7": "nnnwnnwnw",
    "8": "wnnwnnwnn",
    "9": "nnwwnnwnn",
    "A": "wnnnnwnnw",
    "B": "nnwnnwnnw",
    "C": "wnwnnwnnn",
    "D": "nnnnwwnnw",
    "E": "wnnnwwnnn",
    "F": "nnwnwwnnn",
    "G": "nnnnnwwnw",
    "H": "wnnnnwwnn",
    "I": "nnwnnwwnn",
    "J": "nnnnwwwnn",
    "K": "wnnnnnnww",
    "L": "nnwnnnnww",
    "M": "wnwnnnnwn",
    "N": "nnnnwnnww",
    "O": "wnnnwnnwn",
    "P": "nnwnwnnwn",
    "Q": "nnnnnnwww",
    "R": "wnnnnnwwn",
    "S": "nnwnnnwwn",
    "T": "nnnnwnwwn",
    "U": "wwnnnnnnw",
    "V": "nwwnnnnnw",
    "W": "wwwnnnnnn",
    "X": "nwnnwnnnw",
    "Y": "wwnnwnnnn",
    "Z": "nwwnwnnnn",
    "*": "nwnnwnwnn",
}
_WIDTH, _HEIGHT = 288, 432


@router.get("/{shipment_id}.pdf")
async def get_label(request: Request, shipment_id: str) -> Response:
    world = world_of(request)
    async with world.ledger.transaction():
        shipment = world.ledger.get("easypost.shipment", shipment_id)
        by_ups = world.ledger.get("ups.shipment", shipment_id)
    if by_ups is not None:
        return Response(draw(ups_shipments.printed(by_ups)), media_type="application/pdf")
    if shipment is None or shipment["postage_label"] is None:
        raise HTTPException(404, "no label was bought for this shipment")
    return Response(draw(shipment), media_type="application/pdf")


def draw(shipment: Json) -> bytes:
    """Draw a 4 x 6 inch label; on a return the parcel travels against its addresses."""
    sender, recipient = shipment["from_address"], shipment["to_address"]
    if shipment["is_return"]:
        sender, recipient = recipient, sender
    code = shipment["tracking_code"]
    rate = shipment["selected_rate"]
    commands = [
        *_lines(24, 400, 9, [f"{rate['carrier']} {rate['service']}", "From:", *_postal(sender)]),
        *_lines(24, 290, 13, ["To:", *_postal(recipient)]),
        *_bars(24, 60, 80, code),
        *_lines(24, 44, 11, [code, shipment["reference"] or ""]),
    ]
    return _pdf("\n".join(commands))


def _postal(address: Json) -> list[str]:
    names = ("name", "street1", "street2")
    town = f"{address['zip'] or ''} {address['city'] or ''} {address['country'] or ''}"
    return [*(str(address[name]) for name in names if address[name]), town.strip()]


def _lines(left: int, top: int, size: int, texts: list[str]) -> list[str]:
    return [
        f"BT /F1 {size} Tf {left} {top - number * (size + 3)} Td ({_escaped(text)}) Tj ET"
        for number, text in enumerate(texts)
    ]


def _bars(left: int, bottom: int, height: int, code: str) -> list[str]:
    pattern = "n".join(_CODE_39[character] for character in f"*{code}*")
    unit = (_WIDTH - 2 * left) / sum(2 if element == "w" else 1 for element in pattern)
    commands, at = [], float(left)
    for number, element in enumerate(pattern):
        width = unit * (2 if element == "w" else 1)
        if number % 2 == 0:
            commands.append(f"{at:.2f} {bottom} {width:.2f} {height} re f")
        at += width
    return commands


def _escaped(text: str) -> str:
    """Keep what the built-in font can show; the rest becomes a question mark."""
    shown = text.encode("latin-1", "replace").decode("latin-1")
    return shown.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf(drawing: str) -> bytes:
    stream = drawing.encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    document, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(document))
    )
