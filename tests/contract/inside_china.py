"""A parcel inside China, for the carriers that take no other."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from integrations.carriers.port import Address, Parcel, ShipmentRequest, Visit
from tests.contract.carrier_contract import CarrierGatewayContract, CarrierWorld

NOW = datetime(2026, 6, 10, 2, tzinfo=UTC)
"""Ten in the morning in China."""
KEY = "0123456789abcdef0123456789abcdef"
CUSTOMER = Address(
    name="Kim Example",
    street1="例子路1号",
    city="深圳市",
    region="广东省",
    postal_code="518000",
    country="CN",
    phone="13800000000",
)
WAREHOUSE = replace(CUSTOMER, name="Returns", street1="仓库路2号", phone="13900000000")
VISIT = Visit(
    datetime(2026, 6, 11, 1, tzinfo=UTC), datetime(2026, 6, 11, 3, 30, tzinfo=UTC), "Asia/Shanghai"
)


def request_of(**changes: Any) -> ShipmentRequest:
    request = ShipmentRequest(
        reference="return-1/label/1",
        key=KEY,
        sender=CUSTOMER,
        recipient=WAREHOUSE,
        parcel=Parcel(weight_grams=901),
        is_return=True,
        visit=VISIT,
    )
    return replace(request, **changes)


class InsideChinaContract(CarrierGatewayContract):
    sender, recipient, time_zone = CUSTOMER, WAREHOUSE, "Asia/Shanghai"

    @classmethod
    def nowhere(cls, world: CarrierWorld) -> Address:
        """Return an address that nobody serves: for a price they are told no postal codes."""
        return replace(cls.sender, street1=f"无人区{world.unserved_postal_code}号")
