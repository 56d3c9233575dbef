"""Templates and what they are given beside a page's own data; every value is escaped."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.money import Money

_FOLDER = Path(__file__).parent
# No script runs, no frame holds it, forms come back to us alone.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
_UTC = ZoneInfo("UTC")
# With the day as a group: every second piece that it splits a text into is one.
_DAY = re.compile(r"(\b\d{4}-\d{2}-\d{2}\b)")


def page(template: str, data: Mapping[str, object], *, status: int = HTTPStatus.OK) -> HTMLResponse:
    """Render one page; a name that the template asks for and is not given is an error of ours."""
    return HTMLResponse(
        _templates().get_template(template).render(data), status_code=status, headers=_HEADERS
    )


def page_alone(template: str, data: Mapping[str, object]) -> HTMLResponse:
    """Render a page that is whole without us: it holds its style, and loads and sends nothing."""
    style = _style().decode()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    content = _templates().get_template(template).render({**data, "style": style})
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(content, headers=headers)


def stylesheet() -> Response:
    return Response(
        _style(), media_type="text/css", headers={"Cache-Control": "public, max-age=300"}
    )


@cache
def _style() -> bytes:
    return (_FOLDER / "static" / "pages.css").read_bytes()


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"money": _money, "time": _time, "words": _words, "around_days": _DAY.split}
    return made


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))


def _time(at: datetime | str | None) -> str:
    if at is None:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(_UTC):%Y-%m-%d %H:%M} UTC"


def _words(code: str) -> str:
    """Return a code of ours as people read it: ``return_shipping_fee`` is "return shipping fee"."""
    return code.replace("_", " ")
