"""Parcels that Kuaidi100 follows: scans, what its query shows of them, and its pushes."""

import secrets
from datetime import datetime, timedelta, timezone

from sandbox import kuaidi100_orders
from sandbox.errors import kuaidi100_refusal
from sandbox.ledger import Json
from sandbox.world import World

_CHINA = timezone(timedelta(hours=8))
_SCANS = {
    "pre_transit": ("101", "已下单"),
    "in_transit": ("1002", "干线运输"),
    "out_for_delivery": ("5", "派件中"),
    "delivered": ("301", "本人签收"),
    "return_to_sender": ("4", "退签"),
    "failure": ("2", "疑难件"),
}
_FINER = {"101": "1", "1002": "0", "301": "3"}
"""The state of which a finer code is one kind."""


def scan(world: World, order: Json, *, status: str, scan_id: str) -> Json:
    """Add a scan and tell of it; a ``scan_id`` seen before changes nothing."""
    if any(known["scan_id"] == scan_id for known in order["scans"]):
        return order
    at = datetime.now(_CHINA)
    order["scans"].append({"scan_id": scan_id, "status": status, "at": at.isoformat()})
    if status != "pre_transit":
        kuaidi100_orders.collect(order)
    kuaidi100_orders.save(world, order)
    push = {
        "status": "shutdown" if status == "delivered" else "polling",
        "message": "",
        "lastResult": _track(order),
    }
    world.webhooks.enqueue("kuaidi100", f"kd_{secrets.token_hex(12)}", "poll", push)
    return order


def tracked(world: World, given: Json) -> Json:
    number = given.get("num")
    order = kuaidi100_orders.find(world, number) if isinstance(number, str) else None
    if order is None or order["tracking_code"] != number or not order["scans"]:
        raise kuaidi100_refusal(200, "500", "nothing was found, ask again later")
    if given.get("com") != order["company"]:
        raise kuaidi100_refusal(200, "400", "the number is of another company")
    return _track(order)


def _track(order: Json) -> Json:
    code = _SCANS[order["scans"][-1]["status"]][0]
    state = _FINER.get(code, code)
    return {
        "message": "ok",
        "nu": order["tracking_code"],
        "com": order["company"],
        "status": "200",
        "state": state,
        "ischeck": "1" if state == "3" else "0",
        "data": [_step(known) for known in reversed(order["scans"])],
    }


def _step(known: Json) -> Json:
    code, text = _SCANS[known["status"]]
    at = datetime.fromisoformat(known["at"]).astimezone(_CHINA)
    written = f"{at:%Y-%m-%d %H:%M:%S}"
    return {"time": written, "ftime": written, "context": text, "statusCode": code}
