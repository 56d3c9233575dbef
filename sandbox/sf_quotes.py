"""What SF's products cost and when they arrive; nothing is kept."""

from datetime import datetime, timedelta

from sandbox.ledger import Json
from sandbox.sf_answers import part, refused, said, text
from sandbox.world import World

MONTHLY_CARD = "7551234567"
PRODUCTS = {"1": ("顺丰特快", 1800, 1), "2": ("顺丰标快", 1300, 2)}
"""Name, price of the first kilogram in fen, and days under way, by code."""
UNSERVED = "无人区"
"""In an address: nobody goes there."""
_NEXT_KILOGRAM = 200


def check_card(given: Json) -> None:
    if given.get("monthlyCard") != MONTHLY_CARD:
        raise refused("8119", "月结卡号不存在或已失效")


def price(product: str, weight: object) -> int:
    """Return what a parcel of ``weight`` kilograms costs, in fen."""
    if not isinstance(weight, int | float) or isinstance(weight, bool) or weight <= 0:
        raise refused("S0007", "weight is no number above zero")
    further = max(-int(-weight // 1) - 1, 0)
    return PRODUCTS[product][1] + further * _NEXT_KILOGRAM


def quoted(world: World, given: Json) -> Json:  # noqa: ARG001 -- one shape for all services
    check_card(given)
    product = text(given, "businessType")
    addresses = [text(part(given, name), "address") for name in ("srcAddress", "destAddress")]
    if product not in PRODUCTS or any(UNSERVED in address for address in addresses):
        return said({"deliverTmDto": []})
    name, _, days = PRODUCTS[product]
    try:
        begins = datetime.strptime(text(given, "consignedTime"), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- of China, as all of it
    except ValueError as error:
        raise refused("S0007", "consignedTime is no time") from error
    arrives = (begins + timedelta(days=days)).replace(hour=18, minute=0, second=0)
    rate = {
        "businessType": product,
        "businessTypeDesc": name,
        "deliverTime": f"{arrives},{arrives}",
        "fee": price(product, given.get("weight")) / 100,
        "searchPrice": "1",
        "closeTime": None,
    }
    if given.get("searchPrice") != "1":
        rate |= {"fee": None, "searchPrice": "0"}
    return said({"deliverTmDto": [rate]})
