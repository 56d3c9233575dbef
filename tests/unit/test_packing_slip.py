"""The page in the parcel says what it should, in any script; the same facts are one document."""

import unicodedata
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
import segno
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.graphics.shapes import Rect

from documents.codes import barcode, qr_drawing, qr_matrix, qr_svg
from documents.lettering import BOX, runs
from documents.packing_slip import PackingSlip, SlipLine, draw
from documents.wording import INSTRUCTIONS, reason_words
from domain.reasons import REASONS
from domain.requests import HandoverMethod

RMA = "RMA-7F3K-2M-9"
LAMP = SlipLine("LAMP-DESK-WHITE", "Desk lamp, white", 2, "fit: too small")
SLIP = PackingSlip(
    rma_no=RMA,
    delivery_id="d1",
    method=HandoverMethod.DROP_OFF,
    lines=(LAMP,),
    address=("Returns Leipzig", "Lagerstrasse 1", "04103 Leipzig", "DE"),
    carrier="USPS",
    tracking_code="9400110898825022579493",
    hand_over_by=date(2026, 12, 10),
)


ENCODINGS = {
    "Helvetica": "cp1252",
    "STSong-Light": "gbk",
    "HeiseiMin-W3": "cp932",
    "HYSMyeongJo-Medium": "cp949",
}


def read(content: bytes) -> PdfReader:
    return PdfReader(BytesIO(content))


def words_of(slip: PackingSlip) -> str:
    """Return all that a reader finds on the slip, its line breaks as they are."""
    return "\n".join(page.extract_text() for page in read(draw(slip)).pages)


def test_says_what_the_parcel_is_and_where_it_goes() -> None:
    """Whoever opens it at the warehouse needs nothing else to find the return."""
    words = words_of(SLIP)

    for wanted in (RMA, "d1", "USPS", "9400110898825022579493", "2026-12-10", *SLIP.address):
        assert wanted in words
    for wanted in ("LAMP-DESK-WHITE", "Desk lamp, white", "fit: too small"):
        assert wanted in words
    assert "page 1 of 1" in words


@pytest.mark.parametrize("method", [*HandoverMethod])
def test_says_what_to_do_for_every_way_back(method: HandoverMethod) -> None:
    """No way back leaves the customer without a next step."""
    words = words_of(replace(SLIP, method=method)).replace("\n", " ")

    assert all(sentence in words for sentence in INSTRUCTIONS[method])


def test_says_nothing_that_is_not_there() -> None:
    """A parcel for the counter has no carrier, no address and no date."""
    slip = PackingSlip(RMA, "d2", HandoverMethod.IN_STORE, (LAMP,))

    words = words_of(slip)

    assert "d2" in words
    for absent in ("Goes to", "Carrier", "Tracking code", "Hand over by", "Courier comes", "None"):
        assert absent not in words


def test_the_same_facts_are_the_same_bytes() -> None:
    """So that a repeat has the same ETag, and another fact another one."""
    assert draw(SLIP) == draw(SLIP)
    assert draw(SLIP) != draw(replace(SLIP, delivery_id="d2"))


def test_the_document_says_nothing_of_when_it_was_made() -> None:
    """Nor by whom: only which return it is of."""
    metadata = read(draw(SLIP)).metadata

    assert metadata is not None
    assert metadata.title == f"Packing slip {RMA}"
    assert metadata.creation_date is not None
    assert metadata.creation_date.year == 2000


def test_sixty_lines_go_on_over_pages_with_their_heading() -> None:
    """None is lost at a page break, and every page names the return and its place."""
    lines = tuple(SlipLine(f"SKU-{n:02}", f"thing {n:02}", 1, "") for n in range(60))

    pages = [page.extract_text() for page in read(draw(replace(SLIP, lines=lines))).pages]

    assert len(pages) > 1
    words = "\n".join(pages)
    assert [n for n in range(60) if words.count(f"SKU-{n:02}") != 1] == []
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
        assert RMA in page
        assert "Units" in page


def test_a_long_title_is_wrapped_and_kept_whole() -> None:
    """A hundred characters without a space do not run into the next column."""
    title = "".join(chr(ord("A") + n % 26) for n in range(100))
    slip = replace(SLIP, lines=(replace(LAMP, title=title),))

    lines = words_of(slip).splitlines()

    assert title not in lines
    assert title in "".join(lines)


def test_a_title_without_an_end_is_cut_where_one_sees_it() -> None:
    """A row that is higher than a page would be no page at all."""
    words = words_of(replace(SLIP, lines=(replace(LAMP, title="ab " * 5000),)))

    assert "page 1 of 1" in words
    assert "…" in words


@pytest.mark.parametrize(
    "title",
    ["护眼台灯 白色", "デスクランプ ﾎﾜｲﾄ", "책상 램프", "Лампа", "Schreibtischlampe größer – 20 €"],
)
def test_titles_of_other_scripts_are_read_back(title: str) -> None:
    """What the shop calls it is on the page, in whatever it is written."""
    words = words_of(replace(SLIP, lines=(replace(LAMP, title=title),)))

    assert title in words


def test_what_no_font_shows_is_a_box_for_each_character() -> None:
    """An emoji or a script without a font neither breaks the page nor goes away silently."""
    words = words_of(replace(SLIP, lines=(replace(LAMP, title="Lamp \U0001f600\u0e44\u0e17!"),)))

    assert f"Lamp {BOX * 3}!" in words


def test_joiners_of_an_emoji_are_no_boxes_of_their_own() -> None:
    """A family of three is three signs, whatever holds them together."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufe0f"

    assert "".join(text for _, text in runs(family)) == BOX * 3


def test_a_title_is_no_markup() -> None:
    """A shop's ampersands and brackets are printed, and command nothing."""
    words = words_of(replace(SLIP, lines=(replace(LAMP, title="A & B <b>x</b> <img/>"),)))

    assert "A & B <b>x</b> <img/>" in words


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_keeps_a_slip_from_being_drawn(title: str, sku: str) -> None:
    """Whatever the platform calls its goods, the customer gets the page."""
    content = draw(replace(SLIP, lines=(replace(LAMP, title=title, sku=sku),)))

    assert len(read(content).pages) >= 1


@example("\u0f9d")
@given(st.text(max_size=60))
def test_every_visible_character_is_one_character_of_some_font(text: str) -> None:
    """Nothing is dropped on the way but what cannot be seen."""
    shown = "".join(characters for _, characters in runs(text))

    # Some characters have no composed form of their own: they are two, wherever they are shown.
    assert len(shown) <= len(unicodedata.normalize("NFC", text))
    for font, characters in runs(text):
        if font == "ZapfDingbats":
            assert set(characters) == {BOX}
        else:
            assert characters.encode(ENCODINGS[font])


def test_the_bar_code_is_the_number_that_a_scanner_types() -> None:
    """Code 128 holds it as it is, with a check sum of its own."""
    drawn = barcode(RMA)

    drawn.validate()
    drawn.encode()
    assert drawn.value == RMA
    assert drawn.valid
    assert drawn.width < 278, "it would run into the QR codes"


@pytest.mark.parametrize("text", [RMA, "https://carrier.example/qr/" + "a" * 120 + ".png"])
def test_the_qr_code_on_the_page_is_that_of_its_text(text: str) -> None:
    """The dark fields, measured on the drawing, are those of the code."""
    wanted = [[bool(module) for module in row] for row in segno.make_qr(text, error="m").matrix]
    size = len(wanted) + 8
    drawing = qr_drawing(text, side=float(size))

    found = [[False] * size for _ in range(size)]
    for rect in drawing.contents:
        assert isinstance(rect, Rect)
        row = size - 1 - round(rect.y)
        for place in range(round(rect.x), round(rect.x + rect.width)):
            found[row][place] = True

    assert [row[4:-4] for row in found[4:-4]] == wanted
    assert sum(map(sum, found)) == sum(map(sum, wanted)), "something lies in the quiet margin"


def test_the_qr_code_alone_is_an_image_of_the_same_fields() -> None:
    """A page may show it as it is; the same text is the same image."""
    assert qr_svg(RMA) == qr_svg(RMA)
    assert qr_svg(RMA) != qr_svg(RMA.replace("9", "8"))
    assert qr_svg(RMA).lstrip().startswith(b"<?xml")
    assert len(qr_matrix(RMA)) == 21


def test_every_reason_has_words() -> None:
    """No code of a program stands on a customer's page."""
    for reason, details in REASONS.items():
        for detail in (None, *details):
            words = reason_words(reason, detail)
            assert words == words.lower()
            assert "_" not in words
    assert reason_words(None, None) == ""
