"""What scanners read: Code 128 for a counter, QR codes for a telephone."""

from io import BytesIO
from typing import Any

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import black
from reportlab.lib.units import mm

Matrix = tuple[tuple[bool, ...], ...]

# A fold or a stain of 15 % still reads.
_CORRECTION = "m"
# The standard's empty margin, in modules.
_QUIET = 4


def barcode(text: str) -> Any:
    """Return ``text`` as a Code 128, ready to be placed on a page."""
    return Code128(text, barHeight=14 * mm, barWidth=0.42 * mm, quiet=True)


def qr_matrix(text: str) -> Matrix:
    """Return the QR code of ``text``: rows of modules, dark ones true, without a margin."""
    return tuple(tuple(bool(module) for module in row) for row in _qr(text).matrix)


def qr_drawing(text: str, *, side: float) -> Any:
    """Draw the QR code of ``text`` ``side`` points wide, its margin included."""
    matrix = qr_matrix(text)
    module = side / (len(matrix) + 2 * _QUIET)
    drawing = Drawing(side, side)
    for number, row in enumerate(matrix):
        bottom = side - (number + _QUIET + 1) * module
        for start, length in _dark_runs(row):
            left = (start + _QUIET) * module
            drawing.add(
                Rect(left, bottom, length * module, module, strokeColor=None, fillColor=black)
            )
    return drawing


def qr_svg(text: str) -> bytes:
    """Return the QR code of ``text`` as an SVG of its own; the same text is the same bytes."""
    out = BytesIO()
    _qr(text).save(out, kind="svg", scale=8, border=_QUIET, light="#fff", title="QR code")
    return out.getvalue()


def _qr(text: str) -> segno.QRCode:
    return segno.make_qr(text, error=_CORRECTION)


def _dark_runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Return (start, length) of each run: seams between single modules would show in print."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if dark and found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((place, 1))
    return found
