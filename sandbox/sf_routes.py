"""Parcels on their way with SF: scans, and what the search for routes shows of them."""

from datetime import datetime

from sandbox import sf_orders
from sandbox.ledger import Json
from sandbox.sf_answers import refused, said
from sandbox.world import World

_BY_NUMBER = 1
_SCANS = {
    "collected": ("50", "顺丰速运 已收取快件"),
    "in_transit": ("31", "快件到达 【北京顺义中转场】"),
    "out_for_delivery": ("44", "快件交给派送员，正在派送途中"),
    "delivered": ("80", "已签收"),
    "return_to_sender": ("648", "快件已退回/转寄"),
    "failure": ("33", "派送不成功，待再次派送"),
}
"""Code and remark; what is announced alone has no scan at SF."""


def scan(world: World, order: Json, *, status: str, scan_id: str) -> Json:
    """Add a scan; a ``scan_id`` seen before changes nothing. SF's pushes are not taken by us."""
    if any(known["scan_id"] == scan_id for known in order["scans"]):
        return order
    sf_orders.collect(order, status, scan_id)
    sf_orders.save(world, order)
    return order


def searched(world: World, given: Json) -> Json:
    asked = given.get("trackingNumber")
    if not isinstance(asked, list) or not 0 < len(asked) <= 10:
        raise refused("S0002", "trackingNumber is required")
    by = "tracking_code" if given.get("trackingType") == _BY_NUMBER else "id"
    return said({"routeResps": [_routes(world, str(name), by) for name in asked]})


def _routes(world: World, name: str, by: str) -> Json:
    order = sf_orders.find(world, name)
    if order is None or order[by] != name:
        return {"mailNo": name, "routes": []}
    routes = [_route(known) for known in order["scans"] if known["status"] in _SCANS]
    return {"mailNo": order["tracking_code"], "routes": routes}


def _route(known: Json) -> Json:
    code, remark = _SCANS[known["status"]]
    at = datetime.fromisoformat(known["at"])
    return {
        "acceptTime": f"{at:%Y-%m-%d %H:%M:%S}",
        "acceptAddress": "北京市",
        "remark": remark,
        "opCode": code,
    }
