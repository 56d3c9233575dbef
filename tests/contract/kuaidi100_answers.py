"""Kuaidi100 on paper: what its adapter asks for, and answers as the manual has them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier, open_kuaidi100_client
from integrations.carriers.port import Address, Parcel, ShipmentRequest, Visit
from tests.contract.answers import Answer, Answering, form_of, json_answer

NOW = datetime(2026, 6, 10, 2, tzinfo=UTC)
"""Ten in the morning in China."""
KEY = "0123456789abcdef0123456789abcdef"
QUOTED = f"{KEY}-CNY850"
PLACED = f"{QUOTED}-9FC293CA417E431F33046E64F4C4EC20-20066771"
SALT = "abc123"
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
NUMBERS = {
    "taskId": "9FC293CA417E431F33046E64F4C4EC20",
    "orderId": "20066771",
    "kuaidinum": "YT2213099035201",
}


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


def answer(data: object = None) -> httpx.Response:
    return json_answer({"result": True, "returnCode": "200", "message": "提交成功", "data": data})


def refusal(code: object) -> httpx.Response:
    """Refuse as Kuaidi100 does: with HTTP 200, and words that may repeat the address."""
    return json_answer({"result": False, "returnCode": code, "message": "例子路1号"})


def detail(status: object = "0", **more: object) -> httpx.Response:
    return answer({"status": status, "kuaidiNum": "YT2213099035201", **more})


def param_of(request: httpx.Request) -> dict[str, Any]:
    found = json.loads(form_of(request)["param"])
    assert isinstance(found, dict)
    return found


@asynccontextmanager
async def carrier(
    *answers: Answer, now: datetime = NOW
) -> AsyncIterator[tuple[Kuaidi100Carrier, Answering]]:
    transport = Answering(*answers)
    async with open_kuaidi100_client("http://kuaidi100.test", transport) as client:
        yield (
            Kuaidi100Carrier(
                client,
                api_key="key",
                secret="secret",
                customer="customer",
                courier_company="yuantong",
                webhook_url="https://backhaul.test/hook",
                webhook_salt=SALT,
                clock=lambda: now,
            ),
            transport,
        )
