"""The ledger for people: one page of tables."""

from collections.abc import Iterable
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sandbox.ledger import Json
from sandbox.ledger_views import effects
from sandbox.world import world_of

router = APIRouter(include_in_schema=False)

_SHOWN = {
    "refunds": (
        "Refunds",
        ("created_at", "refund_id", "payment_ref", "amount_minor", "currency", "status"),
    ),
    "labels": (
        "Labels",
        ("created_at", "tracking_code", "reference", "status", "cost_minor", "currency"),
    ),
    "pickups": (
        "Pickups",
        ("created_at", "pickup_id", "reference", "status", "outcome", "confirmation"),
    ),
    "stock_moves": (
        "Stock moves",
        ("created_at", "move_id", "sku", "quantity", "disposition", "location_id"),
    ),
    "replacements": (
        "Replacement orders",
        ("created_at", "replacement_order_id", "order_id", "sku", "quantity", "status"),
    ),
    "mails": ("Mails", ("received_at", "to", "subject", "text")),
}
_NEWEST = 200
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd;
  vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere }
th { background: #f4f4f4 } p.none { color: #666 }
"""


@router.get("/", response_class=HTMLResponse)
async def show_ledger(
    request: Request, order_id: str | None = None, return_id: str | None = None
) -> str:
    world = world_of(request)
    async with world.ledger.transaction():
        found = effects(world, order_id=order_id, return_id=return_id)
    tables = "".join(
        _table(title, columns, found[name]) for name, (title, columns) in _SHOWN.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sandbox ledger</title><style>{_STYLE}</style></head><body>"
        "<h1>What happened outside</h1>"
        "<p>Money, parcels, goods and mails as the payment provider, the carrier, the merchant"
        f" platform and the mail server know them.</p>{tables}</body></html>"
    )


def _table(title: str, columns: Iterable[str], effects_found: list[Json]) -> str:
    heading = f"<h2>{title} ({len(effects_found)})</h2>"
    if not effects_found:
        return f'{heading}<p class="none">None.</p>'
    names = "".join(f'<th scope="col">{name.replace("_", " ")}</th>' for name in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(effect.get(name))}</td>" for name in columns) + "</tr>"
        for effect in effects_found[: -_NEWEST - 1 : -1]
    )
    return f"{heading}<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return escape(", ".join(map(str, value)) if isinstance(value, list) else str(value))
