"""Orders at Kuaidi100: a courier who brings the label, answered once more for 48 hours."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from sandbox.clock import iso_now
from sandbox.errors import kuaidi100_refusal
from sandbox.ledger import Json
from sandbox.world import World

_KIND = "kuaidi100.order"
_REMEMBERED = timedelta(hours=48)
_CHINA = timedelta(hours=8)
_DAYS = {"今天": 0, "明天": 1, "后天": 2}
_UNSERVED = "无人区"
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_PLACED, _ACCEPTED, _CANCELLED, _COLLECTED, _MISSED = "0", "1", "9", "10", "11"
_OUTCOMES = {
    "out": _ACCEPTED,
    "collected": _COLLECTED,
    "customer_absent": _MISSED,
    "courier_no_show": _MISSED,
}


class OutcomeConflictError(Exception):
    """The order is not in a state in which this could have happened."""


def priced(given: Json) -> Json:
    price = _price(given, company=given.get("kuaidiCom"))
    return _answer({"kuaidiCom": given.get("kuaidiCom"), "price": price, "defPrice": price})


def place(world: World, given: Json, *, forgotten: bool) -> Json:
    """Place an order, or answer the one that was placed under this key in the last 48 hours."""
    for name in ("recManName", "recManMobile", "sendManName", "sendManMobile", "callBackUrl"):
        _text(given, name)
    price = _price(given, company=given.get("kuaidicom"))
    first, last = _text(given, "pickupStartTime"), _text(given, "pickupEndTime")
    day = _DAYS.get(_text(given, "dayType"))
    if day is None or not (_HOUR.fullmatch(first) and _HOUR.fullmatch(last) and first < last):
        raise kuaidi100_refusal(200, "400", "the window is none")
    key = given.get("thirdOrderId") or ""
    if len(key) > 32:
        raise kuaidi100_refusal(200, "400", "thirdOrderId has at most 32 characters")
    known = None if forgotten or not key else _remembered(world, key)
    if known is not None:
        return _placed(known)
    order_id, now = str(secrets.randbelow(10**9) + 10**9), datetime.now(UTC)
    order = {
        "id": order_id,
        "task_id": secrets.token_hex(16).upper(),
        "key": key,
        "reference": given.get("remark") or key,
        "tracking_code": f"YT{secrets.randbelow(10**13):013d}",
        "company": given["kuaidicom"],
        "status": _PLACED,
        "outcome": None,
        "day": ((now + _CHINA).date() + timedelta(days=day)).isoformat(),
        "ready": first,
        "close": last,
        "cost": price,
        "scans": [],
        "created_at": iso_now(),
    }
    world.ledger.add(_KIND, order_id, order)
    return _placed(order)


def detail(world: World, given: Json) -> Json:
    order = _by_task(world, given)
    return _answer(
        {
            "taskId": order["task_id"],
            "orderId": order["id"],
            "kuaidiNum": order["tracking_code"],
            "status": order["status"],
        }
    )


def cancel(world: World, given: Json) -> Json:
    """Cancel an order before its parcel was collected, once: a second time is refused."""
    order = _by_task(world, given)
    if order["id"] != given.get("orderId"):
        raise kuaidi100_refusal(200, "400", "the order has another number")
    if order["status"] not in (_PLACED, _ACCEPTED):
        raise kuaidi100_refusal(200, "500", "the order cannot be cancelled")
    order["status"] = _CANCELLED
    save(world, order)
    return _answer(None)


def finish(world: World, order: Json, outcome: str) -> Json:
    """Let the courier set out, come or not. Repeats change nothing.

    Raises:
        OutcomeConflictError: no courier is to come, or the parcel was collected before.
    """
    if order["outcome"] == outcome:
        return order
    if order["status"] not in (_PLACED, _ACCEPTED):
        raise OutcomeConflictError(f"status {order['status']}, outcome {order['outcome']}")
    order |= {"outcome": outcome, "status": _OUTCOMES[outcome]}
    save(world, order)
    return order


def collect(order: Json) -> None:
    """Note that a scan shows the parcel with the courier. The caller saves it."""
    if order["status"] in (_PLACED, _ACCEPTED):
        order["status"] = _COLLECTED


def save(world: World, order: Json) -> None:
    world.ledger.save(_KIND, order["id"], order)


def find(world: World, name: str) -> Json | None:
    """Return an order by its number, its courier company's, or our name of it, which ends so."""
    last = name.rpartition("-")[2]
    found = world.ledger.get(_KIND, last)
    if found is None:
        found = next(iter(world.ledger.find(_KIND, {"tracking_code": name})), None)
    return found


def _remembered(world: World, key: str) -> Json | None:
    since = datetime.now(UTC) - _REMEMBERED
    found = world.ledger.find(_KIND, {"key": key})
    return next((o for o in found if datetime.fromisoformat(o["created_at"]) > since), None)


def _by_task(world: World, given: Json) -> Json:
    task = _text(given, "taskId")
    found = next(iter(world.ledger.find(_KIND, {"task_id": task})), None)
    if found is None:
        raise kuaidi100_refusal(200, "400", "no such order")
    return found


def _price(given: Json, *, company: object) -> str:
    if not isinstance(company, str) or not company:
        raise kuaidi100_refusal(200, "400", "a courier company is wanted")
    for name in ("sendManPrintAddr", "recManPrintAddr"):
        if _UNSERVED in _text(given, name):
            raise kuaidi100_refusal(200, "SANDBOX_NOT_SERVED", "no courier goes there")
    try:
        weight = Decimal(_text(given, "weight"))
    except InvalidOperation as error:
        raise kuaidi100_refusal(200, "400", "weight is no number") from error
    return f"{Decimal('7.50') + weight:.2f}"


def _text(given: Json, name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise kuaidi100_refusal(200, "400", f"{name} is wanted")
    return found


def _placed(order: Json) -> Json:
    return _answer(
        {
            "taskId": order["task_id"],
            "orderId": order["id"],
            "kuaidinum": order["tracking_code"],
        }
    )


def _answer(data: Json | None) -> Json:
    return {"result": True, "returnCode": "200", "message": "成功", "data": data}
