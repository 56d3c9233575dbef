"""Orders at SF: a courier who brings the label, under the caller's number, once for good."""

import secrets
from datetime import datetime, timedelta, timezone

from sandbox import sf_quotes
from sandbox.clock import iso_now
from sandbox.ledger import Json
from sandbox.sf_answers import parts, refused, said, text
from sandbox.world import World

CHINA = timezone(timedelta(hours=8))
_KIND = "sf.order"
_FORMAT = "%Y-%m-%d %H:%M:%S"
_CANCEL = 2
_SERVED, _NOT_SERVED = 2, 3
_UNSERVED_POSTAL_CODE = "00000"


class OutcomeConflictError(Exception):
    """The order is not in a state in which this could have happened."""


def create(world: World, given: Json) -> Json:
    """Take an order; its number is never free again."""
    number = text(given, "orderId")
    if len(number) > 64:
        raise refused("S0004", "orderId has at most 64 characters")
    if world.ledger.get(_KIND, number) is not None:
        raise refused("8016", "重复下单")
    sf_quotes.check_card(given)
    product = str(given.get("expressTypeId"))
    if product not in sf_quotes.PRODUCTS:
        raise refused("8057", "快件类型为空或未配置")
    served = [_is_served(end) for end in _ends(given)] == [True, True]
    begins, ends = _window(given)
    order: Json = {
        "id": number,
        "reference": given.get("custReferenceNo") or number,
        "tracking_code": f"SF{secrets.randbelow(10**13):013d}" if served else None,
        "state": "standing" if served else "not_served",
        "outcome": None,
        "begins": begins.isoformat(),
        "ends": ends.isoformat(),
        "cost_minor": sf_quotes.price(product, given.get("totalWeight")),
        "scans": [],
        "created_at": iso_now(),
    }
    world.ledger.save(_KIND, number, order)
    return said(_shown(order) | {"remark": None if served else "1"})


def search(world: World, given: Json) -> Json:
    order = find(world, text(given, "orderId"))
    if order is None:
        raise refused("8018", "未获取到订单信息")
    if order["state"] == "cancelled":
        raise refused("8037", "已消单")
    shown = _shown(order)
    return said(shown | {"filterResult": str(shown["filterResult"])})


def update(world: World, given: Json) -> Json:
    """Cancel an order, once: a second time is refused, and so is one that was collected."""
    if given.get("dealType") != _CANCEL:
        raise refused("S0007", "the sandbox cancels alone")
    order = find(world, text(given, "orderId"))
    if order is None:
        raise refused("8024", "未下单")
    if order["state"] == "cancelled":
        raise refused("8037", "已消单")
    if order["state"] == "collected":
        raise refused("8044", "此订单已经处理中，无法接收订单修改请求")
    order["state"] = "cancelled"
    save(world, order)
    return said(_shown(order) | {"resStatus": 2})


def finish(world: World, order: Json, outcome: str) -> Json:
    """Let the courier set out, come, find nobody or stay away. Repeats change nothing.

    Raises:
        OutcomeConflictError: no courier is to come, or he was there before.
    """
    if order["outcome"] == outcome:
        return order
    if order["state"] != "standing" or order["outcome"] not in (None, "out"):
        raise OutcomeConflictError(f"{order['state']}, outcome {order['outcome']}")
    order["outcome"] = outcome
    if outcome == "collected":
        collect(order, "collected")
    save(world, order)
    return order


def collect(order: Json, status: str, scan_id: str | None = None) -> None:
    """Note a scan, which shows the parcel with SF. The caller saves it."""
    at = datetime.now(CHINA).isoformat()
    order["scans"].append({"scan_id": scan_id, "status": status, "at": at})
    if order["state"] == "standing" and status != "pre_transit":
        order["state"] = "collected"


def save(world: World, order: Json) -> None:
    world.ledger.save(_KIND, order["id"], order)


def find(world: World, name: str) -> Json | None:
    """Return an order by its number, its waybill's, or our name of it, which begins so."""
    found = world.ledger.get(_KIND, name.partition("-")[0])
    if found is None:
        found = next(iter(world.ledger.find(_KIND, {"tracking_code": name})), None)
    return found


def _shown(order: Json) -> Json:
    number = order["tracking_code"]
    return {
        "orderId": order["id"],
        "originCode": "755",
        "destCode": "010",
        "filterResult": _SERVED if number else _NOT_SERVED,
        "waybillNoInfoList": [{"waybillType": 1, "waybillNo": number}] if number else None,
    }


def _ends(given: Json) -> list[Json]:
    contacts = parts(given, "contactInfoList")
    if sorted(str(one.get("contactType")) for one in contacts) != ["1", "2"]:
        raise refused("S0002", "a sender and a recipient are required")
    if not parts(given, "cargoDetails") or not text(parts(given, "cargoDetails")[0], "name"):
        raise refused("1023", "拖寄物品名不能为空")
    return contacts


def _is_served(contact: Json) -> bool:
    for name in ("contact", "country", "address"):
        text(contact, name)
    if not contact.get("mobile") and not contact.get("tel"):
        raise refused("1012", "寄件电话不能为空")
    unserved = contact.get("postCode") == _UNSERVED_POSTAL_CODE
    return not unserved and sf_quotes.UNSERVED not in contact["address"]


def _window(given: Json) -> tuple[datetime, datetime]:
    if given.get("isDocall") != 1:
        raise refused("S0007", "the sandbox has no parcels without a courier")
    extra = {one.get("attrName"): one.get("attrVal") for one in parts(given, "extraInfoList")}
    now = datetime.now(CHINA)
    begins = _time(given["sendStartTm"]) if given.get("sendStartTm") else now
    ends = _time(extra.get("pickupAppointEndTime"))
    if ends <= max(now, begins) or begins < now - timedelta(minutes=1):
        raise refused("8096", "您的预约超出今日营业时间，无法上门收件。")
    return begins, ends


def _time(told: object) -> datetime:
    try:
        return datetime.strptime(str(told), _FORMAT).replace(tzinfo=CHINA)
    except ValueError as error:
        raise refused("S0007", "a time is none") from error
